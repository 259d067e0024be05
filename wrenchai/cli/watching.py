"""Follows a task in the terminal: drawn anew while it runs, or one line for each event where nothing can be redrawn."""

from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, datetime

from rich.live import Live
from rich.text import Text
from wrenchai_contracts.events import EventParked, JourneyPaused, StepOpened, TaskPaused
from wrenchai_contracts.views import TaskView

from wrenchai.cli.event_text import event_line
from wrenchai.cli.live_fold import told
from wrenchai.cli.live_table import drawn, parked_lines, paused_lines, waiting_lines
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.screen import Screen
from wrenchai.cli.waiting import PEOPLE
from wrenchai.client.frames import EventFrame, Frame
from wrenchai.client.shells import Client

_DRAWINGS_PER_SECOND = 8
_BEGIN_TO_WAIT = {StepOpened.__name__, JourneyPaused.__name__}

Enough = Callable[[LiveTask], bool]


def at_its_end(_: LiveTask) -> bool:
    """The connection itself ends with the task."""
    return False


def watch(client: Client, task_id: str, screen: Screen, *, until: Enough = at_its_end) -> TaskView:
    """Show the task until it ends, or is as far as `until` says; then its view, which holds the last event shown."""
    show = _draw if screen.live else _print_lines
    try:
        position = show(client, LiveTask(task_id), screen, until)
    except KeyboardInterrupt:
        screen.say(Text(f"the task goes on; see it with: wrenchai show {task_id} --follow", "yellow"))
        raise
    return client.task(task_id, min_position=position)


def _draw(client: Client, task: LiveTask, screen: Screen, until: Enough) -> int:
    with (
        closing(_frames(client, task.task_id)) as frames,
        Live(
            get_renderable=lambda: drawn(task, datetime.now(UTC), screen.people),
            console=screen.people,
            refresh_per_second=_DRAWINGS_PER_SECOND,
        ),
    ):
        for frame in frames:
            task = told(task, frame)
            if until(task):
                break
    return task.position


def _print_lines(client: Client, task: LiveTask, screen: Screen, until: Enough) -> int:
    with closing(_frames(client, task.task_id)) as frames:
        for frame in frames:
            before, task = task, told(task, frame)
            if isinstance(frame, EventFrame):
                for line in lines_of(frame, before, task):
                    screen.row(line)
            if until(task):
                break
    return task.position


def _frames(client: Client, task_id: str) -> Generator[Frame]:
    """Whoever stops early must close it, and with it the connection."""
    yield from client.follow(task_id)


def lines_of(frame: EventFrame, before: LiveTask, task: LiveTask) -> tuple[Text, ...]:
    """The event that made `task` of `before`; and if that is so since then, what is to be done that it goes on."""
    parked = parked_lines(task.parked[-1]) if frame.type == EventParked.__name__ else ()
    paused = paused_lines(task.task_id) if frame.type == TaskPaused.__name__ else ()
    waits = task.waits if frame.type in _BEGIN_TO_WAIT else []
    new = [wait for wait in waits if wait.waits_for in PEOPLE and wait not in before.waits]
    return event_line(frame), *parked, *paused, *(line for wait in new for line in waiting_lines(task.task_id, wait))
