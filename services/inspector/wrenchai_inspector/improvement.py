"""How likely another round of a loop is to improve by so much: Student's t, in closed form, no sampling. Pure.

Rounds gain less and less. The model of the next gain g' given the last gain g: g' = KEEPS * g + e, where e is normal
with mean 0 and an unknown variance that has an inverse-gamma prior (A0, B0). After n gains were seen, each with the
error it made, the next is Student t with 2a degrees of freedom, centre KEEPS * g and scale sqrt(b / a), where
a = A0 + n/2 and b = B0 + sum(e^2)/2 (conjugate update of an unknown variance; Gelman et al., Bayesian Data Analysis,
section 2.6). Before any gain was seen its expectation is FIRST_GAIN.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from wrenchai_judgement.beta import t_above

FIRST_GAIN = 0.1
"""What the second round is expected to gain over the first, in quality from 0 to 1."""

KEEPS = 0.5
"""How much of its gain a round leaves to the next, on average."""

A0, B0 = 2.0, 2.0 * 0.06**2
"""The prior of the error's variance: worth four gains, with a standard deviation of about 0.06."""


def probability_of_improvement(qualities: Sequence[float], delta: float) -> float:
    """P(the next round's quality exceeds the last one's by `delta`), from the qualities of all rounds so far."""
    gains = [after - before for before, after in pairwise(qualities)]
    expected = FIRST_GAIN
    a, b = A0, B0
    for gain in gains:
        a, b = a + 0.5, b + (gain - expected) ** 2 / 2
        expected = KEEPS * gain
    return t_above((delta - expected) / math.sqrt(b / a), 2 * a)
