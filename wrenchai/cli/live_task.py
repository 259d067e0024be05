"""A task as its events tell it while it runs, for the terminal's live view. Pure: frames in, rows out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from wrenchai_contracts.events import (
    EVENT_TYPES,
    Event,
    EventParked,
    EventRedriven,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyDispatched,
    JourneyFailed,
    PlanCreated,
    PlanExecuted,
    StepCompleted,
    StepFailed,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_contracts.plan import PlannedJourney, PlannedStep
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.client.frames import EndFrame, EventFrame, Frame, ProgressFrame

Key = tuple[str, str]
"""Journey and step."""

_OVER = {StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class Row:
    """One step. `order` sorts rows as the plan has them: journey, item, step. Durations are seconds."""

    journey: str
    step: str
    tool: str
    order: tuple[int, int, int]
    group: str | None = None
    index: int | None = None
    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    ready_at: datetime | None = None
    started_at: datetime | None = None
    retry_at: datetime | None = None
    waiting: float = 0.0
    working: float = 0.0
    fraction: float = 0.0
    message: str = ""
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing will follow."""
        return self.status in _OVER

    def waited(self, now: datetime) -> float:
        """Seconds it had to wait until `now`."""
        waits = self.status in {StepStatus.PENDING, StepStatus.RETRYING} and self.ready_at is not None
        return self.waiting + (_seconds(self.ready_at, now) if waits else 0.0)

    def worked(self, now: datetime) -> float:
        """Seconds its tool worked until `now`."""
        return self.working + (_seconds(self.started_at, now) if self.status is StepStatus.RUNNING else 0.0)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that a service gave up on. What would follow from it waits for an operator."""

    consumer: str
    position: int
    reason: str

    @property
    def redrive(self) -> str:
        """The command that sends it to its service again."""
        return f"wrenchai parked redrive {self.consumer} {self.position}"


@dataclass(frozen=True, slots=True)
class LiveTask:
    """What the frames so far tell of one task."""

    task_id: str
    playbook: str = ""
    status: TaskStatus = TaskStatus.REQUESTED
    rows: Mapping[Key, Row] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    began_at: datetime | None = None
    ended_at: datetime | None = None
    position: int = 0
    reason: str = ""
    failed_step: str | None = None
    evaluation: ExecutionEvaluated | None = None
    parked: tuple[SetAside, ...] = ()

    @property
    def shown_status(self) -> TaskStatus:
        """Parked as long as an event of it waits for an operator; else where it is in its life."""
        return TaskStatus.PARKED if self.parked and not self.status.ended else self.status

    @property
    def ordered(self) -> list[Row]:
        """The rows as the plan has them."""
        return sorted(self.rows.values(), key=lambda row: row.order)

    @property
    def progress(self) -> float:
        """From 0 to 1, each step counting the same."""
        if self.status is TaskStatus.COMPLETED:
            return 1.0
        parts = [1.0 if row.over else row.fraction for row in self.rows.values()]
        return sum(parts) / len(parts) if parts else 0.0

    def seconds(self, now: datetime) -> float:
        """How long it has been going on."""
        return _seconds(self.began_at, self.ended_at or now)


def told(task: LiveTask, frame: Frame) -> LiveTask:
    """The task with one frame more."""
    match frame:
        case EventFrame():
            kind = EVENT_TYPES.get(frame.type)
            known = replace(task, position=frame.position)
            return _evolve(known, kind.model_validate(frame.data, extra="ignore"), frame) if kind else known
        case ProgressFrame():
            return _change(task, (frame.journey, frame.step), fraction=frame.fraction, message=frame.message)
        case EndFrame():
            return task


def _evolve(task: LiveTask, event: Event, frame: EventFrame) -> LiveTask:  # noqa: C901, PLR0911  # one line for each event
    match event:
        case TaskRequested(playbook=playbook):
            return replace(task, playbook=playbook or "", began_at=frame.at)
        case PlanCreated(plan=plan):
            planned = replace(task, playbook=plan.playbook, status=TaskStatus.PLANNED, places=_places(plan.journeys))
            return _with_rows(planned, _planned_rows(plan.journeys))
        case JourneyDispatched():
            return _with_rows(_without_pattern(task, event), _dispatched_rows(task, event, frame.at))
        case StepStarted() | StepCompleted() | StepFailed():
            return _with_rows(task, _step_rows(task, event, (frame.journey or "", event.step), frame.at))
        case JourneyFailed(step=step):
            return replace(task, failed_step=step)
        case JourneyCancelled(journey=journey):
            return _with_rows(task, _cancelled(row for row in task.rows.values() if row.journey == journey))
        case PlanExecuted():
            return replace(task, status=TaskStatus.EVALUATING)
        case ExecutionEvaluated():
            return replace(task, status=TaskStatus.EVALUATING, evaluation=event)
        case TaskCancellationRequested():
            return replace(task, status=TaskStatus.CANCELLING)
        case TaskCompleted() | TaskFailed() | TaskCancelled():
            return _ended(task, event, frame.at)
        case EventParked() | EventRedriven():
            return replace(task, parked=_set_aside(task, event))
        case _:
            return task


def _set_aside(task: LiveTask, event: EventParked | EventRedriven) -> tuple[SetAside, ...]:
    """What waits for an operator now, the newest last."""
    about = (event.consumer, event.position)
    others = tuple(aside for aside in task.parked if (aside.consumer, aside.position) != about)
    return (*others, SetAside(*about, event.reason)) if isinstance(event, EventParked) else others


def _places(journeys: Iterable[PlannedJourney]) -> dict[str, int]:
    return {journey.id: place for place, journey in enumerate(journeys)}


def _planned_rows(journeys: Iterable[PlannedJourney]) -> list[Row]:
    return [
        Row(journey=journey.id, step=step.id, tool=step.tool, order=(place, 0, number), group=journey.group)
        for place, journey in enumerate(journeys)
        for number, step in enumerate(journey.steps)
    ]


def _without_pattern(task: LiveTask, event: JourneyDispatched) -> LiveTask:
    """A fan-out's own row makes room for those of its items."""
    if event.index is None:
        return replace(task, status=TaskStatus.RUNNING)
    pattern = event.journey.partition(".")[0]
    rows = {key: row for key, row in task.rows.items() if key[0] != pattern}
    return replace(task, status=TaskStatus.RUNNING, rows=rows)


def _dispatched_rows(task: LiveTask, event: JourneyDispatched, at: datetime) -> list[Row]:
    place = task.places.get(event.journey.partition(".")[0], len(task.places))
    return [
        _dispatched_row(event, step, (place, event.index or 0, number), at) for number, step in enumerate(event.steps)
    ]


def _dispatched_row(event: JourneyDispatched, step: PlannedStep, order: tuple[int, int, int], at: datetime) -> Row:
    first = order[-1] == 0
    return Row(
        journey=event.journey,
        step=step.id,
        tool=step.tool,
        order=order,
        group=event.group,
        index=event.index,
        ready_at=at if first else None,
    )


def _step_rows(task: LiveTask, event: StepStarted | StepCompleted | StepFailed, key: Key, at: datetime) -> list[Row]:
    row = task.rows.get(key)
    if row is None:
        return []
    match event:
        case StepStarted(attempt=attempt):
            return [_started(row, attempt, at)]
        case StepCompleted(seconds=seconds):
            done = replace(row, status=StepStatus.COMPLETED, working=row.working + seconds, fraction=1.0, message="")
            return [done, *_made_ready(task, row, at)]
        case StepFailed():
            return [_failed(row, event, at)]


def _started(row: Row, attempt: int, at: datetime) -> Row:
    waiting = row.waiting + (_seconds(row.ready_at, at) if row.ready_at else 0.0)
    return replace(
        row,
        status=StepStatus.RUNNING,
        attempt=attempt,
        started_at=at,
        waiting=waiting,
        fraction=0.0,
        message="",
        reason="",
    )


def _failed(row: Row, event: StepFailed, at: datetime) -> Row:
    over = event.retry_in is None
    return replace(
        row,
        status=StepStatus.FAILED if over else StepStatus.RETRYING,
        working=row.working + event.seconds,
        reason=event.reason,
        ready_at=at,
        retry_at=None if event.retry_in is None else at + timedelta(seconds=event.retry_in),
        fraction=0.0,
        message="",
    )


def _made_ready(task: LiveTask, row: Row, at: datetime) -> list[Row]:
    """The step behind `row` in its journey waits from now on."""
    place, index, number = row.order
    behind = (place, index, number + 1)
    return [
        replace(other, ready_at=at)
        for other in task.rows.values()
        if (other.journey, other.order) == (row.journey, behind)
    ]


def _cancelled(rows: Iterable[Row]) -> list[Row]:
    return [replace(row, status=StepStatus.CANCELLED) for row in rows if not row.over]


def _ended(task: LiveTask, event: TaskCompleted | TaskFailed | TaskCancelled, at: datetime) -> LiveTask:
    over = replace(task, ended_at=at)
    match event:
        case TaskCompleted():
            return replace(over, status=TaskStatus.COMPLETED)
        case TaskFailed(reason=reason, step=step):
            return replace(over, status=TaskStatus.FAILED, reason=reason, failed_step=step or task.failed_step)
        case TaskCancelled(reason=reason):
            return replace(over, status=TaskStatus.CANCELLED, reason=reason)


def _with_rows(task: LiveTask, rows: Iterable[Row]) -> LiveTask:
    return replace(task, rows={**task.rows, **{(row.journey, row.step): row for row in rows}})


def _change(task: LiveTask, key: Key, *, fraction: float, message: str) -> LiveTask:
    row = task.rows.get(key)
    if row is None or row.status is not StepStatus.RUNNING:
        return task
    return _with_rows(task, [replace(row, fraction=fraction, message=message)])


def _seconds(since: datetime | None, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds()) if since else 0.0
