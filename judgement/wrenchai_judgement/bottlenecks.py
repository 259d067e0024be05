"""Which steps a plan waits for: how often each is on the critical path, and what it would save to be quicker. Pure.

How long a step waits (in a queue, for a person) and then works are log-normal and independent. 512 draws of all of them
are laid over the graph of what comes after what. In each draw one chain of steps, the critical path, decides when the
whole ends.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wrenchai_judgement.chance import normals
from wrenchai_judgement.exact import exp

DRAWS = 512

_LOW_QUANTILE = -1.2815515655446004
"""Of the standard normal: one draw in ten lies below."""

Graph = Mapping[str, Sequence[str]]
"""Each step and those that it comes after. What is waited for and no step of the graph is taken as done."""

Seconds = NDArray[np.float64]
"""One for each draw."""


class Usual(NamedTuple):
    """Mean and standard deviation of ln(seconds)."""

    mean: float
    spread: float = 0.0


class Duration(NamedTuple):
    """How long a step takes; None: no time at all."""

    working: Usual | None = None
    waiting: Usual | None = None


class Bottleneck(NamedTuple):
    """What one step means for the whole; times are mean seconds."""

    step: str
    critical: float
    """The share of draws in which it is on the critical path."""
    working: float
    waiting: float
    saved: float
    """By which the whole would end earlier if the step always worked at its own 10 % quantile."""
    saved_waiting: float
    """By which the whole would end earlier if the step never waited."""


class Whole(NamedTuple):
    """The mean seconds that a plan takes, those of its critical path parted into work and waiting."""

    working: float
    waiting: float
    steps: tuple[Bottleneck, ...]
    """In the order of the graph."""


def bottlenecks(graph: Graph, durations: Mapping[str, Duration], seed: str) -> Whole:
    """What each step of `graph` means for the whole; the same `seed` makes the same draws on every machine.

    A step without a duration takes no time. Raises `graphlib.CycleError` where steps wait for each other in a circle.
    """
    plan = _Plan.drawn(graph, durations, seed)
    end, critical = _mean(plan.end()), plan.critical()
    steps = tuple(
        Bottleneck(
            step=step,
            critical=_mean(critical[step]),
            working=_mean(plan.working[step]),
            waiting=_mean(plan.waiting[step]),
            saved=end - _mean(plan.end(step, plan.waiting[step] + _quick(durations.get(step)))),
            saved_waiting=end - _mean(plan.end(step, plan.working[step])),
        )
        for step in graph
    )
    return Whole(_along(critical, plan.working), _along(critical, plan.waiting), steps)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Steps in an order in which each comes after what it waits for, and what they take in each draw."""

    before: dict[str, tuple[str, ...]]
    working: dict[str, Seconds]
    waiting: dict[str, Seconds]

    @classmethod
    def drawn(cls, graph: Graph, durations: Mapping[str, Duration], seed: str) -> "_Plan":
        order = [step for step in TopologicalSorter(graph).static_order() if step in graph]
        known = {step: durations.get(step, Duration()) for step in order}
        return cls(
            before={step: tuple(one for one in graph[step] if one in graph) for step in order},
            working={step: _draws(known[step].working, f"{seed}/{step}/working") for step in order},
            waiting={step: _draws(known[step].waiting, f"{seed}/{step}/waiting") for step in order},
        )

    def ends(self, changed: str = "", takes: Seconds | float = 0.0) -> dict[str, Seconds]:
        """When each step ends; `changed` takes so long, waiting included."""
        ends: dict[str, Seconds] = {}
        for step, before in self.before.items():
            took = takes if step == changed else self.working[step] + self.waiting[step]
            ends[step] = _latest(ends[one] for one in before) + took
        return ends

    def end(self, changed: str = "", takes: Seconds | float = 0.0) -> Seconds:
        """When the whole ends."""
        return _latest(self.ends(changed, takes).values())

    def critical(self) -> dict[str, NDArray[np.bool_]]:
        """In which draws each step is on the critical path: from the last to end back over who ended last before it."""
        ends = self.ends()
        found = {step: np.zeros(DRAWS, bool) for step in self.before}
        _mark_last(found, ends, tuple(self.before), np.ones(DRAWS, bool))
        for step in reversed(self.before):
            _mark_last(found, ends, self.before[step], found[step])
        return found


def _mark_last(
    found: dict[str, NDArray[np.bool_]], ends: dict[str, Seconds], among: Sequence[str], where: NDArray[np.bool_]
) -> None:
    if among:
        last = np.argmax([ends[step] for step in among], axis=0)
        for place, step in enumerate(among):
            found[step] |= where & (last == place)


def _latest(ends: Iterable[Seconds]) -> Seconds:
    latest = np.zeros(DRAWS)
    for end in ends:
        latest = np.maximum(latest, end)
    return latest


def _draws(usual: Usual | None, seed: str) -> Seconds:
    if usual is None:
        return np.zeros(DRAWS)
    return np.array([exp(usual.mean + usual.spread * normal) for normal in normals(seed, DRAWS)])


def _quick(duration: Duration | None) -> float:
    """How long a step works at its 10 % quantile."""
    if duration is None or duration.working is None:
        return 0.0
    return exp(duration.working.mean + duration.working.spread * _LOW_QUANTILE)


def _along(critical: Mapping[str, NDArray[np.bool_]], taken: Mapping[str, Seconds]) -> float:
    return sum(_mean(taken[step] * on_it) for step, on_it in critical.items())


def _mean(drawn: Seconds | NDArray[np.bool_]) -> float:
    """Exactly rounded, for the order in which numpy adds is the processor's."""
    return math.fsum(drawn.tolist()) / DRAWS
