"""From a probability to an action: hard rules first, then whichever has the least expected loss. Pure.

With P the probability that the result is acceptable and the costs in units of one retry:

    accept     (1 - P) C_false_accept
    escalate   C_human
    retry      C_retry + V(p'), the expected loss of the next go when it is decided as well as then possible
    ask        the least of these now, less the expected least after the judge has spoken, against the judge's price

V is an average over what evidence of this kind of work has said before (`Outlook`), because the judges' own tables
assume that they are independent and so overstate what a retry's evidence will show.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_contracts.judging import LEVELS, Action, Costs, Offered, Report, Subject

from wrenchai_judgement.exact import exp, summed
from wrenchai_judgement.judges import Judges
from wrenchai_judgement.weighing import Trust, weigh, weights_of

KEPT = 600
"""How many of the last results' evidence stand for what a next go's evidence may say."""

ENOUGH = 60
"""Fewer than so many are no sample; the judges' tables stand in for them."""

SURE = 0.98
"""While people have confirmed too little: accept what no mandatory check vouches for only from here on."""

_FAR = 30.0
_NEVER_SURE = 1e-9
_CLEAR = 1e-4
_SCENARIOS = 128
_STRIDE = 0.6180339887498949


@dataclass(slots=True)
class Outlook:
    """The evidence of the last results of one kind of work: log likelihood ratio, and P(acceptable) with it."""

    pairs: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _odds: NDArray[np.float64] = field(init=False, compare=False, repr=False)
    _good: NDArray[np.float64] = field(init=False, compare=False, repr=False)
    _noted: int = field(default=0, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._odds, self._good = np.zeros(self.pairs.maxlen or KEPT), np.zeros(self.pairs.maxlen or KEPT)
        for ratio, probability in self.pairs:
            self._place(ratio, probability)

    def note(self, ratio: float, probability: float) -> None:
        """One more result."""
        self.pairs.append((ratio, probability))
        self._place(ratio, probability)

    def value(self, probability: float, stop: float, costs: Costs, trust: Trust) -> float:
        """V: the expected loss of a next go that is acceptable with `probability`, ended by accepting or by `stop`.

        It will be told with the doubt of `trust`, as the result at hand is.
        """
        odds, good = self._odds[: len(self.pairs)], self._good[: len(self.pairs)]
        total = math.fsum(good.tolist())
        p = min(max(probability, _CLEAR), 1.0 - _CLEAR)
        raised = odds * (p / (1.0 - p))
        bad = 1.0 / (1.0 + raised)
        doubted = bad + trust.blindness * ((1.0 - trust.base) - bad)
        losses = np.minimum(costs.false_accept * doubted, stop)
        ifgood = math.fsum((losses * good).tolist()) / total
        ifbad = math.fsum((losses * (1.0 - good)).tolist()) / (len(good) - total)
        return p * ifgood + (1.0 - p) * ifbad

    def _place(self, ratio: float, probability: float) -> None:
        """In the place of the oldest: what is made of them all are exact sums, so that their order does not matter."""
        at = self._noted % len(self._odds)
        self._odds[at] = exp(max(-_FAR, min(_FAR, ratio)))
        self._good[at] = min(max(probability, _NEVER_SURE), 1.0 - _NEVER_SURE)
        self._noted += 1


def imagined(reports: Sequence[Report], judges: Judges, temperature: float) -> Outlook:
    """An outlook from the judges' tables: what these judges would say of good and of bad results.

    Levels are picked by an additive recurrence (Kronecker), so that nothing is drawn by chance.
    """
    outlook = Outlook(deque(maxlen=2 * _SCENARIOS))
    tables, weights = [judges.of(report) for report in reports], weights_of(reports)
    ratios = [
        [report.times * (weight * table.ratio(level)) for level in range(LEVELS[report.scale])]
        for report, table, weight in zip(reports, tables, weights, strict=True)
    ]
    for good in (True, False):
        rows = [table.good if good else table.bad for table in tables]
        for number in range(_SCENARIOS):
            levels = (_imagined(row, place, number) for place, row in enumerate(rows))
            raw = summed(said[level] for said, level in zip(ratios, levels, strict=True))
            outlook.note(temperature * raw, float(good))
    return outlook


def _imagined(row: Sequence[float], place: int, number: int) -> int:
    """The level that a judge whose shares are `row`, the one at that place, says in that scenario."""
    at = ((number + 0.5) / _SCENARIOS + (number + 1) * (place * _STRIDE % 1.0)) % 1.0 * summed(row)
    level = 0
    while level < len(row) - 1 and at >= row[level]:
        at -= row[level]
        level += 1
    return level


class Stand(NamedTuple):
    """What a decision is made from, besides the subject: the probability and what may follow."""

    probability: float
    high: float
    """The upper end of its interval."""
    next_go: float
    """P(acceptable) of another go, before the doubt that `trust` tells it with."""
    calibrated: bool
    trust: Trust


class Decision(NamedTuple):
    """What to do, by which expected losses, and which hard rules had a say."""

    action: Action
    losses: Mapping[Action, float]
    rules: tuple[str, ...]
    asks: str | None = None


def decide(subject: Subject, stand: Stand, outlook: Outlook, asking: Mapping[str, float]) -> Decision:
    """The action of least expected loss that no rule forbids.

    `asking`: the expected loss after each judge on call has spoken, its price included.
    """
    losses = _losses(subject, stand, outlook)
    if not (subject.all_reports or subject.not_measured or subject.parts or subject.failed or subject.missing):
        return Decision("accept", losses, ("nothing was asked to be checked",))
    rules, forbidden, least = _rules(subject, stand)
    allowed: dict[Action, float] = {action: loss for action, loss in losses.items() if action not in forbidden}
    if least == "reject":
        remedy: Action = "retry" if losses.get("retry", math.inf) <= losses["escalate"] else "reject"
        return Decision(remedy, losses, rules)
    best = min(allowed, key=lambda action: allowed[action])
    cheapest = min(asking, key=lambda name: asking[name]) if asking else None
    if cheapest is not None and asking[cheapest] < allowed[best]:
        return Decision("ask_judge", {**losses, "ask_judge": asking[cheapest]}, rules, cheapest)
    return Decision(best, losses, rules)


def _losses(subject: Subject, stand: Stand, outlook: Outlook) -> dict[Action, float]:
    """Of what could be done now, in the order in which it is preferred at equal loss."""
    costs = subject.costs
    losses: dict[Action, float] = {"accept": (1.0 - stand.probability) * costs.false_accept}
    if subject.retries_left:
        losses["retry"] = retry_loss(subject, stand.next_go, outlook, stand.trust)
    losses["escalate"] = costs.human
    return losses


def retry_loss(subject: Subject, next_go: float, outlook: Outlook, trust: Trust) -> float:
    """The expected loss of one more go, which is acceptable with probability `next_go`."""
    costs = subject.costs
    return costs.retry + outlook.value(next_go, costs.human, costs, trust)


def _rules(subject: Subject, stand: Stand) -> tuple[tuple[str, ...], set[Action], Action | None]:
    """What hard rules say: in words, what they forbid, and whether only a rejection or another go is left."""
    if subject.failed:
        said = tuple(f"a mandatory check failed: {finding}" for finding in subject.failed)
        return said, {"accept", "escalate"}, "reject"
    if stand.high < subject.reject_below:
        low = f"even the upper end of the interval, {stand.high:.2f}, is below {subject.reject_below:g}"
        return (low,), {"accept", "escalate"}, "reject"
    if subject.missing:
        return tuple(f"a mandatory check was not made: {reason}" for reason in subject.missing), {"accept"}, None
    if subject.not_measured:
        unseen = f"not measured: {', '.join(subject.not_measured)}; what nobody looked at is for a person to accept"
        return (unseen,), {"accept"}, None
    if not _may_be_accepted(subject, stand.probability, calibrated=stand.calibrated):
        unsure = (
            f"uncalibrated: people have confirmed too few of its judgements to accept below {SURE:g} what no mandatory "
            "check vouches for"
        )
        return (unsure,), {"accept"}, None
    return (), set(), None


def _may_be_accepted(subject: Subject, probability: float, *, calibrated: bool) -> bool:
    """Whether no hard rule stands against it, if it is acceptable with that probability."""
    return not (subject.missing or subject.not_measured) and (calibrated or subject.proven or probability >= SURE)


class Reading(NamedTuple):
    """With what evidence is read: P(acceptable) before it, how far it is trusted, and what its judges are.

    `calibrated`: whether people have confirmed enough for the probability to be followed by itself.
    """

    prior: float
    trust: Trust
    judges: Judges
    calibrated: bool


def after_asking(judge: Offered, subject: Subject, reading: Reading, least: Mapping[Action, float]) -> float:
    """The expected least loss once `judge` has spoken of this result, its price included.

    Sum over its levels y of P(y) min(loss of each action given y); `least` holds those that do not depend on P. What
    rules forbid whatever the judge says is no gain; and results inside have to be acceptable too.
    """
    prior, trust, judges, calibrated = reading
    inside = math.prod(part.probability for part in subject.parts.values())
    table = judges.table(judge.judge, judge.version, judge.scale)
    now = _updated(prior, trust.mean * weigh(subject.all_reports, judges).raw)
    expected = 0.0
    for level in range(LEVELS[judge.scale]):
        report = Report(
            judge=judge.judge, version=judge.version, family=judge.family, dimension=judge.family, scale=judge.scale,
            level=level,
        )  # fmt: skip
        raw = weigh((*subject.all_reports, report), judges).raw
        then = inside * trust.told(_updated(prior, trust.mean * raw))
        allowed = _may_be_accepted(subject, then, calibrated=calibrated)
        losses = [(1.0 - then) * subject.costs.false_accept, *least.values()] if allowed else least.values()
        expected += table.chance(level, now) * min(losses)
    return expected + judge.price


def _updated(prior: float, ratio: float) -> float:
    """P after a log likelihood ratio."""
    if ratio >= 0:
        return prior / (prior + (1.0 - prior) * exp(-ratio))
    grown = prior * exp(ratio)
    return grown / (grown + 1.0 - prior)
