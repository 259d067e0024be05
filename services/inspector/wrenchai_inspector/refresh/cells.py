"""From sums of probabilities to whole outcomes, and from names to numbers. Pure.

The sampler's likelihood is beta-binomial, which counts whole outcomes; but of most outcomes it is only known how likely
they were acceptable. Fractions of a count, which the gamma function would allow, say too much: they have none of the
scatter that real outcomes have, so spreads come out too small. So each cell's sum is rounded up or down by chance, up
as often as its fraction says: a cell of one outcome with probability .8 is good in 80 of 100 fits. That is one draw of
what its outcome was (multiple imputation with one draw; Rubin 1987).

Chance enters once, as where counting starts. The sums are added up in the order of the names, and a cell gets the whole
numbers that the running total passes in it (systematic sampling; Madow 1949). So the total, and each role's, is never
a whole outcome away from the sum of its probabilities. Of a cell with many outcomes this draws less scatter than they
had: a caller who knows each one's probability draws each one, and gives sums of those.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_judgement.context import kind_of

from wrenchai_inspector.refresh.request import LEARNT, Cell

Whole = NDArray[np.int64]
Rows = tuple[str, ...]

_NEAREST = 0.5


class Counts(NamedTuple):
    """The cells that have outcomes, each once: E effects, C cells."""

    rows: Rows
    """Names of the effects, shape (E,)."""
    kinds: Whole
    """Which of `LEARNT` each effect is, shape (E,)."""
    places: Whole
    """Which effects add up in each cell, shape (4, C)."""
    good: Whole
    """Shape (C,)."""
    outcomes: Whole
    """Shape (C,)."""


def counted(cells: Iterable[Cell], start: float) -> Counts:
    """Whole outcomes, equal cells added up. `start` in [0, 1) is the draw that decides which sums are rounded up."""
    sums = _summed(cells)
    outcomes = whole([good + bad for good, bad in sums.values()], _NEAREST)
    good = whole([good for good, _ in sums.values()], start)
    cells_left = [(rows, min(well, many), many) for rows, well, many in zip(sums, good, outcomes, strict=True) if many]
    return _numbered(cells_left)


def whole(amounts: Sequence[float], start: float) -> list[int]:
    """Whole numbers whose sums, up to each of them, are the sums of `amounts` plus `start`, rounded down."""
    return [math.floor(after) - math.floor(before) for before, after in pairwise(accumulate(amounts, initial=start))]


def _summed(cells: Iterable[Cell]) -> dict[Rows, tuple[float, float]]:
    """Good and bad of each place, in the order of the names, so that the same cells give the same counts."""
    sums: dict[Rows, tuple[float, float]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.rows, cell.good, cell.bad)):
        good, bad = sums.get(cell.rows, (0.0, 0.0))
        sums[cell.rows] = good + cell.good, bad + cell.bad
    return sums


def _numbered(cells: Sequence[tuple[Rows, int, int]]) -> Counts:
    names = sorted({row for rows, _, _ in cells for row in rows}, key=lambda row: (LEARNT.index(kind_of(row)), row))
    number = {row: place for place, row in enumerate(names)}
    return Counts(
        rows=tuple(names),
        kinds=np.array([LEARNT.index(kind_of(row)) for row in names], dtype=np.int64),
        places=np.array([[number[row] for row in rows] for rows, _, _ in cells], dtype=np.int64).reshape(-1, 4).T,
        good=np.array([good for _, good, _ in cells], dtype=np.int64),
        outcomes=np.array([many for _, _, many in cells], dtype=np.int64),
    )
