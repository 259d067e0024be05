"""Lists tasks, and cancels one."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import TaskPage, TaskStatus, TaskSummary

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled
from wrenchai.client.shells import Client

_WIDE = 100
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks were asked for; without `limit` all of them."""

    status: str | None
    playbook: str | None
    metadata: Mapping[str, str]
    limit: int | None


def list_tasks(wanted: Wanted, *, as_json: bool) -> None:
    """`wrenchai tasks`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        page = found(client, wanted)
    screen.result(page, _shown(page, screen.people))


def found(client: Client, wanted: Wanted) -> TaskPage:
    """The newest tasks that are wanted, as one page; `next_cursor` says that there are older ones."""
    status, playbook, labels = _status(wanted.status), wanted.playbook, wanted.metadata
    limit = wanted.limit or _MOST_AT_ONCE
    page = client.tasks(status=status, playbook=playbook, metadata=labels, limit=limit)
    while wanted.limit is None and page.next_cursor is not None:
        cursor = page.next_cursor
        more = client.tasks(status=status, playbook=playbook, metadata=labels, limit=limit, cursor=cursor)
        page = page.model_copy(update={"items": page.items + more.items, "next_cursor": more.next_cursor})
    return page


def cancel_task(task_id: str, *, reason: str, as_json: bool) -> None:
    """`wrenchai cancel`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        accepted = client.cancel(task_id, reason=reason)
    screen.result(accepted, Text(f"{task_id} is being cancelled; see it with: wrenchai show {task_id} --follow"))


def _status(word: str | None) -> TaskStatus | None:
    try:
        return None if word is None else TaskStatus(word)
    except ValueError:
        place, reason = f"--status {word}", f"choose one of {', '.join(TaskStatus)}"
        raise InputFileWrong(place, reason) from None


def _shown(page: TaskPage, console: Console) -> RenderableType:
    if not page.items:
        return Text("no tasks", "dim")
    table = _table(page.items, console)
    older = Text(f"the newest {len(page.items)}; with --all also the older ones", "dim")
    return table if page.next_cursor is None else Group(table, older)


def _table(tasks: tuple[TaskSummary, ...], console: Console) -> RenderableType:
    """Ids are never cut: they are there to be copied."""
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="dim")
    for name in ("task", "status", "playbook", "quality", "took"):
        table.add_column(name, no_wrap=True)
    if wide:
        table.add_column("done", no_wrap=True)
        table.add_column("begun", no_wrap=True, style="dim")
        table.add_column("", no_wrap=True, overflow="ellipsis", style="dim")
    for task in tasks:
        seconds = task.metrics.total_seconds
        table.add_row(
            Text(task.task_id, no_wrap=True, overflow="ignore"),
            labelled(task.status, console),
            Text(task.playbook or ""),
            Text(f"{task.quality.quality:.2f}" if task.quality else ""),
            Text("" if seconds is None else duration(seconds)),
            *(_further(task) if wide else ()),
        )
    return table


def _further(task: TaskSummary) -> tuple[Text, Text, Text]:
    """What there is room for on a wide terminal only."""
    return Text(f"{task.progress:.0%}"), Text(day_and_time(task.created_at)), told(task.message or task.description)
