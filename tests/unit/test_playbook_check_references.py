"""References and expressions are looked at before the run: each may name what surely has ended where it stands."""

from typing import Any

import pytest
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.playbook_check import problems

Raw = dict[str, Any]
ALL = "${inputs.all}"


def call(step_id: str, *mentions: str, **facts: Any) -> Raw:
    return {"id": step_id, "tool": "noop", "with": {f"m{n}": f"${{{one}}}" for n, one in enumerate(mentions)}} | facts


def found(*steps: Raw, **facts: Any) -> dict[str, str]:
    """Every problem, by its place."""
    inputs = {"properties": {"all": {"type": "array"}, "n": {"type": "integer"}}}
    playbook = Playbook.model_validate({"name": "book", "inputs": inputs, "steps": steps, **facts})
    return {".".join(map(str, place)): reason for place, reason in problems(playbook)}


def fan(step_id: str, *steps: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "work_in_parallel", "for_each": ALL, "steps": steps} | facts


def branches(step_id: str, *steps: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "work_in_parallel", "branches": steps} | facts


def loop(step_id: str, *operations: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "self_feedback_loop", "max_iterations": 2, "operations": operations} | facts


def partners(creator: Raw, reviewer: Raw, **facts: Any) -> Raw:
    pair = {"creator": creator, "reviewer": reviewer, "max_iterations": 2}
    return {"id": "it", "type": "partner_feedback_loop"} | pair | facts


def process(*operations: Raw) -> Raw:
    return {"id": "it", "type": "process", "operations": operations}


def versus(judge: Raw, *competitors: Raw) -> Raw:
    contest = {"judge": judge, "competitors": competitors, "evaluation_criteria": {"good": 1}}
    return {"id": "it", "type": "versus"} | contest


def handoff(primary: Raw, to: Raw, when: str = "true", **facts: Any) -> Raw:
    cases = [{"when": when, "to": to}]
    return {"id": "it", "type": "handoff", "primary": primary, "handoff_conditions": cases} | facts


A = call("a")
WHOLE = {"broadcast": "${inputs}", "as": "w"}

SEEN = {
    "a step before it": [A, call("b", "steps.a.output.x", "steps.a.failed", "steps.a.reason", "steps.a.skipped")],
    "a step far before it": [A, call("b"), call("c", "steps.a.output")],
    "what stood before the block that it is in": [A, loop("l", fan("f", call("x", "steps.a.output")))],
    "the item and its number": [fan("f", call("x", "item.name", "index"))],
    "an item by another name": [fan("f", call("x", "one"), **{"as": "one"})],
    "the items of both fans around": [fan("f", fan("g", call("x", "item", "one"), **{"as": "one"}))],
    "a step of the same item": [fan("f", call("x"), call("y", "steps.x.output"))],
    "its part of a list": [branches("b", call("x", "share"), input_distribution={"split": ALL})],
    "a whole value by name": [branches("b", call("x", "w.n"), input_distribution=WHOLE)],
    "the round and the last one": [loop("l", call("x", "iteration", "previous.n"), call("y", "steps.x.output"))],
    "the end of the round": [loop("l", call("x"), exit_condition="iteration > 1 && output.n == previous.n")],
    "every step of the round": [loop("l", call("x"), call("y"), exit_condition="steps.x.output.done")],
    "findings, by both": [partners(call("x", "review"), call("r", "review", "steps.x.output", "previous"))],
    "the end of a review": [partners(call("x"), call("r"), exit_condition="size(findings) == 0 && steps.r.output.ok")],
    "the operation before": [process(call("x"), call("y", "steps.x.output", when="steps.x.output.n > 1"))],
    "why it has to be mended": [
        process(call("x", failure_action={"log_and_fix": call("f", "failure.reason", "failure.kind", "failure.step")}))
    ],
    "entries by competitor": [versus(call("j", "entries.x", "entries"), call("x"), call("y"))],
    "the part and its number": [handoff(call("x"), call("y", "part", "index", "steps.x.output"), "part.n > index")],
    "a part by another name": [handoff(call("x"), call("y", "p.n"), parts="${steps.x.output.all}", **{"as": "p"})],
    "what was handed on": [handoff(call("x"), call("y"), completion_action=call("z", "handed", "steps.x.output"))],
    "its own output, to take it back": [
        A,
        call("b", undo={"tool": "n", "with": {"b": "${steps.b.output}", "a": "${steps.a.output}"}}),
    ],
    "a list of outputs": [branches("b", call("x"), output_aggregation={"cel": "outputs.x.n + inputs.n"})],
    "an escaped reference": [{"id": "a", "tool": "noop", "with": {"x": "$${nothing at all}"}}],
    "what may not be there": [A, call("b", when="has(steps.a.output.n)")],
}


@pytest.mark.parametrize("steps", SEEN.values(), ids=SEEN.keys())
def test_a_step_may_name(steps: list[Raw]) -> None:
    assert found(*steps) == {}


UNSEEN = [
    ([call("a", "steps.b.output")], "steps.0.with.m0", "no step is called 'b'"),
    ([A, call("b", "steps.a")], "steps.1.with.m0", "write steps.<step>.output"),
    ([A, call("b", "steps.a.result")], "steps.1.with.m0", "write steps.<step>.output"),
    ([call("a", "steps.b.output"), call("b")], "steps.0.with.m0", "before 'a' begins; add it to `needs`"),
    ([call("a", "steps.a.output")], "steps.0.with.m0", "'a' has not ended while it runs"),
    ([A, fan("f", call("x", "steps.z.output")), call("z")], "steps.1.steps.0.with.m0", "before 'f' begins; add it to"),
    ([loop("l", call("x", "steps.l.output"))], "steps.0.operations.0.with.m0", "'l' has not ended while it runs"),
    ([fan("f", call("x")), call("z", "steps.x.output")], "steps.1.with.m0", "take steps.f.output, the list of all"),
    ([branches("b", call("x")), call("z", "steps.x.output")], "steps.1.with.m0", "take steps.b.output.x"),
    ([loop("l", call("x")), call("z", "steps.x.output")], "steps.1.with.m0", "take steps.l.output, what"),
    ([partners(call("x"), call("r")), call("z", "steps.r.output")], "steps.1.with.m0", "take steps.it.output, the"),
    ([process(call("x")), call("z", "steps.x.output")], "steps.1.with.m0", "take steps.it.output.x"),
    ([versus(call("j"), call("x"), call("y")), call("z", "steps.x.output")], "steps.1.with.m0", "it.output.output"),
    ([versus(call("j"), call("x"), call("y")), call("z", "steps.j.output")], "steps.1.with.m0", "it.output.scores"),
    ([handoff(call("x"), call("y")), call("z", "steps.y.output")], "steps.1.with.m0", "is a specialist of 'it'; take"),
    ([loop("l", process(call("x"))), call("z", "steps.x.output")], "steps.1.with.m0", "take steps.l.output"),
    ([branches("b", call("x"), call("y", "steps.x.output"))], "steps.0.branches.1.with.m0", "'x' runs apart from 'y'"),
    ([loop("l", call("x", "steps.y.output"), call("y"))], "steps.0.operations.0.with.m0", "'y' comes after 'x'"),
    ([versus(call("j", "steps.x.output"), call("x"), call("y"))], "steps.0.judge.with.m0", "take entries.x"),
    ([versus(call("j", "entries.z"), call("x"), call("y"))], "steps.0.judge.with.m0", "has no 'z'; it has: x, y"),
    ([versus(call("j"), call("x", "steps.y.output"), call("y"))], "steps.0.competitors.0.with.m0", "runs apart"),
    (
        [handoff(call("x"), call("y"), completion_action=call("z", "steps.y.output"))],
        "steps.0.completion_action.with.m0",
        "what specialists gave is in `handed`",
    ),
    ([handoff(call("x", "part"), call("y"))], "steps.0.primary.with.m0", "inputs or steps, not with 'part'"),
    ([handoff(call("x"), call("y"), "steps.y.output.n > 1")], "steps.0.handoff_conditions.0.when", "'y' has not ended"),
    ([call("a", "item")], "steps.0.with.m0", "a reference begins with inputs or steps, not with 'item'"),
    ([fan("f", call("x", "thing"))], "steps.0.steps.0.with.m0", "(here also with item, index), not with 'thing'"),
    ([fan("f", call("x"), for_each="${item}")], "steps.0.for_each", "not with 'item'"),
    ([fan("f", call("x"), for_each="${steps.x.output}")], "steps.0.for_each", "runs inside 'f', which has not begun"),
    ([call("a", "inputs.m")], "steps.0.with.m0", "${inputs.m}: inputs has no 'm'; it has: all, n"),
    ([call("a", "inputs.all.first")], "steps.0.with.m0", "inputs.all is a list; take an element by its number"),
    ([call("a", "inputs.n.x")], "steps.0.with.m0", "inputs.n is a number and has no 'x'"),
    ([fan("f", call("x"), for_each="${inputs.n}")], "steps.0.for_each", "${inputs.n} is a number; a list is wanted"),
    ([fan("f", call("x"), for_each="all of them")], "steps.0.for_each", "for_each is one reference to a list"),
    (
        [branches("b", call("x"), input_distribution={"split": "${inputs.n}"})],
        "steps.0.input_distribution.split",
        "a list is wanted",
    ),
    ([handoff(call("x"), call("y"), parts="${steps.y.output}")], "steps.0.parts", "need not have ended"),
    ([loop("l", call("x"), initial={"n": "${steps.x.output}"})], "steps.0.initial.n", "which has not begun"),
    ([{"id": "a", "wait_for": {"answer": "Is ${inputs.m} right?"}}], "steps.0.wait_for.answer", "inputs has no 'm'"),
    ([{"id": "a", "wait_for": {"until": "${inputs.m}"}}], "steps.0.wait_for.until", "inputs has no 'm'"),
    ([call("a", approval={"title": "${inputs.m}?"})], "steps.0.approval.title", "inputs has no 'm'"),
    ([{"id": "a", "playbook": "b", "with": {"x": "${inputs.m}"}}], "steps.0.with.x", "inputs has no 'm'"),
    ([{"id": "a", "wait_for": {"signal": "s"}, "with": {"x": "${inputs.m}"}}], "steps.0.with.x", "inputs has no 'm'"),
    ([A, call("b", undo={"tool": "n", "with": {"u": "${steps.c.output}"}})], "steps.1.undo.with.u", "no step is"),
    ([{"id": "a", "tool": "noop", "with": {"x": ["${no way}"]}}], "steps.0.with.x.0", "${no way}: write a path"),
    ([A, call("b", when="steps.a.output ==")], "steps.1.when", "at character"),
    ([A, call("b", when="steps.a.outputs.n > 1")], "steps.1.when", "write steps.<step>.output"),
    ([call("a", when="inputs.m > 1")], "steps.0.when", "inputs.m: inputs has no 'm'"),
    ([call("a", when="output > 1")], "steps.0.when", "not with 'output'"),
    ([loop("l", call("x"), exit_condition="findings.n > 1")], "steps.0.exit_condition", "not with 'findings'"),
    ([branches("b", call("x"), output_aggregation={"cel": "output"})], "steps.0.output_aggregation.cel", "outputs"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "place", "reason"), UNSEEN, ids=[f"{row[1]}: {row[2]}" for row in UNSEEN])
def test_what_cannot_be_there_is_told_before_the_run(steps: list[Raw], place: str, reason: str) -> None:
    assert reason in found(*steps).get(place, ""), found(*steps)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("inputs.n", None),
        ("tenant + metadata.team", None),
        ("steps.a.output", "a key is made of inputs, metadata and tenant"),
        ("inputs.m", "has no 'm'"),
        ("inputs.n ==", "at character"),
    ],
)
def test_a_key_of_tasks_is_made_of_what_is_known_before_they_begin(key: str, reason: str | None) -> None:
    told = found(A, concurrency={"key": key, "limit": 1}, rate={"key": key, "per": "1m", "most": 60})
    assert told == {} if reason is None else reason in told["concurrency.key"]
    assert told == {} if reason is None else reason in told["rate.key"]


def test_all_problems_are_told_at_once_names_nesting_and_references_alike() -> None:
    steps = [call("a", role="cook"), call("a", "inputs.m", failure_action="skip"), call("c", needs=["z"])]
    assert set(found(*steps)) == {
        "steps.0.role", "steps.1.id", "steps.1.failure_action", "steps.1.with.m0", "steps.2.needs.0",
    }  # fmt: skip
