"""Made-up worlds for the background model: counts by cell, from given spreads or from the model's own priors."""

from typing import NamedTuple

import numpy as np
from wrenchai_inspector.refresh.cells import Counts
from wrenchai_inspector.refresh.request import LEARNT, Cell
from wrenchai_judgement.context import AS_GIVEN, BASE

from benchmarks.inspector.scores import Floats
from benchmarks.inspector.worlds import Ints

ROLES, TOOLS, PLAYBOOKS = 5, 10, 20
SIZES = {"role": ROLES, "tool": TOOLS, "playbook": PLAYBOOKS}
SPREADS = {"role": 0.5, "tool": 0.7, "playbook": 0.6, "pair": 0.4, "cell": 0.3}
_UNEVEN = 0.15
_BASE = 1.4


class Prior(NamedTuple):
    """What the background model believes of spreads and of the concentration's logarithm before any outcome."""

    spreads: float
    concentration: tuple[float, float]


class Parameters(NamedTuple):
    """The model's parameters, true ones or draws: one value, or with the same leading axes in all of them."""

    base: Floats
    spreads: Floats
    concentration: Floats
    effects: Floats


def world(outcomes: int, seed: int) -> tuple[Cell, ...]:
    """Cells of a world with the usual spreads; who works with what is very uneven, as it is."""
    chance = np.random.default_rng(seed)
    role, tool, playbook = (chance.normal(0, SPREADS[kind], size) for kind, size in SIZES.items())
    pair = chance.normal(0, SPREADS["pair"], (ROLES, TOOLS))
    cell = chance.normal(0, SPREADS["cell"], (ROLES, TOOLS, PLAYBOOKS))
    eta = _BASE + role[:, None, None] + tool[None, :, None] + playbook[None, None, :] + pair[:, :, None] + cell
    many = _shared_out(outcomes, chance)
    good = chance.binomial(many, _rate(eta))
    return tuple(_cell(at, int(good[at]), int(many[at])) for at in zip(*np.nonzero(many), strict=True))


def _shared_out(outcomes: int, chance: np.random.Generator) -> Ints:
    shares = chance.dirichlet(np.full(ROLES * TOOLS * PLAYBOOKS, _UNEVEN))
    return chance.multinomial(outcomes, shares).reshape(ROLES, TOOLS, PLAYBOOKS)


def _cell(at: tuple[int, ...], good: int, many: int) -> Cell:
    role, tool, playbook = at
    return Cell(role=f"role_{role}", tool=f"tool_{tool}", playbook=f"playbook_{playbook}", good=good, bad=many - good)


def from_prior(counts: Counts, prior: Prior, chance: np.random.Generator) -> tuple[Parameters, Ints]:
    """Parameters drawn from their priors, and how many of each cell's outcomes are acceptable then."""
    base = np.asarray(chance.normal(BASE, AS_GIVEN.base))
    spreads = np.abs(chance.normal(0, prior.spreads, len(LEARNT)))
    concentration = np.exp(chance.normal(*prior.concentration))
    effects = spreads[counts.kinds] * chance.normal(size=len(counts.rows))
    rates = _rate(base + effects[counts.places].sum(axis=0))
    least = np.finfo(float).tiny
    shares = chance.beta(np.maximum(rates * concentration, least), np.maximum((1 - rates) * concentration, least))
    return Parameters(base, spreads, np.asarray(concentration), effects), chance.binomial(counts.outcomes, shares)


def _rate(eta: Floats) -> Floats:
    rates: Floats = 1.0 / (1.0 + np.exp(-eta))
    return rates
