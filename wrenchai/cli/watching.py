"""Follows a task in the terminal: drawn anew while it runs, or one line for each event where nothing can be redrawn."""

from datetime import UTC, datetime

from rich.live import Live
from rich.text import Text
from wrenchai_contracts.events import EventParked
from wrenchai_contracts.views import TaskView

from wrenchai.cli.event_text import event_line
from wrenchai.cli.live_table import drawn, parked_lines
from wrenchai.cli.live_task import LiveTask, told
from wrenchai.cli.screen import Screen
from wrenchai.client.frames import EventFrame
from wrenchai.client.shells import Client

_DRAWINGS_PER_SECOND = 8


def watch(client: Client, task_id: str, screen: Screen) -> TaskView:
    """Show the task until it ends; then its view, which holds its last event."""
    try:
        position = _draw(client, task_id, screen) if screen.live else _print_lines(client, task_id, screen)
    except KeyboardInterrupt:
        screen.say(Text(f"the task goes on; see it with: wrenchai show {task_id} --follow", "yellow"))
        raise
    return client.task(task_id, min_position=position)


def _draw(client: Client, task_id: str, screen: Screen) -> int:
    task = LiveTask(task_id)
    with Live(
        get_renderable=lambda: drawn(task, datetime.now(UTC), screen.people),
        console=screen.people,
        refresh_per_second=_DRAWINGS_PER_SECOND,
    ):
        for frame in client.follow(task_id):
            task = told(task, frame)
    return task.position


def _print_lines(client: Client, task_id: str, screen: Screen) -> int:
    task = LiveTask(task_id)
    for frame in client.follow(task_id):
        task = told(task, frame)
        if isinstance(frame, EventFrame):
            for line in lines_of(frame, task):
                screen.row(line)
    return task.position


def lines_of(frame: EventFrame, task: LiveTask) -> tuple[Text, ...]:
    """The event that made `task` what it is; of one that a service gave up on also why, and how to send it again."""
    parked = parked_lines(task.parked[-1]) if frame.type == EventParked.__name__ else ()
    return event_line(frame), *parked
