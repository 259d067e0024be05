"""A log made up for tests: events at chosen times, sealed as the real ones are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import Entry, entry_of
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, seal
from wrenchai_contracts.events import (
    Event,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    PlanCreated,
    RolesAssigned,
    StepCompleted,
    StepStarted,
    TaskCompleted,
    TaskRequested,
    ToolsAllocated,
)
from wrenchai_contracts.plan import Plan, PlannedJourney, PlannedStep
from wrenchai_contracts.subjects import evaluation_stream, journey_stream, subject_of, task_of

from tests.samples import AT

DIGEST = "ab" * 32


@dataclass(slots=True)
class MadeUpLog:
    """Records like a log, at times of the test's choosing."""

    sealed: list[Sealed] = field(default_factory=list)
    now: datetime = AT
    _versions: dict[str, int] = field(default_factory=dict)

    def record(self, stream: str, event: Event, *, after: float = 0.0, story: str | None = None) -> "MadeUpLog":
        """`event`, `after` seconds later than the one before."""
        self.now += timedelta(seconds=after)
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        context = Context("test", correlation=story or task_of(stream))
        self.sealed.append(seal(NewEvent(stream, version, event, context), self.now))
        return self

    @property
    def entries(self) -> list[Entry]:
        """As a fold reads it."""
        return [entry_of(place, event.state) for place, event in enumerate(self.sealed, 1)]

    @property
    def rungs(self) -> list[Rung]:
        """As the log's follower hands it on."""
        return [Rung(place, subject_of(event), event.state) for place, event in enumerate(self.sealed, 1)]


def planned(*steps: str) -> tuple[PlannedStep, ...]:
    """Steps that call noop."""
    return tuple(PlannedStep(id=step, tool="noop") for step in steps)


def requested(log: MadeUpLog, task: str, *steps: str) -> MadeUpLog:
    """A task of one journey `main`, up to its dispatch."""
    plan = Plan(
        playbook="book",
        nodes=(PlannedJourney(id="main", role="worker", steps=planned(*steps), final=True),),
        result_from=(steps[-1],),
    )
    log.record(task, TaskRequested(task_id=task, playbook="book", playbook_digest=DIGEST, inputs={"n": 1}))
    log.record(task, RolesAssigned(roles={"worker": "journey-agent"}), after=1)
    log.record(task, ToolsAllocated(tools={"worker": ("noop@1",)}))
    log.record(task, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))
    dispatched = JourneyDispatched(journey="main", role="worker", steps=planned(*steps), final=True)
    return log.record(journey_stream(task, "main"), dispatched)


def worked(log: MadeUpLog, task: str, *steps: str, waits: float = 0.5, works: float = 2.0) -> MadeUpLog:
    """Each step started after `waits` seconds and completed after `works` more."""
    stream = journey_stream(task, "main")
    for step in steps:
        log.record(stream, StepStarted(step=step, attempt=1, tool="noop", worker="w1"), after=waits)
        log.record(stream, StepCompleted(step=step, attempt=1, output={"by": step}, seconds=works), after=works)
    return log


def finished(log: MadeUpLog, task: str, *steps: str) -> MadeUpLog:
    """The journey's end, its judgement, and the task's end."""
    outputs: dict[str, dict[str, object]] = {step: {"by": step} for step in steps}
    log.record(journey_stream(task, "main"), JourneyCompleted(journey="main", outputs=outputs, final=True))
    judged = ExecutionEvaluated(quality=0.9, interval=(0.8, 0.95), decision="accept", reasons=("all well",))
    log.record(evaluation_stream(task), judged, after=0.25)
    return log.record(task, TaskCompleted(quality=0.9), after=0.25)


def whole_task(log: MadeUpLog, task: str, *steps: str) -> MadeUpLog:
    """A task from request to end."""
    return finished(worked(requested(log, task, *steps), task, *steps), task, *steps)


def interleaved(*logs: Sequence[Sealed]) -> Iterator[Sealed]:
    """Events of several stories in turn, each story in its own order."""
    waiting = [list(log) for log in logs]
    while any(waiting):
        for log in waiting:
            if log:
                yield log.pop(0)
