"""How often results are acceptable, told honestly: by audits, not by what the judge itself accepts. Pure.

With F the inspector's own verdict, the rate is theta = w p1 + (1 - w) p0: w is the share that it accepts, learnt from
all runs, p1 and p0 how many are really acceptable among those it accepts and among the others, learnt from audits that
were drawn at random (the Bayesian form of prediction-powered inference: a good judge saves audits, a bad one costs
nothing but its price). Each of the three is a Beta from Jeffreys' prior.

And the inspector's own calibration: of those that it called 80 % likely to be acceptable, how many were.

Both are shown, not learnt from, so their last bits may differ between machines.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wrenchai_judgement.beta import Beta
from wrenchai_judgement.exact import log

DRAWS = 4000
BINS = 10
_CLEAR = 1e-6


class Audits(NamedTuple):
    """How many of the audited results were acceptable, and how many not. Weighted ones need not be whole."""

    good: float = 0.0
    bad: float = 0.0


class Audited(NamedTuple):
    """One audited result: what the inspector had said, what a person said, and how likely it was to be drawn."""

    accepted: bool
    good: bool
    probability: float


class Rate(NamedTuple):
    """The rate of acceptable results, with the interval that holds it; `naive` is what the judge alone would say."""

    mean: float
    low: float
    high: float
    audits: int
    naive: float


def audited_rate(  # noqa: PLR0913  # all but the first four have one usual value
    accepted: int, runs: int, in_accepted: Audits, in_others: Audits, *, level: float = 0.9, seed: str = ""
) -> Rate:
    """The rate of acceptable results among `runs`, of which the inspector accepted `accepted`.

    Every run must have been as likely to be audited as any other; else see `weighted_rate`. Results that were escalated
    are no audits: they were picked because they look odd. `level` is the probability that the interval holds.
    """
    chance = _generator(f"{accepted}/{runs}/{in_accepted}/{in_others}/{seed}")
    share = _draws(chance, Audits(accepted, runs - accepted))
    rates = share * _draws(chance, in_accepted) + (1.0 - share) * _draws(chance, in_others)
    low, high = np.quantile(rates, (0.5 - level / 2, 0.5 + level / 2))
    audits = round(sum(in_accepted) + sum(in_others))
    return Rate(float(rates.mean()), float(low), float(high), audits, accepted / runs if runs else 0.5)


def weighted_rate(accepted: int, runs: int, audits: Iterable[Audited], *, level: float = 0.9, seed: str = "") -> Rate:
    """The same where runs were drawn for an audit with unequal probabilities a.

    The mean of f + (h - f) / a over all runs (f: accepted, h: good, h - f only where audited) in its self-normalised
    form: among those accepted, and among the others, audits count 1 / a each. They are worth as many equal ones as
    Kish's effective sample size says, (sum of weights)^2 / (sum of their squares).
    """
    told = list(audits)
    by_verdict = [_effective([audit for audit in told if audit.accepted is accepted]) for accepted in (True, False)]
    return audited_rate(accepted, runs, *by_verdict, level=level, seed=seed)._replace(audits=len(told))


def _effective(audits: Sequence[Audited]) -> Audits:
    weights = [1.0 / audit.probability for audit in audits]
    if not weights:
        return Audits()
    total = sum(weights)
    worth = total * total / sum(weight * weight for weight in weights)
    good = sum(weight for weight, audit in zip(weights, audits, strict=True) if audit.good) / total
    return Audits(worth * good, worth * (1.0 - good))


def _generator(seed: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int.from_bytes(sha256(seed.encode()).digest()[:16], "big")))


def _draws(chance: np.random.Generator, seen: Audits) -> NDArray[np.float64]:
    known = Beta.after(*seen)
    return chance.beta(known.a, known.b, DRAWS)


class Bin(NamedTuple):
    """Results whose probability lay in [from, to): what was expected of them, and what people said."""

    start: float
    end: float
    expected: float
    good: int
    verdicts: int
    interval: tuple[float, float]
    """Of the rate at which they were good."""


class Calibration(NamedTuple):
    """How right the inspector's probabilities were. Bins in which no result lay are left out."""

    bins: tuple[Bin, ...]
    brier: float
    """Mean squared distance between probability and verdict."""
    ece: float
    """Expected calibration error: distance between what was expected and what happened, by bins."""
    log_loss: float
    """Mean of -ln(probability of what happened), probabilities held within [1e-6, 1 - 1e-6]; nats."""
    verdicts: int


def calibration(pairs: Iterable[tuple[float, bool]], *, level: float = 0.9) -> Calibration | None:
    """Probabilities and people's verdicts (True: good) against each other in ten bins; None where there is no pair."""
    told = list(pairs)
    if not told:
        return None
    bins = tuple(_bin(place, inside, level) for place in range(BINS) if (inside := _inside(told, place)))
    count = len(told)
    return Calibration(
        bins=bins,
        brier=sum((probability - good) ** 2 for probability, good in told) / count,
        ece=sum(abs(each.expected * each.verdicts - each.good) for each in bins) / count,
        log_loss=sum(_surprise(probability if good else 1.0 - probability) for probability, good in told) / count,
        verdicts=count,
    )


def _inside(pairs: list[tuple[float, bool]], place: int) -> list[tuple[float, bool]]:
    return [pair for pair in pairs if min(int(pair[0] * BINS), BINS - 1) == place]


def _bin(place: int, inside: list[tuple[float, bool]], level: float) -> Bin:
    count, good = len(inside), sum(good for _, good in inside)
    expected = sum(probability for probability, _ in inside) / count
    known = Beta.after(good, count - good)
    return Bin(place / BINS, (place + 1) / BINS, expected, good, count, known.interval(level))


def _surprise(probability: float) -> float:
    return -log(min(max(probability, _CLEAR), 1.0 - _CLEAR))
