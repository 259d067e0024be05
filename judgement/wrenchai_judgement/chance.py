"""Chance that comes from a name: the same draws on every machine, at every replay. Pure."""

from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from wrenchai_judgement.exact import normal_below, normal_density

_STEPS = 4096
_PER_BLOCK = 16


def uniform(seed: str) -> float:
    """A number in [0, 1) that belongs to `seed`: 53 bits of its SHA-256."""
    return (int.from_bytes(sha256(seed.encode()).digest()[:8], "big") >> 11) / 2.0**53


def normals(seed: str, many: int) -> NDArray[np.float64]:
    """`many` draws of a standard normal variable, each one of 4,096 equally likely values; shape (many,)."""
    blocks = (sha256(f"{seed}/{block}".encode()).digest() for block in range(-(-many // _PER_BLOCK)))
    places = np.frombuffer(b"".join(blocks), dtype=">u2")[:many] % _STEPS
    drawn: NDArray[np.float64] = _equally_likely()[places]
    return drawn


@lru_cache(maxsize=1)
def _equally_likely() -> NDArray[np.float64]:
    """The quantiles at the middles of 4,096 equal parts."""
    upper = []
    x = 0.0
    for step in range(_STEPS // 2, _STEPS):
        x = normal_quantile((step + 0.5) / _STEPS, near=x)
        upper.append(x)
    return np.array([*(-value for value in reversed(upper)), *upper])


def normal_quantile(p: float, near: float = 0.0) -> float:
    """The x below which a standard normal variable lies with probability `p`, by Newton's method from `near`.

    Starting from a smaller quantile of the same sign it comes from one side and cannot overshoot into the far tail.
    """
    x = near
    for _ in range(100):
        step = (p - normal_below(x)) / normal_density(x)
        x += step
        if abs(step) < 1e-13:  # noqa: PLR2004  # of a value around 1
            break
    return x
