"""Judges as instruments: how often each says what of good and of bad results, learnt as it is used. Pure fold.

A judge that speaks in K levels has a row of K Dirichlet counts for acceptable results and one for others. What a level
tells is ln of the ratio of its expected shares; how unsure that is, its delta-method variance. Counts start as those of
a typical judge of that scale, and grow by the probability that the result was acceptable: a judge is learnt from
its agreement with everything else that is known, people's verdicts above all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wrenchai_contracts.judging import LEVELS, Report, Scale

from wrenchai_judgement.exact import log

STARTING: dict[Scale, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "check": ((1.5, 28.5), (7.5, 7.5)),
    "tests": ((0.5, 1.0, 1.5, 3.0, 9.0), (3.0, 3.0, 3.0, 2.0, 2.0)),
    "rubric": ((1.0, 1.5, 2.5, 4.5, 5.5), (4.0, 3.5, 3.0, 2.5, 2.0)),
    "human": ((3.0, 97.0), (97.0, 3.0)),
}
"""Counts for acceptable results and for others, from the worst level to the best, before anything was learnt."""

_KEEP = 0.9996534864594093  # 2^(-1/2000); powers are the C library's, so they are written out
"""What one report leaves of everything learnt before: after 2,000 half of it counts."""

INHERITED = 0.5
"""How much of a judge's counts its next version begins with."""


_STARTS = {
    scale: [(*level, math.fsum(good), math.fsum(bad)) for level in zip(good, bad, strict=True)]
    for scale, (good, bad) in STARTING.items()
}
"""For each level: its count for acceptable results and for others, and what either row adds up to."""

_LEAST_UNIT = 1e-100


@dataclass(slots=True)
class JudgeTable:
    """What one judge, in one version and scale, has been learnt to say of good and of bad results.

    A count is that of every judge's beginning plus `unit` times what was learnt. Forgetting a little of everything is
    making the unit smaller, so it takes one multiplication, however many levels there are.
    """

    scale: Scale
    learnt_good: list[float]
    learnt_bad: list[float]
    all_good: float = 0.0
    """The sum of `learnt_good`."""
    all_bad: float = 0.0
    unit: float = 1.0
    reports: int = 0

    @classmethod
    def new(cls, scale: Scale) -> "JudgeTable":
        """A judge nobody has met."""
        return cls(scale, [0.0] * LEVELS[scale], [0.0] * LEVELS[scale])

    @classmethod
    def counted(cls, scale: Scale, good: Sequence[float], bad: Sequence[float]) -> "JudgeTable":
        """A judge with these counts, from the worst level to the best."""
        learnt_good, learnt_bad = (
            [count - start for count, start in zip(counts, starting, strict=True)]
            for counts, starting in zip((good, bad), STARTING[scale], strict=True)
        )
        return cls(scale, learnt_good, learnt_bad, math.fsum(learnt_good), math.fsum(learnt_bad))

    @property
    def good(self) -> list[float]:
        """Counts for acceptable results, from the worst level to the best."""
        return [start + self.unit * n for start, n in zip(STARTING[self.scale][0], self.learnt_good, strict=True)]

    @property
    def bad(self) -> list[float]:
        """The same for others."""
        return [start + self.unit * n for start, n in zip(STARTING[self.scale][1], self.learnt_bad, strict=True)]

    @property
    def numbers(self) -> list[float]:
        """What is kept, for hashing."""
        return [*self.learnt_good, *self.learnt_bad, self.all_good, self.all_bad, self.unit]

    def ratio(self, level: int) -> float:
        """The log likelihood ratio of that level: positive if it speaks for an acceptable result."""
        return self.reading(level).ratio

    def variance(self, level: int) -> float:
        """Of `ratio`: sum over both rows of 1/a_level - 1/sum(a)."""
        return self.reading(level).variance

    def chance(self, level: int, probability: float) -> float:
        """How likely that level is of a result that is acceptable with `probability`."""
        return self.reading(level).chance(probability)

    def reading(self, level: int) -> "LevelReading":
        """All that one level tells."""
        good, bad, all_good, all_bad = _STARTS[self.scale][level]
        unit = self.unit
        good, bad = good + unit * self.learnt_good[level], bad + unit * self.learnt_bad[level]
        all_good, all_bad = all_good + unit * self.all_good, all_bad + unit * self.all_bad
        ratio = log(good * all_bad / (bad * all_good))
        variance = 1.0 / good - 1.0 / all_good + 1.0 / bad - 1.0 / all_bad
        return LevelReading(ratio, variance, good / all_good, bad / all_bad, (good + bad) / (all_good + all_bad))

    def learn(self, level: int, probability: float, share: float = 1.0) -> None:
        """It said `level` of a result, or of a `share` of it, that is acceptable with `probability`, all in all."""
        self.unit *= _KEEP
        good, bad = share * probability / self.unit, share * (1.0 - probability) / self.unit
        self.learnt_good[level] += good
        self.learnt_bad[level] += bad
        self.all_good += good
        self.all_bad += bad
        self.reports += 1
        if self.unit < _LEAST_UNIT:
            self._rescale()

    def correct(self, level: int, change: float) -> None:
        """The probability that it was learnt with has changed by `change`: it is the same report, not a second."""
        self.learnt_good[level] = max(self.learnt_good[level] + change / self.unit, 0.0)
        self.learnt_bad[level] = max(self.learnt_bad[level] - change / self.unit, 0.0)
        self._add_up()

    def heir(self) -> "JudgeTable":
        """What its next version begins with."""
        sums = (self.all_good, self.all_bad)
        return JudgeTable(self.scale, list(self.learnt_good), list(self.learnt_bad), *sums, self.unit * INHERITED)

    def _add_up(self) -> None:
        self.all_good, self.all_bad = math.fsum(self.learnt_good), math.fsum(self.learnt_bad)

    def _rescale(self) -> None:
        """Begin again with a unit of 1, before it gets too small for a double."""
        self.learnt_good = [self.unit * n for n in self.learnt_good]
        self.learnt_bad = [self.unit * n for n in self.learnt_bad]
        self.unit = 1.0
        self._add_up()


class LevelReading(NamedTuple):
    """What one level of one judge tells: its log likelihood ratio (nats), how unsure that is, and how often it is said.

    `good` and `bad`: of which share of acceptable and of other results; `aimless`: of all, whatever they are.
    """

    ratio: float
    variance: float
    good: float
    bad: float
    aimless: float

    def chance(self, probability: float) -> float:
        """How likely it is to be said of a result that is acceptable with `probability`."""
        return probability * self.good + (1.0 - probability) * self.bad


def key_of(judge: str, version: str, scale: Scale) -> str:
    """The name of one judge's table."""
    return f"{judge}@{version}/{scale}"


def named(report: Report) -> str:
    """The name of the table of whoever made that report."""
    return key_of(report.judge, report.version, report.scale)


@dataclass(slots=True)
class Judges:
    """All judges that one tenant's results were reported on by."""

    tables: dict[str, JudgeTable] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    """The newest version of each judge and scale that was learnt from."""

    def table(self, judge: str, version: str, scale: Scale) -> JudgeTable:
        """Its table; of one that is new what it would begin with. Changes nothing."""
        return self.tables.get(key_of(judge, version, scale)) or self._new(judge, scale)

    def of(self, report: Report, key: str | None = None) -> JudgeTable:
        """The table of whoever made that report; `key` is its name, where it is known already."""
        return self.tables.get(key or named(report)) or self._new(report.judge, report.scale)

    def learn(self, reports: Sequence[Report], probability: float) -> None:
        """Learn from all reports on one result: each judge counts once, however often it spoke of parts of it."""
        for report, key, share in _shares(reports):
            self._kept(report, key).learn(report.level, probability, share)

    def correct(self, reports: Sequence[Report], change: float) -> None:
        """The result that these reports were about is now thought acceptable with `change` more probability."""
        for report, key, share in _shares(reports):
            self._kept(report, key).correct(report.level, share * change)

    def _kept(self, report: Report, key: str) -> JudgeTable:
        if key not in self.tables:
            self.tables[key] = self.of(report)
            self.latest[f"{report.judge}/{report.scale}"] = key
        return self.tables[key]

    def _new(self, judge: str, scale: Scale) -> JudgeTable:
        before = self.latest.get(f"{judge}/{scale}")
        return self.tables[before].heir() if before is not None else JudgeTable.new(scale)


def _shares(reports: Sequence[Report]) -> list[tuple[Report, str, float]]:
    """Each report with the name of its judge's table, and its share of all that this judge said of the result."""
    keys = [named(report) for report in reports]
    if len(set(keys)) == len(keys):
        return [(report, key, 1.0) for report, key in zip(reports, keys, strict=True)]
    spoken = dict[str, int]()
    for report, key in zip(reports, keys, strict=True):
        spoken[key] = spoken.get(key, 0) + report.times
    return [(report, key, report.times / spoken[key]) for report, key in zip(reports, keys, strict=True)]


assert all(len(row) == LEVELS[scale] for scale, rows in STARTING.items() for row in rows)  # noqa: S101  # one table
