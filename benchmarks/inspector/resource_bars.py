"""B12: which runs of a step used far more than usual, in worlds where one in a hundred is four times as slow."""

import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_judgement.exact import exp
from wrenchai_judgement.resources import Key, ResourceModel

from benchmarks.inspector.scores import Bar, bar

RUNS, STEPS, WORLDS = 4000, 40, 6
SLOW, SLOWER = 0.01, 4.0
"""How often something goes wrong, and how many times as long it then takes."""

WARM, COLD = 200, 10
"""Runs before anything counts, and runs of a step until it is well known."""

MOST_FALSE, LEAST_PRECISION = {"normal": 0.001, "t5": 0.006}, {"normal": 0.85, "t5": 0.5}

_REMEMBERED, _ENOUGH = 200, 5
_AS_NORMAL = 1.4826
"""Median absolute distance to standard deviation, of a normal distribution."""


class World(NamedTuple):
    """Runs in the order in which they were made: of which step, ln(seconds), and whether something went wrong."""

    step: list[int]
    seconds: list[float]
    slow: NDArray[np.bool_]


def world(seed: int, tails: str, apart: float = 0.8) -> World:
    """Steps whose mean ln(seconds) lie `apart` (standard deviation), with `normal` tails or those of Student's `t5`."""
    chance = np.random.default_rng(seed)
    usual = chance.normal(1.5, apart, STEPS)
    spread = np.exp(chance.normal(np.log(0.35), 0.25, STEPS))
    often = 1 / np.arange(1, STEPS + 1)
    step = chance.choice(STEPS, RUNS, p=often / often.sum())
    noise = chance.normal(size=RUNS) if tails == "normal" else chance.standard_t(5, RUNS) * np.sqrt(3 / 5)
    slow = chance.random(RUNS) < SLOW
    return World(step.tolist(), (usual[step] + spread[step] * noise + slow * np.log(SLOWER)).tolist(), slow)


Watch = Callable[[World], Iterable[bool]]
"""Whether each run is called strange, knowing only those before."""


def ours(told: World) -> Iterable[bool]:
    """By what a step usually uses."""
    model = ResourceModel()
    for step, seconds in zip(told.step, told.seconds, strict=True):
        key = Key("tool", "playbook", f"step{step}")
        yield model.strange(key, "seconds", exp(seconds)) is not None
        model.run(key, "seconds", exp(seconds))


def three_deviations(told: World) -> Iterable[bool]:
    """By mean and three standard deviations of the seconds of the last 200 runs, as dashboards do."""
    return _by_memory(told, exp, lambda past: statistics.fmean(past) + 3.0 * statistics.stdev(past))


def medians(told: World) -> Iterable[bool]:
    """By median and 3.5 median absolute distances of ln(seconds) of the last 200 runs."""
    return _by_memory(told, float, _far_from_median)


def _far_from_median(past: list[float]) -> float:
    middle = statistics.median(past)
    return middle + 3.5 * _AS_NORMAL * statistics.median(abs(value - middle) for value in past)


def _by_memory(told: World, scale: Callable[[float], float], bound: Callable[[list[float]], float]) -> Iterable[bool]:
    memory = defaultdict[int, deque[float]](lambda: deque(maxlen=_REMEMBERED))
    for step, seconds in zip(told.step, told.seconds, strict=True):
        past, value = memory[step], scale(seconds)
        yield len(past) >= _ENOUGH and value > bound(list(past))
        past.append(value)


def b12(seed: int) -> Bar:
    """False alarms, how many of the slow runs are found, and precision; two peers beside."""
    found = {tails: watched([world(seed + n, tails) for n in range(WORLDS)]) for tails in ("normal", "t5")}
    return bar(
        "anomalies: false <= .001 log-normal, <= .006 heavy tails (t5); precision >= .85 and >= .5",
        holds=all(
            found[tails]["ours"]["false"] <= MOST_FALSE[tails]
            and found[tails]["ours"]["precision"] >= LEAST_PRECISION[tails]
            for tails in found
        ),
        log_normal=found["normal"],
        t5=found["t5"],
        steps_far_apart=watched([world(seed + n, "normal", apart=2.5) for n in range(WORLDS)]),
        worlds=WORLDS,
    )


def watched(worlds: list[World]) -> dict[str, dict[str, float]]:
    """The figures of ours and of both peers, means over worlds."""
    watches: dict[str, Watch] = {"ours": ours, "mean_3sd": three_deviations, "median_3.5mad": medians}
    return {name: _mean([_figures(each, watch) for each in worlds]) for name, watch in watches.items()}


def _figures(told: World, watch: Watch) -> dict[str, float]:
    flagged, warm = np.array(list(watch(told))), np.arange(RUNS) >= WARM
    cold = warm & (_runs_before(told) < COLD)
    return {
        "false": _share(flagged, warm & ~told.slow),
        "detected": _share(flagged, warm & told.slow),
        "precision": _share(told.slow, warm & flagged),
        "false_when_new": _share(flagged, cold & ~told.slow),
    }


def _runs_before(told: World) -> NDArray[np.int64]:
    seen, before = defaultdict[int, int](int), []
    for step in told.step:
        before.append(seen[step])
        seen[step] += 1
    return np.array(before)


def _share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float(of[among].mean()) if among.any() else 0.0


def _mean(figures: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.fmean(one[name] for one in figures) for name in figures[0]}
