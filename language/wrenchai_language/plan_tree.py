"""A plan as a tree to be looked at: each step with its type, role, tool, conditions and limits, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wrenchai_contracts.plan import (
    Approval,
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
)
from wrenchai_contracts.spending import MICROS, Limits

from wrenchai_language.calls import MODEL_TOOL

_USUAL = PlannedStep(id="usual", tool="usual")
_USUALLY_AT_ONCE = PlannedFan.model_fields["max_parallel"].default


@dataclass(frozen=True, slots=True)
class Part:
    """Steps inside a step: what they are there, and how they go on from each other."""

    title: str
    lines: "tuple[Line, ...]"
    again: bool = False
    """Whether the last is followed by the first."""
    after: tuple[int, ...] = ()
    """Which parts of the same step come before, by their number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step."""

    id: str
    type: str
    role: str = ""
    tool: str = ""
    after: tuple[str, ...] = ()
    when: str | None = None
    facts: tuple[str, ...] = ()
    inside: tuple[Part, ...] = ()

    def all(self) -> "Iterator[Line]":
        """The step itself, and every one inside it."""
        yield self
        for part in self.inside:
            for line in part.lines:
                yield from line.all()


def tree_of(plan: Plan) -> tuple[Line, ...]:
    """The outermost steps, in an order in which each comes after what it waits for."""
    return _lines(plan.nodes)


def limits_in_words(limits: Limits) -> str:
    """What may be spent: `10 calls, 5,000 tokens, 2.50 money, 60 s`; empty without a limit."""
    money = None if limits.micros is None else f"{limits.micros / MICROS:.2f} money"
    seconds = None if limits.seconds is None else f"{limits.seconds:g} s"
    calls = None if limits.calls is None else f"{limits.calls:,} calls"
    tokens = None if limits.tokens is None else f"{limits.tokens:,} tokens"
    return ", ".join(kind for kind in (calls, tokens, money, seconds) if kind is not None)


def _lines(nodes: Iterable[Node]) -> tuple[Line, ...]:
    last = {node.id: node.steps[-1].id if isinstance(node, PlannedJourney) else node.id for node in nodes}
    return tuple(line for node in nodes for line in _of_node(node, tuple(last.get(id_, id_) for id_ in node.after)))


def _of_node(node: Node, after: tuple[str, ...]) -> Iterator[Line]:
    if isinstance(node, PlannedJourney):
        yield from _of_journey(node, after)
        return
    type_, facts, parts = _told(node)
    yield Line(
        node.id,
        type_,
        after=after,
        when=node.when,
        facts=(*facts, *_when_it_fails(node)),
        inside=(*parts, *_besides(node)),
    )


def _of_journey(node: PlannedJourney, after: tuple[str, ...]) -> Iterator[Line]:
    """The calls that one agent runs through in one go; what is said of the journey, is said of its first."""
    for index, step in enumerate(node.steps):
        own = (*_of_first(node), *_when_it_fails(node)) if index == 0 else ()
        yield Line(
            step.id,
            "standard",
            role=node.role,
            tool="the role's model" if step.tool == MODEL_TOOL else " or ".join(node.any_of or (step.tool,)),
            after=after if index == 0 else (node.steps[index - 1].id,),
            when=node.when if index == 0 else None,
            facts=(*_of_call(step), *own),
            inside=_besides(node) if index == 0 else (),
        )


def _of_call(step: PlannedStep) -> Iterator[str]:
    if step.tool == MODEL_TOOL:
        yield f"asked: {step.inputs.get('operation', '')}"
    if step.timeout != _USUAL.timeout:
        yield f"{step.timeout:g} s at most"
    if step.retry.max_attempts != _USUAL.retry.max_attempts:
        yield _times(step.retry.max_attempts, "attempt")
    if step.heartbeat is not None:
        yield f"never silent for {step.heartbeat:g} s"
    if step.most.tokens or step.most.micros:
        yield f"costs {step.most.tokens:,} tokens, {step.most.micros / MICROS:.2f} money at most"


def _of_first(node: PlannedJourney) -> Iterator[str]:
    if node.approval is not None:
        yield _agreed(node.approval)
    if node.schedule_to_start is not None:
        yield f"begins within {node.schedule_to_start:g} s"
    if node.undo:
        yield f"taken back by {', '.join(step.tool for step in node.undo)}"


def _when_it_fails(node: Node) -> Iterator[str]:
    if node.goes > 1:
        yield f"gone through {node.goes} times at most"
    if node.on_failure != "fail":
        yield f"on failure: {node.on_failure}"
    if node.gate is not None:
        yield from _gated(node.gate)


def _gated(gate: Gate) -> Iterator[str]:
    again = {0: "never done again", 1: "done again once at most"}
    yield f"judged: {again.get(gate.retries, f'done again {gate.retries} times at most')}"
    if gate.reject_below:
        yield f"refused below {gate.reject_below:g}"
    if gate.approval is not None:
        yield f"where it is worth it, {_agreed(gate.approval)}"


def _agreed(approval: Approval) -> str:
    people = "one person agrees" if approval.need == 1 else f"{approval.need} people agree"
    return people + (f", of {', '.join(approval.of)}" if approval.of else "")


def _besides(node: Node) -> tuple[Part, ...]:
    """What is done only if it is needed: to mend it, to judge it."""
    mending = (Part("if it fails, before the next go", _lines(node.fix)),) if node.fix else ()
    judges = [judge.body for judge in node.gate.judges] if node.gate is not None else []
    asked = tuple(line for body in judges for line in _lines(body))
    return (*mending, *((Part("asked about its result if it is worth it", asked),) if asked else ()))


_Told = tuple[str, tuple[str, ...], tuple[Part, ...]]


def _told(node: Node) -> _Told:
    """Type, facts and parts of a step that is no tool call."""
    return _WORDS[type(node)](node)


def _of_wait(node: PlannedWait) -> _Told:
    what = {"signal": f"the signal {node.name}", "time": "a time", "answer": "an answer", "approval": "approval"}
    agreed = _agreed(node.approval) if node.approval is not None else None
    until = f"until {node.until}" if node.until is not None else None
    limit = None if node.timeout is None else f"{node.timeout:g} s" + ("" if node.waits_for == "time" else " at most")
    then = "goes on then" if node.timeout is not None and node.on_timeout == "continue" else None
    return f"wait for {what[node.waits_for]}", _present(node.title, agreed, until, limit, then), ()


def _of_fan(node: PlannedFan) -> _Told:
    each = f"for each {node.item_name} of {node.for_each}" if node.for_each is not None else None
    title = each or "side by side"
    chunk = f"{node.chunk} items at a time" if node.chunk > 1 else None
    share = f"{'a part of' if node.split else 'all of'} {node.share} each, as {node.share_name}" if node.share else None
    at_once = f"{node.max_parallel} at once" if node.max_parallel != _USUALLY_AT_ONCE else None
    lenient = "a branch may fail" if node.branch_failure == "continue" and node.quorum is None else None
    quorum = f"{node.quorum} good ends are enough" if node.quorum is not None else None
    gathering = node.gathering.expression or (node.gathering.how if node.gathering.how != "as_they_are" else None)
    gathered = f"gathered by {gathering}" if gathering else None
    facts = _present(chunk, share, at_once, lenient, quorum, gathered)
    return "work_in_parallel", facts, (Part(title, _lines(node.body)),)


def _of_loop(node: PlannedLoop) -> _Told:
    until = f"until {node.exit_when}" if node.exit_when is not None else None
    good = f"until nothing {node.blocking} or worse is found" if node.reviewer is not None and until is None else None
    improving = node.improvement
    stops = (
        f"or when another round betters it by {improving.delta:g} with less than {improving.below:.0%}"
        if improving is not None
        else None
    )
    then = "fails then" if node.exhausted == "fail" else None
    facts = _present(_times(node.max_rounds, "round"), until, good, stops, then)
    type_ = "self_feedback_loop" if node.reviewer is None else "partner_feedback_loop"
    return type_, facts, (Part("each round", _lines(node.body), again=node.max_rounds > 1),)


def _of_versus(node: PlannedVersus) -> _Told:
    weights = "by " + ", ".join(f"{name} {weight:g}" for name, weight in node.criteria.items())
    alone = "by the scores alone" if node.pick == "totals" else None
    bar = f"none below {node.at_least:g} wins" if node.at_least else None
    drawn = f"{node.most} of {len(node.body)} run" if node.most is not None else None
    parts = (Part("competitors, apart", _lines(node.body)), Part("the judge", _lines(node.judge), after=(0,)))
    return "versus", _present(weights, alone, drawn, bar), parts


def _of_handoff(node: PlannedHandoff) -> _Told:
    cases = [Part(f"parts where {case.when}", _lines(case.body), after=(0,)) for case in node.cases]
    before = tuple(range(1, len(cases) + 1))
    completion = (Part("in the end", _lines(node.completion), after=before),) if node.completion else ()
    parts = f"{node.part_name} of {node.parts}" if node.parts is not None else None
    return "handoff", _present(parts), (Part("first", _lines(node.body)), *cases, *completion)


def _of_process(node: PlannedProcess) -> _Told:
    return "process", (), (Part("one after the other", _lines(node.body)),)


def _of_playbook(node: PlannedPlaybook) -> _Told:
    version = f"{node.playbook}@{node.version}, pinned as {node.digest[:12]}"
    return "playbook", _present(version, _budget(node.budget)), (Part("its steps", _lines(node.body)),)


def _budget(limits: Limits) -> str | None:
    return f"spends {limits_in_words(limits)} at most" if limits.any else None


def _times(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count:,} {what}s at most"


def _present(*facts: str | None) -> tuple[str, ...]:
    return tuple(fact for fact in facts if fact)


_WORDS: Mapping[type, Callable[[Any], _Told]] = {
    PlannedWait: _of_wait,
    PlannedFan: _of_fan,
    PlannedLoop: _of_loop,
    PlannedProcess: _of_process,
    PlannedVersus: _of_versus,
    PlannedHandoff: _of_handoff,
    PlannedPlaybook: _of_playbook,
}
