"""Lists tasks, and cancels one."""

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import TaskStatus, TaskSummary

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled

_WIDE = 100


def list_tasks(status: str | None, playbook: str | None, *, limit: int, as_json: bool) -> None:
    """`wrenchai tasks`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        page = client.tasks(status=_status(status), playbook=playbook, limit=limit)
    screen.result(page, _table(page.items, screen.people) if page.items else Text("no tasks", "dim"))


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


def _table(tasks: tuple[TaskSummary, ...], console: Console) -> RenderableType:
    """Ids are never cut: they are there to be copied."""
    wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="dim")
    for name in ("task", "status", "playbook", "done", "quality", "took"):
        table.add_column(name, no_wrap=True)
    if wide:
        table.add_column("begun", no_wrap=True, style="dim")
        table.add_column("", no_wrap=True, overflow="ellipsis", style="dim")
    for task in tasks:
        seconds = task.metrics.total_seconds
        table.add_row(
            Text(task.task_id, no_wrap=True, overflow="ignore"),
            labelled(task.status, console),
            Text(task.playbook or ""),
            Text(f"{task.progress:.0%}"),
            Text(f"{task.quality.quality:.2f}" if task.quality else ""),
            Text("" if seconds is None else duration(seconds)),
            *([Text(day_and_time(task.created_at)), told(task.message or task.description)] if wide else []),
        )
    return table
