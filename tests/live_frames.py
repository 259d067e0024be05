"""Frames as a gateway sends them while a task runs, made up for tests: a plan with a chain, a fan-out and branches."""

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

    def planned(self) -> "Recording":
        """The plan: validate and plan in one journey, a fan-out, a build, two named checks."""
        return self.event(0.1, "PlanCreated", plan=PLAN, digest=DIGEST, playbook_digest=DIGEST)

    def dispatched(self, seconds: float, journey: str, *, index: int | None = None) -> "Recording":
        """A journey of the plan, or one item of its fan-out."""
        planned = next(found for found in PLAN["journeys"] if found["id"] == journey.partition(".")[0])
        facts = {"role": "worker", "steps": planned["steps"], "group": planned.get("group"), "index": index}
        return self.event(seconds, "JourneyDispatched", journey, journey=journey, **facts)

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


def _step(name: str) -> dict[str, str]:
    return {"id": name, "tool": f"portfolio.{name}"}


PLAN: dict[str, Any] = {
    "playbook": "portfolio",
    "journeys": [
        {"id": "validate", "role": "worker", "steps": [_step("validate"), _step("plan")]},
        {
            "id": "discover",
            "role": "worker",
            "group": "discover",
            "for_each": "${inputs.projects}",
            "steps": [_step("discover_project")],
        },
        {"id": "build", "role": "worker", "steps": [_step("build")]},
        {"id": "links", "role": "worker", "group": "check", "steps": [_step("links")]},
        {"id": "html", "role": "worker", "group": "check", "steps": [_step("html")]},
    ],
}
