"""Frames as a gateway sends them while a task runs, made up for tests: a chain, a list, branches, or any other plan."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wrenchai.client.frames import EventFrame, Frame, ProgressFrame

TASK = "portfolio_01234567"
BEGAN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
DIGEST = "a" * 64


def at(seconds: float) -> datetime:
    """So many seconds after the task began."""
    return BEGAN + timedelta(seconds=seconds)


class Recording:
    """Frames in the order in which they were told."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._position = 0

    def event(self, seconds: float, kind: str, journey: str | None = None, /, **facts: Any) -> "Recording":
        """An event of the task, or of one of its journeys."""
        self._position += 1
        self.frames.append(
            EventFrame(
                position=self._position,
                id=str(self._position),
                type=kind,
                stream=f"{TASK}/{journey}" if journey else TASK,
                version=1,
                task_id=TASK,
                tenant="default",
                actor="test",
                correlation="1",
                causation="",
                at=at(seconds),
                data=facts,
            )
        )
        return self

    def progress(self, journey: str, step: str, fraction: float, message: str) -> "Recording":
        """How far a running step is."""
        self.frames.append(ProgressFrame(task_id=TASK, journey=journey, step=step, fraction=fraction, message=message))
        return self

    def requested(self) -> "Recording":
        """The first event."""
        return self.event(0.0, "TaskRequested", task_id=TASK, playbook="portfolio")

    def planned(self, *nodes: dict[str, Any]) -> "Recording":
        """The plan of these nodes; else: validate and plan in one journey, a list, a build, two named checks."""
        plan = {"playbook": "portfolio", "nodes": nodes} if nodes else PLAN
        return self.event(0.1, "PlanCreated", plan=plan, digest=DIGEST, playbook_digest=DIGEST)

    def dispatched(self, seconds: float, path: str, *steps: str, **facts: Any) -> "Recording":
        """A journey with these steps, else with those that the plan has for it."""
        planned = [step_of(name) for name in steps] or STEPS[path.rpartition(".")[2].partition("~")[0]]
        return self.event(seconds, "JourneyDispatched", path, journey=path, role="worker", steps=planned, **facts)

    def opened(self, seconds: float, path: str, kind: str, **facts: Any) -> "Recording":
        """A block began, or something is waited for."""
        return self.event(seconds, "StepOpened", step=path, type=kind, **facts)

    def settled(self, seconds: float, path: str, outcome: str, **facts: Any) -> "Recording":
        """A block or a wait has its outcome."""
        return self.event(seconds, "StepSettled", step=path, outcome=outcome, **facts)

    def started(self, seconds: float, journey: str, step: str, attempt: int = 1) -> "Recording":
        """A worker begins an attempt."""
        return self.event(seconds, "StepStarted", journey, step=step, attempt=attempt, tool="t", worker="w")

    def completed(self, seconds: float, journey: str, step: str, took: float) -> "Recording":
        """An attempt ended well."""
        return self.event(seconds, "StepCompleted", journey, step=step, attempt=1, seconds=took)

    def failed(self, seconds: float, journey: str, step: str, retry_in: float | None) -> "Recording":
        """An attempt ended badly."""
        facts = {"attempt": 1, "reason": "the page is not there", "kind": "tool_failed", "retry_in": retry_in}
        return self.event(seconds, "StepFailed", journey, step=step, seconds=0.5, **facts)


def step_of(name: str) -> dict[str, str]:
    """A tool call as a plan has it."""
    return {"id": name, "tool": f"portfolio.{name}"}


def journey_of(name: str, *steps: str, **facts: Any) -> dict[str, Any]:
    """A leaf of a plan: the journey `name`, with these steps or the one that is called as it is."""
    planned = [step_of(step) for step in steps or (name,)]
    return {"kind": "journey", "id": name, "role": "worker", "steps": planned, **facts}


def block_of(kind: str, name: str, *body: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A node of a plan that is made of nodes."""
    return {"kind": kind, "id": name, "body": body, **facts}


PLAN: dict[str, Any] = {
    "playbook": "portfolio",
    "nodes": [
        journey_of("validate", "validate", "plan"),
        block_of("fan", "discover", journey_of("discover_project"), for_each="${inputs.projects}"),
        journey_of("build"),
        block_of("fan", "check", journey_of("links"), journey_of("html")),
    ],
}
STEPS = {
    "validate": [step_of("validate"), step_of("plan")],
    **{name: [step_of(name)] for name in ("discover_project", "build", "links", "html")},
}
"""By the id of a journey of `PLAN`."""
