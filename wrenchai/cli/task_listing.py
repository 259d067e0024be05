"""Lists tasks; of those that wait or are paused also what for, and the command that lets them go on."""

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
from wrenchai.cli.waiting import PEOPLE, shown_wait
from wrenchai.client.shells import Client

_WIDE = 100
_MOST_AT_ONCE = 1000
_MOST_LOOKED_AT = 10
_HELD = {TaskStatus.WAITING, TaskStatus.PAUSED}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks were asked for; without `limit` all of them."""

    status: str | None
    playbook: str | None
    metadata: Mapping[str, str]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """A task that does not go on by itself: why, and what to type."""

    task_id: str
    why: str
    commands: tuple[str, ...]


def list_tasks(wanted: Wanted, *, as_json: bool) -> None:
    """`wrenchai tasks`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        page = found(client, wanted)
        held = [] if as_json else what_holds(client, page.items)
    screen.result(page, _shown(page, held, screen.people))


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


def what_holds(client: Client, tasks: tuple[TaskSummary, ...]) -> list[Held]:
    """What those that wait or are paused wait for, and what to type; of many only the newest."""
    held = [task for task in tasks if task.status in _HELD]
    return [_what_holds(client, task) for task in held[:_MOST_LOOKED_AT]]


def _what_holds(client: Client, task: TaskSummary) -> Held:
    if task.status is TaskStatus.PAUSED:
        return Held(task.task_id, task.message, (f"wrenchai resume {task.task_id}",))
    waits = [wait for wait in map(shown_wait, client.context(task.task_id).waits) if wait.waits_for in PEOPLE]
    if not waits:
        return Held(task.task_id, task.message, ())
    more = (f"wrenchai context {task.task_id}",) if len(waits) > 1 else ()
    return Held(task.task_id, f"{waits[0].step} {waits[0].words}", (*waits[0].commands(task.task_id), *more))


def _status(word: str | None) -> TaskStatus | None:
    try:
        return None if word is None else TaskStatus(word)
    except ValueError:
        place, reason = f"--status {word}", f"choose one of {', '.join(TaskStatus)}"
        raise InputFileWrong(place, reason) from None


def _shown(page: TaskPage, held: list[Held], console: Console) -> RenderableType:
    if not page.items:
        return Text("no tasks", "dim")
    older = (
        []
        if page.next_cursor is None
        else [Text(f"the newest {len(page.items)}; with --all also the older ones", "dim")]
    )
    return Group(_table(page.items, console), *older, *(line for one in held for line in held_lines(one)))


def held_lines(held: Held) -> list[Text]:
    """Why a task does not go on by itself, and what to type."""
    why = told(f"{held.task_id}: {held.why}", "yellow")
    why.no_wrap = True
    return [Text(), why, *(Text(f"  {command}", "bold", overflow="fold") for command in held.commands)]


def _table(tasks: tuple[TaskSummary, ...], console: Console) -> RenderableType:
    """Ids are never cut: they are there to be copied."""
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="dim", expand=wide)
    for name in ("task", "status", "playbook", "quality", "took"):
        table.add_column(name, no_wrap=True)
    if wide:
        table.add_column("done", no_wrap=True)
        table.add_column("begun", no_wrap=True, style="dim")
        table.add_column("", no_wrap=True, overflow="ellipsis", style="dim", ratio=1)
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
