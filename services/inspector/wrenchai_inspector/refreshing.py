"""Has the background model fitted from time to time, and uses it if the rules allow. Scoring never waits for it."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from typing import NamedTuple

from wrenchai_contracts.envelope import Context
from wrenchai_contracts.errors import LogUnavailable, Overloaded
from wrenchai_contracts.events import InspectorPriorRefreshed, InspectorPriorRefused
from wrenchai_judgement.context import ContextModel, Spreads
from wrenchai_judgement.knowledge import Knowledge

from wrenchai_inspector.learning import Gone, Learner, Report, Said
from wrenchai_inspector.refresh.acceptance import why_refused
from wrenchai_inspector.refresh.fitting import Limits, fit
from wrenchai_inspector.refresh.request import Answer, Cell, Fitted, Refused, Request

LOOKS_EVERY = 15.0
"""Seconds between two looks at whether there is enough new to fit; they read memory only."""

FEW = 50
"""New results that are worth a fit when the last one is long ago."""

_NARROWEST, _WIDEST = 0.05, 2.0
_LEAST_IN_COMMON = 5
_MOST_REASON = 2000


class Pace(NamedTuple):
    """When it is time: after so many new results, or seconds, once there are `least`."""

    after: int = 500
    every: float = 900.0
    least: int = 100


USUAL_PACE, USUAL_LIMITS = Pace(), Limits()


@dataclass(slots=True)
class Refresher:
    """Fits the background model for every tenant that this process judges for, one at a time."""

    learners: Mapping[str, Learner]
    context: Context
    report: Report
    pace: Pace = USUAL_PACE
    limits: Limits = USUAL_LIMITS
    seconds: Callable[[], float] = lambda: asyncio.get_running_loop().time()
    _last: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Look, and fit what is due, for ever."""
        if find_spec("nutpie") is None:
            self.report("the background model is not fitted: install wrenchai[inspector]; scoring goes on without it")
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            for learner in list(self.learners.values()):
                try:
                    if self.is_due(learner.tenant, await learner.known()):
                        await self.refresh(learner)
                except (LogUnavailable, Overloaded, Gone) as problem:
                    self.report(f"the background model of {learner.tenant} has to wait: {problem}")

    def is_due(self, tenant: str, knowledge: Knowledge) -> bool:
        """Whether there is enough new."""
        new = knowledge.results - knowledge.fitted
        since = self.seconds() - self._last.setdefault(tenant, self.seconds())
        enough = new >= self.pace.after or (new >= FEW and since >= self.pace.every)
        return enough and knowledge.results >= self.pace.least

    async def refresh(self, learner: Learner) -> None:
        """Fit what is known now; use it, or say why not. Both are on record."""
        self._last[learner.tenant] = self.seconds()
        known = await learner.known()
        request, watermark = request_of(known), known.version
        answer = await fit(request, self.limits)
        context = Context(self.context.actor, learner.tenant, f"quality/{learner.tenant}")
        await learner.record(lambda knowledge: said(knowledge, answer, watermark), context)
        if isinstance(answer, Refused):
            self.report(f"the background model was not fitted: {answer.reason}")


def request_of(knowledge: Knowledge) -> Request:
    """The sufficient statistics of all results so far. Equal knowledge makes equal requests, seed and all."""
    cells = (
        Cell(role=role, tool=tool, playbook=playbook, pair=pair, good=max(good, 0.0), bad=max(bad, 0.0))
        for (role, tool, playbook, pair), (good, bad) in sorted(knowledge.cells.items())
    )
    seed = int.from_bytes(sha256(knowledge.digest.encode()).digest()[:4], "big")
    return Request(cells=tuple(cells), seed=seed)


def said(knowledge: Knowledge, answer: Answer, watermark: int) -> Said:
    """What is recorded of a fit; knowledge uses its spreads from here on, if the rules allow. Pure but for that."""
    if isinstance(answer, Refused):
        return _refused(knowledge, watermark, answer.reason, {})
    spreads = spreads_of(answer, knowledge.context.spreads)
    score, new_score = knowledge.log_score, _log_score_with(knowledge, spreads)
    reason = why_refused(answer, score, new_score)
    if reason is not None:
        figures = {"rhat": answer.rhat, "ess": answer.ess, "divergences": float(answer.divergences)}
        return _refused(knowledge, watermark, reason, figures | {"log_score": score, "new_log_score": new_score})
    before = knowledge.digest
    knowledge.respread(spreads)
    return Said((), (_refreshed(knowledge, answer, (watermark, before), (score, new_score)),))


def _refused(knowledge: Knowledge, watermark: int, reason: str, figures: Mapping[str, float]) -> Said:
    knowledge.fitted = knowledge.results
    finite = {name: value for name, value in figures.items() if math.isfinite(value)}
    reason = reason[:_MOST_REASON]
    refused = InspectorPriorRefused(watermark=watermark, reason=reason, figures=finite, state=knowledge.digest)
    return Said((), (refused,))


def _refreshed(
    knowledge: Knowledge, fitted: Fitted, since: tuple[int, str], scores: tuple[float, float]
) -> InspectorPriorRefreshed:
    watermark, before = since
    return InspectorPriorRefreshed(
        watermark=watermark,
        outcomes=fitted.outcomes,
        spreads=knowledge.context.spreads._asdict(),
        concentration=fitted.concentration,
        effects={row: moments for row, moments in fitted.effects.items() if row in knowledge.context.rows},
        draws=fitted.draws,
        chains=fitted.chains,
        seed=fitted.seed,
        rhat=fitted.rhat,
        ess=fitted.ess,
        divergences=fitted.divergences,
        seconds=fitted.seconds,
        versions=fitted.versions,
        agreement=agreement(fitted, knowledge.context),
        log_score_before=scores[0],
        log_score_after=scores[1],
        before=before,
        after=knowledge.digest,
    )


def spreads_of(fitted: Fitted, now: Spreads) -> Spreads:
    """The learnt spreads; base and form stay, which the background model does not learn.

    The cell's follows from the concentration k of rates around p: their logits vary by 1 / ((k + 1) p (1 - p)), here at
    p = 3/4 (delta method).
    """
    learnt = {kind: _held(spread) for kind, spread in fitted.spreads.items()}
    cell = _held(math.sqrt(1.0 / ((fitted.concentration + 1.0) * 0.75 * 0.25)))
    return now._replace(**learnt, cell=cell)


def _held(spread: float) -> float:
    return min(max(spread, _NARROWEST), _WIDEST)


def _log_score_with(knowledge: Knowledge, spreads: Spreads) -> float:
    """What the log score of the last results would be with other spreads. Changes nothing."""
    trial = Knowledge(knowledge.tenant, context=knowledge.context.copy(), recent=knowledge.recent)
    trial.context.respread(spreads)
    return trial.log_score


def agreement(fitted: Fitted, context: ContextModel) -> float | None:
    """The correlation of its effects with the online ones; None with fewer than five in common."""
    pairs = [
        (mean, float(context.m[context.rows[row]])) for row, (mean, _) in fitted.effects.items() if row in context.rows
    ]
    if len(pairs) < _LEAST_IN_COMMON:
        return None
    ours, theirs = _centred(own for own, _ in pairs), _centred(other for _, other in pairs)
    size = math.sqrt(math.fsum(a * a for a in ours) * math.fsum(b * b for b in theirs))
    return math.fsum(a * b for a, b in zip(ours, theirs, strict=True)) / size if size > 0 else None


def _centred(values: Iterable[float]) -> list[float]:
    told = list(values)
    mean = math.fsum(told) / len(told)
    return [value - mean for value in told]
