"""The background model: a hierarchical beta-binomial over cells, sampled by NUTS. For a process of its own only.

For a cell of role r, tool t, playbook p and pair q with n outcomes of which k were acceptable:

    base ~ N(1.2, 1),  spread[kind] ~ HalfNormal(.75) for role, tool, playbook, pair,
    effect[row] = spread[kind of row] * z[row],  z[row] ~ N(0, 1)              (non-centred; Betancourt, Girolami 2015)
    eta = base + effect[r] + effect[t] + effect[p] + effect[q],  rate = 1 / (1 + e^-eta),
    concentration ~ LogNormal(4, 1),  k ~ BetaBinomial(n, rate * concentration, (1 - rate) * concentration).

These are the online model's effects, with its four spreads learnt instead of given. The concentration takes the place
of its cells: what one combination differs by, beyond what adds up; 55, the median, is a spread of about .3 logits.
Recent form is not fitted: it is the online model's own.

nutpie compiles the model with numba, so no C compiler is looked for (see `fitting.environment`).
"""

import math
from importlib.metadata import version
from typing import Any

import arviz as az
import numpy as np
import nutpie  # type: ignore[import-untyped]
import pymc as pm  # type: ignore[import-untyped]
import pytensor.tensor as pt
from numpy.typing import NDArray
from wrenchai_judgement.context import AS_GIVEN, BASE, BASE_ROW

from wrenchai_inspector.refresh.cells import Counts
from wrenchai_inspector.refresh.request import LEARNT, Request

SPREADS_WITHIN = 0.75
"""Scale (logits) of the half-normal prior of each spread: half of it is below .5."""

CONCENTRATION = (4.0, 1.0)
"""Mean and standard deviation of the prior of the concentration's logarithm."""

CORES = 2
"""Chains that run at the same time at most."""

TARGET_ACCEPT = 0.9
"""Smaller steps than usual: funnels of small spreads diverge less."""

PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "numpy", "arviz")


class DrawsUnjudged(ValueError):  # noqa: N818  # a noun with its facts
    """The draws do not tell their own quality, e.g. because a parameter never moved."""

    def __init__(self, rhat: float, ess: float) -> None:
        super().__init__(f"the draws do not tell their own quality: R-hat {rhat}, effective draws {ess}")


def model_of(counts: Counts) -> pm.Model:
    """The model of the module's formula; its data `good` may be exchanged without compiling again."""
    with pm.Model() as model:
        spreads = pm.HalfNormal("spreads", SPREADS_WITHIN, shape=len(LEARNT))
        concentration = pm.LogNormal("concentration", *CONCENTRATION)
        good = pm.Data("good", counts.good)
        rate = pm.math.sigmoid(_eta(counts, spreads))
        well = _log_rising(rate * concentration, good)
        badly = _log_rising((1.0 - rate) * concentration, counts.outcomes - good)
        sizes, many = np.unique(counts.outcomes, return_counts=True)
        all_told = many * _log_rising(concentration, sizes)
        pm.Potential("outcomes", (well + badly).sum() - all_told.sum())
    return model


def _eta(counts: Counts, spreads: Any) -> Any:
    """The logit of each cell; records `base` and `effects`.

    The data know the sum of the base and of each kind's mean effect well, and each of these hardly. So the sampler
    moves in that total instead of in the base: the same model, a shift of coordinates; after 100,000 outcomes twice as
    many draws are effective.
    """
    z = pm.Normal("z", 0.0, 1.0, shape=len(counts.rows))
    effects = pm.Deterministic("effects", spreads[counts.kinds] * z)
    means = (effects / np.bincount(counts.kinds)[counts.kinds]).sum()
    total = pm.Normal("total", BASE + means, AS_GIVEN.base)
    base = pm.Deterministic("base", total - means)
    role, tool, playbook, pair = counts.places
    return base + effects[role] + effects[tool] + effects[playbook] + effects[pair]


def _log_rising(a: Any, times: Any) -> Any:
    """The logarithm of a (a + 1) ... (a + times - 1): a beta-binomial is made of these, but for a constant."""
    return pt.gammaln(a + times) - pt.gammaln(a)


def sampled(compiled: Any, request: Request) -> Any:
    """The draws of a compiled model: an xarray of chains by draws for each parameter, and the sampler's statistics."""
    return nutpie.sample(
        compiled,
        draws=request.draws,
        tune=request.tune,
        chains=request.chains,
        cores=min(CORES, request.chains),
        seed=request.seed,
        target_accept=TARGET_ACCEPT,
        save_warmup=False,
        progress_bar=False,
    )


def fit(counts: Counts, request: Request) -> dict[str, Any]:
    """What a `Fitted` says of the model itself.

    Raises:
        DrawsUnjudged: R-hat or the effective number of draws is no number.
    """
    trace = sampled(nutpie.compile_pymc_model(model_of(counts)), request)
    return {
        "outcomes": int(counts.outcomes.sum()),
        **_parameters(counts, trace.posterior),
        **_quality(trace.posterior),
        "divergences": int(trace.sample_stats["diverging"].sum()),
    }


def _parameters(counts: Counts, draws: Any) -> dict[str, Any]:
    spreads = _flat(draws["spreads"]).mean(axis=0).tolist()
    told = np.column_stack([_flat(draws["base"]), _flat(draws["effects"])])
    means_and_deviations = zip(told.mean(axis=0).tolist(), told.std(axis=0).tolist(), strict=True)
    return {
        "spreads": dict(zip(LEARNT, spreads, strict=True)),
        "concentration": float(_flat(draws["concentration"]).mean()),
        "effects": dict(zip((BASE_ROW, *counts.rows), means_and_deviations, strict=True)),
    }


def _flat(draws: Any) -> NDArray[np.float64]:
    """All chains' draws of one parameter in one row after the other: shape (chains x draws, ...)."""
    values: NDArray[np.float64] = draws.values
    return values.reshape(-1, *values.shape[2:])


def _quality(draws: Any) -> dict[str, float]:
    """R-hat (Vehtari et al. 2021) at its largest and bulk effective draws at their smallest."""
    rhat = max(float(of_one.values.max()) for of_one in az.rhat(draws).values())  # type: ignore[no-untyped-call]
    ess = min(float(of_one.values.min()) for of_one in az.ess(draws).values())  # type: ignore[no-untyped-call]
    if not (math.isfinite(rhat) and math.isfinite(ess)):
        raise DrawsUnjudged(rhat, ess)
    return {"rhat": rhat, "ess": ess}


def versions() -> dict[str, str]:
    """Of the packages that have a say in the figures."""
    return {package: version(package) for package in PACKAGES}
