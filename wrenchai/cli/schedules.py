"""Tasks that begin by themselves: schedules are listed, set, paused, made up for and deleted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.events import Schedule
from wrenchai_contracts.views import ScheduleChanged, ScheduleView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.input_files import as_inputs, read_inputs, with_settings
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen, json_text
from wrenchai.cli.signs import labelled
from wrenchai.client.calls import made
from wrenchai.client.shells import Client


@dataclass(frozen=True, slots=True)
class Wanted:
    """A schedule as it was asked for on the command line."""

    name: str
    parts: dict[str, Any]
    input_file: Path | None = None
    settings: tuple[str, ...] = ()


def list_schedules(*, as_json: bool) -> None:
    """`wrenchai schedules`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.schedules()
    screen.result(found, table_of(found.items, screen.people))


def show_schedule(name: str, *, as_json: bool) -> None:
    """`wrenchai schedules show`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.schedule(name)
    screen.result(found, in_full(found, screen.people))


def set_schedule(wanted: Wanted, *, as_json: bool) -> None:
    """`wrenchai schedules set`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        changed = client.set_schedule(wanted.name, _schedule(client, wanted))
        view = client.schedule(wanted.name, min_position=changed.position)
    screen.result(view, in_full(view, screen.people))


def pause_schedule(name: str, *, reason: str, as_json: bool) -> None:
    """`wrenchai schedules pause`."""
    said = f"{name} rests; go on with: wrenchai schedules resume {name}"
    _change(lambda client: client.pause_schedule(name, reason=reason), said, as_json=as_json)


def resume_schedule(name: str, *, reason: str, as_json: bool) -> None:
    """`wrenchai schedules resume`."""
    said = f"{name} goes on"
    _change(lambda client: client.resume_schedule(name, reason=reason), said, as_json=as_json)


def delete_schedule(name: str, *, reason: str, as_json: bool) -> None:
    """`wrenchai schedules delete`."""
    said = f"{name} is no more; what it began goes on"
    _change(lambda client: client.delete_schedule(name, reason=reason), said, as_json=as_json)


def backfill_schedule(name: str, begin: datetime, end: datetime, *, as_json: bool) -> None:
    """`wrenchai schedules backfill`; times without a zone are this machine's own."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        changed = client.backfill_schedule(name, begin.astimezone(), end.astimezone())
    screen.result(changed, Text(f"{name}: {changed.moments or 'no'} moments are made up for; see: wrenchai tasks"))


def _change(ask: Callable[[Client], ScheduleChanged], said: str, *, as_json: bool) -> None:
    screen = Screen(as_json=as_json)
    with connect() as client:
        changed = ask(client)
    screen.result(changed, Text(said))


def _schedule(client: Client, wanted: Wanted) -> Schedule:
    content = read_inputs(wanted.input_file) if wanted.input_file else {}
    schema = client.playbook(wanted.parts["playbook"]).playbook.inputs
    directory = (wanted.input_file.parent if wanted.input_file else Path()).absolute()
    inputs = with_settings(as_inputs(content, schema, directory), wanted.settings)
    return made(Schedule, {**wanted.parts, "inputs": inputs})


def table_of(schedules: tuple[ScheduleView, ...], console: Console) -> RenderableType:
    """One line for each."""
    if not schedules:
        return Text("nothing begins by itself; see `wrenchai schedules set --help`", "dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("schedule", "", "playbook", "cron", "zone", "next", "last task"):
        table.add_column(name, no_wrap=True)
    for one in schedules:
        plan = one.schedule
        due = Text(day_and_time(one.next_due) if one.next_due else "")
        last = Text(one.last_task or one.last_skipped or "", overflow="ignore")
        table.add_row(one.name, _state(one, console), plan.playbook, told(plan.cron), told(plan.zone), due, last)
    return table


def in_full(one: ScheduleView, console: Console) -> RenderableType:
    """All that it says."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, shown in _facts(one, console):
        facts.add_row(name, shown)
    return facts


def _facts(one: ScheduleView, console: Console) -> Iterator[tuple[str, RenderableType]]:
    plan = one.schedule
    yield "schedule", Text(one.name, "bold")
    yield "", _state(one, console)
    if one.paused and one.reason:
        yield "reason", told(one.reason)
    yield "begins", told(plan.playbook)
    if plan.description:
        yield "", told(plan.description, "dim")
    yield "when", told(f"{plan.cron} in {plan.zone}")
    if plan.jitter:
        yield "", Text(f"put off by up to {duration(plan.jitter)}")
    yield "next", Text(day_and_time(one.next_due) if one.next_due else "never")
    yield "while one runs", Text(plan.overlap)
    yield "makes up for", Text(f"moments missed by no more than {duration(plan.catch_up)}")
    for place, (name, value) in enumerate(plan.inputs.items()):
        yield "" if place else "input", told(f"{name} = {json_text(value)}")
    if one.last_due is not None:
        yield "last", Text(day_and_time(one.last_due))
        yield "", Text(f"wrenchai show {one.last_task}" if one.last_task else one.last_skipped or "")


def _state(one: ScheduleView, console: Console) -> Text:
    return labelled("paused" if one.paused else "up", console)
