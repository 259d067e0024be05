"""Made-up worlds in which the truth is known: who works with what, how well, what judges say of it, and what shifts.

The usual world has 5 roles, 10 tools, 20 playbooks and 6,000 executions; two tools appear after a third, two shift
abruptly at half and one at three quarters. `--world FILE` describes another (see `read_world`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator
from wrenchai_contracts.judging import LEVELS, Report, Scale, Work
from wrenchai_contracts.shape import Frozen

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class WorldRefused(ValueError):  # noqa: N818  # a noun with its facts
    """The file describes no world."""


class JudgeSpec(Frozen):
    """A judge of a made-up world: by shares of what it says, or by what it looks at.

    By shares: `good` and `bad`, one share for each level. By what it looks at: a signal of the truth, of the
    difficulty, of a confusion that it shares with its family or with all, and its own noise, cut into levels.
    """

    name: str
    scale: Scale = "rubric"
    family: str = ""
    price: float = 0.1
    seen: float = Field(default=1.0, gt=0, le=1, description="Share of results that it reports on.")
    good: tuple[float, ...] = ()
    bad: tuple[float, ...] = ()
    signal: float = 0.75
    difficulty: float = 0.25
    everybody: float = 0.5
    shared: float = 0.0
    noise: float = 0.6
    leniency: float = 0.0

    @model_validator(mode="after")
    def _shares_fit(self) -> "JudgeSpec":
        for row in (self.good, self.bad):
            if row and len(row) != LEVELS[self.scale]:
                message = (
                    f"judge {self.name}: {self.scale} has {LEVELS[self.scale]} levels, {len(row)} shares are given"
                )
                raise ValueError(message)
        if bool(self.good) != bool(self.bad):
            message = f"judge {self.name}: give shares for good and for bad results, or for none"
            raise ValueError(message)
        return self


class Shift(Frozen):
    """From a share `at` of all executions on, a tool is better or worse by `by` logits; `busiest`: the n-th busiest."""

    at: float = Field(ge=0, le=1)
    by: float
    tool: str | None = None
    busiest: int = Field(default=0, ge=0)


USUAL_JUDGES = (
    JudgeSpec(name="schema", scale="check", family="schema", price=0.0, seen=0.95, good=(0.02, 0.98), bad=(0.28, 0.72)),
    JudgeSpec(name="tests", scale="tests", family="tests", price=0.02, seen=0.6),
    JudgeSpec(name="lenient", family="model_a", seen=0.9, shared=0.6, leniency=0.5),
    JudgeSpec(name="alike", family="model_a", seen=0.5, signal=0.70, shared=0.6, leniency=0.3),
    JudgeSpec(name="harsh", family="model_b", seen=0.5, signal=0.60, noise=1.0, leniency=-0.3),
)


class WorldSpec(Frozen):
    """What a world is like, before chance has filled it."""

    executions: int = Field(default=6000, ge=200, le=1_000_000)
    roles: tuple[str, ...] = tuple(f"role_{n}" for n in range(5))
    tools: tuple[str, ...] = tuple(f"tool_{n}" for n in range(10))
    playbooks: tuple[str, ...] = tuple(f"playbook_{n}" for n in range(20))
    base: float = 1.4
    spreads: dict[str, float] = Field(
        default_factory=lambda: {"role": 0.5, "tool": 0.7, "playbook": 0.6, "pair": 0.4, "cell": 0.3}
    )
    effects: dict[str, float] = Field(default_factory=dict, description="`tool:pytest: 0.8`: given, not drawn.")
    difficulty: float = Field(default=0.5, ge=0, description="Of single executions: standard deviation in logits.")
    late_tools: int = Field(default=2, ge=0, description="So many tools appear only after a third.")
    drift: tuple[Shift, ...] = ()
    judges: tuple[JudgeSpec, ...] = USUAL_JUDGES
    audits: float = Field(default=0.05, ge=0, le=1)
    human_error: float = Field(default=0.03, ge=0, lt=0.5)

    @model_validator(mode="after")
    def _names_fit(self) -> "WorldSpec":
        known = {f"{kind}:{name}" for kind in ("role", "tool", "playbook") for name in getattr(self, f"{kind}s")}
        if unknown := sorted(set(self.effects) - known):
            message = f"effects of what is not there: {', '.join(unknown)}"
            raise ValueError(message)
        if unknown := sorted({shift.tool for shift in self.drift if shift.tool} - set(self.tools)):
            message = f"drift of tools that are not there: {', '.join(unknown)}"
            raise ValueError(message)
        if self.late_tools >= len(self.tools):
            message = "late_tools must leave a tool for the beginning"
            raise ValueError(message)
        return self


USUAL_DRIFT = (Shift(at=0.5, by=-2.0, busiest=0), Shift(at=0.5, by=-1.5, busiest=2), Shift(at=0.75, by=1.5, busiest=3))


def read_world(path: Path) -> WorldSpec:
    """A world from a YAML or JSON file; what it does not say is as in the usual one.

    Raises:
        WorldRefused: it cannot be read, or says something that cannot be; the message names the field.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as problem:
        message = f"{path}: {problem}"
        raise WorldRefused(message) from problem
    if not isinstance(told, dict):
        message = f"{path}: a world is a mapping: executions, roles, tools, playbooks, effects, judges, drift"
        raise WorldRefused(message)
    try:
        return WorldSpec.model_validate({key: _named(key, value) for key, value in told.items()})
    except ValidationError as refused:
        said = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'world'}: {one['msg']}" for one in refused.errors())
        message = f"{path}: {said}"
        raise WorldRefused(message) from refused


def _named(key: str, value: Any) -> Any:
    """`tools: 12` is short for twelve tools with made-up names."""
    if key in {"roles", "tools", "playbooks"} and isinstance(value, int):
        return tuple(f"{key[:-1]}_{n}" for n in range(value))
    return value


@dataclass(slots=True)
class World:
    """A world that chance has filled; one entry for each execution."""

    spec: WorldSpec
    works: list[Work]
    cell: Ints
    """Which combination of role, tool and playbook each execution is of."""
    tool: Ints
    eta: Floats
    difficulty: Floats
    rate: Floats
    """The true P(acceptable) of each execution by its context: over all difficulties."""
    good: NDArray[np.bool_]
    reports: list[tuple[Report, ...]]
    said_good: NDArray[np.bool_]
    """What a person would say, who is wrong now and then."""
    audited: NDArray[np.bool_]
    shifted: tuple[int, ...] = ()
    """Tools that shift at half, the worst first."""
    chance: np.random.Generator = field(default_factory=np.random.default_rng)


def make(spec: WorldSpec, seed: int) -> World:
    """Fill a world by chance."""
    chance = np.random.default_rng(seed)
    effects = _effects(spec, chance)
    late = chance.choice(len(spec.tools), spec.late_tools, replace=False)
    playbook, role, tool = _who(spec, chance, late)
    shift, shifted = _shifts(spec, tool, late)
    eta = spec.base + effects["role"][role] + effects["tool"][tool] + effects["playbook"][playbook]
    eta = eta + effects["pair"][role, tool] + effects["cell"][role, tool, playbook] + shift
    difficulty = chance.normal(0, spec.difficulty, spec.executions)
    good = chance.random(spec.executions) < _rate(eta + difficulty)
    wrong = chance.random(spec.executions) < spec.human_error
    works = [
        Work(role=spec.roles[r], tool=spec.tools[t], playbook=spec.playbooks[p])
        for r, t, p in zip(role, tool, playbook, strict=True)
    ]
    cell = (role * len(spec.tools) + tool) * len(spec.playbooks) + playbook
    return World(
        spec=spec, works=works, cell=cell, tool=tool, eta=eta,
        difficulty=difficulty, rate=marginal(eta, spec.difficulty), good=good,
        reports=reports_on(spec.judges, chance, good, difficulty), said_good=good ^ wrong,
        audited=chance.random(spec.executions) < spec.audits, shifted=shifted, chance=chance,
    )  # fmt: skip


def _effects(spec: WorldSpec, chance: np.random.Generator) -> dict[str, Floats]:
    sizes = {"role": len(spec.roles), "tool": len(spec.tools), "playbook": len(spec.playbooks)}
    shapes: dict[str, tuple[int, ...]] = {kind: (size,) for kind, size in sizes.items()}
    shapes |= {"pair": (sizes["role"], sizes["tool"]), "cell": tuple(sizes.values())}
    usual = WorldSpec.model_fields["spreads"].default_factory
    spreads = {**(usual() if usual is not None else {}), **spec.spreads}  # type: ignore[call-arg]
    drawn = {kind: chance.normal(0, spreads[kind], shape) for kind, shape in shapes.items()}
    for name, value in spec.effects.items():
        kind, _, one = name.partition(":")
        drawn[kind][getattr(spec, f"{kind}s").index(one)] = value
    return drawn


def _who(spec: WorldSpec, chance: np.random.Generator, late: Ints) -> tuple[Ints, Ints, Ints]:
    """Which playbook, role and tool each execution is of: few playbooks are run often, roles prefer tools."""
    popular = 1.0 / np.arange(1, len(spec.playbooks) + 1)
    playbook = chance.choice(len(spec.playbooks), spec.executions, p=popular / popular.sum())
    roles_of = chance.dirichlet(np.full(len(spec.roles), 0.8), len(spec.playbooks))
    tools_of = chance.dirichlet(np.full(len(spec.tools), 0.5), len(spec.roles))
    role = np.array([chance.choice(len(spec.roles), p=roles_of[one]) for one in playbook])
    early = tools_of.copy()
    early[:, late] = 0.0
    early = np.where(early.sum(1, keepdims=True) > 1e-9, early, _evenly(len(spec.tools), late))
    early /= early.sum(1, keepdims=True)
    third = spec.executions // 3
    tool = np.array(
        [chance.choice(len(spec.tools), p=(early if at < third else tools_of)[one]) for at, one in enumerate(role)]
    )
    return playbook, role, tool


def _evenly(size: int, late: Ints) -> Floats:
    even = np.ones(size)
    even[late] = 0.0
    return even


def _shifts(spec: WorldSpec, tool: Ints, late: Ints) -> tuple[Floats, tuple[int, ...]]:
    busy = [int(one) for one in np.argsort(-np.bincount(tool, minlength=len(spec.tools))) if one not in late]
    shift = np.zeros(len(tool))
    shifted = []
    for one in spec.drift:
        which = spec.tools.index(one.tool) if one.tool is not None else busy[min(one.busiest, len(busy) - 1)]
        since = np.arange(len(tool)) >= int(one.at * len(tool))
        shift += np.where(since & (tool == which), one.by, 0.0)
        if one.by < 0:
            shifted.append(which)
    return shift, tuple(shifted)


def reports_on(
    judges: Sequence[JudgeSpec], chance: np.random.Generator, good: NDArray[np.bool_], difficulty: Floats
) -> list[tuple[Report, ...]]:
    """What judges say of results; each result is reported on by somebody."""
    many = len(good)
    everybody = chance.normal(0, 1, many)
    families = {judge.family or judge.name: chance.normal(0, 1, many) for judge in judges}
    said = [
        _levels(judge, chance, good, difficulty, (everybody, families[judge.family or judge.name])) for judge in judges
    ]
    seen = [chance.random(many) < judge.seen for judge in judges]
    unseen = ~np.any(seen, axis=0)
    seen[-1] = seen[-1] | unseen
    return [
        tuple(_report(judge, int(said[j][at])) for j, judge in enumerate(judges) if seen[j][at]) for at in range(many)
    ]


def _levels(
    judge: JudgeSpec,
    chance: np.random.Generator,
    good: NDArray[np.bool_],
    difficulty: Floats,
    confusions: tuple[Floats, Floats],
) -> Ints:
    many = len(good)
    if judge.good:
        cuts = np.where(good[:, None], np.cumsum(judge.good), np.cumsum(judge.bad))
        return _ints((chance.random(many)[:, None] >= (cuts / cuts[:, -1:])[:, :-1]).sum(1))
    if judge.scale == "tests":
        share = np.where(good, chance.beta(20, 1.2, many), chance.beta(5, 2.5, many))
        return _ints(np.digitize(chance.binomial(10, share), [4, 7, 9, 10]))
    everybody, family = confusions
    seen = judge.signal * (2.0 * good - 1.0) + judge.difficulty * difficulty + judge.everybody * everybody
    seen = seen + judge.shared * family + judge.noise * chance.normal(0, 1, many) + judge.leniency
    cuts_at = [0.0] if LEVELS[judge.scale] == 2 else [-1.5, -0.6, 0.2, 1.1]
    return _ints(np.digitize(seen, cuts_at))


def _ints(values: Any) -> Ints:
    return np.asarray(values, dtype=np.int64)


def _report(judge: JudgeSpec, level: int) -> Report:
    return Report(
        judge=judge.name, family=judge.family or judge.name, dimension="quality", scale=judge.scale, level=level
    )


def marginal(eta: Floats, difficulty: float) -> Floats:
    """E[sigmoid(eta + u)] over u ~ N(0, difficulty^2), by 21-node quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    rates: Floats = (weights / weights.sum() * _rate(eta[:, None] + difficulty * nodes[None, :])).sum(1)
    return rates


def _rate(eta: Floats) -> Floats:
    rates: Floats = 1.0 / (1.0 + np.exp(-eta))
    return rates
