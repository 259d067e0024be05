"""A task under decision: what was recorded so far, and what the orchestrator makes of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ChoiceDrawn,
    ChoiceOffered,
    ContestEvaluated,
    EntriesScored,
    Event,
    ExecutionEvaluated,
    ForkedFrom,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    PlanCreated,
    PlaybookRegistered,
    ResultOffered,
    RoundEnded,
    StepOpened,
    StepRepeated,
    StepSettled,
    TaskCancellationRequested,
    TaskRequested,
    TimerFired,
    ToolRegistered,
)
from wrenchai_contracts.judging import Chance, Standing
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import (
    choice_stream,
    evaluation_stream,
    journey_stream,
    result_stream,
    standings_stream,
    timer_stream,
)
from wrenchai_language.compilation import compile_plan
from wrenchai_orchestrator.decision import Step, decide
from wrenchai_orchestrator.staffing import Catalogue
from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.turn import OWN

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

    NOW = AT

    def __init__(
        self, *steps: dict[str, Any], inputs: dict[str, Any] | None = None, forked_from: str = "", **playbook: object
    ) -> None:
        book = Playbook.model_validate({"name": "book", "steps": list(steps), **playbook})
        self.catalogue = Catalogue()
        self.catalogue.learn(ToolRegistered(name="noop", version="1", inputs={}, outputs={}))
        self.catalogue.learn(PlaybookRegistered(digest=book.digest(), playbook=book))
        self.events: list[Recorded] = []
        self.now = AT
        self.book = book
        self.origin: dict[str, tuple[JourneyDispatched, JourneyCompleted]] | None = None
        fork = ForkedFrom(task_id="task_01jd3k9999", step=forked_from) if forked_from else None
        asked = TaskRequested(task_id=TASK, playbook_digest=book.digest(), inputs=inputs or {}, forked_from=fork)
        self.record(TASK, asked)

    @property
    def task(self) -> Task:
        """The task as its events tell it, folded anew."""
        task = Task(TASK)
        for event in self.events:
            task.evolve(event)
        task.origin = self.origin
        return task

    def planned(self) -> Plan:
        """The plan that the task gets, or has got."""
        return compile_plan(self.book)

    def decided(self) -> list[Step]:
        return self.decide(self.task)

    def decide(self, task: Task) -> list[Step]:
        """What follows for a task that is known already; it is folded into it."""
        return decide(task, self.catalogue, self.now)

    def follows(self) -> list[str]:
        """What would be recorded now, by name; journeys with theirs."""
        return [_name(step.event) for step in self.decided()]

    def goes_on(self) -> list[str]:
        steps = self.decided()
        for step in steps:
            recorded = self.record(step.stream, step.event)
            assert step.version in {recorded.version, OWN}, f"{recorded.id} is not where it belongs"
        return [_name(step.event) for step in steps]

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

    def is_said_of(self, path: str, decision: str, **facts: Any) -> "Story":
        """The inspector answers the last offer of a step's result."""
        offers = [e.event for e in self.events if isinstance(e.event, ResultOffered) and e.event.step == path]
        facts = {"quality": 0.62, "interval": (0.41, 0.8), "decision": decision, "go": offers[-1].number, **facts}
        self.record(result_stream(TASK, path), ExecutionEvaluated.model_validate({"step": path, **facts}))
        return self

    def is_drawn(self, path: str, *chosen: str) -> "Story":
        """The inspector draws who works, or which tool is used."""
        offered = next(e.event for e in self.events if isinstance(e.event, ChoiceOffered) and e.event.step == path)
        chances = {one.name: Chance(expected=0.5, probability=0.25) for one in offered.options}
        self.record(choice_stream(TASK, path), ChoiceDrawn(step=path, chosen=chosen, chances=chances))
        return self

    def is_ranked(self, path: str, winner: str | None = None, **probabilities: float) -> "Story":
        """The inspector says how good the entries of a contest are; without a winner, who is best by that."""
        standings = {
            name: Standing(
                probability=p,
                interval=(round(p - 0.1, 6), round(p + 0.1, 6)),
                best=round(p / sum(probabilities.values()), 6),
            )
            for name, p in probabilities.items()
        }
        winner = winner or max(probabilities, key=lambda name: probabilities[name], default=None)
        self.record(standings_stream(TASK, path), ContestEvaluated(step=path, standings=standings, winner=winner))
        return self

    def offered(self, path: str) -> ResultOffered:
        """The last offer of a step's result."""
        return [e.event for e in self.events if isinstance(e.event, ResultOffered) and e.event.step == path][-1]

    def dispatched(self, name: str) -> JourneyDispatched:
        found = (e.event for e in self.events if isinstance(e.event, JourneyDispatched) and e.event.journey == name)
        return next(found)

    def last(self) -> Event:
        return self.events[-1].event

    def plan(self) -> PlanCreated:
        return next(e.event for e in self.events if isinstance(e.event, PlanCreated))

    def record(self, stream: str, event: Event, by: str = "client") -> Recorded:
        version = sum(recorded.stream == stream for recorded in self.events) + 1
        place = len(self.events) + 1
        recorded = Recorded(place, stream, version, "default", by, TASK, "", None, self.now, event)
        self.events.append(recorded)
        return recorded

    def asks(self, event: Event, by: str = "client") -> "Story":
        """Somebody asks something of the task."""
        self.record(TASK, event, by)
        return self

    def time_comes(self, step: str | None, seconds: float) -> "Story":
        """The timer of a step, or of the task, that was set for so many seconds after the beginning, fires."""
        due = AT + timedelta(seconds=seconds)
        self.record(timer_stream(TASK, step, int(seconds)), TimerFired(step=step, due=due))
        return self

    def pauses(self, name: str, **facts: Any) -> "Story":
        """A worker lets go of a journey."""
        step = self.dispatched(name).steps[0].id
        self.record(journey_stream(TASK, name), JourneyPaused(journey=name, step=step, **facts))
        return self


def _name(event: Event) -> str:
    what = getattr(event, "journey", "") or (getattr(event, "step", "") if isinstance(event, OF_A_STEP) else "")
    return f"{type(event).__name__} {what}".strip()


OF_A_STEP = (StepOpened, RoundEnded, StepSettled, StepRepeated, ResultOffered, ChoiceOffered, EntriesScored)


def dispatches(*journeys: str) -> Sequence[str]:
    return [f"JourneyDispatched {journey}" for journey in journeys]
