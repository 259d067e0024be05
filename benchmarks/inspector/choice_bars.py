"""Choosing a tool again and again: what each way of choosing loses against the best tool (B11)."""

import math
from collections.abc import Callable

import numpy as np
from wrenchai_contracts.judging import Option, Work
from wrenchai_judgement.choosing import draw
from wrenchai_judgement.context import Place
from wrenchai_judgement.knowledge import Knowledge, place_of

from benchmarks.inspector.scores import Bar, Floats, bar

WORLDS = 20
_RUNS, _EARLY = 1500, 300
_ROLES, _TOOLS, _PLAYBOOKS = 5, 6, 8

Choose = Callable[[int, int, np.random.Generator], int]
"""Which tool, for a role and a playbook."""


def b11(seed: int) -> Bar:
    """Cumulative regret (acceptable results lost) after 300 and after 1,500 choices, mean over 20 worlds."""
    found = {name: np.mean([_regret(seed + n, make) for n in range(WORLDS)], axis=0) for name, make in _WAYS.items()}
    ratio, exploring = (float(found[name][1] / found["beta_thompson"][1]) for name in ("ours", "ours_exploring"))
    return bar(
        "Thompson regret at 1,500 <= .88 of independent Beta Thompson",
        holds=ratio <= 0.88,
        ratio=ratio,
        ratio_with_even_draws=exploring,
        worlds=WORLDS,
        **{name: {"at_300": float(early), "at_1500": float(late)} for name, (early, late) in found.items()},
    )


def _regret(seed: int, way: Callable[[], tuple[Choose, Callable[[int, int, int, bool], None]]]) -> Floats:
    chance = np.random.default_rng(seed)
    tool, pair = chance.normal(0, 0.7, _TOOLS), chance.normal(0, 0.4, (_ROLES, _TOOLS))
    role, playbook = chance.normal(0, 0.5, _ROLES), chance.normal(0, 0.6, _PLAYBOOKS)
    choose, learn = way()
    lost, early = 0.0, 0.0
    for run in range(_RUNS):
        r, p = int(chance.integers(_ROLES)), int(chance.integers(_PLAYBOOKS))
        rates = 1 / (1 + np.exp(-(0.9 + role[r] + tool + pair[r] + playbook[p])))
        t = choose(r, p, chance)
        learn(r, t, p, bool(chance.random() < rates[t]))
        lost += float(rates.max() - rates[t])
        early = lost if run < _EARLY else early
    return np.array([early, lost])


def _by_counts(
    pick: Callable[[Floats, Floats, np.random.Generator], Floats],
) -> Callable[[], tuple[Choose, Callable[..., None]]]:
    def make() -> tuple[Choose, Callable[..., None]]:
        good, bad = np.ones((_ROLES, _TOOLS)), np.ones((_ROLES, _TOOLS))

        def learn(role: int, tool: int, playbook: int, outcome: bool) -> None:  # noqa: ARG001, FBT001
            good[role, tool] += outcome
            bad[role, tool] += not outcome

        return lambda role, _, chance: int(np.argmax(pick(good[role], bad[role], chance))), learn

    return make


def _ours(*, explore: bool = True) -> tuple[Choose, Callable[..., None]]:
    knowledge, runs = Knowledge("bench"), 0

    def work(role: int, tool: int, playbook: int) -> Work:
        return Work(role=f"r{role}", tool=f"t{tool}", playbook=f"p{playbook}")

    def choose(role: int, playbook: int, _: np.random.Generator) -> int:
        nonlocal runs
        runs += 1
        options = [Option(name=f"t{tool}", work=work(role, tool, playbook)) for tool in range(_TOOLS)]
        places: list[Place] = [place_of(option.work) for option in options]
        drawn = draw(options, places, 1, knowledge.context, f"run/{runs}")
        if drawn.explored and not explore:
            drawn = draw(options, places, 1, knowledge.context, f"run/{runs}/again")
        return int(drawn.chosen[0][1:])

    def learn(role: int, tool: int, playbook: int, outcome: bool) -> None:  # noqa: FBT001
        knowledge.learn_outcome(work(role, tool, playbook), math.inf if outcome else -math.inf, float(outcome))

    return choose, learn


_WAYS: dict[str, Callable[[], tuple[Choose, Callable[..., None]]]] = {
    "uniform": _by_counts(lambda good, _, chance: chance.random(len(good))),
    "greedy": _by_counts(lambda good, bad, chance: good / (good + bad) + 1e-9 * chance.random(len(good))),
    "beta_thompson": _by_counts(lambda good, bad, chance: chance.beta(good, bad)),
    "ours": lambda: _ours(explore=False),
    "ours_exploring": _ours,
}
