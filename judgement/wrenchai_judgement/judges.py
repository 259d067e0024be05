"""Judges as instruments: how often each says what of good and of bad results, learnt as it is used. Pure fold.

A judge that speaks in K levels has a row of K Dirichlet counts for acceptable results and one for others. What a level
tells is ln of the ratio of its expected shares; how unsure that is, its delta-method variance. Counts start as those of
a typical judge of that scale, and grow by the probability that the result was acceptable: a judge is learnt from
its agreement with everything else that is known, people's verdicts above all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wrenchai_contracts.judging import LEVELS, Report, Scale

from wrenchai_judgement.exact import log, summed

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


@dataclass(slots=True)
class JudgeTable:
    """What one judge, in one version and scale, has been learnt to say of good and of bad results."""

    scale: Scale
    good: list[float]
    bad: list[float]
    reports: int = 0

    @classmethod
    def new(cls, scale: Scale) -> "JudgeTable":
        """A judge nobody has met."""
        good, bad = STARTING[scale]
        return cls(scale, list(good), list(bad))

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
        good, bad, all_good, all_bad = self.good[level], self.bad[level], summed(self.good), summed(self.bad)
        ratio = log(good * all_bad / (bad * all_good))
        variance = 1.0 / good - 1.0 / all_good + 1.0 / bad - 1.0 / all_bad
        return LevelReading(ratio, variance, good / all_good, bad / all_bad, (good + bad) / (all_good + all_bad))

    def learn(self, level: int, probability: float, share: float = 1.0) -> None:
        """It said `level` of a result, or of a `share` of it, that is acceptable with `probability`, all in all."""
        self._fade(_KEEP)
        self.good[level] += share * probability
        self.bad[level] += share * (1.0 - probability)
        self.reports += 1

    def correct(self, level: int, change: float) -> None:
        """The probability that it was learnt with has changed by `change`: it is the same report, not a second."""
        self.good[level] = max(self.good[level] + change, STARTING[self.scale][0][level])
        self.bad[level] = max(self.bad[level] - change, STARTING[self.scale][1][level])

    def heir(self) -> "JudgeTable":
        """What its next version begins with."""
        heir = JudgeTable(self.scale, list(self.good), list(self.bad))
        heir._fade(INHERITED)
        return heir

    def _fade(self, keep: float) -> None:
        """Forget some of what was learnt, nothing of what every judge begins with."""
        for counts, starting in zip((self.good, self.bad), STARTING[self.scale], strict=True):
            for level, start in enumerate(starting):
                counts[level] = start + (counts[level] - start) * keep


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


@dataclass(slots=True)
class Judges:
    """All judges that one tenant's results were reported on by."""

    tables: dict[str, JudgeTable] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)
    """The newest version of each judge and scale that was learnt from."""

    def table(self, judge: str, version: str, scale: Scale) -> JudgeTable:
        """Its table; of one that is new what it would begin with. Changes nothing."""
        known = self.tables.get(key_of(judge, version, scale))
        if known is not None:
            return known
        before = self.latest.get(f"{judge}/{scale}")
        return self.tables[before].heir() if before is not None else JudgeTable.new(scale)

    def of(self, report: Report) -> JudgeTable:
        """The table of whoever made that report."""
        return self.table(report.judge, report.version, report.scale)

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


def _shares(reports: Sequence[Report]) -> Iterator[tuple[Report, str, float]]:
    """Each report with the name of its judge's table, and its share of all that this judge said of the result."""
    keys = [key_of(report.judge, report.version, report.scale) for report in reports]
    spoken = dict[str, int]()
    for report, key in zip(reports, keys, strict=True):
        spoken[key] = spoken.get(key, 0) + report.times
    for report, key in zip(reports, keys, strict=True):
        yield report, key, report.times / spoken[key]


assert all(len(row) == LEVELS[scale] for scale, rows in STARTING.items() for row in rows)  # noqa: S101  # one table
