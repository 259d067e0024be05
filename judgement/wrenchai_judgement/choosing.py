"""Whom to choose, and what to recommend, from the joint posterior of what is known of each. Pure.

Thompson sampling over 512 scenarios: in each, every option's logit is drawn from the joint posterior, and the best run.
Which scenario is taken is drawn evenly, so the share of scenarios in which an option runs is exactly the probability
with which it was chosen, and can be logged. One time in twenty who runs is drawn evenly instead, so that nobody is
forgotten and estimates from the log stay possible.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from wrenchai_contracts.judging import Chance, Option, Standing

from wrenchai_judgement.chance import normals, uniform
from wrenchai_judgement.context import ContextModel, Place, Vector
from wrenchai_judgement.exact import moments
from wrenchai_judgement.rollup import Whole

SCENARIOS = 512

EXPLORED = 0.05
"""Share of draws that look at nothing that is known."""

CURIOSITY = 0.5
"""Share of the variance that draws are made with: part of it is recent form, which looking does not settle.

Regret at 1,500 choices against independent Beta sampling, 20 made-up worlds: 1.0: .90, 0.6: .73, 0.4: .60.
"""

ENOUGH_OUTCOMES = 20
SURE_ENOUGH = 0.95
WORTH_SAYING = 0.02

Matrix = list[list[float]]


class Drawn(NamedTuple):
    """Who runs, in the order in which they were offered, and with which probability each option was drawn."""

    chosen: tuple[str, ...]
    chances: dict[str, Chance]
    explored: bool


def draw(options: Sequence[Option], places: Sequence[Place], most: int, context: ContextModel, seed: str) -> Drawn:
    """Draw `most` of the options by what is known of them; `places` says where each stands."""
    means = [context.expected(place).mean for place in places]
    joint = [[CURIOSITY * value for value in row] for row in _joint(places, context)]
    shares = _scenarios(means, joint, most, seed)
    even = most / len(options)
    explored = uniform(f"{seed}/explore") < EXPLORED
    picked = _evenly(len(options), most, seed) if explored else shares.winners[int(uniform(seed) * SCENARIOS)]
    chances = {
        option.name: Chance(
            expected=round(moments(*context.expected(place), 0.0).before, 6),
            probability=round((1.0 - EXPLORED) * share + EXPLORED * even, 6),
        )
        for option, place, share in zip(options, places, shares.shares, strict=True)
    }
    return Drawn(tuple(options[at].name for at in sorted(picked)), chances, explored)


def standings(entries: Mapping[str, tuple[Place, Whole]], context: ContextModel, seed: str) -> dict[str, Standing]:
    """How good each entry of a contest is, and how likely it is the best: what they share in the model cancels out.

    An entry's `Whole` is its judgement by its own evidence.
    """
    places = [place for place, _ in entries.values()]
    joint, cell = _joint(places, context), context.spreads.cell * context.spreads.cell
    for at, (place, own) in enumerate(entries.values()):
        joint[at][at] += max(own.spread * own.spread - context.expected(place).variance, 0.0) + cell
    shares = _scenarios([own.centre for _, own in entries.values()], joint, 1, seed).shares
    return {
        name: Standing(
            probability=round(own.probability, 6),
            interval=(round(own.interval[0], 6), round(own.interval[1], 6)),
            best=round(share, 6),
        )
        for (name, (_, own)), share in zip(entries.items(), shares, strict=True)
    }


class Recommendation(NamedTuple):
    """`better` instead of `now` for a role: how sure, and what it gains per run (difference of acceptable rates)."""

    role: str
    now: str
    better: str
    probability: float
    gain: float


def recommendation(now: Place, better: Place, context: ContextModel) -> Recommendation | None:
    """Say it where it is sure enough, worth saying, and rests on enough outcomes of both."""
    seen = (context.outcomes.get(f"tool:{place.tool}", 0) for place in (now, better))
    if min(seen) < ENOUGH_OUTCOMES:
        return None
    sure = context.probability_better(better, now)
    gain = _rate(better, context) - _rate(now, context)
    if sure < SURE_ENOUGH or gain < WORTH_SAYING:
        return None
    return Recommendation(now.role, now.tool, better.tool, sure, gain)


def _rate(place: Place, context: ContextModel) -> float:
    return moments(*context.expected(place), 0.0).before


def _joint(places: Sequence[Place], context: ContextModel) -> Matrix:
    """The covariance of the options' logits: of all effects that belong to one or both."""
    size = len(places)
    joint = [[0.0] * size for _ in range(size)]
    for at, one in enumerate(places):
        for by, other in enumerate(places[: at + 1]):
            joint[at][by] = joint[by][at] = context.shared(one, other)
    return joint


class _Shares(NamedTuple):
    shares: list[float]
    winners: list[tuple[int, ...]]


def _scenarios(means: Sequence[float], joint: Matrix, most: int, seed: str) -> _Shares:
    """In which share of the scenarios each option is among the best `most`, and who is in each."""
    root, many = _lower_root(joint), len(means)
    drawn = [normals(f"{seed}/{at}", SCENARIOS) for at in range(many)]
    values = np.array([_logits(mean, row, drawn) for mean, row in zip(means, root, strict=True)])
    order = np.argsort(-values, axis=0, kind="stable")[:most].T
    winners = [tuple(sorted(best)) for best in order.tolist()]
    shares = [sum(at in best for best in winners) / SCENARIOS for at in range(many)]
    return _Shares(shares, winners)


def _logits(mean: float, row: Sequence[float], drawn: Sequence[Vector]) -> Vector:
    """One option's logit in every scenario: its mean and the drawn directions, added in order."""
    values = np.full(SCENARIOS, mean)
    for part, draws in zip(row, drawn, strict=True):
        if part:
            values += part * draws
    return values


def _evenly(many: int, most: int, seed: str) -> tuple[int, ...]:
    return tuple(sorted(range(many), key=lambda at: uniform(f"{seed}/even/{at}"))[:most])


def _lower_root(matrix: Matrix) -> Matrix:
    """The Cholesky factor; a direction without variance gets none."""
    size = len(matrix)
    root = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column] - math.fsum(root[row][k] * root[column][k] for k in range(column))
            if row == column:
                root[row][row] = math.sqrt(max(rest, 0.0))
            elif root[column][column] > 0.0:
                root[row][column] = rest / root[column][column]
    return root
