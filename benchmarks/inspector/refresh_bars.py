"""The background model: against it the online one (B3), it against itself (B8), and what a refresh costs (B13)."""

import asyncio
import math
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import NamedTuple

import numpy as np
import psutil  # type: ignore[import-untyped]
from wrenchai_inspector.refresh.acceptance import MOST_RHAT
from wrenchai_inspector.refresh.cells import counted
from wrenchai_inspector.refresh.fitting import Limits, fit
from wrenchai_inspector.refresh.request import Answer, Cell, Refused, Request
from wrenchai_judgement.context import ContextModel, Place, Spreads
from wrenchai_judgement.exact import moments
from wrenchai_judgement.knowledge import place_of

from benchmarks.inspector.refresh_worlds import world
from benchmarks.inspector.scores import Bar, Floats, bar
from benchmarks.inspector.worlds import World, WorldSpec, make

LASTING = Spreads(form=0.0, cell=0.0)
"""The priors of what NUTS is asked for too: no recent form, nothing of a cell's own."""

WORLDS = 200
OUTCOMES = 100_000


def b3(seed: int) -> Bar:
    """The same priors, the same outcomes: one pass against NUTS."""
    few, many = _against_nuts(seed, 300), _against_nuts(seed, 3_000)
    return bar(
        "against NUTS: correlation of logits >= .999, mean |dp| <= .005, at most .03, ratio of deviations .9-1.1",
        holds=few.holds and many.holds,
        correlation=min(few.correlation, many.correlation),
        mean_dp=max(few.mean_dp, many.mean_dp),
        max_dp=max(few.max_dp, many.max_dp),
        after_300=few._asdict(),
        after_3000=many._asdict(),
    )


class Agreement(NamedTuple):
    """How the online model's cells agree with NUTS'."""

    cells: int
    correlation: float
    mean_dp: float
    max_dp: float
    sd_ratio: float
    sd_ratio_5: float
    sd_ratio_95: float

    @property
    def holds(self) -> bool:
        """Whether it keeps B3."""
        near = self.correlation >= 0.999 and self.mean_dp <= 0.005 and self.max_dp <= 0.03
        return near and 0.9 <= self.sd_ratio <= 1.1


def _against_nuts(seed: int, outcomes: int) -> Agreement:
    made = make(WorldSpec(executions=outcomes), seed + outcomes)
    cells = _cells(made)
    means, deviations, p = _online(made, [Place(cell.role, cell.tool, cell.playbook) for cell in cells])
    etas = _nuts().etas_at(counted(cells, 0.0), LASTING, seed)
    dp = np.abs(p - (1 / (1 + np.exp(-etas))).mean(axis=0))
    ratio = deviations / etas.std(axis=0)
    return Agreement(
        cells=len(cells),
        correlation=float(np.corrcoef(means, etas.mean(axis=0))[0, 1]),
        mean_dp=float(dp.mean()),
        max_dp=float(dp.max()),
        sd_ratio=float(ratio.mean()),
        sd_ratio_5=float(np.quantile(ratio, 0.05)),
        sd_ratio_95=float(np.quantile(ratio, 0.95)),
    )


def _cells(made: World) -> list[Cell]:
    """Each combination once, in the order in which they are counted."""
    good: dict[Place, list[bool]] = {}
    for work, well in zip(made.works, made.good.tolist(), strict=True):
        good.setdefault(place_of(work), []).append(well)
    cells = [
        Cell(role=place.role, tool=place.tool, playbook=place.playbook, good=sum(those), bad=len(those) - sum(those))
        for place, those in good.items()
    ]
    return sorted(cells, key=lambda cell: cell.rows)


def _online(made: World, places: list[Place]) -> tuple[Floats, Floats, Floats]:
    """After one pass over all outcomes, of each place: the logit's mean and standard deviation, and P(acceptable)."""
    model = ContextModel(LASTING)
    for work, well in zip(made.works, made.good.tolist(), strict=True):
        model.learn(place_of(work), math.inf if well else -math.inf)
    told = [model.expected(place) for place in places]
    p = [moments(one.mean, one.variance, 0.0).before for one in told]
    return np.array([one.mean for one in told]), np.sqrt([one.variance for one in told]), np.array(p)


def b8(seed: int, worlds: int = WORLDS) -> Bar:
    """Simulation-based calibration of the shipped model."""
    found = _nuts().calibration(seed, worlds)
    return bar(
        f"simulation-based calibration, {worlds} worlds: every rank p > .005; the 90 % intervals cover .80-.97",
        holds=min(found.p.values()) > 0.005 and all(0.80 <= share <= 0.97 for share in found.coverage.values()),
        rank_p=found.p,
        coverage=found.coverage,
        divergences=found.divergences,
        draws=found.draws,
        worlds=worlds,
    )


def b13(seed: int, outcomes: int = OUTCOMES) -> Bar:
    """A whole refresh without a compiler; and one that is killed, one that grows too large.

    It runs at the usual priority, for what is measured is its work; a service's has the lowest and waits for others'.
    """
    request = Request(cells=world(outcomes, seed), seed=seed)
    with _no_path():
        began, spent = time.perf_counter(), _cpu_seconds()
        fitted = asyncio.run(fit(request, Limits(nice=0)))
        seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds() - spent
        killed, outgrown = asyncio.run(_killed(request)), asyncio.run(fit(request, Limits(megabytes=200)))
    refused = [one.reason for one in (killed, outgrown) if isinstance(one, Refused)]
    asks = "100k outcomes: <= 45 s whole process, <= 700 MB, no C compiler on PATH, R-hat <= 1.03; a crash is a refusal"
    if isinstance(fitted, Refused):
        return bar(asks, holds=False, reason=fitted.reason, refused=refused)
    megabytes = fitted.peak_rss / 2**20
    fits = seconds <= 45 and megabytes <= 700 and fitted.rhat <= MOST_RHAT
    return bar(
        asks,
        holds=fits and len(refused) == 2,
        process_seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_rss_mb=megabytes,
        rhat=fitted.rhat,
        ess=fitted.ess,
        divergences=fitted.divergences,
        spreads=fitted.spreads,
        concentration=fitted.concentration,
        cells=len(request.cells),
        refused=refused,
        load=os.getloadavg()[0],
    )


async def _killed(request: Request) -> Answer:
    """A fit whose process is killed once it is at work."""
    fitting = asyncio.create_task(fit(request))
    while not fitting.done():
        for child in filter(_at_work, psutil.Process().children()):
            os.kill(child.pid, signal.SIGKILL)
        await asyncio.wait({fitting}, timeout=0.1)
    return await fitting


def _at_work(process: psutil.Process) -> bool:
    """Whether it has imported what it samples with: that alone takes some 300 MB."""
    try:
        return "wrenchai_inspector.refresh" in process.cmdline() and process.memory_info().rss > 300 * 2**20
    except psutil.Error:
        return False


def _cpu_seconds() -> float:
    """Of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _no_path() -> Iterator[None]:
    path = os.environ.pop("PATH", None)
    try:
        yield
    finally:
        if path is not None:
            os.environ["PATH"] = path


def _nuts() -> ModuleType:
    """The module that imports PyMC, for those bars that ask it."""
    try:
        from benchmarks.inspector import nuts  # noqa: PLC0415
    except ImportError as missing:
        message = f"{missing}; this bar needs wrenchai[inspector]"
        raise RuntimeError(message) from missing
    return nuts
