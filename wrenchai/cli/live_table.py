"""Draws a running task: a header with the whole's progress, and a row for each step or crowded fan-out."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import StepStatus

from wrenchai.cli.durations import duration, spent
from wrenchai.cli.live_task import LiveTask, Row, SetAside
from wrenchai.cli.plain_text import told
from wrenchai.cli.signs import labelled, sign

CROWD = 12
"""A fan-out with more branches than this is one row with counts; so is, while the task runs, one that is completed."""

Cells = list[RenderableType]

_BAR = 16
_WIDE = 100
_FRAME_LINES = 4


def drawn(task: LiveTask, now: datetime, console: Console) -> RenderableType:
    """The task as of `now`, no higher than the terminal while it runs."""
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("", width=1)
    table.add_column("step", no_wrap=True, ratio=3)
    if wide:
        table.add_column("tool", no_wrap=True, ratio=4, style="dim")
    table.add_column("try", justify="right", width=3)
    table.add_column("waited", justify="right", min_width=8, no_wrap=True)
    table.add_column("worked", justify="right", min_width=9, no_wrap=True)
    table.add_column("", ratio=5, no_wrap=True)
    parked = [line for aside in task.parked for line in parked_lines(aside)]
    room = console.height - _FRAME_LINES - len(parked)
    for icon, step, tool, *rest in _fitting(list(_rows(task, now, console)), room, task):
        table.add_row(icon, step, *([tool] if wide else []), *rest)
    return Group(_header(task, now, console, wide=wide), Text(), table, *parked)


def parked_lines(aside: SetAside) -> tuple[Text, Text]:
    """Why the task cannot go on, and the command with which it does."""
    reason = told(f"parked: {aside.consumer} gave up on event {aside.position}: {aside.reason}", "yellow")
    reason.no_wrap = True
    return reason, Text(f"once its cause is gone: {aside.redrive}", "bold", overflow="fold")


def _header(task: LiveTask, now: datetime, console: Console, *, wide: bool) -> RenderableType:
    line = Table.grid(padding=(0, 2))
    over = sum(row.over for row in task.rows.values())
    counted = f"{over} of {len(task.rows)} steps" if task.rows else "no plan yet"
    line.add_row(
        Text(task.playbook or "task", "bold"),
        *([Text(task.task_id, "dim")] if wide else []),
        labelled(task.shown_status, console),
        ProgressBar(total=1.0, completed=task.progress, width=_BAR),
        Text(f"{task.progress:4.0%}"),
        Text(counted),
        Text(duration(task.seconds(now)), "dim"),
    )
    return line


def _rows(task: LiveTask, now: datetime, console: Console) -> Iterator[Cells]:
    for group, members in groupby(task.ordered, key=lambda row: row.group):
        rows = list(members)
        branches = {row.journey for row in rows}
        done_with = task.ended_at is None and all(row.status is StepStatus.COMPLETED for row in rows)
        if group is not None and (len(branches) > CROWD or (done_with and len(branches) > 1)):
            yield _crowd(group, rows, now, console)
        else:
            yield from (_single(row, now, console) for row in rows)


def _fitting(rows: list[Cells], room: int, task: LiveTask) -> list[Cells]:
    """While the task runs, only as many rows as there is room for; what ended long ago goes first."""
    surplus = len(rows) - room
    if surplus <= 0 or task.ended_at is not None:
        return rows
    ended = [row.over for row in task.ordered]
    first_open = ended.index(False) if False in ended else len(ended)
    hidden = min(surplus + 1, max(first_open, 1))
    note: Cells = [Text(), Text(f"{hidden} earlier rows", "dim"), *(Text() for _ in range(5))]
    return [note, *rows[hidden:]]


def _single(row: Row, now: datetime, console: Console) -> Cells:
    return [
        sign(row.status, console),
        Text(label(row), "dim" if row.status is StepStatus.PENDING else ""),
        Text(row.tool),
        Text(str(row.attempt) if row.attempt > 1 else "", "yellow"),
        Text(spent(row.waited(now)), "dim"),
        Text(spent(row.worked(now))),
        _account(row, now),
    ]


def label(row: Row) -> str:
    """`build`, or `discover[3]` for an item of a fan-out, or `checks / links` for a named branch."""
    if row.index is not None:
        return f"{row.group or row.journey.partition('.')[0]}[{row.index}]"
    return f"{row.group} / {row.step}" if row.group and row.group != row.step else row.step


def _account(row: Row, now: datetime) -> RenderableType:
    match row.status:
        case StepStatus.RUNNING if row.fraction > 0 or row.message:
            line = Table.grid(padding=(0, 1))
            line.add_row(
                ProgressBar(total=1.0, completed=row.fraction, width=10),
                Text(f"{row.fraction:4.0%}", "dim"),
                told(row.message),
            )
            return line
        case StepStatus.RETRYING:
            left = (row.retry_at - now).total_seconds() if row.retry_at else 0.0
            return told(f"again in {duration(max(left, 0.0))}: {row.reason}", "yellow")
        case StepStatus.FAILED:
            return told(row.reason, "red")
        case _:
            return Text()


def _crowd(group: str, rows: list[Row], now: datetime, console: Console) -> Cells:
    counts = Counter(row.status for row in rows)
    line = Table.grid(padding=(0, 1))
    done = sum(1.0 if row.over else row.fraction for row in rows) / len(rows)
    line.add_row(ProgressBar(total=1.0, completed=done, width=10), Text(f"{done:4.0%}", "dim"), _counted(counts))
    retried = sum(row.attempt > 1 for row in rows)
    return [
        sign(_status_of(counts), console),
        Text(f"{group} x{len({row.journey for row in rows})}"),
        Text(", ".join(dict.fromkeys(row.tool for row in rows))),
        Text(f"+{retried}" if retried else "", "yellow"),
        Text(spent(max(row.waited(now) for row in rows)), "dim"),
        Text(spent(sum(row.worked(now) for row in rows))),
        line,
    ]


def _counted(counts: Counter[StepStatus]) -> Text:
    return Text(", ".join(f"{counts[status]} {status}" for status in StepStatus if counts[status]), no_wrap=True)


def _status_of(counts: Counter[StepStatus]) -> StepStatus:
    """What the crowd as a whole is: the first of these that any of it is."""
    urgent = (StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.FAILED, StepStatus.PENDING, StepStatus.CANCELLED)
    return next((status for status in urgent if counts[status]), StepStatus.COMPLETED)
