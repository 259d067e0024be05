"""What a step usually uses, and when it uses far more: time, memory, tokens. Pure fold.

ln(value + grain) of each measure of each step (tool, playbook, step) is normal with unknown mean and variance, which
have a normal-inverse-gamma distribution (`Habit`). What the next run will use is then Student's t with 2a degrees of
freedom, centre `mean` and scale sqrt(b (k + 1) / (a k)) (Murphy 2007, section 6). Its upper tail at what was used says
how likely so much is by chance.

A step that was never seen starts from the pool of its measure: the mean of what steps used in their first run, in which
each step counts once, however often it runs. `k`, what that mean is worth as runs of the step's own, is the less the
further apart steps are: the variance between runs over that between steps, 1 at most. So the first run of a slow step
is no anomaly where steps differ by orders of magnitude.

An outlier moves what is usual no further than three scales would, and what is old fades.
"""

import math
from dataclasses import asdict, astuple, dataclass, field
from typing import Any, Literal, NamedTuple

from wrenchai_contracts.judging import Anomaly, ResourceSample, Used

from wrenchai_judgement.beta import t_above
from wrenchai_judgement.exact import exp, log

Measure = Literal["seconds", "rss", "tokens"]

NOTE = 1e-3
"""What is less likely than this by chance is told."""

PAGE = 1e-4
"""Two in a row that are less likely than this: a person should look."""

NOTABLE = 0.4054651081081644
"""ln 1.5: what is not half as much again as usual is nobody's business, however steady the step is."""

GRAIN: dict[Measure, float] = {"seconds": 0.05, "rss": 16 * 2.0**20, "tokens": 50.0}
"""Is added to every value, so that among the smallest, where all is noise, twice as much is no more than a little."""

MOST_HABITS = 3000
"""Habits that one tenant may have; those not used for longest go first."""

_K, _A, _SPREAD = 1.0, 3.0, 0.15
"""Of a habit of which nothing is known: the worth of its mean, of its variance, and that variance, between runs."""

_KEEP = 0.995
_FURTHEST = 3.0
_STEPS, _APART = 3.0, 4.0
"""Before many steps were seen: how many the expected variance between them counts for, and how large it is."""


class Key(NamedTuple):
    """Whose use is compared with its own before."""

    tool: str
    playbook: str
    step: str


def measured(sample: ResourceSample) -> dict[Measure, float]:
    """What is judged of a sample, as far as it was measured."""
    found: dict[Measure, float | None] = {
        "seconds": sample.seconds,
        "rss": sample.peak_rss,
        "tokens": sample.tokens,
    }
    return {measure: float(value) for measure, value in found.items() if value is not None}


@dataclass(slots=True)
class Pool:
    """What each step used in its first run, as ln(value + grain): how many, their mean, squared distances from it."""

    steps: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    def habit(self, value: float) -> "Habit":
        """Of a step that was never seen. The very first one of all is as usual, for want of any other."""
        if not self.steps:
            return Habit(value)
        apart = (_STEPS * _APART + self.squares) / (_STEPS + self.steps) * (1.0 + 1.0 / self.steps)
        return Habit(self.mean, k=min(_K, _SPREAD / apart))

    def learn(self, value: float) -> None:
        """One more step (Welford 1962)."""
        self.steps += 1.0
        distance = value - self.mean
        self.mean += distance / self.steps
        self.squares += distance * (value - self.mean)


@dataclass(slots=True)
class Habit:
    """What one step is known to use of one thing, as ln(value + grain).

    `strange` is 1 after a run that was less likely than `PAGE`, else 0; `used` tells which run of all was its last.
    """

    mean: float
    k: float = _K
    a: float = _A
    b: float = _A * _SPREAD
    strange: float = 0.0
    used: float = 0.0

    @property
    def scale(self) -> float:
        """Of the predictive Student's t."""
        return math.sqrt(self.b * (self.k + 1.0) / (self.a * self.k))

    def chance(self, value: float) -> float:
        """P(a run uses more than this); 1 for what is not `NOTABLE`, without working it out."""
        if value < self.mean + NOTABLE:
            return 1.0
        return t_above((value - self.mean) / self.scale, 2.0 * self.a)

    def learn(self, value: float) -> None:
        """One more run: what was known fades, though its variance not below a new step's, then the conjugate update."""
        self.strange = float(self.chance(value) < PAGE)
        furthest = _FURTHEST * self.scale
        distance = min(max(value - self.mean, -furthest), furthest)
        k = _KEEP * self.k
        self.mean += distance / (k + 1.0)
        self.b = max(_A * _SPREAD, _KEEP * self.b) + 0.5 * k * distance * distance / (k + 1.0)
        self.a = max(_A, _KEEP * self.a) + 0.5
        self.k = k + 1.0


@dataclass(slots=True)
class ResourceModel:
    """The habits of all steps, by `tool playbook step measure`, and the pool of each measure."""

    habits: dict[str, Habit] = field(default_factory=dict)
    pools: dict[Measure, Pool] = field(default_factory=lambda: {measure: Pool() for measure in GRAIN})
    runs: float = 0.0

    def judge(self, used: Used, playbook: str) -> tuple[Anomaly, ...]:
        """What is strange about what a step used, compared with its runs before. Changes nothing."""
        key = Key(used.tool, playbook, used.step)
        found = (self.strange(key, measure, value) for measure, value in measured(used.sample).items())
        return tuple(anomaly for anomaly in found if anomaly is not None)

    def learn(self, used: Used, playbook: str) -> tuple[float, ...]:
        """One more run of that step, judged before; every number that it may have changed."""
        key, numbers = Key(used.tool, playbook, used.step), list[float]()
        for measure, value in measured(used.sample).items():
            numbers += (*astuple(self.run(key, measure, value)), *astuple(self.pools[measure]))
        return tuple(numbers)

    def strange(self, key: Key, measure: Measure, value: float) -> Anomaly | None:
        """What is strange about `value` (seconds, bytes or tokens); None if nothing. Changes nothing."""
        used = _logarithm(measure, value)
        habit = self._habit(key, measure, used)
        chance = habit.chance(used)
        if chance >= NOTE:
            return None
        page = chance < PAGE and habit.strange > 0
        usual = max(0.0, exp(habit.mean) - GRAIN[measure])
        return Anomaly(step=key.step, tool=key.tool, measure=measure, value=value, usual=usual, tail=chance, page=page)

    def run(self, key: Key, measure: Measure, value: float) -> Habit:
        """One more run that used `value` (seconds, bytes or tokens); the habit with it."""
        used = _logarithm(measure, value)
        habit = self._habit(key, measure, used)
        if _named(key, measure) not in self.habits:
            self.pools[measure].learn(used)
            self._make_room()
            self.habits[_named(key, measure)] = habit
        self.runs += 1.0
        habit.learn(used)
        habit.used = self.runs
        return habit

    def to_json(self) -> dict[str, Any]:
        """All of it as a JSON object whose leaves are floats; `from_json` makes the same model of it, bit for bit."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "ResourceModel":
        """The model that `to_json` told."""
        habits = {name: Habit(**habit) for name, habit in told["habits"].items()}
        return cls(habits, {measure: Pool(**pool) for measure, pool in told["pools"].items()}, told["runs"])

    def _habit(self, key: Key, measure: Measure, used: float) -> Habit:
        known = self.habits.get(_named(key, measure))
        return self.pools[measure].habit(used) if known is None else known

    def _make_room(self) -> None:
        if len(self.habits) >= MOST_HABITS:
            del self.habits[min(self.habits, key=lambda name: self.habits[name].used)]


def _named(key: Key, measure: Measure) -> str:
    return " ".join((*key, measure))


def _logarithm(measure: Measure, value: float) -> float:
    return log(value + GRAIN[measure])
