"""A result made of results: all of them must be acceptable. Pure.

The probability is the product of the parts' along the plan. The interval comes from 512 draws: each part's logit is
normal with the spread it was judged with, and the parts' draws are independent, seeded by the evaluation's name.
"""

import math
from typing import NamedTuple

import numpy as np
from wrenchai_contracts.judging import Subject

from wrenchai_judgement.chance import normals
from wrenchai_judgement.exact import QUANTILE, logit, sigmoid, sigmoids

DRAWS = 512
_TAIL = 0.05


class Whole(NamedTuple):
    """P(acceptable), and its logit's centre and spread; the interval holds 90 %."""

    probability: float
    centre: float
    spread: float
    bounds: tuple[float, float] | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90 %, always around the probability."""
        low, high = self.bounds or (
            sigmoid(self.centre - QUANTILE * self.spread),
            sigmoid(self.centre + QUANTILE * self.spread),
        )
        return min(low, self.probability), max(high, self.probability)


def whole_of(own: Whole, subject: Subject) -> Whole:
    """The result together with those inside it; by itself where there are none.

    A whole that nobody reported on besides is what its parts are.
    """
    parts = [(part.probability, logit(part.probability), part.spread) for part in subject.parts.values()]
    if not parts:
        return own
    if subject.reports or subject.known:
        parts.append((own.probability, own.centre, own.spread))
    probability = math.prod(p for p, _, _ in parts)
    drawn = _draws([(centre, spread) for _, centre, spread in parts], subject.seed)
    low, high = drawn[int(_TAIL * DRAWS)], drawn[int((1.0 - _TAIL) * DRAWS)]
    centre = logit(probability)
    spread = (centre - logit(min(low, probability))) / QUANTILE
    return Whole(probability, centre, spread, (low, high))


def _draws(parts: list[tuple[float, float]], seed: str) -> list[float]:
    """Sorted draws of the product of the parts' rates."""
    drawn = np.ones(DRAWS)
    for number, (centre, spread) in enumerate(parts):
        drawn *= sigmoids(centre + spread * normals(f"{seed}/part/{number}", DRAWS))
    return sorted(drawn.tolist())
