"""Two ways to learn from a sample what a column is and which values are odd in it; pure.

`robust` trusts statistics that outliers cannot move: median and median absolute deviation. `rules` trusts the kinds
and patterns that nearly all values have. Neither knows of the other.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal

from wrenchai_journey.data_quality.values import Kind, is_missing, kind_of, moment, number, shape_of

Method = Literal["robust", "rules"]
FAR = 3.5
"""Modified z-scores beyond it are odd (Iglewicz and Hoaglin, 1993)."""

_TO_SIGMA = 1.4826
"""The median absolute deviation of normal values times this is their standard deviation."""

_MAJORITY, _NEARLY_ALL = 0.6, 0.95
_A_PATTERN = 0.05
"""Share of the values that a pattern has at least."""

_MAX_CATEGORIES = 50
_SKEWED = 5.0
"""Positive values whose upper twentieth begins this many medians up are compared by their logarithms."""

_FEW = 10
_LARGEST_POWER = 700.0
"""Of e, that a number can hold."""

_CACHED = 20_000
_LONGEST_RULE = 100


@dataclass(frozen=True)
class Learned:
    """What a method knows of a column. `is_odd` is None where it has no test; `rule` says in words what is expected."""

    kind: Kind | Literal["empty"]
    rule: str
    is_odd: Callable[[str], bool] | None
    required: bool = False


def learn(method: Method, values: Sequence[str]) -> Learned:
    """What `method` makes of a sample of one column."""
    present = [value for value in values if not is_missing(value)]
    if not present:
        return Learned("empty", "no value in the sample", None)
    return _robust(present) if method == "robust" else _by_rules(present, len(values))


def remembered(is_odd: Callable[[str], bool]) -> Callable[[str], bool]:
    """The same test, which knows values that it has seen."""
    seen: dict[str, bool] = {}

    def test(value: str) -> bool:
        known = seen.get(value)
        if known is None:
            known = is_odd(value)
            if len(seen) < _CACHED:
                seen[value] = known
        return known

    return test


def _robust(present: Sequence[str]) -> Learned:
    kinds = Counter(kind_of(value) for value in present)
    numbers = kinds["integer"] + kinds["decimal"]
    if numbers >= _MAJORITY * len(present):
        known = [number(value) for value in present if kind_of(value) in {"integer", "decimal"}]
        kind: Kind = "integer" if kinds["integer"] >= _MAJORITY * numbers else "decimal"
        return _within(known, kind, _number)
    if kinds["date"] >= _MAJORITY * len(present):
        days = [found for value in present if (found := moment(value)) is not None and kind_of(value) == "date"]
        return _within(days, "date", _date)
    usual: Kind = "boolean" if kinds["boolean"] >= _MAJORITY * len(present) else "text"
    return Learned(usual, "statistics of numbers and dates say nothing of words", None)


def _within(known: Sequence[float], kind: Kind, read: Callable[[str], float | None]) -> Learned:
    """Odd is what lies far from the median, measured by the deviations; and what cannot be read at all."""
    log = kind in {"integer", "decimal"} and _is_skewed(known)
    scaled = [math.log(one) for one in known] if log else known
    middle, spread = median(scaled), _spread(scaled)
    if spread == 0 or len(known) < _FEW:
        return Learned(kind, "too few or too equal values for a measure of spread", None)
    low, high = middle - FAR * spread, middle + FAR * spread
    if log:
        low, high = math.exp(max(low, -_LARGEST_POWER)), math.exp(min(high, _LARGEST_POWER))

    def is_odd(value: str) -> bool:
        found = read(value)
        return found is None or not low <= found <= high

    said = "dates" if kind == "date" else f"{_said(low)} to {_said(high)}"
    return Learned(kind, f"{said} within {FAR} robust deviations of the median", is_odd)


def _is_skewed(known: Sequence[float]) -> bool:
    return len(known) >= _FEW and min(known) > 0 and quantiles(known, n=20)[-1] > _SKEWED * median(known)


def _spread(known: Sequence[float]) -> float:
    """By the median absolute deviation; where more than half are equal, by the quartiles."""
    middle = median(known)
    deviation = median(abs(one - middle) for one in known) * _TO_SIGMA
    if deviation > 0 or len(known) < _FEW:
        return deviation
    low, _, high = quantiles(known, n=4)
    return (high - low) / 1.349


def _by_rules(present: Sequence[str], sampled: int) -> Learned:
    required = len(present) >= _NEARLY_ALL * sampled
    kinds = Counter(kind_of(value) for value in present)
    if kinds["integer"] >= _NEARLY_ALL * len(present):
        return _of_numbers(present, "integer", required=required)
    if kinds["integer"] + kinds["decimal"] >= _NEARLY_ALL * len(present):
        return _of_numbers(present, "decimal", required=required)
    for kind in ("date", "boolean"):
        if kinds[kind] >= _NEARLY_ALL * len(present):
            return _of_one_shape(present, kind, required=required)
    return _of_text(present, required=required)


def _of_numbers(present: Sequence[str], kind: Kind, *, required: bool) -> Learned:
    allowed = {"integer"} if kind == "integer" else {"integer", "decimal"}
    known = [number(value) for value in present if kind_of(value) in allowed]
    never_below = sum(one >= 0 for one in known) >= _NEARLY_ALL * len(known)

    def is_odd(value: str) -> bool:
        return kind_of(value) not in allowed or (never_below and number(value) < 0)

    sign = ", never below nought" if never_below else ""
    return Learned(kind, f"{kind}s{sign}", is_odd, required)


def _of_one_shape(present: Sequence[str], kind: Kind, *, required: bool) -> Learned:
    """Dates and truth values, written the way that most are."""
    usual = Counter(shape_of(value) for value in present).most_common(1)[0][0] if kind == "date" else ""

    def is_odd(value: str) -> bool:
        return kind_of(value) != kind or (kind == "date" and shape_of(value) != usual)

    return Learned(kind, f"{kind}s written as {usual}" if usual else f"{kind}s", is_odd, required)


def _of_text(present: Sequence[str], *, required: bool) -> Learned:
    words = Counter(value.strip() for value in present)
    if len(words) <= _MAX_CATEGORIES and len(present) >= _FEW * len(words) / 2:
        often = frozenset(word for word, times in words.items() if times > 1)
        return Learned("text", f"one of {len(often)} words", lambda value: value.strip() not in often, required)
    shapes = Counter(shape_of(value) for value in present)
    usual = frozenset(shape for shape, times in shapes.items() if times >= _A_PATTERN * len(present))
    if sum(shapes[shape] for shape in usual) >= _NEARLY_ALL * len(present):
        said = ", ".join(sorted(usual))[:_LONGEST_RULE]
        return Learned("text", f"written as {said}", lambda value: shape_of(value) not in usual, required)
    return Learned("text", "free text: no pattern that nearly all have", None, required)


def _number(value: str) -> float | None:
    return number(value) if kind_of(value) in {"integer", "decimal"} else None


def _date(value: str) -> float | None:
    return moment(value) if kind_of(value) == "date" else None


def _said(value: float) -> str:
    return f"{value:.4g}"
