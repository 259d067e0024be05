"""Prints events as they stand in the log: of one task or of all, up to now or for ever."""

from collections.abc import Iterator

from wrenchai_contracts.views import EventView

from wrenchai.cli.connecting import connect
from wrenchai.cli.event_text import event_line
from wrenchai.cli.screen import Screen
from wrenchai.client.frames import EventFrame, Frame
from wrenchai.client.shells import Client


def print_events(task_id: str | None, *, follow: bool, after: int | None, as_json: bool) -> None:
    """`wrenchai events`; without `task_id` those of the whole log."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        for event in _events(client, task_id, follow=follow, after=after):
            if as_json:
                screen.line(event)
            else:
                screen.row(event_line(event, task=task_id is None))


def _events(client: Client, task_id: str | None, *, follow: bool, after: int | None) -> Iterator[EventView]:
    if task_id is None:
        head = client.log_head().position
        if follow:
            return _only_events(client.follow_all(after=head if after is None else after))
        return _up_to(head, client, after or 0)
    if follow:
        return _only_events(client.follow(task_id, after=after or 0))
    return _pages(client, task_id, after or 0)


def _up_to(head: int, client: Client, after: int) -> Iterator[EventView]:
    if after >= head:
        return
    for event in _only_events(client.follow_all(after=after)):
        yield event
        if event.position >= head:
            return


def _only_events(frames: Iterator[Frame]) -> Iterator[EventView]:
    return (frame for frame in frames if isinstance(frame, EventFrame))


def _pages(client: Client, task_id: str, after: int) -> Iterator[EventView]:
    cursor: int | None = after
    while cursor is not None:
        page = client.events(task_id, after=cursor)
        yield from page.items
        cursor = page.next_after
