"""What NUTS says: the posterior at given spreads, and the ranks of true parameters among draws. Imports PyMC."""

import os

os.environ.setdefault("PYTENSOR_FLAGS", "cxx=")  # before PyTensor looks for a compiler

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import nutpie  # type: ignore[import-untyped]
import pymc as pm  # type: ignore[import-untyped]
from scipy import stats  # type: ignore[import-untyped]
from wrenchai_inspector.refresh import model
from wrenchai_inspector.refresh.cells import Counts, counted
from wrenchai_inspector.refresh.request import LEARNT, Request
from wrenchai_judgement.context import BASE, Spreads

from benchmarks.inspector.refresh_worlds import Parameters, Prior, from_prior, world
from benchmarks.inspector.scores import Floats

OUTCOMES = 2_000
KEPT = 250
"""Draws of each fit, thinned so far that they hardly know of each other."""

BINS = 10


def etas_at(counts: Counts, spreads: Spreads, seed: int) -> Floats:
    """Draws of each cell's logit given the spreads, shape (draws, cells): the online model without form and cells."""
    with pm.Model() as given:
        base = pm.Normal("base", BASE, spreads.base)
        of_kind = np.array([getattr(spreads, kind) for kind in LEARNT])
        effects = pm.Normal("effects", 0.0, of_kind[counts.kinds])
        role, tool, playbook, pair = counts.places
        eta = pm.Deterministic("eta", base + effects[role] + effects[tool] + effects[playbook] + effects[pair])
        pm.Binomial("good", n=counts.outcomes, logit_p=eta, observed=counts.good)
    compiled = nutpie.compile_pymc_model(given)
    trace = nutpie.sample(compiled, draws=1000, tune=500, chains=4, cores=model.CORES, seed=seed, progress_bar=False)
    values: Floats = trace.posterior["eta"].values
    return values.reshape(-1, len(counts.good))


class Calibration(NamedTuple):
    """Of each quantity, over all worlds."""

    p: dict[str, float]
    """That ranks of the truth among the draws are as uneven by chance: chi-square over `BINS`."""
    coverage: dict[str, float]
    """How often the truth lay within the central 90 % of the draws."""
    divergences: int
    draws: int


def calibration(seed: int, worlds: int) -> Calibration:
    """Simulation-based calibration (Talts et al. 2018) of the shipped model: truths and outcomes from its priors."""
    ranks: dict[str, list[int]] = {}
    inside: dict[str, list[bool]] = {}
    divergences = draws = 0
    for fit in _fits(seed, worlds):
        divergences, draws = divergences + fit.diverging, draws + fit.draws
        for name, true in fit.truth.items():
            drawn = _thinned(fit.drawn[name])
            low, high = np.quantile(drawn, [0.05, 0.95])
            ranks.setdefault(name, []).append(int((drawn < true).sum()))
            inside.setdefault(name, []).append(bool(low <= true <= high))
    return Calibration(
        p={name: _evenness(those) for name, those in ranks.items()},
        coverage={name: float(np.mean(those)) for name, those in inside.items()},
        divergences=divergences,
        draws=draws,
    )


class _Fit(NamedTuple):
    drawn: dict[str, Floats]
    truth: dict[str, Floats]
    diverging: int
    draws: int


def _fits(seed: int, worlds: int) -> Iterator[_Fit]:
    """One fit after the other; the model is compiled once, for all worlds have outcomes in the same cells."""
    cells = world(OUTCOMES, seed)
    counts = counted(cells, 0.0)
    prior = Prior(model.SPREADS_WITHIN, model.CONCENTRATION)
    compiled = nutpie.compile_pymc_model(model.model_of(counts))
    chance = np.random.default_rng(seed)
    for at in range(worlds):
        truth, good = from_prior(counts, prior, chance)
        request = Request(cells=cells, seed=seed + at, draws=500, tune=400, chains=2)
        trace = model.sampled(compiled.with_data(good=good), request)
        drawn = Parameters(*(trace.posterior[name].values for name in Parameters._fields))
        diverging = int(trace.sample_stats["diverging"].sum())
        yield _Fit(_watched(counts, drawn), _watched(counts, truth), diverging, request.draws * request.chains)
        print(f"\rworld {at + 1} of {worlds}", end=" ", file=sys.stderr, flush=True)  # noqa: T201  # it takes a while


def _watched(counts: Counts, told: Parameters) -> dict[str, Floats]:
    """The quantities whose ranks are looked at: all but the effects, of which the first tool's and the first cell's."""
    tool = int(np.argmax(counts.kinds == LEARNT.index("tool")))
    return {
        "base": told.base,
        **{f"spread_{kind}": told.spreads[..., at] for at, kind in enumerate(LEARNT)},
        "concentration": told.concentration,
        "tool": told.effects[..., tool],
        "cell": told.base + told.effects[..., counts.places[:, 0]].sum(axis=-1),
    }


def _thinned(draws: Floats) -> Floats:
    flat = draws.reshape(-1)
    return flat[:: len(flat) // KEPT][:KEPT]


def _evenness(ranks: list[int]) -> float:
    counts, _ = np.histogram(np.array(ranks) / (KEPT + 1), bins=BINS, range=(0, 1))
    return float(stats.chisquare(counts).pvalue)
