"""How good probabilities are, given what came true."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bar = dict[str, Any]
"""A bar's figures, with `holds` and what it asks for in words."""

_CLEAR = 1e-6
_BINS = 10


class Scores(NamedTuple):
    """Of predicted probabilities: mean squared error, log loss (nats), expected calibration error in ten bins."""

    brier: float
    log_loss: float
    ece: float


def scores(p: Floats, good: NDArray[np.bool_]) -> Scores:
    """The scores of `p`, both of shape (n,)."""
    p, z = np.clip(p, _CLEAR, 1 - _CLEAR), good.astype(float)
    log_loss = -np.mean(z * np.log(p) + (1 - z) * np.log(1 - p))
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    ece = sum(abs(p[bins == b].mean() - z[bins == b].mean()) * np.mean(bins == b) for b in set(bins.tolist()))
    return Scores(float(np.mean((p - z) ** 2)), float(log_loss), float(ece))


def bar(asks: str, *, holds: bool, **figures: Any) -> Bar:
    """One bar: what it asks for, whether it holds, and its figures, rounded to four places."""
    return {"holds": bool(holds), "asks": asks, **{name: _rounded(value) for name, value in figures.items()}}


def _rounded(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
