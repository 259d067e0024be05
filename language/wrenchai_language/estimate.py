"""What a run of a plan would take, as far as is known before: calls, tokens, money, time, and the longest way. Pure.

Bounds hold: the upper ones are of every attempt, every round, every timeout. How long it will probably take is said
only where it is known how long each of its tools took before. What people and signals let wait counts in neither.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Any

from wrenchai_contracts.plan import (
    Gate,
    Node,
    Plan,
    PlannedFan,
    PlannedHandoff,
    PlannedJourney,
    PlannedLoop,
    PlannedPlaybook,
    PlannedProcess,
    PlannedStep,
    PlannedVersus,
    PlannedWait,
    RetryPolicy,
)
from wrenchai_contracts.shape import Name
from wrenchai_contracts.spending import Spending

from wrenchai_language.spans import NOTHING, Span, either, exactly, longest, total

Way = tuple[str, ...]
"""Ids of steps one after the other."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run."""

    most: Mapping[Name, Spending]
    """What one call of each tool costs at most."""
    seconds: Mapping[Name, float]
    """How long each tool usually takes, of those that ran before."""
    items_of: Callable[[str], int | None]
    """How many items a list has that a reference names; None if that is known only while it runs."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a step, or of a whole plan. `usually` is None where some tool has never run."""

    calls: Span = NOTHING
    tokens: Span = NOTHING
    micros: Span = NOTHING
    seconds: Span = NOTHING
    usually: Span | None = NOTHING
    way: Way = ()

    def perhaps(self) -> "Estimate":
        """Or nothing of it."""
        usually = None if self.usually is None else self.usually.perhaps()
        bounds = {kind: getattr(self, kind).perhaps() for kind in _KINDS}
        return replace(self, **bounds, usually=usually)

    def times(self, count: Span, *, side_by_side: int = 1) -> "Estimate":
        """That often, so many side by side."""
        waves = Span(ceil(count.least / side_by_side), None if count.most is None else ceil(count.most / side_by_side))
        usually = None if self.usually is None else self.usually.times(waves)
        bounds = {kind: getattr(self, kind).times(count) for kind in _SPENT}
        return replace(self, **bounds, seconds=self.seconds.times(waves), usually=usually)


_SPENT = ("calls", "tokens", "micros")
_KINDS = (*_SPENT, "seconds")


def estimate_of(plan: Plan, known: Known) -> Estimate:
    """Of all that the plan does."""
    return _of_body(plan.nodes, known)


def _of_body(nodes: Sequence[Node], known: Known) -> Estimate:
    """All of them; as long as the longest way through what waits for what."""
    own = {node.id: _of_node(node, known) for node in nodes}
    ended: dict[str, Estimate] = {}
    for node in nodes:
        before = [ended[id_] for id_ in node.after if id_ in ended]
        ended[node.id] = _in_a_row(_slowest(before), own[node.id]) if before else own[node.id]
    return _together(own.values(), _slowest(ended.values()), ended.values())


def _together(all_of_them: Iterable[Estimate], slowest: Estimate, ways: Iterable[Estimate]) -> Estimate:
    every, ended = list(all_of_them), list(ways)
    spent = {kind: total(getattr(one, kind) for one in every) for kind in _SPENT}
    usual = [one.usually for one in ended]
    usually = longest(span for span in usual if span is not None) if None not in usual else None
    return Estimate(**spent, seconds=longest(one.seconds for one in ended), usually=usually, way=slowest.way)


def _slowest(estimates: Iterable[Estimate]) -> Estimate:
    """Which of them keeps the others waiting: as tools usually take, else as long as they may."""
    every = list(estimates)
    by_use = all(one.usually is not None for one in every)

    def end(one: Estimate) -> float:
        span = one.usually if by_use and one.usually is not None else one.seconds
        return inf if span.most is None else span.most

    return max(every, key=end, default=Estimate())


def _in_a_row(first: Estimate, then: Estimate) -> Estimate:
    known = first.usually is not None and then.usually is not None
    return Estimate(
        **{kind: getattr(first, kind).plus(getattr(then, kind)) for kind in _KINDS},
        usually=(first.usually or Span()).plus(then.usually or Span()) if known else None,
        way=(*first.way, *then.way),
    )


def _of_node(node: Node, known: Known) -> Estimate:
    found = _of_kind(node, known)
    if node.gate is not None:
        found = _judged(found, node.gate, known)
    if node.goes > 1:
        again = _in_a_row(_of_body(node.fix, known), replace(found, way=())).times(Span(0, node.goes - 1))
        found = _perhaps_then(found, again)
    return found.perhaps() if node.when is not None else found


def _judged(found: Estimate, gate: Gate, known: Known) -> Estimate:
    """Each judge may be asked about each go, and its result may be had anew."""
    for judge in gate.judges:
        found = _perhaps_then(found, _of_body(judge.body, known).perhaps())
    return _perhaps_then(found, replace(found, way=()).times(Span(0, gate.retries)))


def _perhaps_then(found: Estimate, again: Estimate) -> Estimate:
    """With what usually is not needed: it counts in what is needed at most."""
    return replace(_in_a_row(found, replace(again, usually=again.usually and Span())), way=found.way)


def _of_kind(node: Node, known: Known) -> Estimate:
    if isinstance(node, PlannedProcess | PlannedPlaybook):
        return _inside(node.id, _of_body(node.body, known))
    return _BY_KIND[type(node)](node, known)


def _inside(id_: str, found: Estimate) -> Estimate:
    """The way through a step goes through what is in it."""
    return replace(found, way=tuple(f"{id_}.{step}" for step in found.way) or (id_,))


def _of_journey(node: PlannedJourney, known: Known) -> Estimate:
    found = Estimate()
    for step in node.steps:
        found = _in_a_row(found, _one_of([_of_call(step, tool, known) for tool in node.any_of or (step.tool,)]))
    return found


def _of_call(step: PlannedStep, tool: Name, known: Known) -> Estimate:
    tries = Span(1, step.retry.max_attempts)
    most = known.most.get(tool, Spending(calls=1))
    usual = known.seconds.get(tool)
    return Estimate(
        calls=tries,
        tokens=Span(0, max(most.tokens, step.most.tokens)).times(tries),
        micros=Span(0, max(most.micros, step.most.micros)).times(tries),
        seconds=Span(0, step.retry.max_attempts * step.timeout + _delays(step.retry)),
        usually=None if usual is None else exactly(usual),
        way=(step.id,),
    )


def _delays(retry: RetryPolicy) -> float:
    """Between the attempts, at most."""
    return sum(min(retry.first_delay * retry.factor**n, retry.max_delay) for n in range(retry.max_attempts - 1))


def _of_wait(node: PlannedWait, _: Known) -> Estimate:
    """A time that passes is known; what people and signals take is not."""
    passes = node.waits_for == "time" and node.timeout is not None
    span = exactly(node.timeout or 0.0) if passes else Span(0, node.timeout)
    return Estimate(seconds=span, usually=span if passes else Span(), way=(node.id,))


def _of_loop(node: PlannedLoop, known: Known) -> Estimate:
    return _inside(node.id, _of_body(node.body, known).times(Span(1, node.max_rounds)))


def _of_fan(node: PlannedFan, known: Known) -> Estimate:
    body = _of_body(node.body, known)
    if node.for_each is None:
        waves = ceil(len(node.body) / node.max_parallel)
        usually = None if body.usually is None else body.usually.times(Span(1, waves))
        return _inside(node.id, replace(body, seconds=body.seconds.times(Span(1, waves)), usually=usually))
    items = known.items_of(node.for_each)
    branches = Span(0, None) if items is None else exactly(ceil(items / node.chunk))
    return _inside(node.id, body.times(branches, side_by_side=node.max_parallel))


def _of_versus(node: PlannedVersus, known: Known) -> Estimate:
    """Of competitors that are drawn, the dearest at most, the cheapest at least."""
    each = [_of_node(competitor, known) for competitor in node.body]
    contest, running = _together(each, _slowest(each), each), node.most or len(each)
    if running < len(each):
        calls, tokens, micros = (_drawn([getattr(one, kind) for one in each], running) for kind in _SPENT)
        contest = replace(contest, calls=calls, tokens=tokens, micros=micros)
    return _inside(node.id, _in_a_row(contest, _of_body(node.judge, known)))


def _drawn(spans: Sequence[Span], count: int) -> Span:
    least = sum(sorted(span.least for span in spans)[:count])
    ends = sorted((inf if span.most is None else span.most for span in spans), reverse=True)[:count]
    return Span(least, None if inf in ends else sum(ends))


def _one_of(several: Sequence[Estimate]) -> Estimate:
    """Nobody knows yet which."""
    usual = [one.usually for one in several if one.usually is not None]
    return Estimate(
        **{kind: either(getattr(one, kind) for one in several) for kind in _KINDS},
        usually=either(usual) if len(usual) == len(several) else None,
        way=_slowest(several).way,
    )


def _of_handoff(node: PlannedHandoff, known: Known) -> Estimate:
    items = known.items_of(node.parts) if node.parts is not None else 1
    anyone = _one_of([_of_body(case.body, known) for case in node.cases])
    handed = anyone.times(Span(0, items), side_by_side=items or 1)
    row = _in_a_row(_in_a_row(_of_body(node.body, known), handed), _of_body(node.completion, known))
    return _inside(node.id, row)


_BY_KIND: Mapping[type, Callable[[Any, Known], Estimate]] = {
    PlannedJourney: _of_journey,
    PlannedWait: _of_wait,
    PlannedFan: _of_fan,
    PlannedLoop: _of_loop,
    PlannedVersus: _of_versus,
    PlannedHandoff: _of_handoff,
}
