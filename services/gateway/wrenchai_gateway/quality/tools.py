"""Roles, tools, playbooks and pairs beside each other; and what steps usually use. Pure."""

import math
from collections.abc import Callable, Iterator
from typing import Literal

from wrenchai_contracts.quality_views import HabitView, RateView, ToolsView
from wrenchai_judgement.context import Place
from wrenchai_judgement.exact import QUANTILE, exp
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.mixes import mixed
from wrenchai_judgement.resources import GRAIN, Habit, Measure

from wrenchai_gateway.quality.known import Known

Sort = Literal["rate", "name", "runs", "reaches"]

_KEYS: dict[Sort, Callable[[RateView], tuple[float | str, ...]]] = {
    "rate": lambda row: (row.mean, row.name),
    "name": lambda row: (row.name,),
    "runs": lambda row: (-row.runs, row.name),
    "reaches": lambda row: (row.reaches, row.name),
}
_KINDS = ("role", "tool", "playbook", "pair")


def tools_view(known: Known, slo: float, sort: Sort) -> ToolsView:
    """What is known of each, kind by kind; the worst, or the busiest, first."""
    rows = [_rate(known.knowledge, kind, name, places, slo) for kind, name, places in _groups(known.knowledge)]
    ordered = sorted(rows, key=lambda row: (_KINDS.index(row.kind), *_KEYS[sort](row)))
    habits, calibrated = tuple(_habits(known.knowledge)), known.knowledge.calibrated
    return ToolsView(slo=slo, items=tuple(ordered), habits=habits, calibrated=calibrated, position=known.position)


def _groups(knowledge: Knowledge) -> Iterator[tuple[str, str, dict[Place, float]]]:
    """Every role, tool, playbook and pair with the places where it works, and how many results there were."""
    found: dict[tuple[str, str], dict[Place, float]] = {}
    for cell, (good, bad) in knowledge.cells.items():
        place = Place(*cell)
        names = (place.role, place.tool, place.playbook, place.pair or f"{place.role} x {place.tool}")
        for kind, name in zip(_KINDS, names, strict=True):
            found.setdefault((kind, name), {})[place] = good + bad
    return ((kind, name, places) for (kind, name), places in found.items() if math.fsum(places.values()) > 0.0)


def _rate(knowledge: Knowledge, kind: str, name: str, places: dict[Place, float], slo: float) -> RateView:
    rate = mixed(knowledge.context, places)
    return RateView(
        kind=kind,
        name=name,
        mean=rate.mean,
        half=rate.half,
        interval=rate.interval,
        runs=round(math.fsum(places.values()), 3),
        reaches=rate.reaches(slo),
    )


def _habits(knowledge: Knowledge) -> Iterator[HabitView]:
    """The longest, largest and dearest first."""
    told = sorted(knowledge.resources.habits.items(), key=lambda item: (item[0].rpartition(" ")[2], -item[1].mean))
    for name, habit in told:
        tool, playbook, step, measure = name.split(" ")
        yield _habit(tool, playbook, step, measure, habit)  # type: ignore[arg-type]  # as it was put in


def _habit(tool: str, playbook: str, step: str, measure: Measure, habit: Habit) -> HabitView:
    def value(logarithm: float) -> float:
        return max(0.0, exp(logarithm) - GRAIN[measure])

    low, high = (value(habit.mean + sign * QUANTILE * habit.scale) for sign in (-1.0, 1.0))
    return HabitView(
        tool=tool, playbook=playbook, step=step, measure=measure, usual=value(habit.mean), interval=(low, high),
        runs=habit.k,
    )  # fmt: skip
