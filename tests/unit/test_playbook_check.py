"""Names and nesting: everything that can be wrong with them, with its place in the author's words, at every depth."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.bodies import MAX_NESTING
from wrenchai_language.playbook_check import problems
from wrenchai_language.shelf import shelf_of

from tests.simulation.random_plans import random_nested_playbook
from tests.simulation.seeded_time import seeded

Raw = dict[str, Any]


def call(step_id: str, **facts: Any) -> Raw:
    return {"id": step_id, "tool": "noop"} | facts


def wait(step_id: str, **what: Any) -> Raw:
    return {"id": step_id, "wait_for": what}


def loop(step_id: str, *operations: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "self_feedback_loop", "max_iterations": 2, "operations": operations} | facts


def partners(step_id: str, creator: Raw, reviewer: Raw) -> Raw:
    pair = {"creator": creator, "reviewer": reviewer}
    return {"id": step_id, "type": "partner_feedback_loop", "max_iterations": 2} | pair


def process(step_id: str, *operations: Raw) -> Raw:
    return {"id": step_id, "type": "process", "operations": operations}


def branches(step_id: str, *steps: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "work_in_parallel", "branches": steps} | facts


def each(step_id: str, *steps: Raw, **facts: Any) -> Raw:
    return {"id": step_id, "type": "work_in_parallel", "for_each": "${inputs.all}", "steps": steps} | facts


def versus(step_id: str, judge: Raw, *competitors: Raw, **facts: Any) -> Raw:
    contest = {"judge": judge, "competitors": competitors, "evaluation_criteria": {"good": 1}}
    return {"id": step_id, "type": "versus"} | contest | facts


def handoff(step_id: str, primary: Raw, to: Raw, **facts: Any) -> Raw:
    cases = [{"when": "true", "to": to}]
    return {"id": step_id, "type": "handoff", "primary": primary, "handoff_conditions": cases} | facts


def found(*steps: Raw, playbooks: list[Playbook] | None = None, **facts: Any) -> dict[str, str]:
    """Every problem, by its place."""
    playbook = Playbook.model_validate({"name": "book", "steps": steps, **facts})
    shelf = None if playbooks is None else shelf_of(playbooks)
    return {".".join(map(str, place)): reason for place, reason in problems(playbook, None, shelf)}


# --- names -------------------------------------------------------------------------------------------------


def test_an_id_is_one_steps_own_however_deep_it_stands() -> None:
    inner = process("p", call("b"), call("a", failure_action={"log_and_fix": call("b")}))
    assert found(call("a"), loop("l", inner)) == {
        "steps.1.operations.0.operations.1.id": "another step is called 'a' already",
        "steps.1.operations.0.operations.1.failure_action.log_and_fix.id": "another step is called 'b' already",
    }


def test_a_step_may_need_steps_of_its_own_body_only() -> None:
    steps = each("fan", call("x"), call("y", needs=["x", "a"]))
    assert found(call("a"), steps, call("z", needs=["x"])) == {
        "steps.1.steps.1.needs.1": "no step is called 'a' here; known are: x, y",
        "steps.2.needs.0": "no step is called 'x' here; known are: a, fan, z",
    }


@pytest.mark.parametrize(
    ("step", "place", "reason"),
    [
        (loop("l", call("x"), call("y", needs=["x"])), "operations.1", "each operation of a loop comes after"),
        (process("p", call("x"), call("y", needs=["x"])), "operations.1", "each operation of a process comes after"),
        (partners("p", call("x"), call("y", needs=["x"])), "reviewer", "each creator or reviewer comes after"),
        (versus("v", call("j"), call("x", needs=[]), call("y")), "competitors.0", "a competitor starts with the step"),
        (versus("v", call("j", needs=["x"]), call("x"), call("y")), "judge", "a judge starts with the step around"),
        (branches("b", call("x"), call("y", needs=["x"])), "branches.1", "put `needs` on the outer step"),
        (handoff("h", call("x"), call("y", needs=["x"])), "handoff_conditions.0.to", "a specialist starts with"),
    ],
)
def test_needs_are_refused_where_the_order_is_fixed(step: Raw, place: str, reason: str) -> None:
    assert reason in found(step)[f"steps.0.{place}.needs"]


def test_a_circle_is_found_in_every_body() -> None:
    inside = each("fan", call("x", needs=["y"]), call("y"))
    assert found(inside) == {"steps.0.steps.0.needs": "steps wait for each other in a circle: x -> y -> x"}


def test_roles_and_what_they_may_use_are_looked_at_in_every_depth() -> None:
    roles = {"cook": {"tools": ["oven"]}, "eater": {}}
    inner = process("p", call("x", undo={"tool": "bin"}), call("y", role="eater"), call("z", role="waiter"))
    assert found(loop("l", inner, role="cook"), roles=roles) == {
        "steps.0.operations.0.operations.0.tool": "the role 'cook' may not use 'noop'; its tools are: oven",
        "steps.0.operations.0.operations.0.undo.tool": "the role 'cook' may not use 'bin'; its tools are: oven",
        "steps.0.operations.0.operations.2.role": "no role is called 'waiter'; known are: cook, eater",
    }


# --- nesting -----------------------------------------------------------------------------------------------


def tower(floors: int) -> Raw:
    step = call("top")
    for floor in range(floors - 1):
        step = loop(f"l{floor}", step)
    return step


def test_steps_stand_inside_each_other_six_deep_and_no_deeper() -> None:
    assert found(tower(MAX_NESTING)) == {}
    (reason,) = found(tower(MAX_NESTING + 1)).values()
    assert "more than 6 deep; make a playbook of the inner ones" in reason


@pytest.mark.timeout(10)
def test_a_tower_that_is_far_too_high_is_refused_without_climbing_it() -> None:
    assert len(found(tower(50))) == 1


SENSELESS = [
    (call("x", failure_action="retry"), "steps.0.failure_action", "only an operation of a process"),
    (
        process("p", call("x", failure_action="skip", on_failure="ask")),
        "steps.0.operations.0.failure_action",
        "keep one of them",
    ),
    (
        versus("v", wait("j", signal="go"), call("x"), call("y")),
        "steps.0.judge.wait_for",
        "a wait for a signal gives no",
    ),
    (versus("v", wait("j", time="1h"), call("x"), call("y")), "steps.0.judge.wait_for", "gives no `scores`"),
    (
        versus("v", wait("j", approval={}), call("x"), call("y")),
        "steps.0.judge.wait_for",
        "a wait for an approval gives",
    ),
    (versus("v", process("j", call("z")), call("x"), call("y")), "steps.0.judge", "has no 'scores'; it has: z"),
    (
        versus("v", each("j", call("z")), call("x"), call("y")),
        "steps.0.judge",
        "a judge gives `scores`",
    ),
    (
        versus("v", versus("j", call("k"), call("c"), call("d")), call("x"), call("y")),
        "steps.0.judge",
        "are of its own competitors",
    ),
    (versus("v", call("j", when="true"), call("x"), call("y")), "steps.0.judge.when", "put the condition on 'v'"),
    (
        versus("v", call("j", on_failure="continue"), call("x"), call("y")),
        "steps.0.judge.on_failure",
        "cannot fail alone",
    ),
    (
        versus("v", call("j"), wait("x", answer="So?"), call("y")),
        "steps.0.competitors.0",
        "the whole contest would wait",
    ),
    (versus("v", call("j"), call("x", approval={}), call("y")), "steps.0.competitors.0", "'x' needs an approval"),
    (
        versus("v", call("j"), loop("l", call("x"), wait("w", until="2027-01-31T08:00:00Z")), call("y")),
        "steps.0.competitors.0.operations.1",
        "'w' is a wait for a time",
    ),
    (versus("v", call("j"), call("x"), call("y"), most=3), "steps.0.most", "3 are to run, and 2 are there"),
    (partners("p", call("x"), wait("r", signal="go")), "steps.0.reviewer.wait_for", "gives no `findings`"),
    (partners("p", call("x"), process("r", call("z"))), "steps.0.reviewer", "a reviewer gives `findings`"),
    (partners("p", wait("x", time="1h"), call("r")), "steps.0.creator.wait_for", "makes no work"),
    (partners("p", call("x"), call("r", when="true")), "steps.0.reviewer.when", "'r' cannot be skipped"),
    (handoff("h", wait("x", approval={}), call("y")), "steps.0.primary.wait_for", "makes no work"),
    (handoff("h", call("x", on_failure="continue"), call("y")), "steps.0.primary.on_failure", "nothing to hand on"),
    (wait("w", signal="go") | {"undo": {"tool": "noop"}}, "steps.0.undo", "no effect that could be taken back"),
    (wait("w", signal="go") | {"approval": {}}, "steps.0.approval", "wait for the approval itself"),
    (wait("w", signal="go") | {"timeout": "1h"}, "steps.0.timeout", "how long is waited stands in `wait_for`"),
    (wait("w", time="1h", timeout="2h"), "steps.0.wait_for.timeout", "needs no timeout"),
    (wait("w", until="tomorrow"), "steps.0.wait_for.until", "write a moment such as"),
    ({"id": "a", "playbook": "b", "undo": {"tool": "noop"}}, "steps.0.undo", "take back their own effects"),
    ({"id": "a", "playbook": "b", "retry": {"max_attempts": 2}}, "steps.0.retry", "have their own"),
    ({"id": "a", "operation": "think", "approval": {}}, "steps.0.approval", "put the approval on the tool call"),
    (branches("b", call("x"), quorum=2), "steps.0.quorum", "2 good ends are wanted of 1 branches"),
    (branches("b", call("x"), chunk=2), "steps.0.chunk", "only the items of a `for_each`"),
    (
        branches("b", call("x"), output_aggregation={"cel": "outputs", "field": "n"}),
        "steps.0.output_aggregation.field",
        "an expression takes the field itself",
    ),
    (each("b", call("x"), input_distribution={"split": "${inputs.all}"}), "steps.0.input_distribution", "only named"),
    (each("b", call("x")) | {"as": "steps"}, "steps.0.as", "'steps' means something else"),
    (handoff("h", call("x"), call("y")) | {"as": "index"}, "steps.0.as", "'index' means something else"),
]


@pytest.mark.parametrize(("step", "place", "reason"), SENSELESS, ids=[f"{row[1]}: {row[2]}" for row in SENSELESS])
def test_what_makes_no_sense_is_refused_with_the_reason(step: Raw, place: str, reason: str) -> None:
    assert reason in found(step).get(place, ""), found(step)


@pytest.mark.parametrize(
    "step",
    [
        versus("v", wait("j", answer="Which is better?"), call("x", on_failure="ask"), call("y", when="true")),
        partners("p", wait("x", answer="Your text?"), wait("r", answer="Your findings?")),
        partners("p", call("x"), branches("r", call("a"), call("b"), output_aggregation={"cel": "outputs.a"})),
        partners("p", call("x"), loop("r", call("a"), wait("w", signal="go"), call("b"))),
        loop("l", call("x"), wait("w", time="10s"), exit_condition="steps.x.output.done"),
        each("fan", wait("w", approval={"need": 2}), call("x", undo={"tool": "noop"}, approval={})),
        handoff("h", wait("x", signal="order"), wait("y", answer="Can you do that?")),
        process("p", call("x", failure_action={"log_and_fix": loop("l", call("y"))})),
    ],
    ids=lambda step: f"{step['type']} {step['id']}",
)
def test_what_makes_sense_is_not_refused(step: Raw) -> None:
    assert found(step) == {}


def test_a_competitor_that_is_a_playbook_may_not_keep_the_contest_waiting_either() -> None:
    slow = Playbook.model_validate({"name": "slow", "steps": [wait("w", signal="go")]})
    contest = versus("v", call("j"), {"id": "x", "playbook": "slow"}, call("y"))
    assert (
        "in the playbook 'slow' 'w' is a wait for a signal" in found(contest, playbooks=[slow])["steps.0.competitors.0"]
    )


# --- playbooks inside --------------------------------------------------------------------------------------


def naming(name: str, *inside: str) -> Playbook:
    steps = [call("work"), *({"id": f"s{n}", "playbook": one} for n, one in enumerate(inside))]
    return Playbook.model_validate({"name": name, "steps": steps})


def test_unknown_playbooks_and_those_inside_themselves_are_told_at_the_step_that_names_them() -> None:
    steps = [{"id": f"s{n}", "playbook": one} for n, one in enumerate(("good", "nobody", "round", "lost", "book"))]
    known = [naming("good"), naming("round", "book"), naming("lost", "void")]
    assert found(*steps, playbooks=known) == {
        "steps.1.playbook": "no playbook is called 'nobody'; known are: good, lost, round",
        "steps.2.playbook": "round: steps.1.playbook: a playbook cannot stand inside itself: book -> round -> book",
        "steps.3.playbook": "lost: steps.1.playbook: no playbook is called 'void'; known are: good, lost, round",
        "steps.4.playbook": "a playbook cannot stand inside itself: book -> book",
    }


def test_a_playbook_that_comes_to_stand_inside_itself_by_a_new_version_is_refused_with_the_way() -> None:
    known = [naming("book"), naming("round", "book")]
    assert found({"id": "a", "playbook": "round"}, playbooks=known) == {
        "steps.0.playbook": "round: steps.1.playbook: a playbook cannot stand inside itself: book -> round -> book"
    }


def test_without_known_playbooks_a_playbook_inside_is_left_for_later() -> None:
    assert found({"id": "a", "playbook": "anything"}) == {}


# --- any playbook ------------------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=150, deadline=None)
def test_whatever_nests_with_sense_is_free_of_problems(seed: int) -> None:
    assert problems(random_nested_playbook(seeded(seed), "book")) == []


def test_at_most_a_hundred_problems_are_told() -> None:
    assert len(problems(Playbook.model_validate({"name": "book", "steps": [call("a")] * 300}))) == 100
