"""The Beta distribution and the tail of Student's t, the same bit for bit on every machine. Pure.

`math.lgamma` is the C library's and may differ in its last bit from machine to machine, so the logarithm of Gamma is
worked out here from `exact.log`. Accuracy: log_gamma within 1e-14 of the larger of 1 and its value, distribution
functions within 1e-10 relative for shapes up to 1,000 (each is a test).
"""

from dataclasses import dataclass

from wrenchai_judgement.exact import exp, log

_HALF_LOG_TWO_PI = 0.9189385332046727
_STIRLING = (
    1.0 / 156.0, -691.0 / 360360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0,
)  # fmt: skip
_LARGE = 10.0
_TINY = 1e-300
_NO_MORE_CHANGE = 1e-15
_MOST_TERMS = 10_000
_CLOSE = 1e-9


def log_gamma(x: float) -> float:
    """The logarithm of Gamma(x), x > 0: Stirling's series from 10 on (DLMF 5.11.1), below by recurrence."""
    product = 1.0
    while x < _LARGE:
        product *= x
        x += 1.0
    square, series = x * x, 0.0
    for term in _STIRLING:
        series = series / square + term
    return (x - 0.5) * log(x) - x + _HALF_LOG_TWO_PI + series / x - log(product)


def beta_below(x: float, a: float, b: float) -> float:
    """P(Beta(a, b) < x), the regularised incomplete beta function I_x(a, b)."""
    if x <= 0.0:
        return 0.0
    return 1.0 if x >= 1.0 else _below(x, 1.0 - x, a, b)


def t_above(t: float, freedom: float) -> float:
    """P(T > t) of Student's t with `freedom` degrees of freedom (Abramowitz, Stegun 26.7.1)."""
    if t == 0.0:
        return 0.5
    square = t * t
    tail = 0.5 * _below(freedom / (freedom + square), square / (freedom + square), 0.5 * freedom, 0.5)
    return tail if t > 0 else 1.0 - tail


def _below(x: float, rest: float, a: float, b: float) -> float:
    """I_x(a, b) with `rest` = 1 - x, from the side on which the fraction converges quickly."""
    front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(rest))
    if x < (a + 1.0) / (a + b + 2.0):
        return front / (a * _fraction(x, a, b))
    return 1.0 - front / (b * _fraction(rest, b, a))


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction 1 + d1 / (1 + d2 / (1 + …)) of DLMF 8.17.22, by Lentz's method as modified by Thompson."""
    value, above, below = 1.0, 1.0, 0.0
    for n in range(1, _MOST_TERMS):
        d = _coefficient(n, x, a, b)
        below = 1.0 / _away_from_zero(1.0 + d * below)
        above = _away_from_zero(1.0 + d / above)
        value *= above * below
        if abs(above * below - 1.0) < _NO_MORE_CHANGE:
            break
    return value


def _coefficient(n: int, x: float, a: float, b: float) -> float:
    m = n // 2
    if n % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution of a rate. `after` starts it from Jeffreys' prior, Beta(0.5, 0.5)."""

    a: float
    b: float

    @classmethod
    def after(cls, good: float, bad: float) -> "Beta":
        """What is known of a rate after so many good and bad outcomes."""
        return cls(0.5 + good, 0.5 + bad)

    @property
    def mean(self) -> float:
        """The expected rate."""
        return self.a / (self.a + self.b)

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval that holds `level` of the probability."""
        tail = 0.5 * (1.0 - level)
        return self.quantile(tail), self.quantile(1.0 - tail)

    def quantile(self, probability: float) -> float:
        """The value below which `probability` lies, by bisection; within 1e-9."""
        low, high = 0.0, 1.0
        while high - low > _CLOSE:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if beta_below(middle, self.a, self.b) < probability else (low, middle)
        return 0.5 * (low + high)
