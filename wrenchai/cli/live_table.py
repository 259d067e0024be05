"""Draws a running task: a header with the whole's progress, a row for each step under its block, and what is to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.cli.durations import duration, spent
from wrenchai.cli.live_account import account, counted, label, shown_status, tool_of
from wrenchai.cli.live_rows import Row
from wrenchai.cli.live_task import LiveTask, SetAside
from wrenchai.cli.plain_text import told
from wrenchai.cli.signs import labelled, sign
from wrenchai.cli.task_tree import Branch, Share, share_of
from wrenchai.cli.waiting import PEOPLE, Waiting

CROWD = 12
"""A fan-out with more items than this is one row with counts; so is, while the task runs, one that is completed."""

Cells = list[RenderableType]

_BAR = 16
_WIDE = 100
_FRAME_LINES = 4
_MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table; `over`: it may go where room is short."""

    cells: Cells
    over: bool = False


def drawn(task: LiveTask, now: datetime, console: Console, *, notes: bool = True) -> RenderableType:
    """The task as of `now`, no higher than the terminal while it runs; `notes` say what is to be done about it."""
    wide = console.width >= _WIDE
    said = [line for note in _notes(task) for line in note] if notes else []
    room = console.height - _FRAME_LINES - len(said)
    table, tree = _empty_table(wide=wide), task.tree
    drawing = _Drawing(now, console, ended=task.ended_at is not None)
    lines = [line for branch in tree for line in _branch(branch, None, 0, drawing)]
    for line in _fitting(lines, room, task):
        icon, step, tool, *rest = line.cells
        table.add_row(icon, step, *([tool] if wide else []), *rest)
    return Group(_header(task, share_of(tree), drawing, wide=wide), Text(), table, *said)


def _empty_table(*, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("", width=1)
    table.add_column("step", no_wrap=True, ratio=4)
    if wide:
        table.add_column("tool", no_wrap=True, ratio=4, style="dim")
    table.add_column("try", justify="right", width=3)
    table.add_column("waited", justify="right", min_width=8, no_wrap=True)
    table.add_column("worked", justify="right", min_width=9, no_wrap=True)
    table.add_column("", ratio=6, no_wrap=True)
    return table


def _header(task: LiveTask, share: Share, drawing: "_Drawing", *, wide: bool) -> RenderableType:
    line = Table.grid(padding=(0, 2))
    progress = task.progress_by(share)
    line.add_row(
        Text(task.playbook or "task", "bold"),
        *([Text(task.task_id, "dim")] if wide else []),
        labelled(task.shown_status, drawing.console),
        ProgressBar(total=1.0, completed=progress, width=_BAR),
        Text(f"{progress:4.0%}"),
        Text(f"{share.over} of {share.known} steps" if task.rows else "no plan yet"),
        Text(duration(task.seconds(drawing.now)), "dim"),
    )
    return line


# --- what is to be done ----------------------------------------------------------------------------------


def parked_lines(aside: SetAside) -> tuple[Text, Text]:
    """Why the task cannot go on, and the command with which it does."""
    reason = told(f"parked: {aside.consumer} gave up on event {aside.position}: {aside.reason}", "yellow")
    reason.no_wrap = True
    return reason, Text(f"once its cause is gone: {aside.redrive}", "bold", overflow="fold")


def waiting_lines(task_id: str, wait: Waiting) -> tuple[Text, Text]:
    """What is waited for, and the command that ends the wait."""
    what = told(f"{wait.step} {wait.words}", "yellow")
    what.no_wrap = True
    return what, Text(f"type: {'   or: '.join(wait.commands(task_id))}", "bold", overflow="fold")


def paused_lines(task_id: str) -> tuple[Text, ...]:
    """That somebody paused it, and the command that lets it go on."""
    return (Text(f"paused; go on with: wrenchai resume {task_id}", "bold", overflow="fold"),)


def _notes(task: LiveTask) -> Iterator[tuple[Text, ...]]:
    if task.shown_status is TaskStatus.PAUSED:
        yield paused_lines(task.task_id)
    people = [wait for wait in task.waits if wait.waits_for in PEOPLE]
    for wait in people[:_MOST_NOTES]:
        yield waiting_lines(task.task_id, wait)
    if len(people) > _MOST_NOTES:
        yield (Text(f"and {len(people) - _MOST_NOTES} more: wrenchai context {task.task_id}", "yellow"),)
    for aside in task.parked:
        yield parked_lines(aside)


# --- rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawing:
    now: datetime
    console: Console
    ended: bool


def _branch(branch: Branch, parent: Row | None, depth: int, drawing: _Drawing) -> Iterator[Line]:
    if branch.row.is_leaf:
        yield _leaf(branch.row, parent, depth, drawing)
    elif _is_folded(branch, ended=drawing.ended):
        yield _folded(branch, parent, depth, drawing)
        return
    else:
        yield _block(branch, parent, depth, drawing)
    for inside in branch.inside:
        yield from _branch(inside, branch.row, depth + 1, drawing)


def _is_folded(branch: Branch, *, ended: bool) -> bool:
    row = branch.row
    if row.kind == "fan" and max(row.count or 0, len(branch.items())) > CROWD:
        return True
    return not ended and bool(branch.inside) and shown_status(branch) is StepStatus.COMPLETED


def _leaf(row: Row, parent: Row | None, depth: int, drawing: _Drawing) -> Line:
    times = [Text(spent(row.waited(drawing.now)), "dim"), Text(spent(row.worked(drawing.now)))]
    name = Text("  " * depth + label(row, parent), "dim" if row.status is StepStatus.PENDING else "")
    cells = [sign(row.status, drawing.console), name, Text(tool_of(row)), _tries(row), *times]
    return Line([*cells, account(row, drawing.now)], over=row.over)


def _block(branch: Branch, parent: Row | None, depth: int, drawing: _Drawing) -> Line:
    row, status = branch.row, shown_status(branch)
    name = Text("  " * depth + label(row, parent), "dim" if status is StepStatus.PENDING else "bold")
    worked = Text(spent(row.working), "dim")
    cells = [sign(status, drawing.console), name, Text(tool_of(row)), _tries(row), Text(), worked]
    return Line([*cells, account(row, drawing.now)], over=row.over)


def _folded(branch: Branch, parent: Row | None, depth: int, drawing: _Drawing) -> Line:
    row, status = branch.row, shown_status(branch)
    leaves = [inside for inside in branch.rows() if inside.is_leaf]
    count = len(branch.items()) if row.count is None else row.count
    name = f"{label(row, parent)} x{count}" if row.kind == "fan" else label(row, parent)
    retried = sum(leaf.attempt > 1 for leaf in leaves)
    return Line(
        [
            sign(status, drawing.console),
            Text("  " * depth + name),
            Text(", ".join(dict.fromkeys(leaf.tool for leaf in leaves if leaf.tool))),
            Text(f"+{retried}" if retried else "", "yellow"),
            Text(spent(max((leaf.waited(drawing.now) for leaf in leaves), default=0.0)), "dim"),
            Text(spent(row.working + sum(leaf.worked(drawing.now) for leaf in leaves))),
            _progress(branch) if row.kind == "fan" else account(row, drawing.now),
        ],
        over=row.over,
    )


def _progress(branch: Branch) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    share = share_of([branch])
    done = share.done / share.weight if share.weight else 0.0
    line.add_row(ProgressBar(total=1.0, completed=done, width=10), Text(f"{done:4.0%}", "dim"), counted(branch))
    return line


def _tries(row: Row) -> Text:
    return Text(str(max(row.attempt, row.go)) if max(row.attempt, row.go) > 1 else "", "yellow")


def _fitting(lines: list[Line], room: int, task: LiveTask) -> list[Line]:
    """While the task runs, only as many rows as there is room for; what ended long ago goes first."""
    surplus = len(lines) - max(room, 1)
    if surplus <= 0 or task.ended_at is not None:
        return lines
    ended = [place for place, line in enumerate(lines) if line.over][: surplus + 1]
    kept = [line for place, line in enumerate(lines) if place not in set(ended)]
    shown = [*([_note(f"{len(ended)} earlier rows")] if ended else []), *kept]
    if len(shown) <= max(room, 1):
        return shown
    later = len(shown) - max(room, 2) + 1
    return [*shown[:-later], _note(f"{later} more rows")]


def _note(words: str) -> Line:
    return Line([Text(), Text(words, "dim"), *(Text() for _ in range(5))])
