"""What a row of the live table says of its step: its name, its kind, where it stands and why. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.views import StepStatus

from wrenchai.cli.durations import duration
from wrenchai.cli.live_rows import Row, item_in
from wrenchai.cli.plain_text import told
from wrenchai.cli.task_tree import Branch

_KINDS = {"fan": "in parallel"}
_COUNTED = {"versus": "competitors", "handoff": "parts"}
_NUMBERED = {"fan", "handoff"}
_URGENT = (
    StepStatus.RUNNING, StepStatus.RETRYING, StepStatus.WAITING, StepStatus.PAUSED, StepStatus.FAILED,
    StepStatus.PENDING, StepStatus.CANCELLED,
)  # fmt: skip
_HELD = (StepStatus.WAITING, StepStatus.PAUSED)


def label(row: Row, parent: Row | None) -> str:
    """`build`, or `discover[3]` for item 3 of a list, or `checks / links` for a branch that a plan of 0.1 named."""
    name = row.step or own_id(row.path)
    if row.path.endswith("~undo"):
        return f"undo {name}"
    if row.group is not None:
        return f"{row.group} / {name}"
    item = item_in(row.path, parent.path) if parent is not None and parent.kind in _NUMBERED else None
    if item is None or parent is None or row.planned:
        return name
    return f"{own_id(parent.path) if own_id(row.path).isdecimal() else name}[{item}]"


def tool_of(row: Row) -> str:
    """What works there: a tool, or by its kind a block; of a wait, what for."""
    if row.kind == "wait":
        return row.wait.waits_for if row.wait is not None else "wait"
    return row.tool or _KINDS.get(row.kind, row.kind)


def account(row: Row, now: datetime) -> RenderableType:  # noqa: PLR0911  # one line for each status
    """How far it is, or why it is where it is."""
    match row.status:
        case StepStatus.WAITING if row.wait is not None:
            return told(row.wait.words, "yellow")
        case StepStatus.PAUSED:
            return Text("paused", "yellow")
        case StepStatus.RUNNING if row.is_leaf and (row.fraction > 0 or row.message):
            return _progress(row)
        case StepStatus.RETRYING:
            left = (row.retry_at - now).total_seconds() if row.retry_at else 0.0
            return told(f"again in {duration(max(left, 0.0))}: {row.reason}", "yellow")
        case StepStatus.FAILED:
            return told(row.reason, "red")
        case StepStatus.SKIPPED | StepStatus.CANCELLED:
            return told(": ".join(word for word in (str(row.status), row.reason) if word), "dim")
        case _:
            return told("; ".join(word for word in (_counted(row), row.message) if word), "dim")


def counted(branch: Branch) -> Text:
    """How many items of a fan are where."""
    counts = Counter(status_of(row.status for one in item for row in one.rows()) for item in branch.items())
    counts[StepStatus.PENDING] += max((branch.row.count or 0) - counts.total(), 0)
    return Text(", ".join(f"{counts[status]} {status}" for status in StepStatus if counts[status]), no_wrap=True)


def status_of(statuses: Iterable[StepStatus]) -> StepStatus:
    """What several are together: the first of the urgent ones that any of them is."""
    found = set(statuses)
    return next((status for status in _URGENT if status in found), StepStatus.COMPLETED)


def shown_status(branch: Branch) -> StepStatus:
    """Of a block at work: held where all that has begun inside is; of one that nothing tells of, what its parts are."""
    row = branch.row
    if row.over or not branch.inside or row.status is StepStatus.WAITING:
        return row.status
    together = status_of(inside.status for inside in branch.rows() if inside.is_leaf and not inside.planned)
    if row.status is StepStatus.RUNNING:
        return together if together in _HELD else StepStatus.RUNNING
    begun = any(not inside.planned for inside in branch.rows() if inside.is_leaf)
    return together if begun else row.status


def _progress(row: Row) -> RenderableType:
    line = Table.grid(padding=(0, 1))
    line.add_row(
        ProgressBar(total=1.0, completed=row.fraction, width=10), Text(f"{row.fraction:4.0%}", "dim"), told(row.message)
    )
    return line


def _counted(row: Row) -> str:
    if row.kind == "loop" and not row.planned:
        current = row.round if row.over else row.round + 1
        return f"round {current} of {row.count}" if row.count else f"round {current}"
    return f"{row.count} {_COUNTED[row.kind]}" if row.kind in _COUNTED and row.count else ""
