"""What the inspector knows of one tenant's work: it judges a result, learns from it, and hears people out. Pure fold.

Judging changes nothing. Learning happens once for each result, in the order of one stream, and every change goes into a
chain of hashes: SHA-256 of the hash before and of every number that the step touched. Whoever folds the same stream on
any machine gets the same hashes, and the first difference names the step.
"""

import math
import struct
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from wrenchai_contracts.judging import Action, Anomaly, Difficulty, Offered, Report, Subject, Used, Verdict, Work

from wrenchai_judgement.chance import uniform
from wrenchai_judgement.context import FORGET, MOVED, RENEWED, ContextModel, Expected, Place, Spreads
from wrenchai_judgement.deciding import (
    ENOUGH,
    Decision,
    Outlook,
    Reading,
    Stand,
    after_asking,
    decide,
    imagined,
    retry_loss,
)
from wrenchai_judgement.drift import Alarm, Drift
from wrenchai_judgement.exact import QUANTILE, Moments, log, logit, moments, rates, sigmoid, summed
from wrenchai_judgement.judges import Judges
from wrenchai_judgement.resources import ResourceModel
from wrenchai_judgement.rollup import Whole, whole_of
from wrenchai_judgement.weighing import HUMAN_RATIO, Evidence, Trust, weigh

MODEL = "dynamic-logit/1"

AUDITED = 0.05
"""Share of results that a person is asked about at random."""

AUDITED_AT_FIRST = 0.25
"""The same, until people have confirmed enough for the judgements to be called calibrated."""

CALIBRATED_FROM = 20
"""Verdicts of people that it takes at least, and one in a hundred of all results."""

SCORED_ON = 500
"""How many of the last results a new background model is tried on."""

_SHARE = 0.01
_LESS_UNKNOWN = 0.7
"""What one more go leaves of the unknown difficulty of a task."""


class Found(NamedTuple):
    """One result's judgement, before it is put into words."""

    expected: Expected
    prior: float
    evidence: Evidence
    trust: Trust
    """How far judges of such work are trusted, by people's verdicts."""
    ratio: float
    plain: Moments
    """By what judges say, without that offset: this is what is learnt from."""
    own: Whole
    """This result by itself."""
    whole: Whole
    """Together with the results inside it that were judged before."""
    decision: Decision
    difficulty: Difficulty
    calibrated: bool
    audit: float
    """With which probability a person is asked at random."""
    audited: bool


class Heard(NamedTuple):
    """A person's word on a result, and what had been thought of it, without the offset: as it was learnt from.

    `ratio` is the evidence tempered, `raw` at temperature 1; `prior` and `probability` are before and with it.
    """

    kind: str
    work: Work
    reports: Sequence[Report]
    ratio: float
    raw: float
    prior: float
    probability: float
    verdict: Verdict
    replaces: Verdict | None = None


def place_of(work: Work) -> Place:
    """Where work stands in the context model."""
    return Place(work.role, work.tool, work.playbook, work.pair)


@dataclass(slots=True)
class Knowledge:
    """Everything learnt from one tenant's results up to `version` of its stream."""

    tenant: str
    version: int = 0
    digest: str = ""
    context: ContextModel = field(default_factory=ContextModel)
    judges: Judges = field(default_factory=Judges)
    trusted: dict[str, Trust] = field(default_factory=dict)
    outlooks: dict[str, Outlook] = field(default_factory=dict)
    drift: Drift = field(default_factory=Drift)
    resources: ResourceModel = field(default_factory=ResourceModel)
    tools: dict[str, list[str]] = field(default_factory=dict)
    """The versions of each tool that were at work."""
    cells: dict[tuple[str, str, str, str], list[float]] = field(default_factory=dict)
    """Sums of P(acceptable) and of its complement over results, by role, tool, playbook, pair: for the background."""
    recent: deque[tuple[Place, float]] = field(default_factory=lambda: deque(maxlen=SCORED_ON))
    """The last results: where they stood, and P(acceptable). A new background model must foretell them no worse."""
    results: int = 0
    verdicts: int = 0
    fitted: int = 0
    """How many results there were when the background model was last fitted."""

    def __post_init__(self) -> None:
        self.digest = self.digest or sha256(f"{MODEL}/{self.tenant}".encode()).hexdigest()

    @property
    def calibrated(self) -> bool:
        """Whether people have confirmed enough of its judgements for their probabilities to be taken at their word."""
        return self.verdicts >= max(CALIBRATED_FROM, _SHARE * self.results)

    # --- judging -----------------------------------------------------------------------------------------

    def judge(self, subject: Subject) -> Found:
        """How likely the result is acceptable, between which bounds, and what follows. Changes nothing."""
        trust = self.trusted.get(subject.kind) or Trust()
        reports = subject.all_reports
        evidence = weigh(reports, self.judges)
        ratio = trust.mean * evidence.raw
        place = place_of(subject.work)
        mean, variance = self.context.expected(place)
        plain = moments(mean + subject.difficulty.shift, variance, ratio)
        expected = Expected(mean + subject.difficulty.shift + trust.offset, variance)
        told = rates(*expected, ratio) if trust.offset else plain
        doubt = trust.mean * trust.mean * evidence.variance
        doubt += trust.doubt(evidence.raw, len(reports))
        own = _doubted(Whole(told.after, expected.mean + ratio, math.sqrt(variance + doubt)), trust)
        whole = whole_of(own, subject)
        difficulty = _harder(expected, ratio, subject.difficulty) if subject.retries_left else subject.difficulty
        next_go = self._next_go(subject, difficulty, trust.offset) if subject.retries_left else 0.0
        calibrated = self.calibrated
        stand = Stand(whole.probability, whole.interval[1], next_go, calibrated, trust)
        decision = self._decide(subject, stand, Reading(told.before, trust, self.judges, calibrated))
        chance = AUDITED if calibrated else AUDITED_AT_FIRST
        drawn = decision.action not in {"escalate", "ask_judge"} and uniform(f"{subject.seed}/audit") < chance
        reading = (expected, told.before, evidence, trust, ratio, plain)
        return Found(*reading, own, whole, decision, difficulty, calibrated, chance, drawn)

    def another_go(self, subject: Subject, found: Found) -> float:
        """What doing it once more would cost, all in all, if one more go were possible. Changes nothing."""
        difficulty = _harder(found.expected, found.ratio, subject.difficulty)
        next_go = self._next_go(subject, difficulty, found.trust.offset)
        outlook = self._outlook(subject.model_copy(update={"retries_left": 1}), found.trust.mean)
        return retry_loss(subject, next_go, outlook, found.trust)

    def _decide(self, subject: Subject, stand: Stand, reading: Reading) -> Decision:
        outlook = self._outlook(subject, reading.trust.mean)
        if not subject.judges:
            return decide(subject, stand, outlook, {})
        unasked = decide(subject.model_copy(update={"judges": ()}), stand, outlook, {})
        least: dict[Action, float] = {action: loss for action, loss in unasked.losses.items() if action != "accept"}
        asking = {judge.name: after_asking(judge, subject, reading, least) for judge in _cheap_first(subject.judges)}
        return decide(subject, stand, outlook, asking)

    def _next_go(self, subject: Subject, difficulty: Difficulty, offset: float) -> float:
        mean, variance = self.context.expected(place_of(subject.work))
        return rates(mean + difficulty.shift + offset, variance, 0.0).before

    def _outlook(self, subject: Subject, temperature: float) -> Outlook:
        known = self.outlooks.get(subject.kind)
        if known is not None and len(known.pairs) >= ENOUGH:
            return known
        return imagined(subject.all_reports, self.judges, temperature) if subject.retries_left else Outlook()

    def anomalies(self, used: Iterable[Used], playbook: str) -> tuple[Anomaly, ...]:
        """Which steps used far more than they usually do. Changes nothing."""
        return tuple(anomaly for one in used for anomaly in self.resources.judge(one, playbook))

    # --- learning ----------------------------------------------------------------------------------------

    def learn(self, subject: Subject, found: Found) -> tuple[Alarm, ...]:
        """Learn from a result that was judged; what has drifted."""
        alarms = self._learn_result(subject, found) if subject.reports else ()
        used = [number for one in subject.used for number in self.resources.learn(one, subject.work.playbook)]
        numbers = (found.ratio, found.own.probability, *used)
        moved = self.context.fingerprint() if subject.reports else b""
        self._advance(subject.work, subject.kind, subject.reports, numbers, moved)
        return alarms

    def _learn_result(self, subject: Subject, found: Found) -> tuple[Alarm, ...]:
        unlike = tuple(self._watch_judges(subject, found))
        alarms = self.learn_outcome(subject.work, found.ratio, found.plain.after)
        self.judges.learn(subject.reports, found.plain.after)
        if subject.kind not in self.outlooks:
            self.outlooks[subject.kind] = Outlook()
        self.outlooks[subject.kind].note(found.ratio, found.plain.after)
        self.trusted.setdefault(subject.kind, Trust()).pass_unseen()
        for alarm in unlike:
            self._forget(alarm)
        return (*alarms, *unlike)

    def learn_outcome(self, work: Work, ratio: float, probability: float) -> tuple[Alarm, ...]:
        """Learn where work went how well: its evidence says `ratio`, all in all it is acceptable with `probability`."""
        self.results += 1
        self._renew(work)
        place = place_of(work)
        alarms = self.drift.watch(_watched(work), *self.context.expected(place), ratio)
        self.context.learn(place, ratio)
        self.context.tick()
        for alarm in alarms:
            self._forget(alarm)
        self._count(place, probability)
        self.recent.append((place, probability))
        return tuple(alarms)

    def hear(self, heard: Heard) -> tuple[Alarm, ...]:
        """Learn from a person's verdict on a result that was judged before; what has drifted.

        It is the same execution, not a second one: what it taught is corrected by the ratio of the likelihoods with
        the verdict and without, and the judges' counts by how much the probability changes.
        """
        said, before = _ratio(heard.verdict), _ratio(heard.replaces)
        place = place_of(heard.work)
        was, now = (sigmoid(logit(heard.probability) + ratio) for ratio in (before, said))
        expected = self.context.expected(place)
        alarms = self.drift.correct(_watched(heard.work), expected, heard.ratio + before, heard.ratio + said)
        if heard.replaces is None:
            self.verdicts += 1
            self.trusted.setdefault(heard.kind, Trust()).learn(
                heard.prior, heard.raw, good=heard.verdict == "good", reports=len(heard.reports)
            )
        self.context.relearn(place, heard.ratio + before, heard.ratio + said)
        self.judges.correct(heard.reports, now - was)
        if heard.reports or heard.replaces:
            self._count(place, now - was, results=0.0)
        else:
            self._count(place, now)
        for alarm in alarms:
            self._forget(alarm)
        self._advance(heard.work, heard.kind, heard.reports, (said, before, was, now), self.context.fingerprint())
        return tuple(alarms)

    def respread(self, spreads: Spreads) -> None:
        """Use the spreads that the background model has learnt."""
        self.context.respread(spreads)
        self.fitted = self.results
        self.digest = _chained(self.digest, (*spreads, *self.context.m.tolist()))

    @property
    def log_score(self) -> float:
        """Mean ln P of the last results, by context alone: how well what is known now tells them."""
        told = [(rates(*self.context.expected(place), 0.0).before, good) for place, good in self.recent]
        return summed(good * log(p) + (1.0 - good) * log(1.0 - p) for p, good in told) / len(told) if told else 0.0

    # --- inside ------------------------------------------------------------------------------------------

    def _renew(self, work: Work) -> None:
        """A new version of a tool is trusted a little less; of two at work by turns the second is new only once."""
        known: list[str] = self.tools.setdefault(work.tool, []) if work.version else [work.version]
        if work.version not in known:
            if known:
                self.context.widen(f"tool:{work.tool}", RENEWED)
            known.append(work.version)

    def _watch_judges(self, subject: Subject, found: Found) -> Iterable[Alarm]:
        together, gamma = logit(found.plain.after), found.trust.mean
        for _, (_, ratio), reading, table in zip(subject.reports, *found.evidence[2:], strict=False):
            others = sigmoid(together - gamma * ratio)
            alarm = self.drift.watch_judge(f"judge:{table}", reading.chance(others), reading.aimless)
            if alarm is not None:
                yield alarm

    def _forget(self, alarm: Alarm) -> None:
        """What drifted is learnt anew, quickly."""
        kind, _, name = alarm.subject.partition(":")
        if kind == "judge":
            if name in self.judges.tables:
                self.judges.tables[name] = self.judges.tables[name].heir()
        else:
            self.context.widen(alarm.subject, FORGET, MOVED if alarm.direction == "better" else -MOVED)

    def _count(self, place: Place, good: float, results: float = 1.0) -> None:
        cell = self.cells.setdefault((place.role, place.tool, place.playbook, place.pair), [0.0, 0.0])
        cell[0] += good
        cell[1] += results - good

    def _advance(
        self, work: Work, kind: str, reports: Sequence[Report], numbers: Iterable[float], moved: bytes
    ) -> None:
        """Carry the chain of hashes on over all that the step touched; `moved`: what it did to the context."""
        touched = list(numbers)
        for report in reports:
            touched += self.judges.of(report).numbers
        touched += (self.trusted.get(kind) or Trust()).numbers
        touched += (float(self.results), float(self.verdicts))
        for subject in _watched(work):
            touched += self.drift.numbers(subject)
        self.digest = _chained(self.digest, touched, moved)


def _watched(work: Work) -> tuple[str, str]:
    """Whose drift an execution may tell of."""
    return f"tool:{work.tool}", f"role:{work.role}"


def _doubted(own: Whole, trust: Trust) -> Whole:
    """A judgement with the doubt that judges see anything; what the context says was learnt from them too."""
    bounds = trust.bounds(*own.interval)
    probability = trust.told(own.probability)
    centre = logit(probability)
    spread = (centre - logit(bounds[0])) / QUANTILE
    return Whole(probability, centre, max(own.spread, spread), bounds)


def _harder(expected: Expected, ratio: float, known: Difficulty) -> Difficulty:
    """What this go told of the task itself, which the next go shares: its part of the surprise."""
    spread = expected.variance + known.variance
    surprise = moments(expected.mean, spread, ratio).mean - expected.mean
    share = known.variance / spread
    return Difficulty(shift=known.shift + share * surprise, variance=known.variance * _LESS_UNKNOWN)


def _cheap_first(judges: Iterable[Offered]) -> list[Offered]:
    return sorted(judges, key=lambda judge: (judge.price, judge.name))


def _ratio(verdict: Verdict | None) -> float:
    if verdict is None:
        return 0.0
    return HUMAN_RATIO if verdict == "good" else -HUMAN_RATIO


def _chained(before: str, numbers: Sequence[float], more: bytes = b"") -> str:
    """The next link: SHA-256 of the last one and of the numbers as little-endian doubles."""
    return sha256(before.encode() + struct.pack(f"<{len(numbers)}d", *numbers) + more).hexdigest()
