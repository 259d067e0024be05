"""`wrenchai quality drift`, `recommend` and `health`: what changes, what to change, and whether to believe it."""

import math
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.judging import percent
from wrenchai_contracts.quality_views import DriftView, QualityHealthView, RecommendationsView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.plain_text import told
from wrenchai.cli.quality.drawing import bar, counted, facts_table, folded, nothing_yet, table_of
from wrenchai.cli.screen import Screen

_NOTABLE = 0.25
"""Of what an alarm takes: less speaks for no shift."""

_MOST_WEEKS = 8
_MOST_ODDS = 30.0


def show_drift(*, as_json: bool) -> None:
    """`wrenchai quality drift`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.drift()
    screen.result(found, drift_page(found, screen.people))


def show_recommendations(*, as_json: bool) -> None:
    """`wrenchai quality recommend`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.recommendations()
    screen.result(found, recommendations_page(found))


def show_health(*, as_json: bool) -> None:
    """`wrenchai quality health`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.quality_health()
    screen.result(found, health_page(found))


# --- drift -----------------------------------------------------------------------------------------------


def drift_page(found: DriftView, console: Console) -> RenderableType:
    """Alarms, what is about to become one, and how each tool did from week to week."""
    if not found.weeks and not found.alarms:
        return nothing_yet()
    parts: list[RenderableType] = [_alarms(found) if found.alarms else Text("all do as they used to", "green")]
    if (sums := _sums(found)) is not None:
        parts += [Text(), sums]
    return Group(*parts, Text(), _weeks(found, console))


def _alarms(found: DriftView) -> Table:
    table = table_of("alarm", "does", "since", "odds of a shift", "noticed at", folds=("alarm",))
    for one in found.alarms:
        does = Text(one.direction, "red" if one.direction == "worse" else "green")
        does += Text(", look at it", "bold red") if one.page else Text()
        odds = f"{math.exp(min(one.odds, _MOST_ODDS)):.0f} : 1"
        table.add_row(told(one.subject), does, f"{counted(one.since, 'run')} before", odds, day_and_time(one.at))
    return table


def _sums(found: DriftView) -> Table | None:
    loud = [one for one in found.sums if one.sum >= _NOTABLE * one.alarm]
    if not loud:
        return None
    table = table_of("suspicion", "does", "of an alarm", right=("of an alarm",))
    for one in loud:
        table.add_row(told(one.subject), one.direction, percent(one.sum / one.alarm))
    return table


def _weeks(found: DriftView, console: Console) -> Table:
    table = table_of("tool", "week of", "acceptable", "", "runs so far", right=("acceptable", "runs so far"))
    by_tool: dict[str, list[int]] = {}
    for place, one in enumerate(found.weeks):
        by_tool.setdefault(one.tool, []).append(place)
    for tool, places in by_tool.items():
        for row, place in enumerate(places[-_MOST_WEEKS:]):
            one = found.weeks[place]
            shown = percent(one.mean), bar(one.interval, one.mean, console), f"{one.runs:.0f}"
            table.add_row(told("" if row else tool), one.week.isoformat(), *shown)
    return table


# --- recommendations -------------------------------------------------------------------------------------


def recommendations_page(found: RecommendationsView) -> RenderableType:
    """What is recommended; below it, what was compared and why nothing is said of it."""
    if not found.items:
        return Text(
            "nothing was offered together yet: let a step choose by `any_of`, or let tools compete in a `versus`",
            "yellow",
        )
    names = ("playbook", "role", "now", "better", "P(better)", "points", "a week", "")
    table = table_of(*names, right=("P(better)", "points", "a week"), folds=("playbook", "role", "now", "better", ""))
    for one in found.items:
        style = "bold green" if one.said else ""
        figures = percent(one.probability), f"{100 * one.gain:+.1f}", f"{one.per_week:+.1f}"
        cells = folded(one.playbook), folded(one.role), folded(one.now), Text(one.better, style)
        table.add_row(*cells, *figures, Text("recommended", style) if one.said else Text(one.why_not, "dim"))
    return Group(table, Text("points: of the rate of acceptable results; a week: so many more of them", "dim"))


# --- health ----------------------------------------------------------------------------------------------


def health_page(found: QualityHealthView) -> RenderableType:
    """Hashes, the background model, and people's word."""
    facts = facts_table()
    for name, shown in _facts(found):
        facts.add_row(name, shown)
    return facts


def _facts(found: QualityHealthView) -> Iterator[tuple[str, RenderableType]]:
    yield "calibrated", Text(found.said, "green" if found.calibrated else "yellow")
    learnt = f"{counted(found.results, 'result')} and {counted(found.verdicts, 'verdict')}"
    yield "learnt from", Text(f"{learnt}, in {counted(found.version, 'event')}")
    if found.differences:
        yield "replay", Text(f"{found.differences} events fold to something else than what is recorded", "bold red")
        for one in found.first_differences:
            yield "", told(one, "red")
    else:
        yield "replay", Text(f"every state has the hash that is recorded ({found.digest[:12]})", "green")
    if found.lag:
        yield "lag", Text(f"{counted(found.lag, 'event')} wait for the inspector's answer", "yellow")
    if found.refresh is not None:
        last = found.refresh
        figures = f"R-hat {last.rhat:.3f}, ESS {last.ess:.0f}, {last.divergences} divergences, {duration(last.seconds)}"
        yield "refreshed", Text(f"{day_and_time(last.at)} from {last.outcomes} results: {figures}")
        yield "spreads", Text(", ".join(f"{name} {value:.2f}" for name, value in last.spreads.items()))
    if found.refused is not None:
        yield "refused", told(f"{day_and_time(found.refused.at)}: {found.refused.reason}", "yellow")
    if found.refresh is None and found.refused is None:
        yield "refreshed", Text("never: the spreads are those that it began with", "dim")
    else:
        yield "since then", Text(f"{counted(found.behind, 'event')} that the background model has not seen")
