"""Forecasts of the next execution, its truth seen afterwards: pooling, drift, spreads that are wrong (B4, B5, B15)."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_judgement.context import Spreads
from wrenchai_judgement.exact import QUANTILE, moments, sigmoid
from wrenchai_judgement.knowledge import Knowledge, place_of

from benchmarks.inspector.scores import Bar, Floats, bar, scores
from benchmarks.inspector.worlds import USUAL_DRIFT, World, WorldSpec, make

WORLDS = 8
_WARM = 200
_COLD = 5
_WINDOW = 25
_NEAR = 0.10


class Forecasts(NamedTuple):
    """For each execution: forecast, 90 % interval, how many runs its combination had had; alarms by tool."""

    p: Floats
    low: Floats
    high: Floats
    seen: Floats
    alarms: list[tuple[int, int]]
    """At which execution, about which tool."""


def forecasts(world: World, spreads: Spreads | None = None) -> Forecasts:
    """Forecast each execution, then see how it went."""
    knowledge, seen, many = Knowledge("bench"), Counter[int](), len(world.works)
    knowledge.context.spreads = spreads or knowledge.context.spreads
    p, low, high, runs = (np.empty(many) for _ in range(4))
    alarms: list[tuple[int, int]] = []
    for at, work in enumerate(world.works):
        mean, variance = knowledge.context.expected(place_of(work))
        spread = QUANTILE * math.sqrt(variance)
        p[at], low[at], high[at] = moments(mean, variance, 0.0).before, sigmoid(mean - spread), sigmoid(mean + spread)
        runs[at] = seen[int(world.cell[at])]
        seen[int(world.cell[at])] += 1
        raised = knowledge.learn_outcome(work, math.inf if world.good[at] else -math.inf, float(world.good[at]))
        tools = [alarm.subject[5:] for alarm in raised if alarm.subject.startswith("tool:")]
        alarms += [(at, world.spec.tools.index(tool)) for tool in tools]
    return Forecasts(p, low, high, runs, alarms)


def by_cell(world: World) -> Floats:
    """What a Beta(1, 1) for each combination alone would say: the mean before each execution."""
    good, seen, p = defaultdict[int, int](int), Counter[int](), np.empty(len(world.works))
    for at, cell in enumerate(world.cell.tolist()):
        p[at] = (good[cell] + 1) / (seen[cell] + 2)
        good[cell] += int(world.good[at])
        seen[cell] += 1
    return p


def b4(seed: int, spec: WorldSpec | None = None) -> Bar:
    """Static worlds."""
    spec = (spec or WorldSpec()).model_copy(update={"drift": ()})
    found = [_static(make(spec, seed + n)) for n in range(WORLDS)]
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    ratio = mean["rmse"] / mean["rmse_by_cell"]
    return bar(
        "static: RMSE <= .080 and <= .6 of a Beta per cell; coverage .87-.96; RMSE <= .11 with at most 5 runs",
        holds=mean["rmse"] <= 0.080 and ratio <= 0.6 and 0.87 <= mean["coverage"] <= 0.96 and mean["rmse_cold"] <= 0.11,
        **mean,
        ratio_to_by_cell=ratio,
        worlds=WORLDS,
    )


def _static(world: World) -> dict[str, float]:
    found = forecasts(world)
    warm = np.arange(len(found.p)) >= _WARM
    inside = (found.low <= world.rate) & (world.rate <= found.high)
    told = scores(found.p[warm], world.good[warm])
    return {
        "rmse": _rmse(found.p, world, warm),
        "rmse_by_cell": _rmse(by_cell(world), world, warm),
        "rmse_cold": _rmse(found.p, world, warm & (found.seen <= _COLD)),
        "coverage": float(inside[warm].mean()),
        "log_loss": told.log_loss,
        "log_loss_of_truth": scores(world.rate[warm], world.good[warm]).log_loss,
        "ece": told.ece,
    }


def _rmse(p: Floats, world: World, which: NDArray[np.bool_]) -> float:
    return float(np.sqrt(np.mean((p - world.rate)[which] ** 2)))


def b5(seed: int, spec: WorldSpec | None = None) -> Bar:
    """Worlds in which tools shift abruptly."""
    given = spec or WorldSpec()
    spec = given if given.drift else given.model_copy(update={"drift": USUAL_DRIFT})
    found = [_drifting(make(spec, seed + n)) for n in range(WORLDS)]
    mean = {name: float(np.mean([one[name] for one in found])) for name in ("rmse", "coverage", "false_alarms")}
    median = {name: float(np.median([one[name] for one in found])) for name in ("recovery_runs", "alarm_runs")}
    return bar(
        "drift: RMSE <= .090, coverage .86-.96, recovery <= 60 runs, alarm <= 25 runs, false alarms <= 1 per 1,000",
        holds=mean["rmse"] <= 0.090
        and 0.86 <= mean["coverage"] <= 0.96
        and median["recovery_runs"] <= 60
        and median["alarm_runs"] <= 25
        and mean["false_alarms"] <= 1.0,
        **mean,
        **median,
        worlds=WORLDS,
    )


def _drifting(world: World) -> dict[str, float]:
    found = forecasts(world)
    many = len(found.p)
    warm, first = np.arange(many) >= _WARM, min(shift.at for shift in world.spec.drift)
    begins, worst = int(first * many), world.shifted[0] if world.shifted else int(world.tool[0])
    runs = np.flatnonzero((world.tool == worst) & (np.arange(many) >= begins))
    inside = (found.low <= world.rate) & (world.rate <= found.high)
    early = sum(at < begins for at, _ in found.alarms)
    return {
        "rmse": _rmse(found.p, world, warm),
        "coverage": float(inside[warm].mean()),
        "false_alarms": 1000.0 * early / max(begins, 1),
        "recovery_runs": _recovery(np.abs(found.p - world.rate)[runs]),
        "alarm_runs": _first([at for at, tool in found.alarms if tool == worst and at >= begins], runs),
    }


def _recovery(error: Floats) -> float:
    """After how many runs the mean error of 25 in a row is below .10."""
    if len(error) < _WINDOW:
        return math.inf
    smooth = np.convolve(error, np.ones(_WINDOW) / _WINDOW, "valid")
    below = np.flatnonzero(smooth < _NEAR)
    return float(below[0] + _WINDOW) if below.size else math.inf


def _first(alarms: list[int], runs: NDArray[np.int64]) -> float:
    """In which of its runs after the shift the tool's first alarm came."""
    return float(np.sum(runs <= alarms[0])) if alarms else math.inf


def b15(seed: int) -> Bar:
    """Spreads that are wrong: all .3, all 1."""
    spec = WorldSpec()
    worlds = [make(spec, seed + n) for n in range(WORLDS // 2)]

    def rmse(spread: float) -> float:
        spreads = Spreads(role=spread, tool=spread, playbook=spread, pair=spread)
        return float(np.mean([_of(world, lambda one: forecasts(one, spreads).p) for world in worlds]))

    narrow, wide = rmse(0.3), rmse(1.0)
    return bar(
        "spreads all .3, all 1.0: RMSE <= .085", holds=max(narrow, wide) <= 0.085, rmse_all_03=narrow, rmse_all_10=wide
    )


def _of(world: World, forecast: Callable[[World], Floats]) -> float:
    return _rmse(forecast(world), world, np.arange(len(world.works)) >= _WARM)
