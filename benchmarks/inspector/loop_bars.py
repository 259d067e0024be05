"""The closed loop: accept, do it once more, ask another judge, ask a person; what a task costs in the end (B7)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from wrenchai_contracts.judging import Action, Costs, Difficulty, Offered, Report, Subject, Verdict
from wrenchai_judgement.knowledge import Found, Heard, Knowledge

from benchmarks.inspector.evidence_bars import score_of
from benchmarks.inspector.scores import Bar, bar
from benchmarks.inspector.worlds import USUAL_DRIFT, JudgeSpec, World, WorldSpec, make, reports_on

WORLDS = 3
TASKS = 3000
_WARM = 1500
_RETRIES = 2
_ALWAYS_ASKED = ("check", "tests")
THRESHOLDS = (0.7, 0.8, 0.9)


class Go(NamedTuple):
    """One go at a task: whether its result is good, and what each judge says or would say of it."""

    good: bool
    reports: tuple[Report, ...]


@dataclass(slots=True)
class Task:
    """A task of a made-up world, and chance for its further goes."""

    world: World
    at: int

    def go(self) -> Go:
        """One more go: the same work, the same difficulty, another outcome."""
        world = self.world
        rate = 1 / (1 + np.exp(-(world.eta[self.at] + world.difficulty[self.at])))
        good = np.array([world.chance.random() < rate])
        return Go(
            bool(good[0]),
            reports_on(world.spec.judges, world.chance, good, world.difficulty[self.at : self.at + 1])[0],
        )

    def person(self, *, good: bool) -> bool:
        """What a person says of it."""
        return good ^ (self.world.chance.random() < self.world.spec.human_error)


Play = Callable[[Task, Costs], float]
"""What one task costs by a policy."""


def by_threshold(threshold: float) -> Play:
    """Accept from a mean score on, else once more, at last a person: what peers do. Every judge is asked and paid."""

    def play(task: Task, costs: Costs) -> float:
        spent = 0.0
        for go in range(_RETRIES + 1):
            result = task.go()
            spent += _price(task.world, result.reports)
            if score_of(result.reports) >= threshold:
                return spent + costs.false_accept * (not result.good)
            spent += costs.retry if go < _RETRIES else costs.human
        return spent

    return play


def accept_all(task: Task, costs: Costs) -> float:
    """Accept whatever comes, no judge asked."""
    return costs.false_accept * (not task.go().good)


@dataclass(slots=True)
class Ours:
    """The inspector, told to follow its own decisions. `asking`: models are asked only if it is worth their price."""

    knowledge: Knowledge
    asking: bool = True
    retries: int = _RETRIES

    def __call__(self, task: Task, costs: Costs) -> float:
        """Play one task."""
        spent, difficulty = 0.0, Difficulty()
        for left in range(self.retries, -1, -1):
            result = task.go()
            subject, on_call = self._begun(task, result)
            base = subject.model_copy(update={"costs": costs, "retries_left": left, "difficulty": difficulty})
            spent += _price(task.world, base.reports)
            found, subject, asked = self._decided(base, on_call)
            spent += sum(offer.price for offer in asked)
            self._learnt(task, subject, found, good=result.good)
            difficulty = found.difficulty
            if found.decision.action == "accept":
                return spent + costs.false_accept * (not result.good)
            if found.decision.action != "retry":
                return spent + costs.human
            spent += costs.retry
        return spent

    def _begun(self, task: Task, result: Go) -> tuple[Subject, list[tuple[Offered, Report]]]:
        """The result with those who always speak, and who could be asked besides."""
        work = task.world.works[task.at]
        if not self.asking:
            return Subject(kind="work", work=work, reports=result.reports, proven=True), []
        given = tuple(report for report in result.reports if report.scale in _ALWAYS_ASKED)
        specs = {spec.name: spec for spec in task.world.spec.judges}
        later = [
            (_offer(specs[report.judge]), report) for report in result.reports if report.scale not in _ALWAYS_ASKED
        ]
        if not given and later:
            given, later = (later[0][1],), later[1:]
        return Subject(kind="work", work=work, reports=given, proven=True), later

    def _decided(self, subject: Subject, on_call: list[tuple[Offered, Report]]) -> tuple[Found, Subject, list[Offered]]:
        asked: list[Offered] = []
        while True:
            offers = tuple(offer for offer, _ in on_call if offer not in asked)
            found = self.knowledge.judge(subject.model_copy(update={"judges": offers}))
            if found.decision.action != "ask_judge":
                return found, subject, asked
            offer, report = next(one for one in on_call if one[0].name == found.decision.asks)
            asked.append(offer)
            subject = subject.model_copy(update={"reports": (*subject.reports, report)})

    def _learnt(self, task: Task, subject: Subject, found: Found, *, good: bool) -> None:
        self.knowledge.learn(subject, found)
        escalated: tuple[Action, ...] = ("escalate", "reject")
        if task.world.audited[task.at] or found.decision.action in escalated:
            reading = (found.ratio, found.evidence.raw, found.plain.before, found.plain.after)
            verdict: Verdict = "good" if task.person(good=good) else "bad"
            self.knowledge.hear(Heard("work", subject.work, subject.reports, *reading, verdict))


def _offer(spec: JudgeSpec) -> Offered:
    return Offered(name=spec.name, judge=spec.name, family=spec.family or spec.name, scale=spec.scale, price=spec.price)


def _price(world: World, reports: tuple[Report, ...]) -> float:
    prices = {spec.name: spec.price for spec in world.spec.judges}
    return sum(prices[report.judge] for report in reports)


def b7(seed: int, spec: WorldSpec | None = None) -> Bar:
    """Loss per task at two sets of costs, against the best threshold picked in hindsight."""
    given = (spec or WorldSpec()).model_copy(update={"executions": TASKS})
    spec = given if given.drift else given.model_copy(update={"drift": USUAL_DRIFT})
    usual, other = Costs(), Costs(false_accept=10, retry=0.5, human=5)
    found = {"10/1/3": _played(spec, seed, usual), "10/0.5/5": _played(spec, seed, other)}
    ratio = {name: losses["ours"] / min(losses[f"threshold_{t}"] for t in THRESHOLDS) for name, losses in found.items()}
    return bar(
        "closed loop: loss <= .80 of the best hindsight threshold at 10/1/3, <= .90 at 10/0.5/5",
        holds=ratio["10/1/3"] <= 0.80 and ratio["10/0.5/5"] <= 0.90,
        ratio=ratio,
        **found,
        worlds=WORLDS,
    )


def _played(spec: WorldSpec, seed: int, costs: Costs) -> dict[str, float]:
    ways: dict[str, Callable[[], Play]] = {"accept_all": lambda: accept_all}
    ways |= {f"threshold_{t}": lambda t=t: by_threshold(t) for t in THRESHOLDS}  # type: ignore[misc]
    ways["ours"] = lambda: Ours(Knowledge("bench"))
    ways["ours_all_judges"] = lambda: Ours(Knowledge("bench"), asking=False)
    ways["ours_no_retries"] = lambda: Ours(Knowledge("bench"), retries=0)
    return {name: _mean_loss(spec, seed, costs, way) for name, way in ways.items()}


def _mean_loss(spec: WorldSpec, seed: int, costs: Costs, way: Callable[[], Play]) -> float:
    losses = []
    for n in range(WORLDS):
        world, play = make(spec, seed + n), way()
        lost = [play(Task(world, at), costs) for at in range(len(world.works))]
        losses.append(float(np.mean(lost[_WARM:])))
    return float(np.mean(losses))
