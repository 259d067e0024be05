"""What people are asked to agree to: the inbox, and one of them in full. Pure, but for asking the gateway."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.spending import MICROS
from wrenchai_contracts.views import ApprovalPage, ApprovalView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen, json_text
from wrenchai.client.shells import Client

_OF_A_CALL = {"tool", "inputs", "role", "most", "target"}
_AT_ONCE = 500
_ENOUGH = 12


def list_approvals(task_id: str | None, state: str, *, as_json: bool) -> None:
    """`wrenchai approvals`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        page = all_approvals(client, task_id, state)
    screen.result(page, inbox(page.items, state))


def all_approvals(client: Client, task_id: str | None, state: str, *, min_position: int | None = None) -> ApprovalPage:
    """Every approval in that state, asked for first first, as one page."""
    page = client.approvals(state=state, task_id=task_id, limit=_AT_ONCE, min_position=min_position)
    while page.next_cursor is not None:
        more = client.approvals(state=state, task_id=task_id, limit=_AT_ONCE, cursor=page.next_cursor)
        page = more.model_copy(update={"items": page.items + more.items})
    return page


def inbox(approvals: tuple[ApprovalView, ...], state: str) -> RenderableType:
    """A table of them; ids and digests are never cut, they are there to be copied."""
    if not approvals:
        return Text(
            "nobody is asked to agree to anything" if state == "waiting" else f"no approval is {state}", "green"
        )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for name in ("task", "step", "digest", "agreed", "asked", "until"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
    for one in approvals:
        table.add_row(
            Text(one.task_id, overflow="ignore"),
            Text(one.step, overflow="ignore"),
            Text(begins(one), "cyan"),
            f"{agreed(one)} of {one.need}",
            Text(day_and_time(one.asked_at), "dim"),
            Text(day_and_time(one.due) if one.due else "", "yellow"),
            told(one.title or _what(one)),
        )
    if state != "waiting":
        return table
    return Group(table, Text("look at one, and then say yes or no: wrenchai approve TASK STEP", "dim"))


def begins(approval: ApprovalView) -> str:
    """How its digest begins: more than anybody must type."""
    return (approval.digest or "")[:_ENOUGH]


def agreed(approval: ApprovalView) -> int:
    """How many people have said yes so far."""
    return sum(said.decision != "reject" for said in approval.decided)


def in_full(approval: ApprovalView) -> RenderableType:
    """Exactly what is to be agreed to, by whom, and until when."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, shown in _facts(approval):
        facts.add_row(name, shown)
    return facts


def _facts(approval: ApprovalView) -> Iterator[tuple[str, Text]]:
    details = approval.details
    yield "step", Text(f"{approval.step} of {approval.task_id}", "bold")
    if approval.title:
        yield "asks", told(approval.title)
    if "tool" in details:
        yield "will call", told(str(details["tool"]), "bold cyan")
    yield from _named("with", details.get("inputs") or {})
    if details.get("target"):
        yield "target", told(str(details["target"]), "bold")
    if cap := cost_cap(details.get("most") or {}):
        yield "costs at most", Text(cap)
    yield from _named("shows", {name: value for name, value in details.items() if name not in _OF_A_CALL})
    yield "asked by", told(f"{approval.requested_by}, {day_and_time(approval.asked_at)}")
    yield "who may", told(_who(approval))
    for said in approval.decided:
        yield "said", told(f"{said.by}: {said.decision} {said.reason}")
    if approval.due is not None:
        yield "until", Text(day_and_time(approval.due), "yellow")
    yield "digest", Text(approval.digest or "")


def _named(title: str, values: dict[str, Any]) -> Iterator[tuple[str, Text]]:
    for place, (name, value) in enumerate(values.items()):
        yield "" if place else title, told(f"{name} = {json_text(value)}")


def cost_cap(most: dict[str, Any]) -> str:
    """The most that one call may cost, as people read it; what costs nothing is left out."""
    kinds = [f"{most[kind]} {kind}" for kind in ("calls", "tokens") if most.get(kind)]
    money = [f"{most['micros'] / MICROS:g} in money"] if most.get("micros") else []
    time = [duration(most["seconds"])] if most.get("seconds") else []
    return ", ".join([*kinds, *money, *time])


def _who(approval: ApprovalView) -> str:
    people = f"any {approval.need}" if approval.need > 1 else "anybody"
    if approval.of:
        people = f"{approval.need} of {', '.join(approval.of)}"
    return people if approval.requester_may else f"{people}, but not {approval.requested_by}, who asked for the task"


def _what(approval: ApprovalView) -> str:
    return str(approval.details.get("tool", ""))
