"""`wrenchai quality tools`, `judges` and `calibration`: what is known of each, and how right that was."""

from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.judging import percent
from wrenchai_contracts.quality_views import (
    AgreementView,
    AuditedRateView,
    CalibrationView,
    CurveView,
    HabitView,
    JudgesView,
    JudgeView,
    ToolsView,
)

from wrenchai.cli.connecting import connect
from wrenchai.cli.plain_text import told
from wrenchai.cli.quality.drawing import bar, between, counted, folded, measured, nothing_yet, table_of
from wrenchai.cli.screen import Screen

Sort = Literal["rate", "name", "runs", "reaches"]

_HARDLY_USEFUL = 0.5
_NARROW = 11


def show_tools(slo: float, sort: Sort, *, usage: bool, as_json: bool) -> None:
    """`wrenchai quality tools`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.tool_quality(slo=slo, sort=sort)
    screen.result(found, tools_page(found, screen.people, usage=usage))


def show_judges(*, as_json: bool) -> None:
    """`wrenchai quality judges`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.judges()
    screen.result(found, judges_page(found, screen.people))


def show_calibration(*, as_json: bool) -> None:
    """`wrenchai quality calibration`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.calibration()
    screen.result(found, calibration_page(found, screen.people))


# --- tools -----------------------------------------------------------------------------------------------


def tools_page(found: ToolsView, console: Console, *, usage: bool) -> RenderableType:
    """Kind by kind; with `usage` also what steps usually use."""
    if not found.items:
        return nothing_yet()
    reaches = f"P(rate >= {found.slo:g})"
    names = ("kind", "name", "acceptable", "90 %", "0 to 1", "runs", reaches)
    table = table_of(*names, right=("acceptable", "runs", reaches), folds=("name",))
    before = ""
    for row in found.items:
        kind = row.kind if row.kind != before else ""
        sure = Text(percent(row.reaches), "green" if row.reaches > _HARDLY_USEFUL else "")
        shown = Text(percent(row.mean), "bold"), Text(between(row.interval)), bar(row.interval, row.mean, console)
        table.add_row(Text(kind, "dim"), folded(row.name), *shown, f"{row.runs:.0f}", sure)
        before = row.kind
    parts: list[RenderableType] = [table]
    if not found.calibrated:
        parts += [Text(), Text(_UNCONFIRMED, "yellow")]
    if usage and found.habits:
        parts += [Text(), _habits(found.habits)]
    return Group(*parts)


_UNCONFIRMED = "uncalibrated: these are what judges say; people have confirmed too few of them"


def _habits(habits: tuple[HabitView, ...]) -> Table:
    names = ("step", "tool", "playbook", "usually", "90 % of runs")
    table = table_of(*names, right=("usually",), folds=("step", "tool", "playbook"))
    for one in habits:
        low, high = (measured(one.measure, end) for end in one.interval)
        shown = folded(one.step), folded(one.tool), folded(one.playbook), measured(one.measure, one.usual)
        table.add_row(*shown, f"{low} to {high}")
    return table


# --- judges ----------------------------------------------------------------------------------------------


def judges_page(found: JudgesView, console: Console) -> RenderableType:
    """How often each is right of good and of bad results, and whether it tells anything."""
    if not found.items:
        return nothing_yet()
    unknown = Text("a judge that has reported little is taken for a usual one of its scale", "dim")
    names = ("judge", "reports", "right of good", "right of bad", "tells", "P(useful)", "with people")
    table = table_of(*names, right=("reports", "tells", "P(useful)"), folds=("judge",))
    for one in found.items:
        table.add_row(*_judge(one, console))
    notes = [told(note, "yellow") for one in found.items if (note := _note(one))]
    families = [one for one in found.families if len(one.judges) > 1]
    alike = [
        told(f"{one.name}: {one.together:.1f} reports on a result are worth {one.votes:.1f} votes", "dim")
        for one in families
    ]
    return Group(table, Text(), *notes, *alike, unknown)


def _judge(one: JudgeView, console: Console) -> list[RenderableType]:
    useful = Text(percent(one.useful), "yellow" if one.useful < _HARDLY_USEFUL else "green")
    return [
        folded(f"{one.judge}@{one.version}"),
        str(one.reports),
        _rate(one.sensitivity, one.sensitivity_interval, console),
        _rate(one.specificity, one.specificity_interval, console),
        f"{one.information:.1f} dB",
        useful,
        Text(_agreed(one.with_people), "dim"),
    ]


def _rate(rate: float, interval: tuple[float, float], console: Console) -> Text:
    return Text.assemble(f"{percent(rate):>5} ", bar(interval, rate, console, width=_NARROW))


def _agreed(agreement: AgreementView) -> str:
    return f"{agreement.agreed} of {agreement.of}" if agreement.of else ""


def _note(one: JudgeView) -> str:
    """What to do about it."""
    if one.useful < _HARDLY_USEFUL:
        return f"{one.judge} adds next to nothing: P(useful) = {one.useful:.2f}"
    if one.drifted is not None:
        return f"{one.judge} has begun to speak otherwise than it used to: see wrenchai quality drift"
    return ""


# --- calibration -----------------------------------------------------------------------------------------


def calibration_page(found: CalibrationView, console: Console) -> RenderableType:
    """Whether its probabilities can be taken at their word, and by which figures."""
    parts: list[RenderableType] = [Text(found.said, "green" if found.calibrated else "yellow")]
    for name, curve in (("people who were asked", found.asked), ("people who spoke up", found.volunteered)):
        if curve is not None:
            parts += [Text(), _curve(name, curve, console)]
    if found.rates:
        parts += [Text(), _rates(found.rates, console)]
    if not found.verdicts:
        hint = (
            "say what you think of a result: wrenchai verdict TASK good, or bad; who is asked: wrenchai quality audits"
        )
        parts.append(Text(hint, "dim"))
    return Group(*parts)


def _curve(name: str, curve: CurveView, console: Console) -> RenderableType:
    table = table_of("it said", "on average", "were good", "", "90 % of the rate", right=("on average", "were good"))
    for one in curve.bins:
        told_, rate = f"{100 * one.start:.0f} to {100 * one.end:.0f} %", one.good / one.verdicts
        shown = percent(one.expected), f"{one.good} of {one.verdicts}", bar(one.interval, rate, console)
        table.add_row(told_, *shown, between(one.interval))
    figures = (
        f"{counted(curve.verdicts, 'verdict')}, Brier {curve.brier:.3f}, off by {100 * curve.ece:.1f} points (ECE)"
    )
    return Group(Text(f"{name}: {figures}", "dim"), table)


def _rates(rates: tuple[AuditedRateView, ...], console: Console) -> Table:
    """By audits; what the inspector alone would say stands beside it."""
    names = ("acceptable", "by audits", "90 %", "0 to 1", "audits", "runs", "it alone says")
    table = table_of(*names, right=_FIGURES, folds=("acceptable",))
    for one in rates:
        name = "all that it decided by itself" if one.kind == "all" else f"{one.kind} {one.name}"
        shown = Text(percent(one.mean), "bold"), between(one.interval), bar(one.interval, one.mean, console)
        table.add_row(told(name), *shown, str(one.audits), str(one.runs), percent(one.naive))
    return table


_FIGURES = ("by audits", "audits", "runs", "it alone says")
