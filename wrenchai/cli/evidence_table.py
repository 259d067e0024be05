"""What a task's steps measured: each fact with its counts, and what the inspector makes of each dimension."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judgement_views import QualityView
from wrenchai_contracts.views import StepStatus, TaskView

from wrenchai.cli.plain_text import told
from wrenchai.cli.signs import sign

_UNMEASURED = "not measured"


def evidence_of(task: TaskView) -> list[Evidence]:
    """Every fact of every step, in the order in which the steps were dispatched."""
    steps = sorted(task.steps, key=lambda step: step.order)
    return [fact for step in steps for fact in step.evidence]


def evidence(task: TaskView, console: Console) -> RenderableType:
    """All that was measured, and all that was not; a sentence where nothing was asked to be checked."""
    facts = evidence_of(task)
    if not facts:
        return Text("no evidence: none of its steps measured anything", "dim")
    measured = _facts(facts, console)
    quality = task.quality
    if quality is None:
        return measured
    if quality.contributions:
        return Group(measured, Text(), _moved(quality))
    return Group(measured, Text(), _dimensions(quality, facts)) if quality.dimensions else measured


def _facts(facts: Sequence[Evidence], console: Console) -> Table:
    table = _table("", "judge", "dimension", "passed", "evidence")
    for fact in facts:
        counts = Text(f"{fact.passed} of {fact.tried}" if fact.measured else "", _style(fact))
        summary = told(_finding(fact), _style(fact))
        summary.overflow = "fold"
        table.add_row(sign(_state(fact), console), told(fact.judge), told(fact.dimension), counts, summary)
    return table


def _finding(fact: Evidence) -> str:
    """What it found; of what was not measured why, and once that it was not."""
    return fact.summary if fact.measured else f"{_UNMEASURED}: {fact.summary.removeprefix(f'{_UNMEASURED}: ')}"


def _moved(quality: QualityView) -> Table:
    """What moved the score most, what spoke against the result first."""
    table = _table("judge", "dimension", "moved the odds by")
    for one in quality.contributions:
        style = "green" if one.decibans > 0 else "red"
        table.add_row(told(one.judge), told(one.dimension), Text(f"{one.decibans:+.1f} dB", style))
    return table


def _dimensions(quality: QualityView, facts: Sequence[Evidence]) -> Table:
    """A dimension in which nothing was tried has no figure of its own, only the width of not knowing."""
    measured = {fact.dimension for fact in facts if fact.measured}
    table = _table("dimension", "quality", f"{quality.level:.0%} sure between")
    for name, (mean, low, high) in quality.dimensions.items():
        known = Text(f"{mean:.2f}", "bold") if name in measured else Text(_UNMEASURED, "yellow")
        table.add_row(told(name), known, Text(f"{low:.2f} and {high:.2f}"))
    return table


def _state(fact: Evidence) -> str:
    if not fact.measured:
        return StepStatus.PENDING
    if fact.passed == fact.tried:
        return "ok"
    return "fail" if fact.mandatory else "warn"


def _style(fact: Evidence) -> str:
    return {"ok": "", "warn": "yellow", "fail": "red"}.get(_state(fact), "yellow")


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=name != "evidence", overflow="fold" if name == "evidence" else "ellipsis")
    return table
