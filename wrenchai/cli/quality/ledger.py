"""`wrenchai quality decisions`, `audits`, `what-if`: what was decided, who is asked, and what if costs were others."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.judging import ACTIONS, percent
from wrenchai_contracts.quality_views import AuditPage, DecidedView, DecisionsView, WhatIfView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time
from wrenchai.cli.plain_text import told
from wrenchai.cli.quality.drawing import between, nothing_yet, table_of
from wrenchai.cli.screen import Screen
from wrenchai.client.shells import Client

_AT_ONCE = 500


def show_decisions(weeks: int, *, as_json: bool) -> None:
    """`wrenchai quality decisions`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.decisions(weeks=weeks)
    screen.result(found, decisions_page(found))


def show_audits(*, as_json: bool) -> None:
    """`wrenchai quality audits`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = all_audits(client)
    screen.result(found, audits_page(found))


def all_audits(client: Client) -> AuditPage:
    """Every result that wants a word, as one page."""
    page = client.audits(limit=_AT_ONCE)
    while page.next_cursor is not None:
        more = client.audits(limit=_AT_ONCE, cursor=page.next_cursor)
        page = more.model_copy(update={"items": page.items + more.items})
    return page


def show_what_if(
    false_accept: float | None, retry: float | None, human: float | None, since: str | None, *, as_json: bool
) -> None:
    """`wrenchai quality what-if`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.what_if(false_accept=false_accept, retry=retry, human=human, since=since)
    screen.result(found, what_if_page(found))


# --- decisions -------------------------------------------------------------------------------------------


def decisions_page(found: DecisionsView) -> RenderableType:
    """All weeks together with their losses, then each week's counts."""
    if not found.total:
        return nothing_yet()
    actions = [action for action in ACTIONS if action in found.total]
    return Group(_losses(found, actions), Text(), _weeks(found, actions), Text(_UNITS, "dim"))


_UNITS = "losses in units of one retry; what a decision has cost is known only where a person has spoken"


def _losses(found: DecisionsView, actions: list[str]) -> Table:
    names = ("decision", "results", "expected loss", "people spoke of", "bad", "expected of these", "has cost")
    table = table_of(*names, right=names[1:])
    for action in actions:
        table.add_row(ACTIONS[action], *_figures(found.total[action]))
    return table


def _figures(one: DecidedView) -> list[str]:
    spoken = [str(one.verdicts), str(one.bad), f"{one.expected_of_these:.1f}", f"{one.realised:.1f}"]
    return [str(one.count), f"{one.expected:.1f}", *(spoken if one.verdicts else [""] * len(spoken))]


def _weeks(found: DecisionsView, actions: list[str]) -> Table:
    table = table_of("week of", *(ACTIONS[action] for action in actions), right=tuple(ACTIONS.values()))
    for week in found.weeks:
        counts = (week.decisions.get(action) for action in actions)
        table.add_row(week.week.isoformat(), *("" if one is None else str(one.count) for one in counts))
    return table


# --- audits ----------------------------------------------------------------------------------------------


def audits_page(found: AuditPage) -> RenderableType:
    """The inbox; ids are never cut, they are there to be copied."""
    if not found.items:
        return Text("nobody's word is wanted: no audit and no escalation is open", "green")
    table = table_of("task", "step", "wants a word", "P", "90 %", "judged", folds=("step",))
    for one in found.items:
        why = "drawn at random" if one.wants == "audit" else "it would not decide"
        table.add_row(
            Text(one.task_id, overflow="ignore"),
            one.step or "",
            Text(why, "" if one.wants == "audit" else "yellow"),
            percent(one.quality),
            between(one.interval),
            Text(day_and_time(one.at), "dim"),
        )
    return Group(table, Text(_HOW, "dim"))


_HOW = (
    "look at one, and say what you think: wrenchai verdict TASK good, or bad; where a task waits for your word: "
    "wrenchai approve TASK"
)


# --- what if ---------------------------------------------------------------------------------------------


def what_if_page(found: WhatIfView) -> RenderableType:
    """How many decisions would have been others, and what that would have saved."""
    if not found.decisions:
        return nothing_yet()
    asked = (
        ", ".join(f"{name.replace('_', ' ')} {cost:g}" for name, cost in found.costs.items()) or "the costs as they are"
    )
    since = f" since {day_and_time(found.since)}" if found.since else ""
    head = f"with {asked}: {found.changed} of {found.decisions} decisions{since} would have been others"
    saved = found.loss_kept - found.loss_anew
    loss = (
        f"expected loss at these costs: {found.loss_kept:.1f} as decided, {found.loss_anew:.1f} anew ({saved:.1f} less)"
    )
    parts: list[RenderableType] = [Text(head, "bold"), Text(loss), Text(), _matrix(found)]
    if found.examples:
        parts += [Text(), _examples(found)]
    return Group(*parts, Text(_APART, "dim"))


_APART = "each decision by itself, from what was known then; what would have followed is not imagined"


def _matrix(found: WhatIfView) -> Table:
    table = table_of("was", "would be", "decisions", right=("decisions",))
    for pair in found.matrix:
        style = "dim" if pair.was == pair.now else ""
        row = (ACTIONS.get(pair.was, pair.was), ACTIONS.get(pair.now, pair.now), str(pair.count))
        table.add_row(*(Text(cell, style) for cell in row))
    return table


def _examples(found: WhatIfView) -> Table:
    table = table_of("such as", "step", "P", "was", "would be", "saves", right=("P", "saves"))
    for one in found.examples[:8]:
        saved = (one.loss_of_was or 0.0) - (one.loss_of_now or 0.0)
        names = ACTIONS.get(one.was, one.was), ACTIONS.get(one.now, one.now)
        table.add_row(one.task_id, told(one.step or ""), percent(one.quality), *names, f"{saved:.2f}")
    return table
