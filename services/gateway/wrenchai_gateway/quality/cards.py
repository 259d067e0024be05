"""One judgement with all that it was made from: the line of signed terms, every term, what people said since. Pure."""

import math
from collections.abc import Iterator, Sequence

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import ExecutionEvaluated, VerdictWeighed
from wrenchai_contracts.judgement_views import DensityView, EvaluationView, EvidenceView, TermView, WordView
from wrenchai_contracts.judging import LEVELS, Assessment, Weighed, decibans
from wrenchai_judgement.exact import QUANTILE, exp, logit, sigmoid
from wrenchai_judgement.explaining import line_of, telling_first

POINTS = 41
_REACH = 3.5
"""So many standard deviations of each curve are on the grid."""


def evaluation_view(task_id: str, judged: Recorded, words: Sequence[Recorded]) -> EvaluationView:
    """The judgement; `words` are what people said of that very result."""
    event = judged.event
    assert isinstance(event, ExecutionEvaluated)  # noqa: S101  # the caller has looked
    assessment = event.assessment
    same = {name: getattr(event, name) for name in _SAME}
    told = {} if assessment is None else _of_assessment(assessment)
    said = tuple(view for one in words if (view := word_view(one)) is not None)
    return EvaluationView(task_id=task_id, position=judged.position, at=judged.at, words=said, **same, **told)


_SAME = (
    "step", "go", "model", "quality", "interval", "level", "decision", "asks", "reasons", "rules", "losses",
    "another_go", "costs", "parts", "not_measured", "calibrated", "audit", "anomalies", "dimensions",
    "state_before", "state_after",
)  # fmt: skip


def word_view(weighed: Recorded) -> WordView | None:
    """A person's word, and what it changed."""
    event = weighed.event
    if not isinstance(event, VerdictWeighed):
        return None
    return WordView(by=event.by, verdict=event.verdict, before=event.before, after=event.after, at=weighed.at)


def _of_assessment(told: Assessment) -> dict[str, object]:
    return {
        "line": line_of(told),
        "work": told.work,
        "kind": told.kind,
        "terms": tuple(_terms(told)),
        "prior": told.prior,
        "evidence": tuple(_evidence(one) for one in telling_first(told.weighed)),
        "temperature": told.temperature,
        "blindness": told.blindness,
        "decibans": decibans(told.ratio),
        "own": told.probability,
        "own_interval": told.interval,
        "density": density(told),
    }


def _terms(told: Assessment) -> Iterator[TermView]:
    """In the order in which they add up to P before the evidence; what adds nothing is left out."""
    at = 0.0
    for name, effect in [*told.effects.items(), ("task", told.shift), ("offset", told.offset)]:
        before, at = sigmoid(at), at + effect
        if name == "base":
            yield TermView(name=name, logit=effect, points=sigmoid(at))
        elif effect:
            yield TermView(name=name, logit=effect, points=sigmoid(at) - before)
    yield TermView(name="unsure", logit=0.0, points=told.prior - sigmoid(at))


def _evidence(one: Weighed) -> EvidenceView:
    report = one.report
    return EvidenceView(
        judge=report.judge,
        version=report.version,
        family=report.family,
        dimension=report.dimension,
        scale=report.scale,
        level=report.level,
        levels=LEVELS[report.scale],
        times=report.times,
        weight=one.weight,
        decibans=decibans(one.ratio),
    )


def density(told: Assessment) -> DensityView:
    """The logit of P before the evidence, N(mean, variance), and with it, where and as wide as its interval says."""
    low, high = (logit(end) for end in told.interval)
    before, after = (told.mean, math.sqrt(told.variance)), ((low + high) / 2.0, (high - low) / (2.0 * QUANTILE))
    start = min(mean - _REACH * spread for mean, spread in (before, after))
    end = max(mean + _REACH * spread for mean, spread in (before, after))
    grid = [start + (end - start) * place / (POINTS - 1) for place in range(POINTS)]
    return DensityView(
        logits=tuple(grid),
        rates=tuple(sigmoid(at) for at in grid),
        prior=tuple(_normal(at, *before) for at in grid),
        posterior=tuple(_normal(at, *after) for at in grid),
    )


def _normal(at: float, mean: float, spread: float) -> float:
    distance = (at - mean) / spread
    return exp(-0.5 * distance * distance) / (spread * math.sqrt(2.0 * math.pi))
