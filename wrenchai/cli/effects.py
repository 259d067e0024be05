"""What steps did outside, or may have done: listed, and resolved by somebody who looked."""

from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import EffectPage, EffectView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time
from wrenchai.cli.input_files import json_object
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen
from wrenchai.client.shells import Client

_AT_ONCE = 500
_RESOLVED = {
    "happened": "it happened; the step is done",
    "retry": "it is done again, under the same key",
    "compensate": "it is taken back",
}


def list_effects(task_id: str | None, state: str, *, as_json: bool) -> None:
    """`wrenchai effects`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        page = all_effects(client, task_id, state)
    screen.result(page, _shown(page.items, state))


def all_effects(client: Client, task_id: str | None, state: str) -> EffectPage:
    """Every effect in that state, claimed first first, as one page."""
    page = client.effects(state=state, task_id=task_id, limit=_AT_ONCE)
    while page.next_cursor is not None:
        more = client.effects(state=state, task_id=task_id, limit=_AT_ONCE, cursor=page.next_cursor)
        page = more.model_copy(update={"items": page.items + more.items})
    return page


def resolve_effect(
    key: str,
    resolution: Literal["happened", "retry", "compensate"],
    *,
    output: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """`wrenchai effects resolve`."""
    screen = Screen(as_json=as_json)
    stands = None if output is None else json_object("--output", output)
    with connect() as client:
        accepted = client.resolve_effect(key, resolution, output=stands, reason=reason)
    screen.result(accepted, Text(f"{key}: {_RESOLVED[resolution]}"))


def _shown(effects: tuple[EffectView, ...], state: str) -> RenderableType:
    if not effects:
        return Text("no effect is in doubt" if state == "in_doubt" else f"no effect is {state}", "green")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("key", no_wrap=True)
    for name in ("tool", "try", "since"):
        table.add_column(name, no_wrap=True)
    table.add_column("target", ratio=1, no_wrap=True, overflow="ellipsis")
    for effect in effects:
        since = Text(day_and_time(effect.claimed_at), "dim")
        key = Text(effect.key, overflow="ignore")
        table.add_row(key, told(effect.tool, "cyan"), str(effect.attempt), since, told(effect.target))
    if state != "in_doubt":
        return table
    advice = "look outside whether it was done, then say so: wrenchai effects resolve KEY happened, retry or compensate"
    return Group(table, Text(advice, "dim"))
