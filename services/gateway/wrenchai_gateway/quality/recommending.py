"""What to use instead of what, where both were offered for the same work. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import Any

from wrenchai_contracts.quality_views import RecommendationsView, RecommendationView
from wrenchai_judgement.choosing import ENOUGH_OUTCOMES, SURE_ENOUGH, WORTH_SAYING, recommendation
from wrenchai_judgement.context import ContextModel, Place
from wrenchai_judgement.exact import moments

from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.ledger import Worker

WEEKS = 4

Options = Sequence[dict[str, Any]]
"""What was offered beside each other: of each option `name`, `role`, `tool`, `playbook`, `pair`."""


def recommendations_view(known: Known, offered: Iterable[Options]) -> RecommendationsView:
    """Every pair that was offered, the better one second; those that are recommended first."""
    pairs = {(now, better): None for options in offered for now, better in _pairs(options)}
    rows = [row for now, better in pairs if (row := _row(known, now, better)) is not None]
    ordered = sorted(rows, key=lambda row: (not row.said, -row.gain, row.role, row.now))
    return RecommendationsView(items=tuple(ordered), position=known.position)


def _pairs(options: Options) -> Iterator[tuple[Worker, Worker]]:
    workers = [Worker(one["role"], one["tool"], one["playbook"], one["pair"]) for one in options]
    return permutations(workers, 2)


def _row(known: Known, now: Worker, better: Worker) -> RecommendationView | None:
    context, here, there = known.knowledge.context, Place(*_place(now)), Place(*_place(better))
    gain = _expected(context, there) - _expected(context, here)
    if gain <= 0.0:
        return None
    told = recommendation(here, there, context)
    weekly = known.ledger.lately(now, 7 * WEEKS) / WEEKS
    sure = context.probability_better(there, here)
    few = min(context.outcomes.get(f"tool:{place.tool}", 0) for place in (here, there))
    return RecommendationView(
        role=now.role,
        playbook=now.playbook,
        now=_named(now),
        better=_named(better),
        probability=sure,
        gain=gain,
        runs_per_week=weekly,
        per_week=gain * weekly,
        outcomes=(_outcomes(context, here), _outcomes(context, there)),
        said=told is not None,
        why_not="" if told is not None else _why_not(few, sure, gain),
    )


def _why_not(outcomes: int, sure: float, gain: float) -> str:
    """Why it is not recommended: too little is known, it is not sure enough, or not worth saying."""
    if outcomes < ENOUGH_OUTCOMES:
        return f"too few results of one of them: {outcomes} of {ENOUGH_OUTCOMES}"
    if sure < SURE_ENOUGH:
        return f"not sure enough: {sure:.0%} of {SURE_ENOUGH:.0%}"
    return f"not worth saying: {100 * gain:.1f} of {100 * WORTH_SAYING:.0f} points"


def _outcomes(context: ContextModel, place: Place) -> int:
    """Of this tool in this role, or of this competitor."""
    return context.outcomes.get(f"pair:{place.pair or f'{place.role} x {place.tool}'}", 0)


def _expected(context: ContextModel, place: Place) -> float:
    return moments(*context.expected(place), 0.0).before


def _place(worker: Worker) -> tuple[str, str, str, str]:
    return worker.role, worker.tool, worker.playbook, worker.pair


def _named(worker: Worker) -> str:
    """Its tool; of a competitor its own name."""
    return worker.pair.rpartition("/")[2] or worker.tool
