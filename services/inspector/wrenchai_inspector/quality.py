"""From evidence to a posterior and a decision: Beta-binomial in closed form, no sampling. Pure.

Each dimension (links, accessibility, …) has a Beta(1, 1) prior on the rate at which its trials pass. Evidence
(passed k of n, weight w) adds w*k and w*(n-k), with n capped at `MAX_TRIALS`, because ten thousand links on one site
are not ten thousand independent judgements. A dimension that was not measured stays as wide as the prior, and counts
as no better than the measured ones together: what nobody looked at cannot raise the quality.
The execution's quality is the mean of the dimensions' rates; its variance is the mean's, the dimensions being
independent; its interval is that of the Beta with the same mean and variance (moment matching).
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wrenchai_contracts.evidence import Evidence

MAX_TRIALS = 50.0
LEVEL = 0.9
MODEL = "beta-binomial/1"
MAX_REASONS = 50

Decision = Literal["accept", "escalate", "reject"]


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution: `a` - 1 passes and `b` - 1 failures seen on top of the uniform prior."""

    a: float = 1.0
    b: float = 1.0

    @property
    def mean(self) -> float:
        """The expected rate, a / (a + b)."""
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> float:
        """The rate's variance, a b / ((a + b)^2 (a + b + 1))."""
        total = self.a + self.b
        return self.a * self.b / (total * total * (total + 1))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The central interval that holds `level` of the probability."""
        return _interval(self, level)

    def quantile(self, probability: float) -> float:
        """The value below which `probability` lies, by bisection of the distribution function (error < 1e-9)."""
        low, high = 0.0, 1.0
        while high - low > 1e-9:  # noqa: PLR2004  # the promised error
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle, self.a, self.b) < probability else (low, middle)
        return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence says about one execution."""

    quality: float
    interval: tuple[float, float]
    decision: Decision
    reasons: tuple[str, ...]
    dimensions: dict[str, tuple[float, float, float]]
    not_measured: tuple[str, ...]


def judge(evidence: Iterable[Evidence], *, accept_above: float, reject_below: float) -> Judgement:
    """The judgement of all `evidence` of one execution.

    Accept if the interval's lower end reaches `accept_above`; reject if all of it lies below `reject_below` or a
    mandatory trial failed; else escalate. Where nothing was asked to be checked there is no evidence at all: that is
    accepted, and the wide interval says how little is known.
    """
    facts = list(evidence)
    by_dimension = _posteriors(facts)
    whole = _mean_of(_with_unmeasured_no_better(list(by_dimension.values())))
    low, high = whole.interval()
    decision, reasons = _decide(facts, (low, high), accept_above, reject_below)
    return Judgement(
        quality=round(whole.mean, 6),
        interval=(round(low, 6), round(high, 6)),
        decision=decision,
        reasons=reasons,
        dimensions={name: _rounded(beta) for name, beta in sorted(by_dimension.items())},
        not_measured=tuple(sorted({fact.judge for fact in facts if not fact.measured})),
    )


def _posteriors(facts: list[Evidence]) -> dict[str, Beta]:
    passed: dict[str, float] = defaultdict(float)
    failed: dict[str, float] = defaultdict(float)
    for fact in facts:
        scale = fact.weight * min(1.0, MAX_TRIALS / fact.tried) if fact.measured else 0.0
        passed[fact.dimension] += scale * fact.passed
        failed[fact.dimension] += scale * (fact.tried - fact.passed)
    return {name: Beta(1 + passed[name], 1 + failed[name]) for name in passed}


def _with_unmeasured_no_better(betas: list[Beta]) -> list[Beta]:
    """`betas`, those that are the bare prior moved down to the mean of the others if that is lower."""
    measured = [beta.mean for beta in betas if beta != Beta()]
    expected = min(0.5, sum(measured) / len(measured)) if measured else 0.5
    return [beta if beta != Beta() else Beta(2 * expected, 2 - 2 * expected) for beta in betas]


def _mean_of(betas: list[Beta]) -> Beta:
    """The Beta with the mean and variance of the average of independent `betas`."""
    if not betas:
        return Beta()
    mean = sum(beta.mean for beta in betas) / len(betas)
    variance = sum(beta.variance for beta in betas) / len(betas) ** 2
    total = mean * (1 - mean) / variance - 1
    return Beta(mean * total, (1 - mean) * total)


def _decide(
    facts: list[Evidence], interval: tuple[float, float], accept_above: float, reject_below: float
) -> tuple[Decision, tuple[str, ...]]:
    broken = [fact for fact in facts if fact.mandatory and fact.passed < fact.tried][:MAX_REASONS]
    if broken:
        return "reject", tuple(
            f"rule: mandatory {fact.judge} failed: {fact.summary or 'see its report'}" for fact in broken
        )
    if not facts:
        return "accept", ("nothing was asked to be checked",)
    low, high = interval
    span = f"quality lies in [{low:.2f}, {high:.2f}] with {LEVEL:.0%}"
    if low >= accept_above:
        return "accept", (f"{span}, above the bar {accept_above:.2f}", *_weak(facts))
    if high < reject_below:
        return "reject", (f"{span}, below {reject_below:.2f}", *_weak(facts))
    return "escalate", (f"{span}, which does not clear the bar {accept_above:.2f}", *_weak(facts))


def _weak(facts: list[Evidence]) -> tuple[str, ...]:
    """What pulled the score down, worst first, then what was not measured."""
    failing = sorted((fact for fact in facts if fact.passed < fact.tried), key=lambda fact: fact.passed / fact.tried)
    said = [f"{fact.judge}: {fact.passed} of {fact.tried} passed" for fact in failing[:5]]
    return (*said, *(f"{fact.judge}: {fact.summary}" for fact in facts if not fact.measured))[:MAX_REASONS]


@lru_cache(maxsize=4096)
def _interval(beta: Beta, level: float) -> tuple[float, float]:
    """Remembered, because tasks of one playbook tend to leave the same counts."""
    tail = (1 - level) / 2
    return beta.quantile(tail), beta.quantile(1 - tail)


def _rounded(beta: Beta) -> tuple[float, float, float]:
    low, high = beta.interval()
    return round(beta.mean, 6), round(low, 6), round(high, 6)


def below(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Numerical Recipes 6.4)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    h = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            c = 1 + numerator / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            h *= d * c
        if abs(d * c - 1) < 1e-13:  # noqa: PLR2004  # the method's own accuracy
            break
    return h
