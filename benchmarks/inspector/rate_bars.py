"""B10: does the interval of an audited rate hold the truth as often as it says, however bad the judge is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_judgement.beta import Beta
from wrenchai_judgement.rates import Audited, Audits, Rate, audited_rate, weighted_rate

from benchmarks.inspector.scores import Bar, bar

RUNS, AUDITS, TRUTH, REPEATS = 2000, 50, 0.8, 1000
COVERS, NARROWER, FAILS = 0.85, 0.15, 0.5


class Judge(NamedTuple):
    """How often it accepts what is acceptable, and refuses what is not."""

    sensitivity: float
    specificity: float


LOOKS_ODD = (0.4, 0.8)
"""How often an acceptable result looks odd, and any other."""

WEAK, BETTER = Judge(0.3, 0.85), Judge(0.9, 0.8)


class Week(NamedTuple):
    """What the judge said of each run, what is true of it, and which were audited."""

    accepted: NDArray[np.bool_]
    good: NDArray[np.bool_]
    audited: NDArray[np.int64]


def b10(seed: int) -> Bar:
    """Coverage of the nominal 90 % interval over repeats, how much narrower than people alone, and the judge alone."""
    chance = np.random.default_rng(seed)
    found = {"weak": _told(WEAK, chance), "better": _told(BETTER, chance)}
    return bar(
        "rate: 90 % interval covers >= .85 by both judges; the better one narrows it >= 15 %; judge alone fails",
        holds=all(map(_honest, found.values())) and found["better"]["narrower"] >= NARROWER,
        **found,
        repeats=REPEATS,
    )


def _honest(one: dict[str, float]) -> bool:
    return one["coverage"] >= COVERS and one["judge_only_coverage"] < FAILS


def _told(judge: Judge, chance: np.random.Generator) -> dict[str, float]:
    weeks = [week(judge, chance) for _ in range(REPEATS)]
    ours = [audited(each) for each in weeks]
    people = [_beta(each.good[each.audited]) for each in weeks]
    alone = [_beta(each.accepted) for each in weeks]
    unequal = [_unequal(each, chance) for each in weeks]
    return {
        "coverage": _coverage([(rate.low, rate.high) for rate in ours]),
        "bias": float(np.mean([rate.mean for rate in ours])) - TRUTH,
        "narrower": 1 - _width([(rate.low, rate.high) for rate in ours]) / _width(people),
        "people_coverage": _coverage(people),
        "judge_only_coverage": _coverage(alone),
        "unequal_coverage": _coverage([(rate.low, rate.high) for rate in unequal]),
        "unequal_bias": float(np.mean([rate.mean for rate in unequal])) - TRUTH,
    }


def week(judge: Judge, chance: np.random.Generator) -> Week:
    """Runs of which four in five are acceptable, the judge's verdicts on them, and audits drawn evenly."""
    good = chance.random(RUNS) < TRUTH
    accepted = chance.random(RUNS) < np.where(good, judge.sensitivity, 1 - judge.specificity)
    return Week(accepted, good, chance.choice(RUNS, AUDITS, replace=False))


def audited(told: Week) -> Rate:
    """The rate by the audits that were drawn evenly."""
    accepted, good = told.accepted[told.audited], told.good[told.audited]
    counts = [Audits(int((good & part).sum()), int((~good & part).sum())) for part in (accepted, ~accepted)]
    return audited_rate(int(told.accepted.sum()), RUNS, *counts)


def _unequal(told: Week, chance: np.random.Generator) -> Rate:
    """The rate by as many audits, drawn three times as often where something looks odd, which bad results do more."""
    odd = chance.random(RUNS) < np.where(told.good, *LOOKS_ODD)
    wanted = np.where(odd, 3.0, 1.0)
    probability = wanted * AUDITS / wanted.sum()
    drawn = np.flatnonzero(chance.random(RUNS) < probability)
    audits = [Audited(bool(told.accepted[run]), bool(told.good[run]), float(probability[run])) for run in drawn]
    return weighted_rate(int(told.accepted.sum()), RUNS, audits)


def _beta(good: NDArray[np.bool_]) -> tuple[float, float]:
    return Beta.after(int(good.sum()), int((~good).sum())).interval(0.9)


def _coverage(intervals: list[tuple[float, float]]) -> float:
    return sum(low <= TRUTH <= high for low, high in intervals) / len(intervals)


def _width(intervals: list[tuple[float, float]]) -> float:
    return sum(high - low for low, high in intervals) / len(intervals)
