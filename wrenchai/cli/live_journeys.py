"""What the events of journeys do to a task's rows: its tool calls. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from wrenchai_contracts.events import (
    JourneyDispatched,
    JourneyPaused,
    JourneyReused,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
)
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.cli.live_rows import Row, seconds_between
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.waiting import Waiting

_WAITS_FOR = {"budget": "budget", "question": "answer", "in_doubt": "effect"}


def dispatched(task: LiveTask, event: JourneyDispatched, at: datetime) -> LiveTask:
    """Its steps wait for a worker, in place of what the plan foretold and of the wait that came before."""
    before = {row.step: row for row in task.at(event.journey)}
    known = next(iter(before.values()), Row(event.journey))
    rows = [
        Row(
            event.journey,
            step.id,
            tool=step.tool,
            number=number,
            group=known.group,
            go=known.go,
            ready_at=at if number == 0 else None,
        )
        for number, step in enumerate(event.steps)
    ]
    running = replace(task, status=TaskStatus.RUNNING) if not _stopping(task) else task
    return running.with_rows(rows, without=before.values())


def _stopping(task: LiveTask) -> bool:
    return task.status is TaskStatus.CANCELLING


def reused(task: LiveTask, event: JourneyReused) -> LiveTask:
    """Its results are those of another task; nothing of it runs here."""
    before = {row.step: row for row in task.at(event.journey)}
    rows = [
        replace(
            before.get(step, Row(event.journey, step, number=number)),
            planned=False,
            status=StepStatus.COMPLETED,
            message=f"taken from {event.origin}",
        )
        for number, step in enumerate(event.outputs)
    ]
    return task.with_rows(rows)


def attempted(
    task: LiveTask,
    event: StepStarted | StepCompleted | StepFailed | StepInterrupted,
    journey: str,
    at: datetime,
) -> LiveTask:
    """An attempt began or ended."""
    row = task.rows.get((journey, event.step))
    if row is None:
        return task
    match event:
        case StepStarted(attempt=attempt):
            return task.with_rows([_started(row, attempt, at)])
        case StepCompleted(seconds=seconds):
            done = replace(row, status=StepStatus.COMPLETED, working=row.working + seconds, fraction=1.0, message="")
            return task.with_rows([done, *_made_ready(task, row, at)])
        case StepFailed():
            return task.with_rows([_failed(row, event, at)])
        case StepInterrupted(seconds=seconds):
            return task.with_rows([_idle(replace(row, working=row.working + seconds, message=""), at)])


def let_go(task: LiveTask, event: JourneyPaused) -> LiveTask:
    """No worker has it any more: what has not ended of it is paused, or its step waits for something."""
    rows = [replace(row, status=StepStatus.PAUSED, fraction=0.0) for row in task.at(event.journey) if not row.over]
    waits_for = _WAITS_FOR.get(event.why)
    if waits_for is None:
        return task.with_rows(rows)
    question = event.question
    wait = Waiting(
        event.journey,
        waits_for,
        title=question.title if question else "",
        form=question.form if question else {},
        effect=event.effect,
    )
    waiting = [replace(row, status=StepStatus.WAITING, wait=wait) for row in rows if row.step == event.step]
    return task.with_rows([*rows, *waiting])


def taken_up(task: LiveTask, journey: str, at: datetime) -> LiveTask:
    """A worker may go on with it."""
    held = [row for row in task.at(journey) if row.status in {StepStatus.PAUSED, StepStatus.WAITING}]
    return task.with_rows(_idle(row, at) if row is held[0] else _idle(row, None) for row in held)


def stopped(rows: Iterable[Row]) -> list[Row]:
    """What had not ended will not run any more."""
    return [replace(row, status=StepStatus.CANCELLED) for row in rows if not row.over]


def _started(row: Row, attempt: int, at: datetime) -> Row:
    waiting = row.waiting + (seconds_between(row.ready_at, at) if row.ready_at else 0.0)
    running = replace(row, status=StepStatus.RUNNING, attempt=attempt, started_at=at, waiting=waiting)
    return replace(running, planned=False, fraction=0.0, message="", reason="", wait=None)


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


def _idle(row: Row, ready_at: datetime | None) -> Row:
    return replace(row, status=StepStatus.PENDING, ready_at=ready_at, fraction=0.0, wait=None)


def _made_ready(task: LiveTask, row: Row, at: datetime) -> list[Row]:
    """The step behind `row` in its journey waits from now on."""
    return [replace(other, ready_at=at) for other in task.at(row.path) if other.number == row.number + 1]
