"""What the events of blocks and waits do to a task's rows. Pure."""

from dataclasses import replace
from datetime import datetime

from wrenchai_contracts.events import ApprovalDecided, RoundEnded, StepOpened, StepRepeated, StepSettled
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.views import StepStatus

from wrenchai.cli.live_journeys import stopped
from wrenchai.cli.live_rows import Row
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.verdicts import found_words, verdict_words
from wrenchai.cli.waiting import recorded_wait

_FORETOLD = {"0", "1"}


def opened(task: LiveTask, event: StepOpened, at: datetime) -> LiveTask:
    """A block began, or something is waited for."""
    if event.type == "wait":
        return _wait_opened(task, event, at)
    row = task.rows.get((event.step, "")) or Row(event.step, kind=event.type)
    count = row.count if event.count is None else event.count
    begun = replace(row, status=StepStatus.RUNNING, planned=False, started_at=at, count=count, wait=None)
    foretold = [inside for inside in task.inside(event.step) if inside.planned] if count == 0 else []
    return task.with_rows([begun], without=foretold)


def _wait_opened(task: LiveTask, event: StepOpened, at: datetime) -> LiveTask:
    """What waits is the step itself; of a journey its first call that has not ended, or the one that failed."""
    recorded = {} if event.wait is None else event.wait.model_dump()
    here = task.at(event.step) or [Row(event.step, kind="wait")]
    row = next((row for row in here if not row.over), here[-1])
    wait = recorded_wait(event.step, recorded, event.due)
    since = at if row.kind == "wait" else row.started_at
    return task.with_rows([replace(row, status=StepStatus.WAITING, planned=False, wait=wait, started_at=since)])


def agreed(task: LiveTask, event: ApprovalDecided) -> LiveTask:
    """One more person has said yes."""
    if event.decision != "approve":
        return task
    waiting = [row for row in task.at(event.step) if row.wait is not None and row.wait.digest == event.digest]
    return task.with_rows(
        replace(row, wait=replace(row.wait, agreed=row.wait.agreed + 1)) for row in waiting if row.wait is not None
    )


def settled(task: LiveTask, event: StepSettled) -> LiveTask:
    """A block or a wait has its outcome, or a step was passed over; what is inside and has not begun never will."""
    here = task.at(event.step) or [Row(event.step, own_id(event.step))]
    outcome, inside, words = StepStatus(event.outcome), task.inside(event.step), verdict_words(event.verdict)
    ended = [
        replace(row, status=outcome, planned=False, reason=event.reason, message=words or row.message, wait=None)
        for row in here
        if row.status is not StepStatus.COMPLETED
    ]
    never = [row for row in inside if row.planned]
    return task.with_rows([*ended, *stopped(row for row in inside if not row.planned)], without=never)


def round_ended(task: LiveTask, event: RoundEnded) -> LiveTask:
    """A round of a loop is over; where another follows, it takes the place of this one."""
    row = task.rows.get((event.step, "")) or Row(event.step, kind="loop", status=StepStatus.RUNNING)
    row = replace(row, round=event.round, message=_found(event))
    if event.last is not None:
        return task.with_rows([row])
    past = task.inside(f"{event.step}.{event.round}")
    leaves = [inside for inside in past if inside.is_leaf]
    worked = row.working + sum(inside.working for inside in past)
    row = replace(row, passed=row.passed + len(leaves), working=worked)
    return task.with_rows([row, *_next_round(past, event)], without=past)


def _found(event: RoundEnded) -> str:
    """What a reviewer found, and why no round follows."""
    return "; ".join(word for word in (found_words(event.counts), event.last) if word)


def _next_round(past: list[Row], event: RoundEnded) -> list[Row]:
    """What the next round certainly has: as this one began, of lists the first item."""
    before, behind = f"{event.step}.{event.round}", f"{event.step}.{event.round + 1}"
    return [
        Row(behind + rest, row.step, kind=row.kind, tool=row.tool, number=row.number, planned=True)
        for row in past
        if "~" not in (rest := row.path[len(before) :])
        and all(part in _FORETOLD or not part.isdecimal() for part in rest.split("."))
    ]


def repeated(task: LiveTask, event: StepRepeated) -> LiveTask:
    """It is gone through once more, in place of the go before; what mended it stays."""
    before = event.step if event.go == 2 else f"{event.step}~{event.go - 1}"  # noqa: PLR2004  # the first has no number
    past = task.at(before)
    again = [
        Row(
            f"{event.step}~{event.go}",
            row.step,
            kind=row.kind,
            tool=row.tool,
            number=row.number,
            planned=True,
            go=event.go,
            waiting=row.waiting,
            working=row.working,
            count=row.count,
        )
        for row in past
    ]
    return task.with_rows(again, without=[*past, *task.inside(before)])
