"""Judging a result that is there, from noisy reports, with few verdicts of people (B6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from wrenchai_contracts.judging import Costs, Report, Subject
from wrenchai_judgement.context import ContextModel, Expected, Place
from wrenchai_judgement.judges import Judges
from wrenchai_judgement.knowledge import Heard, Knowledge

from benchmarks.inspector.scores import Bar, Floats, bar, scores
from benchmarks.inspector.worlds import USUAL_DRIFT, World, WorldSpec, make

WORLDS = 4
_WARM = 300
_COSTS = Costs()
_SHARES = {"check": (0.0, 1.0), "human": (0.0, 1.0), "tests": (0.2, 0.55, 0.8, 0.93, 1.0)}
_RUBRIC = (0.0, 0.25, 0.5, 0.75, 1.0)


class Sighted(NamedTuple):
    """One result as it is judged, and the word of a person where there was one."""

    subject: Subject
    said_good: bool | None


def results(world: World) -> list[Sighted]:
    """The world's results in their order."""
    told = zip(world.works, world.reports, world.audited.tolist(), world.said_good.tolist(), strict=True)
    return [
        Sighted(Subject(kind="work", work=work, reports=reports), said if audited else None)
        for work, reports, audited, said in told
    ]


def judged(sighted: list[Sighted], knowledge: Knowledge) -> Floats:
    """P(acceptable) of each result, as the inspector judges, learns and hears people out."""
    p = np.empty(len(sighted))
    for at, (subject, said_good) in enumerate(sighted):
        found = knowledge.judge(subject)
        p[at] = found.own.probability
        knowledge.learn(subject, found)
        if said_good is not None:
            reading = (found.ratio, found.evidence.raw, found.plain.before, found.plain.after)
            knowledge.hear(Heard("work", subject.work, subject.reports, *reading, "good" if said_good else "bad"))
    return p


@dataclass(slots=True)
class _Untaught(Judges):
    """Judges that stay as they began."""

    def learn(self, reports: Sequence[Report], probability: float) -> None:
        """Learn nothing."""

    def correct(self, reports: Sequence[Report], change: float) -> None:
        """Learn nothing."""


@dataclass(slots=True)
class _Unpooled(ContextModel):
    """One rate for everything: what role, tool and playbook say is thrown away."""

    one: Place = field(default=Place("all", "all", "all"))

    def expected(self, place: Place) -> Expected:  # noqa: ARG002  # the signature
        return ContextModel.expected(self, self.one)

    def learn(self, place: Place, ratio: float) -> object:  # type: ignore[override]  # noqa: ARG002  # the signature
        return ContextModel.learn(self, self.one, ratio)

    def relearn(self, place: Place, before: float, after: float) -> None:  # noqa: ARG002  # the signature
        ContextModel.relearn(self, self.one, before, after)


def _loners(sighted: list[Sighted]) -> list[Sighted]:
    """The same, every judge a family of its own."""
    return [
        one._replace(subject=one.subject.model_copy(update={"reports": tuple(map(_alone, one.subject.reports))}))
        for one in sighted
    ]


def _alone(report: Report) -> Report:
    return report.model_copy(update={"family": report.judge})


def _with_judges(judges: Judges) -> Knowledge:
    return Knowledge("bench", judges=judges)


Judging = Callable[[list[Sighted]], Floats]

_WAYS: dict[str, Judging] = {
    "ours": lambda sighted: judged(sighted, Knowledge("bench")),
    "judges_not_learnt": lambda sighted: judged(sighted, _with_judges(_Untaught())),
    "no_pooling": lambda sighted: judged(sighted, Knowledge("bench", context=_Unpooled())),
    "no_families": lambda sighted: judged(_loners(sighted), Knowledge("bench")),
}


def b6(seed: int, spec: WorldSpec | None = None) -> Bar:
    """Evidence worlds, and the same without parts of the model."""
    given = spec or WorldSpec()
    spec = given if given.drift else given.model_copy(update={"drift": USUAL_DRIFT})
    found: dict[str, list[dict[str, float]]] = {}
    for n in range(WORLDS):
        world = make(spec, seed + n)
        sighted = results(world)
        for name, way in {**_WAYS, **_peers(world)}.items():
            found.setdefault(name, []).append(_scored(way(sighted), world.good))
    mean = {name: {key: float(np.mean([one[key] for one in each])) for key in each[0]} for name, each in found.items()}
    ours, ablations = mean["ours"], [mean[name] for name in _WAYS if name != "ours"]
    return bar(
        "evidence: Brier <= .080, log loss <= .27, ECE <= .035; worse without judges learnt, pooling, families",
        holds=ours["brier"] <= 0.080
        and ours["log_loss"] <= 0.27
        and ours["ece"] <= 0.035
        and all(one["brier"] > ours["brier"] and one["log_loss"] > ours["log_loss"] for one in ablations),
        **mean,
        worlds=WORLDS,
    )


def _scored(p: Floats, good: NDArray[np.bool_]) -> dict[str, float]:
    told = scores(p[_WARM:], good[_WARM:])
    accepts = (1 - p) * _COSTS.false_accept < _COSTS.human
    loss = np.where(accepts, _COSTS.false_accept * ~good, _COSTS.human)
    first = float(np.mean((p[:_WARM] - good[:_WARM]) ** 2))
    return {**told._asdict(), "loss": float(loss[_WARM:].mean()), "brier_first_300": first}


def _peers(world: World) -> dict[str, Judging]:
    raw = np.array([score_of(reports) for reports in world.reports])
    return {
        "mean_score": lambda _: raw,
        "threshold_07": lambda _: np.where(raw >= 0.7, 0.98, 0.02),
        "platt": lambda _: _platt(raw, world),
    }


def score_of(reports: tuple[Report, ...]) -> float:
    """The mean score that peers make of reports: each level as a share."""
    shares = [_SHARES.get(report.scale, _RUBRIC)[report.level] for report in reports]
    return sum(shares) / len(shares)


def _platt(raw: Floats, world: World) -> Floats:
    """Logistic regression of people's verdicts so far on the mean score, fitted anew after every ten."""
    weights, p = np.array([0.0, 4.0]), np.empty(len(raw))
    x, y = list[float](), list[bool]()
    for at, score in enumerate(raw):
        p[at] = 1 / (1 + np.exp(-(weights[0] + weights[1] * (score - 0.7))))
        if world.audited[at]:
            x.append(score - 0.7)
            y.append(bool(world.said_good[at]))
            if len(x) % 10 == 0:
                weights = _fitted(np.array(x), np.array(y, dtype=float), weights)
    return p


def _fitted(x: Floats, y: Floats, weights: Floats) -> Floats:
    design = np.stack([np.ones_like(x), x])
    for _ in range(10):
        q = 1 / (1 + np.exp(-weights @ design))
        slope = design @ (y - q) - (weights - np.array([0.0, 4.0])) / 4
        curvature = (design * (q * (1 - q))) @ design.T + np.eye(2) / 4
        weights = weights + np.linalg.solve(curvature, slope)
    return weights
