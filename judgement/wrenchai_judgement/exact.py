"""Functions whose result is the same bit for bit on every machine, and a frozen quadrature. Pure.

`numpy.exp` and `numpy.log` change their last bit with the processor's vector units, matrix products with the BLAS that
is at work. So exp and log are worked out here from plain additions, multiplications and divisions of doubles, which
IEEE 754 fixes; the nodes and weights of the quadrature are constants. Accuracy: exp within 3e-16 relative, log within
3e-16 of the larger of 1 and its value, the distribution function of the normal within 1e-15 absolute (each is a test).
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

QUANTILE = 1.6448536269514722
"""Of the standard normal: 90 % of it lie within so many standard deviations."""

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_STEPS = 32
_PER_STEP = _STEPS * 1.44269504088896338700
_STEP_HIGH, _STEP_LOW = _LN2_HIGH / _STEPS, _LN2_LOW / _STEPS
_HALF_ROOT = 0.7071067811865476
_ROOT_TWO_PI = 2.5066282746310002
_TOO_LARGE, _TOO_SMALL = 709.0, -700.0
_CLEAR = 1e-6
_CONTINUED_FRACTION_FROM = 2.5
_NO_MORE_CHANGE = 1e-17


def _powers() -> tuple[float, ...]:
    """2^(0/32) to 2^(31/32), rounded correctly: decimal arithmetic is the same everywhere too, only slow."""
    with localcontext() as context:
        context.prec = 40
        return tuple(float((Decimal(2).ln() * step / _STEPS).exp()) for step in range(_STEPS))


_POWERS = _powers()
_POWERS_ARRAY = np.array(_POWERS)


def exp(x: float) -> float:
    """e^x, held at e^709 above and 0 below -700: range reduction by 32nd parts of ln 2, then a Taylor polynomial."""
    if x < _TOO_SMALL:
        return 0.0
    if x > _TOO_LARGE:  # noqa: PLR1730  # `min` takes as long as a third of the rest
        x = _TOO_LARGE
    steps = math.floor(x * _PER_STEP + 0.5)
    rest = (x - steps * _STEP_HIGH) - steps * _STEP_LOW
    power = _POWERS[steps % _STEPS]
    total = ((((rest * (1 / 720) + 1 / 120) * rest + 1 / 24) * rest + 1 / 6) * rest + 1 / 2) * rest + 1.0
    return math.ldexp(power + power * (total * rest), steps // _STEPS)


def log(x: float) -> float:
    """The natural logarithm of x > 0, by the series of the area hyperbolic tangent on [sqrt(1/2), sqrt(2))."""
    mantissa, power = math.frexp(x)
    if mantissa < _HALF_ROOT:
        mantissa, power = mantissa * 2.0, power - 1
    fraction = (mantissa - 1.0) / (mantissa + 1.0)
    square = fraction * fraction
    total = square * (1 / 23) + 1 / 21
    total = total * square + 1 / 19
    total = total * square + 1 / 17
    total = total * square + 1 / 15
    total = total * square + 1 / 13
    total = total * square + 1 / 11
    total = total * square + 1 / 9
    total = total * square + 1 / 7
    total = total * square + 1 / 5
    total = total * square + 1 / 3
    return 2.0 * fraction * (total * square + 1.0) + power * _LN2_HIGH + power * _LN2_LOW


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), by the form that never overflows."""
    if x >= 0:
        return 1.0 / (1.0 + exp(-x))
    grown = exp(x)
    return grown / (1.0 + grown)


def sigmoids(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sigmoid` of each, bit for bit: the same operations in the same order, on whole arrays."""
    fallen = _exps(-np.abs(x))
    each: NDArray[np.float64] = np.where(x >= 0, 1.0, fallen) / (1.0 + fallen)
    return each


def _exps(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """`exp` of each, none above 0."""
    steps = np.floor(np.maximum(x, _TOO_SMALL) * _PER_STEP + 0.5)
    rest = (x - steps * _STEP_HIGH) - steps * _STEP_LOW
    whole = steps.astype(np.int32)
    power = _POWERS_ARRAY[whole % _STEPS]
    total = ((((rest * (1 / 720) + 1 / 120) * rest + 1 / 24) * rest + 1 / 6) * rest + 1 / 2) * rest + 1.0
    return np.where(x < _TOO_SMALL, 0.0, np.ldexp(power + power * (total * rest), whole // _STEPS))


def summed(values: Iterable[float]) -> float:
    """Their sum, added one after the other: from Python 3.12 on `sum` rounds in another way."""
    total = 0.0
    for value in values:
        total += value
    return total


def logit(p: float) -> float:
    """ln(p / (1 - p)), p held within [1e-6, 1 - 1e-6]."""
    p = min(max(p, _CLEAR), 1.0 - _CLEAR)
    return log(p / (1.0 - p))


def normal_density(x: float) -> float:
    """The density of the standard normal distribution."""
    return exp(-0.5 * x * x) / _ROOT_TWO_PI


def normal_below(x: float) -> float:
    """P(N(0, 1) < x): a series near 0, a continued fraction in the tails (Abramowitz, Stegun 26.2.11, 26.2.14)."""
    size = abs(x)
    if size < _CONTINUED_FRACTION_FROM:
        tail = 0.5 - normal_density(size) * _series(size)
    else:
        tail = normal_density(size) / _fraction(size)
    return tail if x < 0 else 1.0 - tail


def _series(x: float) -> float:
    term = total = x
    divisor = 1.0
    while term > _NO_MORE_CHANGE * total:
        divisor += 2.0
        term *= x * x / divisor
        total += term
    return total


def _fraction(x: float) -> float:
    value = x
    for n in range(120, 0, -1):
        value = x + n / value
    return value


NODES = (
    -6.363947888829839, -5.190093591304781, -4.1962077112690155, -3.2890824243987664, -2.432436827009758,
    -1.6067100690287297, -0.799129068324548, 0.0, 0.799129068324548, 1.6067100690287297, 2.432436827009758,
    3.2890824243987664, 4.1962077112690155, 5.190093591304781, 6.363947888829839,
)  # fmt: skip
"""Where a function of a standard normal variable is looked at: Gauss-Hermite, 15 nodes (Abramowitz, Stegun 25.4.46)."""

WEIGHTS = (
    8.589649899633252e-10, 5.975419597920599e-07, 5.642146405189029e-05, 0.001567357503549956, 0.017365774492137616,
    0.08941779539984437, 0.23246229360973225, 0.31825951825951815, 0.23246229360973225, 0.08941779539984437,
    0.017365774492137616, 0.001567357503549956, 5.642146405189029e-05, 5.975419597920599e-07, 8.589649899633252e-10,
)  # fmt: skip
"""What each node counts; they add up to 1."""


_QUADRATURE = tuple(zip(NODES, WEIGHTS, strict=True))
_CENTRE = WEIGHTS[7]
_UPPER = tuple((weight, weight * node, weight * (node * node)) for node, weight in _QUADRATURE[8:])
"""Of each node above 0: its weight, and its parts of the first and the second moment."""


class Moments(NamedTuple):
    """What a soft verdict makes of a logit that was normal."""

    before: float
    """P(acceptable) before the verdict, by context alone."""
    after: float
    """P(acceptable) with it."""
    mean: float
    variance: float
    """Of the logit, with it."""


@lru_cache(maxsize=16)
def moments(mean: float, variance: float, ratio: float) -> Moments:
    """Posterior moments of eta ~ N(mean, variance) under the likelihood sigmoid(eta) e^ratio + 1 - sigmoid(eta).

    `ratio` is the log likelihood ratio (nats) of all evidence that the result is acceptable; plus or minus infinity for
    a certain verdict. Moment matching by 15-node quadrature, the likelihood scaled so that its larger part is 1. Nodes
    lie in pairs around 0, which share one exponential; evidence against is evidence for the contrary, so that nothing
    cancels. The last answers are kept: what a result is judged by is what is learnt from it a moment later.
    """
    if ratio < 0:
        mirrored = moments(-mean, variance, -ratio)
        return Moments(1.0 - mirrored.before, 1.0 - mirrored.after, -mirrored.mean, mirrored.variance)
    bad = exp(-ratio)
    spread, fallen = math.sqrt(variance), exp(-mean)
    expected, first, second = _CENTRE / (1.0 + fallen), 0.0, 0.0
    for growth, (weight, weight_1, weight_2) in zip(_growths(spread), _UPPER, strict=True):
        high, low = 1.0 / (1.0 + fallen / growth), 1.0 / (1.0 + fallen * growth)
        both = high + low
        expected += weight * both
        first += weight_1 * (high - low)
        second += weight_2 * both
    expected = min(expected, 1.0)  # the weights may add up to a little more
    good = 1.0 - bad
    whole = bad + good * expected
    first *= good / whole
    second = (bad + good * second) / whole
    return Moments(expected, min(expected / whole, 1.0), mean + spread * first, variance * (second - first * first))


class Rates(NamedTuple):
    """P(acceptable) before and after the evidence."""

    before: float
    after: float


def rates(mean: float, variance: float, ratio: float) -> Rates:
    """What `moments` says of the probability, without the logit's own."""
    if ratio < 0:
        mirrored = rates(-mean, variance, -ratio)
        return Rates(1.0 - mirrored.before, 1.0 - mirrored.after)
    bad, fallen = exp(-ratio), exp(-mean)
    expected = _CENTRE / (1.0 + fallen)
    for growth, (weight, _, _) in zip(_growths(math.sqrt(variance)), _UPPER, strict=True):
        expected += weight * (1.0 / (1.0 + fallen / growth) + 1.0 / (1.0 + fallen * growth))
    expected = min(expected, 1.0)
    return Rates(expected, expected / (expected + (1.0 - expected) * bad))


@lru_cache(maxsize=16)
def _growths(spread: float) -> tuple[float, ...]:
    """e^(spread x node) for each node above 0: asked for more than once while one result is judged."""
    return tuple([exp(spread * node) for node in NODES[8:]])


def soft_verdict(ratio: float) -> Callable[[float], float]:
    """The likelihood p e^ratio + 1 - p of a rate p, scaled so that its larger part is 1."""
    good, bad = _scaled(ratio)
    return lambda p: p * good + (1.0 - p) * bad


def matched(mean: float, variance: float, likelihood: Callable[[float], float]) -> tuple[float, float]:
    """The mean and variance of a normal logit after any `likelihood` of its rate, by the same quadrature."""
    spread = math.sqrt(variance)
    whole = first = second = 0.0
    for node, weight in _QUADRATURE:
        part = weight * likelihood(sigmoid(mean + spread * node))
        whole += part
        part *= node
        first += part
        second += part * node
    first /= whole
    return mean + spread * first, variance * (second / whole - first * first)


def _scaled(ratio: float) -> tuple[float, float]:
    """The likelihoods of good and bad whose ratio is e^ratio, the larger one 1."""
    if ratio == math.inf:
        return 1.0, 0.0
    if ratio == -math.inf:
        return 0.0, 1.0
    return (1.0, exp(-ratio)) if ratio >= 0 else (exp(ratio), 1.0)
