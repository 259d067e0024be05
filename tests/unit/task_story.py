"""A task under decision: what was recorded so far, and what the orchestrator makes of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    Event,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlanCreated,
    PlaybookRegistered,
    TaskCancellationRequested,
    TaskRequested,
    ToolRegistered,
)
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import evaluation_stream, journey_stream
from wrenchai_orchestrator.decision import Step, decide
from wrenchai_orchestrator.staffing import Catalogue
from wrenchai_orchestrator.task import Task

from tests.samples import AT, TASK

STAFFED = ["RolesAssigned", "ToolsAllocated", "PlanCreated"]


def step(step_id: str, **facts: object) -> dict[str, Any]:
    return {"id": step_id, "tool": "noop", **facts}


def fan(step_id: str, *branches: dict[str, Any], **facts: object) -> dict[str, Any]:
    return {"id": step_id, "type": "work_in_parallel", "branches": list(branches), **facts}


def each(step_id: str, over: str, inner: dict[str, Any], **facts: object) -> dict[str, Any]:
    return {"id": step_id, "type": "work_in_parallel", "for_each": over, "step": inner, **facts}


class Story:
    """Begins with a request. `goes_on` records what is decided; everything else records what others do."""

    def __init__(self, *steps: dict[str, Any], inputs: dict[str, Any] | None = None, **playbook: object) -> None:
        book = Playbook.model_validate({"name": "book", "steps": list(steps), **playbook})
        self.catalogue = Catalogue()
        self.catalogue.learn(ToolRegistered(name="noop", version="1", inputs={}, outputs={}))
        self.catalogue.learn(PlaybookRegistered(digest=book.digest(), playbook=book))
        self.events: list[Recorded] = []
        self.record(TASK, TaskRequested(task_id=TASK, playbook_digest=book.digest(), inputs=inputs or {}))

    @property
    def task(self) -> Task:
        """The task as its events tell it, folded anew."""
        task = Task(TASK)
        for event in self.events:
            task.evolve(event)
        return task

    def decided(self) -> list[Step]:
        return decide(self.task, self.catalogue)

    def follows(self) -> list[str]:
        """What would be recorded now, by name; journeys with theirs."""
        return [_name(event) for _, event in self.decided()]

    def goes_on(self) -> list[str]:
        steps = self.decided()
        for stream, event in steps:
            self.record(stream, event)
        return [_name(event) for _, event in steps]

    def started(self) -> "Story":
        self.goes_on()
        return self

    def completes(self, *journeys: str, output: dict[str, Any] | None = None) -> "Story":
        for name in journeys:
            dispatched = self.dispatched(name)
            outputs = {step.id: output or {"by": step.id} for step in dispatched.steps}
            self.record(
                journey_stream(TASK, name), JourneyCompleted(journey=name, outputs=outputs, final=dispatched.final)
            )
        return self

    def fails(self, name: str, reason: str = "it broke") -> "Story":
        last = self.dispatched(name).steps[-1].id
        self.record(journey_stream(TASK, name), JourneyFailed(journey=name, step=last, reason=reason, kind="broken"))
        return self

    def stops(self, name: str) -> "Story":
        self.record(journey_stream(TASK, name), JourneyCancelled(journey=name))
        return self

    def is_called_off(self) -> "Story":
        self.record(TASK, TaskCancellationRequested(reason="changed our mind"))
        return self

    def is_judged(self, decision: str, *reasons: str) -> "Story":
        facts = {"quality": 0.8, "interval": (0.7, 0.9), "decision": decision, "reasons": reasons}
        self.record(evaluation_stream(TASK), ExecutionEvaluated.model_validate(facts))
        return self

    def dispatched(self, name: str) -> JourneyDispatched:
        found = (e.event for e in self.events if isinstance(e.event, JourneyDispatched) and e.event.journey == name)
        return next(found)

    def last(self) -> Event:
        return self.events[-1].event

    def plan(self) -> PlanCreated:
        return next(e.event for e in self.events if isinstance(e.event, PlanCreated))

    def record(self, stream: str, event: Event) -> None:
        version = sum(recorded.stream == stream for recorded in self.events) + 1
        place = len(self.events) + 1
        at = AT + timedelta(seconds=place)
        self.events.append(Recorded(place, stream, version, "default", "", TASK, "", None, at, event))


def _name(event: Event) -> str:
    journey = getattr(event, "journey", "")
    return f"{type(event).__name__} {journey}".strip()


def dispatches(*journeys: str) -> Sequence[str]:
    return [f"JourneyDispatched {journey}" for journey in journeys]
