"""Abrupt changes: two sums per tool, role and judge that grow while a shift explains what happens better. Pure fold.

Page's CUSUM on log likelihood ratios: g = max(0, g + ln [L(shifted) / L(as it was)]). At ln 100 the level is forgotten,
so that it is learnt anew quickly; at ln 1000 a person should look.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from wrenchai_judgement.exact import exp, log

SHIFT = 1.0
"""Logits by which a tool or role is suspected to have become worse or better."""

ALARM = 4.605170185988092
PAGE = 6.907755278982137
_MOST = 30.0
_SHRINK = 0.35
"""E[sigmoid(N(m, v))] is close to sigmoid(m / sqrt(1 + 0.35 v))."""

Direction = Literal["worse", "better"]


_SHIFTS: tuple[tuple[Direction, float], ...] = (("worse", exp(SHIFT)), ("better", exp(-SHIFT)))
"""What each does to e^-eta."""


class Alarm(NamedTuple):
    """A shift explains the last `since` executions better, by `odds` (log likelihood ratio)."""

    subject: str
    direction: Direction
    odds: float
    since: int
    page: bool


@dataclass(slots=True)
class Cusum:
    """One sum in one direction. `heard` counts executions since it was last 0; `loud` is not reset by an alarm."""

    sum: float = 0.0
    loud: float = 0.0
    heard: int = 0

    def add(self, subject: str, direction: Direction, gain: float, executions: int = 1) -> Alarm | None:
        """Add one execution's log likelihood ratio, or correct it (0 executions); the alarm that it raises, if any."""
        if gain <= 0.0 and not self.loud and not self.sum:
            return None  # as most often: at 0 it stays, and nothing was heard since
        self.sum = max(0.0, self.sum + gain)
        self.loud = max(0.0, self.loud + gain)
        self.heard = max(self.heard + executions, 1) if self.sum > 0 else 0  # a correction may be what raises it from 0
        if self.sum <= ALARM:
            return None
        alarm = Alarm(subject, direction, self.sum, self.heard, self.loud > PAGE)
        self.sum, self.heard = 0.0, 0
        if alarm.page:
            self.loud = 0.0
        return alarm


_NOTHING = Cusum()


@dataclass(slots=True)
class Drift:
    """The sums of everything that is watched, by subject and direction."""

    sums: dict[str, Cusum] = field(default_factory=dict)

    def watch(self, subjects: Iterable[str], mean: float, variance: float, ratio: float) -> list[Alarm]:
        """One more execution, expected as N(mean, variance), whose evidence says `ratio` (nats): of a tool, of a role.

        The alarms of those whose sums it has raised too far; each in one direction at most.
        """
        return self._add_all(subjects, _gains(mean, variance, ratio), 1)

    def correct(
        self, subjects: Iterable[str], expected: tuple[float, float], before: float, after: float
    ) -> list[Alarm]:
        """What an execution's evidence says is `after`, not `before`: it is the same one, and counts once."""
        was, now = _gains(*expected, before), _gains(*expected, after)
        return self._add_all(subjects, [new - old for old, new in zip(was, now, strict=True)], 0)

    def _add_all(self, subjects: Iterable[str], gains: Sequence[float], executions: int) -> list[Alarm]:
        return [alarm for subject in subjects if (alarm := self._add(subject, gains, executions)) is not None]

    def _add(self, subject: str, gains: Sequence[float], executions: int) -> Alarm | None:
        found = None
        for (direction, _), gain in zip(_SHIFTS, gains, strict=True):
            alarm = self._of(subject, direction).add(subject, direction, gain, executions)
            found = found or alarm
        return found

    def watch_judge(self, subject: str, expected: float, aimless: float) -> Alarm | None:
        """A judge reported what had the chance `expected`, and `aimless` of one that does not look at the result."""
        cusum = self._of(subject, "worse")
        if aimless <= expected and not cusum.loud and not cusum.sum:
            return None  # as most often: it would stay at 0
        return cusum.add(subject, "worse", log(aimless / expected))

    def numbers(self, subject: str) -> list[float]:
        """What is kept of one subject, for hashing."""
        numbers = list[float]()
        for direction, _ in _SHIFTS:
            cusum = self.sums.get(f"{subject}/{direction}") or _NOTHING
            numbers += (cusum.sum, cusum.loud, float(cusum.heard))
        return numbers

    def _of(self, subject: str, direction: Direction) -> Cusum:
        name = f"{subject}/{direction}"
        if name not in self.sums:
            self.sums[name] = Cusum()
        return self.sums[name]


def _gains(mean: float, variance: float, ratio: float) -> list[float]:
    """For each shift: ln of how much better it explains evidence of `ratio` nats than the level as it was does."""
    fallen = exp(-mean / math.sqrt(1.0 + _SHRINK * variance))
    likelihood = exp(max(-_MOST, min(_MOST, ratio)))
    as_it_was = _soft(fallen, likelihood)
    return [log(_soft(fallen * factor, likelihood) / as_it_was) for _, factor in _SHIFTS]


def _soft(fallen: float, likelihood: float) -> float:
    """The likelihood where e^-eta is `fallen`."""
    p = 1.0 / (1.0 + fallen)
    return p * likelihood + 1.0 - p
