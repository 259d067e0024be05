"""Folds what a live connection tells into the task that the terminal shows. Pure: frames in, rows out."""

from dataclasses import replace
from datetime import datetime

from wrenchai_contracts.events import (
    EVENT_TYPES,
    ApprovalDecided,
    Event,
    EventParked,
    EventRedriven,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    JourneyReused,
    PlanCreated,
    PlanExecuted,
    RoundEnded,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepOpened,
    StepRepeated,
    StepSettled,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskRequested,
    TaskResumed,
)
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.cli import live_blocks, live_journeys
from wrenchai.cli.live_rows import Key
from wrenchai.cli.live_task import LiveTask, SetAside
from wrenchai.cli.planned_rows import places_of, planned_rows
from wrenchai.client.frames import EndFrame, EventFrame, Frame, ProgressFrame


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


def _evolve(task: LiveTask, event: Event, frame: EventFrame) -> LiveTask:  # noqa: PLR0911  # one line for each event
    match event:
        case TaskRequested(playbook=playbook):
            return replace(task, playbook=playbook or "", began_at=frame.at)
        case PlanCreated(plan=plan):
            places, rows = places_of(plan.nodes), planned_rows(plan.nodes)
            planned = replace(task, playbook=plan.playbook, status=TaskStatus.PLANNED, places=places)
            return planned.with_rows(rows)
        case PlanExecuted():
            return replace(task, status=TaskStatus.EVALUATING)
        case ExecutionEvaluated(step=None):
            return replace(task, status=TaskStatus.EVALUATING, evaluation=event)
        case TaskCompleted() | TaskFailed() | TaskCancelled():
            return _ended(task, event, frame.at)
        case EventParked() | EventRedriven():
            return replace(task, parked=_set_aside(task, event))
        case _ if frame.journey is None:
            return _of_the_task(task, event, frame.at)
        case _:
            return _of_a_journey(task, event, frame.journey, frame.at)


def _of_the_task(task: LiveTask, event: Event, at: datetime) -> LiveTask:  # noqa: PLR0911  # one line for each event
    match event:
        case TaskCancellationRequested():
            return replace(task, status=TaskStatus.CANCELLING)
        case TaskPaused():
            return replace(task, paused=True)
        case TaskResumed():
            return replace(task, paused=False)
        case StepOpened():
            return _running(live_blocks.opened(task, event, at))
        case RoundEnded():
            return live_blocks.round_ended(task, event)
        case StepSettled():
            return live_blocks.settled(task, event)
        case StepRepeated():
            return live_blocks.repeated(task, event)
        case ApprovalDecided():
            return live_blocks.agreed(task, event)
        case JourneyReused():
            return live_journeys.reused(task, event)
        case _:
            return task


def _of_a_journey(  # noqa: PLR0911  # one line for each event
    task: LiveTask, event: Event, journey: str, at: datetime
) -> LiveTask:
    match event:
        case JourneyDispatched():
            return live_journeys.dispatched(task, event, at)
        case StepStarted() | StepCompleted() | StepFailed() | StepInterrupted():
            return live_journeys.attempted(task, event, journey, at)
        case JourneyPaused():
            return live_journeys.let_go(task, event)
        case JourneyResumed():
            return live_journeys.taken_up(task, event.journey, at)
        case JourneyFailed(step=step):
            return replace(task, failed_step=step)
        case JourneyCancelled(journey=stopped):
            return task.with_rows(live_journeys.stopped(task.at(stopped)))
        case _:
            return task


def _running(task: LiveTask) -> LiveTask:
    """What is open has begun."""
    return replace(task, status=TaskStatus.RUNNING) if task.status is TaskStatus.PLANNED else task


def _set_aside(task: LiveTask, event: EventParked | EventRedriven) -> tuple[SetAside, ...]:
    """What waits for an operator now, the newest last."""
    about = (event.consumer, event.position)
    others = tuple(aside for aside in task.parked if (aside.consumer, aside.position) != about)
    return (*others, SetAside(*about, event.reason)) if isinstance(event, EventParked) else others


def _ended(task: LiveTask, event: TaskCompleted | TaskFailed | TaskCancelled, at: datetime) -> LiveTask:
    open_waits = (row for row in task.rows.values() if row.status in {StepStatus.WAITING, StepStatus.PAUSED})
    over = replace(task.with_rows(live_journeys.stopped(open_waits)), ended_at=at)
    match event:
        case TaskCompleted():
            return replace(over, status=TaskStatus.COMPLETED)
        case TaskFailed(reason=reason, step=step):
            return replace(over, status=TaskStatus.FAILED, reason=reason, failed_step=step or task.failed_step)
        case TaskCancelled(reason=reason):
            return replace(over, status=TaskStatus.CANCELLED, reason=reason)


def _change(task: LiveTask, key: Key, *, fraction: float, message: str) -> LiveTask:
    row = task.rows.get(key)
    if row is None or row.status is not StepStatus.RUNNING:
        return task
    return task.with_rows([replace(row, fraction=fraction, message=message)])
