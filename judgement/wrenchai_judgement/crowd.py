"""Many judges, many tasks, no truth: how good each judge is, found from how they agree (Dawid and Skene 1979). Pure.

Every task has one of K levels. A judge says level y of a task that is z with probability confusion[judge, z, y],
whatever the others say. Expectation maximisation finds the confusion tables and how frequent the levels are, started
from the shares of the votes. With `smoothing` the most likely tables become the most probable ones: a judge of whom
little is known is taken to be like all of them together.

Judges that share what misleads them promise more than they hold: one temperature for all evidence is learnt from gold,
tasks whose level somebody knows (`temperature`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

GOLD_ERROR = 0.03
"""How often gold is wrong: whoever knows is a person."""

COLDEST, HOTTEST = 0.1, 1.3
_STEPS = 241
_MANY = 8
"""From so many judges a task on their evidence is trusted least, unseen."""
_UNSURE = 0.5
"""Standard deviation of the temperature before anything was learnt."""

_MOST_ROUNDS = 500
_NO_MORE_CHANGE = 1e-9
_TINY = 1e-300
_PSEUDO = 0.5
"""Counts that keep what all judges together never said from being impossible."""


class Labels(NamedTuple):
    """Reports, each by a judge about a task; arrays of shape (R,) that count from 0, and how many of each there are."""

    task: Numbers
    judge: Numbers
    level: Numbers
    tasks: int
    judges: int
    levels: int


Gold = Mapping[int, int]
"""The level of some tasks, as somebody knows it."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was found out about tasks and judges."""

    prevalence: Floats
    """How frequent each level is, shape (K,)."""
    confusion: Floats
    """How likely each judge says level y of a task that is z, shape (judges, z, y)."""
    evidence: Floats
    """ln P(what the judges said | level), shape (tasks, K)."""
    log_likelihood: float
    """Of all reports, in nats; gold and families left aside."""

    def chances(self, temperature: float = 1.0) -> Floats:
        """P(level) of each task by its reports, shape (tasks, K); what gold says of the task itself is left aside."""
        return _shares(np.log(self.prevalence + _TINY) + temperature * self.evidence)


def vote_shares(labels: Labels, smoothing: float = 0.0) -> Floats:
    """Which share of the votes each level has, shape (tasks, K), `smoothing` votes added to each."""
    votes = np.full((labels.tasks, labels.levels), smoothing)
    np.add.at(votes, (labels.task, labels.level), 1.0)
    shares: Floats = votes / votes.sum(axis=1, keepdims=True)
    return shares


def fit(labels: Labels, *, smoothing: float = 0.0, gold: Gold | None = None) -> Crowd:
    """Judges and tasks, by expectation maximisation.

    `smoothing` is how many reports on tasks of each level a judge begins with, spread as those of all judges are; 0
    gives the maximum of the likelihood. `gold` joins in as one more judge, who errs with `GOLD_ERROR`. Every task must
    have a report.
    """
    known = _gold_evidence(labels, gold or {})
    chances = _shares(np.log(vote_shares(labels) + _TINY) + known)
    for _ in range(_MOST_ROUNDS):
        crowd = _expected(labels, *_most_likely(labels, chances, smoothing))
        before, chances = chances, _shares(np.log(crowd.prevalence + _TINY) + crowd.evidence + known)
        if np.abs(chances - before).max() < _NO_MORE_CHANGE:
            break
    return crowd


def usual_temperature(labels: Labels) -> float:
    """How far such judges' evidence is trusted before any gold is seen: less, the more of them look at one task.

    1 for one judge a task, 1/2 from eight on, evenly between. What many people say of one picture or product is far
    from independent: on four public sets with gold 0.17 to 0.54 fitted best with 10 judges a task and more, 0.77 with
    three.
    """
    each = len(labels.task) / labels.tasks
    return 1.0 - 0.5 * min(1.0, max(0.0, (each - 1.0) / (_MANY - 1.0)))


def temperature(labels: Labels, crowd: Crowd, gold: Gold) -> float:
    """How far the judges' evidence is to be trusted, the most probable value within [0.1, 1.3].

    `crowd` must have been fitted without `gold`, or it agrees with it for the wrong reason. The prior is a normal
    around `usual_temperature`. Gold is a noisy label: it says g of a task that is g with probability 0.97.
    """
    usual, tried = usual_temperature(labels), np.linspace(COLDEST, HOTTEST, _STEPS)
    told = [_log_likelihood(crowd, gold, one) - 0.5 * ((one - usual) / _UNSURE) ** 2 for one in tried]
    return float(tried[np.argmax(told)])


def _log_likelihood(crowd: Crowd, gold: Gold, tried: float) -> float:
    right = crowd.chances(tried)[list(gold), list(gold.values())]
    said = (1.0 - GOLD_ERROR) * right + GOLD_ERROR / (len(crowd.prevalence) - 1) * (1.0 - right)
    return float(np.log(said).sum())


def _gold_evidence(labels: Labels, gold: Gold) -> Floats:
    """The logarithm of P(what gold says | level), shape (tasks, K); 0 where it says nothing."""
    known = np.zeros((labels.tasks, labels.levels))
    for task, level in gold.items():
        known[task] = np.log(GOLD_ERROR / (labels.levels - 1))
        known[task, level] = np.log(1.0 - GOLD_ERROR)
    return known


def _most_likely(labels: Labels, chances: Floats, smoothing: float) -> tuple[Floats, Floats]:
    """Prevalence and confusion, given how likely each task has which level. A level never met is guessed evenly."""
    counts = np.zeros((labels.judges, labels.levels, labels.levels))
    np.add.at(counts, (labels.judge, labels.level), chances[labels.task])
    said, frequent = counts.transpose(0, 2, 1), chances.sum(axis=0)
    if smoothing:
        said = said + smoothing * _spread(said.sum(axis=0) + _PSEUDO)
        frequent = frequent + _PSEUDO
    return frequent / frequent.sum(), _spread(said)


def _spread(counts: Floats) -> Floats:
    """Counts as shares along the last axis, even ones where there is none."""
    total = counts.sum(axis=-1, keepdims=True)
    shares: Floats = np.where(total > 0, counts / np.maximum(total, _TINY), 1.0 / counts.shape[-1])
    return shares


def _expected(labels: Labels, prevalence: Floats, confusion: Floats) -> Crowd:
    """The evidence about each task, given prevalence and confusion."""
    each = np.log(confusion[labels.judge, :, labels.level] + _TINY)
    evidence = np.zeros((labels.tasks, labels.levels))
    np.add.at(evidence, labels.task, each)
    joint = np.log(prevalence + _TINY) + evidence
    return Crowd(prevalence, confusion, evidence, float(np.logaddexp.reduce(joint, axis=1).sum()))


def _shares(logarithms: Floats) -> Floats:
    grown = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    shares: Floats = grown / grown.sum(axis=1, keepdims=True)
    return shares
