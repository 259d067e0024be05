"""Events that a service set aside: lists them, and sends one to its service again."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import ParkedPage, ParkedView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen
from wrenchai.client.shells import Client


def list_parked(*, as_json: bool) -> None:
    """`wrenchai parked`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = all_parked(client)
    screen.result(found, _table(found.items) if found.items else Text("no event is set aside", "green"))


def all_parked(client: Client) -> ParkedPage:
    """Every event that waits for an operator, oldest first, as one page."""
    page = client.parked()
    items = page.items
    while page.next_after is not None:
        page = client.parked(after=page.next_after)
        items += page.items
    return ParkedPage(items=items)


def _table(events: tuple[ParkedView, ...]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("consumer", "position", "tries", "since", "task", "event", "reason"):
        table.add_column(name, no_wrap=name != "reason")
    for event in events:
        table.add_row(
            event.consumer,
            str(event.position),
            str(event.deliveries),
            Text(day_and_time(event.at), "dim"),
            event.task_id,
            event.subject.split(".")[1],
            told(event.reason, "red"),
        )
    advice = Text("once its cause is gone, send it again: wrenchai parked redrive CONSUMER POSITION", "dim")
    return Group(table, advice)


def redrive_parked(consumer: str, position: int, *, as_json: bool) -> None:
    """`wrenchai parked redrive`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        done = client.redrive(consumer, position)
    screen.result(done, Text(f"event {position} is on its way to {consumer} again"))
