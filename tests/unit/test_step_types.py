"""Each type of step: that it stands in every table, and, row by row, what it becomes in a plan."""

from typing import Any

import pytest
from wrenchai_contracts.plan import Approval, Improvement, Node, RetryPolicy
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.spending import Spending
from wrenchai_contracts.steps import STEP_TYPES
from wrenchai_language import bodies
from wrenchai_language.calls import calls_of
from wrenchai_language.checking import mentions, outputs
from wrenchai_language.compilation import compile_plan
from wrenchai_language.playbook_check import problems
from wrenchai_language.steps import COMPILERS

X, Y = {"id": "x", "tool": "noop"}, {"id": "y", "tool": "noop"}
JUDGE = {"id": "judge", "tool": "noop", "with": {"entries": "${entries}"}}

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "standard": X,
    "work_in_parallel": {"type": "work_in_parallel", "branches": [X, Y]},
    "self_feedback_loop": {"type": "self_feedback_loop", "operations": [X, Y], "max_iterations": 3},
    "partner_feedback_loop": {"type": "partner_feedback_loop", "creator": X, "reviewer": Y, "max_iterations": 3},
    "process": {"type": "process", "operations": [X, Y]},
    "versus": {"type": "versus", "competitors": [X, Y], "judge": JUDGE, "evaluation_criteria": {"good": 1}},
    "handoff": {"type": "handoff", "primary": X, "handoff_conditions": [{"when": "index == 0", "to": Y}]},
}


def one(kind: str, **facts: Any) -> dict[str, Any]:
    return ONE_OF_EACH[kind] | {"id": "it"} | facts


def book(*steps: dict[str, Any]) -> Playbook:
    return Playbook.model_validate({"name": "book", "steps": steps, "inputs": {"type": "object"}})


def node(step: dict[str, Any]) -> Any:
    (found,) = compile_plan(book(step)).nodes
    return found


def outline(nodes: tuple[Node, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Each node and what it waits for."""
    return [(node.id, node.after) for node in nodes]


def test_every_type_of_step_has_a_row_in_each_table() -> None:
    tables: list[Any] = [COMPILERS, bodies._BODIES, outputs._SHAPES, mentions._FIELDS]
    assert all(set(table) == set(STEP_TYPES.values()) for table in tables)
    assert set(STEP_TYPES) == set(ONE_OF_EACH)


@pytest.mark.parametrize("kind", sorted(ONE_OF_EACH))
def test_one_of_each_type_is_free_of_problems(kind: str) -> None:
    assert problems(book(one(kind))) == []


@pytest.mark.parametrize("inner", sorted(ONE_OF_EACH))
@pytest.mark.parametrize("outer", sorted(set(ONE_OF_EACH) - {"standard"}))
def test_every_type_may_stand_in_every_type(outer: str, inner: str) -> None:
    body = bodies.bodies_of(book(one(outer)).steps[0])[0]
    field = body.steps[0][0][0]
    inside = one(inner, id="in") if inner == "standard" else renamed(one(inner, id="in"))
    raw = one(outer)
    step = raw | {field: [inside, *raw[field][1:]] if isinstance(raw[field], list) else inside}
    assert problems(book(step)) == []
    assert compile_plan(book(step)).nodes[0].id == "it"


def renamed(raw: Any) -> Any:
    """The same with other ids inside."""
    if isinstance(raw, dict):
        return {key: f"in_{v}" if key == "id" and v != "in" else renamed(v) for key, v in raw.items()}
    return [renamed(item) for item in raw] if isinstance(raw, list) else raw


# --- what every node says of itself ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(ONE_OF_EACH))
def test_a_condition_and_what_a_failure_means_hold_for_any_type(kind: str) -> None:
    found = node(one(kind, condition="inputs.on", on_failure="ask"))
    assert (found.when, found.on_failure) == ("inputs.on", "ask")


# --- standard ----------------------------------------------------------------------------------------------


def test_a_tool_call_becomes_a_journey_of_one_step() -> None:
    retry = {"max_attempts": 2, "first_delay": "1s"}
    facts = {"with": {"a": 1}, "timeout": "10s", "heartbeat": "2s", "retry": retry, "schedule_to_start": "1h"}
    journey = node(one("standard", role="cook", **facts))
    (step,) = journey.steps
    assert (journey.kind, journey.role, journey.schedule_to_start, journey.final) == ("journey", "cook", 3600, True)
    assert (step.id, step.tool, step.inputs, step.timeout, step.heartbeat) == ("it", "noop", {"a": 1}, 10, 2)
    assert step.retry == RetryPolicy(max_attempts=2, first_delay=1)


def test_an_operation_in_words_becomes_a_call_of_the_model_of_its_role() -> None:
    journey = node({"id": "it", "operation": "Say it kindly.", "role": "writer", "with": {"text": "${inputs.text}"}})
    asked = {"role": "writer", "operation": "Say it kindly.", "inputs": {"text": "${inputs.text}"}}
    assert [(step.tool, step.inputs) for step in journey.steps] == [("model.ask", asked)]


def test_an_approval_and_what_takes_back_stand_at_the_journey() -> None:
    rule = {"title": "Publish?", "need": 2, "of": ["ann", "bob"], "expires": "1d"}
    undo = {"tool": "unpublish", "with": {"at": "${steps.it.output.url}"}, "timeout": "1m"}
    journey = node(one("standard", approval=rule, undo=undo))
    assert journey.approval == Approval(title="Publish?", need=2, of=("ann", "bob"), expires=86400)
    assert [(step.id, step.tool, step.inputs, step.timeout) for step in journey.undo] == [
        ("it", "unpublish", {"at": "${steps.it.output.url}"}, 60)
    ]


@pytest.mark.parametrize(
    ("wait", "planned"),
    [
        ({"signal": "go", "timeout": "1h"}, {"waits_for": "signal", "name": "go", "timeout": 3600}),
        (
            {"answer": "Which one?", "form": {"type": "object"}, "timeout": "1h", "on_timeout": "continue"},
            {"waits_for": "answer", "title": "Which one?", "answer": {"type": "object"}, "on_timeout": "continue"},
        ),
        ({"approval": {"title": "Go on?", "need": 2}}, {"waits_for": "approval", "title": "Go on?"}),
        ({"approval": {"need": 2}}, {"approval": Approval(need=2)}),
        ({"time": "14d"}, {"waits_for": "time", "timeout": 14 * 86400, "until": None}),
        ({"until": "${inputs.at}"}, {"waits_for": "time", "timeout": None, "until": "${inputs.at}"}),
    ],
)
def test_a_wait_says_what_for_and_how_long(wait: dict[str, Any], planned: dict[str, Any]) -> None:
    found = node({"id": "it", "wait_for": wait, "with": {"shown": 1}})
    assert (found.kind, found.details) == ("wait", {"shown": 1})
    assert {name: getattr(found, name) for name in planned} == planned


# --- work_in_parallel --------------------------------------------------------------------------------------


def test_named_branches_start_together_each_a_node_of_its_own() -> None:
    fan = node(one("work_in_parallel"))
    assert (fan.kind, outline(fan.body), fan.for_each, fan.gathering.how) == (
        "fan", [("x", ()), ("y", ())], None, "as_they_are",
    )  # fmt: skip


def test_one_step_for_each_item_is_one_body() -> None:
    fan = node({"id": "it", "type": "work_in_parallel", "for_each": "${inputs.all}", "as": "one", "step": X,
                "max_parallel": 7, "chunk": 10})  # fmt: skip
    assert (fan.for_each, fan.item_name, fan.max_parallel, fan.chunk) == ("${inputs.all}", "one", 7, 10)
    assert outline(fan.body) == [("x", ())]


def test_several_steps_for_each_item_follow_each_other_as_they_need() -> None:
    steps = [X, Y | {"role": "cook"}, {"id": "z", "tool": "noop", "needs": ["x"]}]
    fan = node({"id": "it", "type": "work_in_parallel", "for_each": "${inputs.all}", "steps": steps})
    assert outline(fan.body) == [("x", ()), ("y", ("x",)), ("z", ("x",))]


@pytest.mark.parametrize(
    ("facts", "planned"),
    [
        ({}, {"on_failure": "fail", "branch_failure": "fail", "quorum": None}),
        ({"on_failure": "continue"}, {"on_failure": "continue", "branch_failure": "continue"}),
        ({"on_failure": "ask"}, {"on_failure": "ask", "branch_failure": "fail"}),
        ({"quorum": 1}, {"on_failure": "fail", "branch_failure": "continue", "quorum": 1}),
        ({"input_distribution": {"split": "${inputs.all}"}}, {"share": "${inputs.all}", "split": True}),
        (
            {"input_distribution": {"broadcast": "${inputs.all}", "as": "whole"}},
            {"share": "${inputs.all}", "split": False, "share_name": "whole"},
        ),
    ],
)
def test_a_fan_says_what_its_branches_get_and_what_their_failures_mean(
    facts: dict[str, Any], planned: dict[str, Any]
) -> None:
    fan = node(one("work_in_parallel", **facts))
    assert {name: getattr(fan, name) for name in planned} == planned


@pytest.mark.parametrize(
    ("aggregation", "gathered"),
    [
        ("merge", ("merge", None, None)),
        ({"how": "concat", "field": "rows"}, ("concat", "rows", None)),
        ("vote", ("vote", None, None)),
        ({"cel": "size(outputs)"}, ("expression", None, "size(outputs)")),
    ],
)
def test_branches_outputs_may_become_one_value(aggregation: object, gathered: tuple[object, ...]) -> None:
    made = node(one("work_in_parallel", output_aggregation=aggregation)).gathering
    assert (made.how, made.field, made.expression) == gathered


# --- the two loops -----------------------------------------------------------------------------------------


def test_a_loop_runs_its_operations_in_sequence_and_gives_what_the_last_gives() -> None:
    loop = node(one("self_feedback_loop", exit_condition="iteration > 1", initial={"n": 0}))
    assert (loop.kind, loop.max_rounds, loop.exit_when, loop.initial) == ("loop", 3, "iteration > 1", {"n": 0})
    assert ([[step.id for step in journey.steps] for journey in loop.body], loop.output_from) == ([["x", "y"]], "y")
    assert (loop.reviewer, loop.improvement, loop.exhausted) == (None, None, "accept")


def test_a_loop_may_also_end_when_another_round_is_unlikely_to_be_better() -> None:
    stop = {"improvement": 0.1, "unlikelier_than": 0.2}
    loop = node(one("self_feedback_loop", stop_when=stop, on_exhausted="fail"))
    assert (loop.improvement, loop.exhausted) == (Improvement(delta=0.1, below=0.2), "fail")


def test_a_reviewer_comes_after_the_creator_whose_work_is_the_output() -> None:
    loop = node(one("partner_feedback_loop", blocking="minor"))
    assert outline(loop.body) == [("x", ()), ("y", ("x",))]
    assert (loop.output_from, loop.reviewer, loop.blocking) == ("x", "y", "minor")


# --- process -----------------------------------------------------------------------------------------------


def test_plain_operations_of_a_process_are_one_journey() -> None:
    process = node(one("process"))
    assert (process.kind, [[step.id for step in journey.steps] for journey in process.body]) == (
        "process",
        [["x", "y"]],
    )


@pytest.mark.parametrize(
    ("action", "on_failure", "goes"),
    [
        ("retry", "fail", 2),
        ({"retry": 3}, "fail", 4),
        ("skip", "continue", 1),
        ({"log_and_fix": {"id": "mend", "tool": "noop"}}, "fail", 2),
        ("abort", "fail", 1),
        ("compensate", "compensate", 1),
    ],
)
def test_a_failure_action_says_how_often_and_what_then(action: object, on_failure: str, goes: int) -> None:
    first, last = X | {"failure_action": action}, {"id": "z", "tool": "noop", "role": "other"}
    process = node(one("process", operations=[first, last]))
    found = process.body[0]
    assert (found.on_failure, found.goes) == (on_failure, goes)
    assert [fix.id for fix in found.fix] == (["mend"] if "log_and_fix" in action else [])
    assert process.body[1].after == ("x",)


@pytest.mark.parametrize("action", ["retry", "skip", "compensate", {"log_and_fix": {"id": "mend", "tool": "noop"}}])
def test_an_operation_with_a_failure_action_of_its_own_is_a_node_of_its_own(action: object) -> None:
    process = node(one("process", operations=[X, Y | {"failure_action": action}, {"id": "z", "tool": "noop"}]))
    assert outline(process.body) == [("x", ()), ("y", ("x",)), ("z", ("y",))]


# --- versus and handoff ------------------------------------------------------------------------------------


def test_competitors_are_apart_and_a_judge_comes_after_them() -> None:
    facts = {"at_least": 0.5, "tie_within": 0.1, "most": 2, "none_good": "continue"}
    contest = node(one("versus", evaluation_criteria={"good": 2, "short": 1}, **facts))
    assert (contest.kind, outline(contest.body), outline(contest.judge)) == (
        "versus", [("x", ()), ("y", ())], [("judge", ())],
    )  # fmt: skip
    assert contest.criteria == {"good": 2, "short": 1}
    assert {name: getattr(contest, name) for name in facts} == facts


def test_a_handoff_keeps_its_cases_in_the_authors_order() -> None:
    cases = [{"when": "part.size > 3", "to": Y}, {"when": "true", "to": {"id": "z", "wait_for": {"answer": "So?"}}}]
    done = {"id": "done", "tool": "noop"}
    facts = {"parts": "${steps.x.output.parts}", "as": "piece", "handoff_conditions": cases, "completion_action": done}
    handoff = node(one("handoff", **facts))
    assert (handoff.kind, outline(handoff.body), handoff.parts) == ("handoff", [("x", ())], "${steps.x.output.parts}")
    assert [(case.when, outline(case.body)) for case in handoff.cases] == [
        ("part.size > 3", [("y", ())]), ("true", [("z", ())]),
    ]  # fmt: skip
    assert (handoff.part_name, outline(handoff.completion)) == ("piece", [("done", ())])


def test_every_call_inside_a_step_is_found_with_its_place_and_role() -> None:
    process = one("process", role="cook", operations=[X, {"id": "w", "operation": "Think."}, Y | {"role": "eater"}])
    fan = {"id": "fan", "type": "work_in_parallel", "branches": [process]}
    at = ("steps", 0, "branches", 0, "operations")
    assert [tuple(call) for call in calls_of(book(fan))] == [
        ((*at, 0, "tool"), "cook", "noop"),
        ((*at, 1, "operation"), "cook", "model.ask"),
        ((*at, 2, "tool"), "eater", "noop"),
    ]


def test_nothing_is_reserved_where_nothing_is_limited() -> None:
    assert node(one("standard")).steps[0].most == Spending()
