"""A judgement in words: one line of signed terms, so that nobody has to believe a bare number. Pure."""

from collections.abc import Iterable, Iterator

from wrenchai_contracts.judging import ACTIONS, LEVELS, Assessment, Subject, Weighed, decibans, percent

from wrenchai_judgement.exact import sigmoid
from wrenchai_judgement.knowledge import Found, Knowledge, place_of

_LEAST_POINTS = 0.5
_LEAST_RATIO = 0.02
_LEAST_BLINDNESS = 0.005
_MOST_SAID = 8

_KINDS = {"role": "role", "tool": "tool", "playbook": "playbook", "pair": "together", "form": "recent form of"}
_CORRECTIONS = {"task": "earlier goes of this task", "offset": "verdicts of people on such work"}


def assessment_of(subject: Subject, found: Found, knowledge: Knowledge) -> Assessment:
    """How the probability came about, for the record. Before anything is learnt from the result."""
    effects = knowledge.context.effects(place_of(subject.work))
    weighed = (
        Weighed(report=report, weight=weight, ratio=found.trust.mean * ratio)
        for report, (weight, ratio) in zip(subject.all_reports, found.evidence.parts, strict=True)
    )
    return Assessment(
        work=subject.work,
        kind=subject.kind,
        effects=effects,
        shift=subject.difficulty.shift,
        offset=found.trust.offset,
        mean=found.expected.mean,
        variance=found.expected.variance,
        prior=found.prior,
        weighed=tuple(weighed),
        temperature=found.trust.mean,
        ratio=found.ratio,
        raw=found.evidence.raw,
        blindness=found.trust.blindness,
        probability=found.own.probability,
        interval=found.own.interval,
    )


def line_of(assessment: Assessment) -> str:
    """`base 77 %, tool pytest +6, … -> before the evidence 84 %; schema 2/2 +2.8 dB, … -> 90 % [78 %, 96 %]`."""
    before = f"{', '.join(_context_terms(assessment))} -> {percent(assessment.prior)} before the evidence"
    low, high = assessment.interval
    after = f"{percent(assessment.probability)} [{percent(low)}, {percent(high)}]"
    return "; ".join([before, *_evidence_terms(assessment)]) + f" -> {after}"


def _context_terms(assessment: Assessment) -> Iterator[str]:
    """The base, then what each effect moves the probability by, in points, in the order in which they add up."""
    logit = 0.0
    corrections = [("task", assessment.shift), ("offset", assessment.offset)]
    for name, effect in [*assessment.effects.items(), *corrections]:
        before, logit = sigmoid(logit), logit + effect
        points = 100.0 * (sigmoid(logit) - before)
        if name == "base":
            yield f"base {percent(sigmoid(logit))}"
        elif abs(points) >= _LEAST_POINTS:
            yield f"{_named(name)} {points:+.0f}"
    unsure = 100.0 * (assessment.prior - sigmoid(logit))
    if abs(unsure) >= _LEAST_POINTS:
        yield f"all that is unsure {unsure:+.0f}"


def _named(row: str) -> str:
    kind, _, name = row.partition(":")
    return _CORRECTIONS.get(kind) or f"{_KINDS[kind]} {name}"


def _evidence_terms(assessment: Assessment) -> Iterator[str]:
    """What each judge said and how far it moved the odds, in decibans: what spoke against it, then the strongest."""
    told = [one for one in telling_first(assessment.weighed) if abs(one.ratio) >= _LEAST_RATIO]
    yield from (evidence_term(one) for one in told[:_MOST_SAID])
    if rest := told[_MOST_SAID:]:
        yield f"{len(rest)} more {decibans(sum(one.ratio for one in rest)):+.1f} dB"
    if assessment.weighed and abs(assessment.temperature - 1.0) >= _LEAST_RATIO:
        yield f"evidence of this kind counts {percent(assessment.temperature)}"
    if assessment.blindness >= _LEAST_BLINDNESS:
        yield f"{percent(assessment.blindness)} doubt that its judges see what people see"


def telling_first(weighed: Iterable[Weighed]) -> list[Weighed]:
    """What speaks against the result before what speaks for it, the strongest first: that is what people ask about."""
    return sorted(weighed, key=lambda one: (one.ratio >= 0, -abs(one.ratio), one.report.judge))


def evidence_term(one: Weighed) -> str:
    """`links.lychee passed +2.8 dB`."""
    report, levels = one.report, LEVELS[one.report.scale]
    said = ("failed", "passed")[report.level] if report.scale == "check" else f"{report.level + 1}/{levels}"
    often = f" x{report.times}" if report.times > 1 else ""
    return f"{report.judge} {said}{often} {decibans(one.ratio):+.1f} dB"


def decided(found: Found) -> str:
    """`accept: expected loss 1.0; retry 1.6, escalate 3.0` or the rule that decided."""
    decision = found.decision
    losses = dict(decision.losses)
    own = losses.pop(decision.action, None)
    others = ", ".join(f"{ACTIONS[action]} {loss:.2f}" for action, loss in losses.items())
    taken = ACTIONS[decision.action] if decision.asks is None else f"ask {decision.asks}"
    head = taken if own is None else f"{taken}: expected loss {own:.2f}"
    return f"{head} (others: {others})" if others else head


def reasons_of(subject: Subject, found: Found, assessment: Assessment) -> tuple[str, ...]:
    """Why, the most telling first: rules, the decision, the line of terms, what was judged before, what nobody saw."""
    rules = (f"rule: {rule}" for rule in found.decision.rules)
    terms = (line_of(assessment),) if subject.all_reports or not subject.parts else ()
    unseen = (f"{judge}: not measured" for judge in subject.not_measured)
    return (*rules, decided(found), *terms, *_parts(subject, found), *unseen)[:50]


def _parts(subject: Subject, found: Found) -> Iterable[str]:
    if subject.parts:
        told = ", ".join(f"{path} {percent(part.probability)}" for path, part in subject.parts.items())
        low, high = found.whole.interval
        yield f"judged before: {told} -> together {percent(found.whole.probability)} [{percent(low)}, {percent(high)}]"
