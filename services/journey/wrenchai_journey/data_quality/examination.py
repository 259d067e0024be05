"""One method's examination of a whole table: what it learned, what it finds odd, how steady it is; pure."""

import random
from collections.abc import Callable, Iterable, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.data_quality.methods import Learned, Method, learn, remembered
from wrenchai_journey.data_quality.source import squared
from wrenchai_journey.data_quality.values import is_missing

MAX_KEPT = 20_000
"""So many odd cells are kept by name; all are counted."""

FAMILY = "csv.table"
"""Of all judges that count cells: they have read the same table."""

RESAMPLES = 6
_SHOWN = 60
Cell = tuple[int, int]
"""Row from 1, column from 0."""


class Column(Frozen):
    """What a method says of one column."""

    name: str
    kind: str
    rule: str
    tested: bool
    missing: int
    odd: int


class Odd(Frozen):
    """One odd cell: row from 1 below the header, column's number from 0, the beginning of its value."""

    row: int
    column: int
    value: str


class Examined(Frozen):
    """All that a method has found. `complete` says whether every odd cell is in `cells`."""

    method: Method
    rows: int
    columns: tuple[Column, ...]
    cells: tuple[Odd, ...]
    odd: int
    odd_rows: int
    complete: bool
    stability: float
    coverage: float


def examine(
    method: Method, names: Sequence[str], sample: Sequence[Sequence[str]], rows: Iterable[list[str]], *, told: "Told"
) -> Examined:
    """Learn from the sample, then look at every row once; `told` hears of every row's number."""
    tally = _Tally(learned_columns(method, sample, len(names)))
    for row in rows:
        if row:
            tally.take(squared(row, len(names)))
            told(tally.rows)
    return Examined(
        method=method, rows=tally.rows, columns=tally.columns(names), cells=tuple(tally.kept), odd=sum(tally.odd),
        odd_rows=tally.odd_rows, complete=sum(tally.odd) == len(tally.kept),
        stability=stability(method, sample, len(names)),
        coverage=sum(test is not None for test in tally.tests) / len(names),
    )  # fmt: skip


class _Tally:
    """What is counted row by row."""

    def __init__(self, learned: Sequence[Learned]) -> None:
        self._learned = learned
        self.tests = [None if one.is_odd is None else remembered(one.is_odd) for one in learned]
        self._needed = [one.required for one in learned]
        self._missing, self.odd = [0] * len(learned), [0] * len(learned)
        self.kept: list[Odd] = []
        self.rows = self.odd_rows = 0

    def take(self, row: Sequence[str]) -> None:
        self.rows += 1
        found = odd_columns(row, self.tests, self._needed, self._missing)
        self.odd_rows += bool(found)
        for column in found:
            self.odd[column] += 1
            if len(self.kept) < MAX_KEPT:
                self.kept.append(Odd(row=self.rows, column=column, value=row[column].strip()[:_SHOWN]))

    def columns(self, names: Sequence[str]) -> tuple[Column, ...]:
        facts = zip(names, self._learned, self._missing, self.odd, strict=True)
        return tuple(
            Column(name=name, kind=one.kind, rule=one.rule, tested=one.is_odd is not None, missing=missing, odd=odd)
            for name, one, missing, odd in facts
        )


Told = Callable[[int], None]
Test = Callable[[str], bool] | None


def learned_columns(method: Method, sample: Sequence[Sequence[str]], columns: int) -> list[Learned]:
    """What the method makes of each column of a sample."""
    return [learn(method, [row[column] for row in sample]) for column in range(columns)]


def odd_columns(row: Sequence[str], tests: Sequence[Test], needed: Sequence[bool], missing: list[int]) -> list[int]:
    """Numbers of the columns in which a row is odd; what is missing is counted, and odd where a value is needed."""
    found = []
    for column, (value, test) in enumerate(zip(row, tests, strict=True)):
        if is_missing(value):
            missing[column] += 1
            if needed[column]:
                found.append(column)
        elif test is not None and test(value):
            found.append(column)
    return found


def stability(method: Method, sample: Sequence[Sequence[str]], columns: int) -> float:
    """How alike the verdicts are that halves of the sample lead to: mean likeness of kinds and of odd cells, 0 to 1.

    Each half is drawn by a fixed seed; the likeness of two sets of cells is Jaccard's.
    """
    verdicts = [_verdict(method, random.Random(seed), sample, columns) for seed in range(RESAMPLES)]  # noqa: S311  # a fixed seed, no secret
    pairs = [(one, other) for at, one in enumerate(verdicts) for other in verdicts[at + 1 :]]
    return sum((_alike(a[0], b[0]) + jaccard(a[1], b[1])) / 2 for a, b in pairs) / len(pairs)


def jaccard(one: set[Cell], other: set[Cell]) -> float:
    """Common cells by all cells; two empty sets are alike."""
    return len(one & other) / len(one | other) if one | other else 1.0


def _verdict(
    method: Method, chance: random.Random, sample: Sequence[Sequence[str]], columns: int
) -> tuple[list[str], set[Cell]]:
    half = chance.sample(list(sample), max(len(sample) // 2, 1))
    learned = learned_columns(method, half, columns)
    tests: list[Test] = [None if one.is_odd is None else remembered(one.is_odd) for one in learned]
    needed, missing = [one.required for one in learned], [0] * columns
    cells = {
        (number, column) for number, row in enumerate(sample) for column in odd_columns(row, tests, needed, missing)
    }
    return [one.kind for one in learned], cells


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
