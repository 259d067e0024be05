"""What all reports on one result say together: one log likelihood ratio, tempered for what they share. Pure.

Judges are not independent. Those of one family see with the same eyes: of m reports each counts 1 / (1 + (m - 1) rho).
And all evidence of one kind of work is multiplied by a temperature, learnt from people's verdicts: below 1 where judges
promise more than they hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wrenchai_contracts.judging import Report

from wrenchai_judgement.exact import log, logit, sigmoid
from wrenchai_judgement.judges import Judges, LevelReading, named

KINSHIP = 0.6
"""rho: how much two judges of one family share."""

HUMAN_RATIO = 3.476
"""ln(97 / 3): what one person's verdict says, who is wrong three times in a hundred."""

_HUMAN_ERROR = 0.03
_COLDEST, _HOTTEST = 0.1, 1.3
_MANY = 8
_BLIND, _SEEING = -2.9444389791664403, -14.0
"""ln(.05 / .95), and how sure one can be at most that judges see."""

_KEPT_UNSEEN = 0.9998613802209339
"""2^(-1/5000)."""

_SURE, _UNSURE, _OFFSET = 0.2 * 0.2, 0.5 * 0.5, 0.4 * 0.4


@dataclass(slots=True)
class Trust:
    """How a judgement of one kind of work is corrected by people: logit P = eta + delta + gamma x evidence.

    gamma (`mean`), held within [0.1, 1.3], says how far judges hold what they promise. delta (`offset`) takes away what
    learning from judges, instead of people, has drifted by; it corrects what is told, and is itself never learnt from.
    Both are jointly normal around (1, 0).
    """

    mean: float = 1.0
    offset: float = 0.0
    variance: float = _SURE
    offset_variance: float = _OFFSET
    covariance: float = 0.0
    verdicts: int = 0
    blind: float = _BLIND
    """Log odds that all judges of such work are blind: that what they say has nothing to do with what people think."""
    good: int = 0
    """Of the verdicts."""

    @property
    def blindness(self) -> float:
        """P(all judges are blind): one in twenty before anybody was asked, and less with each verdict foretold."""
        return sigmoid(self.blind)

    def told(self, probability: float) -> float:
        """P(acceptable) with the doubt that judges see anything; then only what people said counts."""
        return probability + self.blindness * (self.base - probability)

    def bounds(self, low: float, high: float) -> tuple[float, float]:
        """An interval with that doubt: if judges are blind, anything may be."""
        blindness = self.blindness
        return low * (1.0 - blindness), high + blindness * (1.0 - high)

    @property
    def numbers(self) -> tuple[float, ...]:
        """What is kept, for hashing."""
        return self.mean, self.offset, self.variance, self.offset_variance, self.covariance, self.blind

    @property
    def base(self) -> float:
        """The rate by people's verdicts alone, beginning at three of four."""
        return (3.0 + self.good) / (4.0 + self.verdicts)

    def pass_unseen(self) -> None:
        """One more result that nobody has confirmed: the doubt comes back, by half in 5,000 of them."""
        self.blind = _BLIND + (self.blind - _BLIND) * _KEPT_UNSEEN

    def doubt(self, raw: float, reports: int) -> float:
        """The variance of what gamma and delta add, for evidence of `raw` nats."""
        return self.variance_for(reports) * raw * raw + 2.0 * self.covariance * raw + self.offset_variance

    def variance_for(self, reports: int) -> float:
        """Of gamma, for a result with so many reports: many judges share more than anybody knows beforehand."""
        return _UNSURE if reports >= _MANY and self.verdicts == 0 else self.variance

    def learn(self, prior: float, raw: float, *, good: bool, reports: int) -> None:
        """One Newton step per verdict, on the likelihood of a label that is wrong in 3 of 100 cases.

        `prior`: P(acceptable) by context alone, without delta; `raw`: the log likelihood ratio of the evidence as
        judges tell it. The label itself as a soft target would drag gamma below 1: the person's error would be blamed
        on the judges.
        """
        self.variance = self.variance_for(reports)
        p = sigmoid(logit(prior) + self.offset + self.mean * raw)
        clear = 1.0 - 2.0 * _HUMAN_ERROR
        if reports:
            sighted, blind = (_HUMAN_ERROR + clear * (q if good else 1.0 - q) for q in (p, self.base))
            self.blind = min(max(self.blind + log(blind / sighted), _SEEING), 0.0)
        likelihood = _HUMAN_ERROR + clear * (p if good else 1.0 - p)
        slope = (clear if good else -clear) * p * (1.0 - p) / likelihood
        self._step(raw, slope, curvature=0.5 * p * (1.0 - p))
        self.verdicts += 1
        self.good += good

    def _step(self, raw: float, slope: float, *, curvature: float) -> None:
        """Kalman's update of (gamma, delta) along (raw, 1)."""
        gain = self.variance * raw + self.covariance
        offset_gain = self.covariance * raw + self.offset_variance
        shrink = curvature / (1.0 + curvature * (gain * raw + offset_gain))
        self.variance -= shrink * gain * gain
        self.covariance -= shrink * gain * offset_gain
        self.offset_variance -= shrink * offset_gain * offset_gain
        step = slope * (1.0 - shrink * (gain * raw + offset_gain))
        self.mean = min(_HOTTEST, max(_COLDEST, self.mean + gain * step))
        self.offset += offset_gain * step


class Evidence(NamedTuple):
    """What reports say together, in nats, at temperature 1.

    `parts` are each report's weight and ratio, `readings` what its level tells of its judge, `tables` whose it is.
    """

    raw: float
    variance: float
    parts: tuple[tuple[float, float], ...]
    readings: tuple[LevelReading, ...] = ()
    tables: tuple[str, ...] = ()


def weigh(reports: Sequence[Report], judges: Judges) -> Evidence:
    """Add up what the reports say, each with its weight and that of its family."""
    raw = variance = 0.0
    parts, readings, tables = [], [], [named(report) for report in reports]
    for report, weight, table in zip(reports, weights_of(reports), tables, strict=True):
        reading = judges.of(report, table).reading(report.level)
        ratio = report.times * (weight * reading.ratio)
        raw += ratio
        variance += report.times * (weight * weight * reading.variance)
        parts.append((weight, ratio))
        readings.append(reading)
    return Evidence(raw, variance, tuple(parts), tuple(readings), tuple(tables))


def weights_of(reports: Sequence[Report]) -> list[float]:
    """What each report counts: its own weight, less the more others of its family there are."""
    sizes = dict[str, int]()
    for report in reports:
        sizes[report.family] = sizes.get(report.family, 0) + report.times
    return [report.weight / (1.0 + (sizes[report.family] - 1) * KINSHIP) for report in reports]
