"""How often work of one kind is acceptable: of a tool, say, over the roles and playbooks that it is used in. Pure.

The logit of a typical run is the mean of its cells' logits, each weighted by its share of runs. It is linear in the
effects, so with the weights a of each effect it is normal with mean a'm and variance a'Sa, exactly. What is left of
each single cell adds (share x spread)^2.

It is shown, not learnt from, so its last bits may differ between machines.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from wrenchai_judgement.context import ContextModel, Expected, Place
from wrenchai_judgement.exact import QUANTILE, logit, moments, normal_below, sigmoid

QUARTILE = 0.6744897501960817
"""Of the standard normal: 50 % of it lie within so many standard deviations."""


class Rate(NamedTuple):
    """The rate of acceptable results, and the logit that it comes from."""

    mean: float
    half: tuple[float, float]
    """Holds 50 %."""
    interval: tuple[float, float]
    """Holds 90 %."""
    expected: Expected

    def reaches(self, rate: float) -> float:
        """P(it is at least `rate`)."""
        mean, variance = self.expected
        return normal_below((mean - logit(rate)) / math.sqrt(variance))


def mixed(context: ContextModel, places: Mapping[Place, float]) -> Rate:
    """The rate over `places`, each with its weight, e.g. how many results there were; at least one is positive."""
    expected = typical(context, places)
    mean, spread = expected.mean, math.sqrt(expected.variance)
    half, interval = ((sigmoid(mean - z * spread), sigmoid(mean + z * spread)) for z in (QUARTILE, QUANTILE))
    return Rate(moments(*expected, 0.0).before, half, interval, expected)


def typical(context: ContextModel, places: Mapping[Place, float]) -> Expected:
    """The logit of a typical run."""
    total = math.fsum(places.values())
    shares = {place: weight / total for place, weight in places.items() if weight > 0.0}
    mean = math.fsum(share * effect for place, share in shares.items() for effect in context.effects(place).values())
    own = context.spreads.cell**2 * math.fsum(share * share for share in shares.values())
    return Expected(mean, _variance(context, _weights(shares)) + own)


def _weights(shares: Mapping[Place, float]) -> dict[str, float]:
    """How much each effect counts in a typical run."""
    weights: dict[str, float] = {}
    for place, share in shares.items():
        for row in place.rows:
            weights[row] = weights.get(row, 0.0) + share
    return weights


def _variance(context: ContextModel, weights: Mapping[str, float]) -> float:
    """a'Sa; of an effect that is not kept, its prior's part."""
    kept = np.zeros(len(context.rows))
    new = 0.0
    for row, weight in weights.items():
        if row in context.rows:
            kept[context.rows[row]] = weight
        else:
            new += weight * weight * context.covariance(row, row)
    return float((kept[:, None] * kept[None, :] * context.S).sum()) + new
