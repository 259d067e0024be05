"""What the steps of the first WrenchAI's playbooks become: ids, order, conditions, the portfolio."""

import pytest
from wrenchai_contracts.playbook import Playbook
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_journey.portfolio.form import normal_form
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.legacy.conditions import in_cel
from wrenchai_language.legacy_layout import from_legacy
from wrenchai_language.playbook_check import problems
from wrenchai_language.references import resolve
from wrenchai_language.shelf import shelf_of
from wrenchai_language.yaml_reading import read_yaml

from tests.unit.legacy_story import mapped, playbook_of, refused, said, step, written

# --- ids and order ----------------------------------------------------------------------------------------


def test_ids_are_brought_into_todays_form() -> None:
    found = mapped(step("Set-Up Repo"), step(2), step("judgeIt"))
    assert [one.id for one in playbook_of(found).steps] == ["set_up_repo", "step_2", "judge_it"]
    assert said(found, 1, "step_id") == "'Set-Up Repo' -> `id: set_up_repo`"


def test_ids_that_would_be_the_same_are_refused() -> None:
    found = refused(mapped(step("set-up"), step("set_up")))
    assert found == {(2, "step_id"): "'set_up' would be 'set_up', as 'set-up' is; rename one of them"}


def test_next_tells_what_comes_after_and_not_the_order_of_writing() -> None:
    found = mapped(step("a", next="c"), step("b", next=None), step("c", next="b"))
    assert {one.id: one.needs for one in playbook_of(found).steps} == {"a": (), "b": ("c",), "c": ("a",)}
    assert said(found, 1, "next") == "`needs` of c"


def test_without_next_the_step_after_it_follows() -> None:
    found = mapped(step("a"), step("b"))
    assert [one.needs for one in playbook_of(found).steps] == [(), ("a",)]
    assert "goes on with the step after it, b" in said(found, 1, "next")


def test_several_may_follow_and_meet_again() -> None:
    found = mapped(step("a", next=["b", "c"]), step("b", next="d"), step("c", next="d"), step("d"))
    assert {one.id: one.needs for one in playbook_of(found).steps}["d"] == ("b", "c")


def test_a_way_back_is_refused_with_what_would_be_right() -> None:
    found = refused(mapped(step("a", next="b"), step("b", next="a")))
    assert "goes back: a -> b -> a; what is to be done again is a self_feedback_loop" in found[(2, "next")]


def test_a_step_that_nothing_leads_to_is_refused() -> None:
    found = refused(mapped(step("a", next="c"), step("b", next="c"), step("c")))
    assert "no step leads to 'b'" in found[(2, "step_id")]


def test_next_of_nobody_is_refused() -> None:
    assert "no step has the step_id 'x'" in refused(mapped(step("a", next="x")))[(1, "next")]


def test_a_step_is_given_what_came_before_it() -> None:
    second = playbook_of(
        mapped(step("a", output={"destination": "goods"}), step("b", input={"source": "goods"}))
    ).steps[1]
    assert second.inputs["before"] == {"a": "${steps.a.output}"}  # type: ignore[union-attr]
    assert second.inputs["input"] == {"source": "${steps.a.output}"}  # type: ignore[union-attr]


# --- conditions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cel"),
    [
        ("score >= 0.8", "output.score >= 0.8"),
        ("tests_passed == True and coverage > 0.8", "output.tests_passed == true && output.coverage > 0.8"),
        ("not done or (a and b != 'x')", "!(output.done) || (output.a && output.b != 'x')"),
        ("output.score > 1", "output.score > 1"),
        ("size(previous) > 3", "size(previous) > 3"),
        ("quality is good", None),
        ("tests_passing >= 95%", None),
        ("x = 1", None),
        ("(" * 400 + "a" + ")" * 400, None),
        ("__import__('os')", None),
    ],
)
def test_a_plain_condition_becomes_cel_over_the_output(text: str, cel: str | None) -> None:
    found = in_cel(text, "output", ("previous",))
    assert (found.cel if found else None) == cel


def test_a_loop_that_ends_by_free_words_runs_its_iterations() -> None:
    loop = {"step_id": "a", "type": "self_feedback_loop", "agent": "DBA", "operations": ["try"], "iterations": 4}
    found = mapped(loop | {"exit_condition": "everybody is content"})
    (one,) = playbook_of(found).steps
    assert (one.max_iterations, one.exit_condition) == (4, None)  # type: ignore[union-attr]
    assert one.description == "Until: everybody is content"
    assert "not a CEL expression: the loop runs its `iterations`" in said(found, 1, "exit_condition")


def test_an_operation_whose_condition_does_not_hold_afterwards_has_failed() -> None:
    entry = {"operation": "run", "condition": "ok == true", "failure_action": "log_and_fix"}
    (process,) = playbook_of(mapped({"step_id": "a", "type": "process", "agent": "DBA", "process": [entry]})).steps
    (checked,) = process.operations  # type: ignore[union-attr]
    assert (checked.max_iterations, checked.on_exhausted) == (1, "fail")  # type: ignore[union-attr]
    assert checked.exit_condition == "output.ok == true"  # type: ignore[union-attr]
    assert checked.failure_action.log_and_fix.role == "dba"  # type: ignore[union-attr]


def test_a_refused_failure_action_names_those_that_are_known() -> None:
    entry = {"operation": "run", "failure_action": "panic"}
    found = refused(mapped({"step_id": "a", "type": "process", "agent": "DBA", "process": [entry]}))
    assert "no action is called 'panic'; known are: retry" in found[(1, "process", 0, "failure_action")]


def test_every_specialist_whose_condition_holds_is_asked_as_it_was() -> None:
    cases = [{"condition": f"needs_{one} == true", "target_agent": "DBA", "operation": one} for one in ("x", "y")]
    deploy = {"step_id": "a", "type": "handoff", "primary_agent": "SuperAgent", "operation": "prepare"}
    (handoff,) = playbook_of(mapped(deploy | {"handoff_conditions": cases})).steps
    (case,) = handoff.handoff_conditions  # type: ignore[union-attr]
    assert case.when == "(part.needs_x == true) || (part.needs_y == true)"
    assert [branch.when for branch in case.to.branches] == ["part.needs_x == true", "part.needs_y == true"]  # type: ignore[union-attr]


def test_n_reviews_with_mending_after_each_are_n_and_one_rounds() -> None:
    turns = [
        {"role": "creator", "name": "draft"},
        {"role": "reviewer", "name": "read"},
        {"role": "creator", "name": "mend"},
    ]
    loop = {"step_id": "a", "type": "partner_feedback_loop", "operations": turns, "iterations": 2}
    found = mapped(loop | {"agents": {"creator": "CodifierAgent", "reviewer": "InspectorAgent"}})
    (one,) = playbook_of(found).steps
    assert one.max_iterations == 3  # type: ignore[union-attr]
    assert "draft" in one.creator.operation  # type: ignore[union-attr]
    assert "mend" in one.creator.operation  # type: ignore[union-attr]


def test_a_dollar_of_the_original_means_itself() -> None:
    (one,) = playbook_of(mapped(step(parameters={"price": "$5 ${x}"}))).steps
    assert one.inputs["parameters"] == {"price": "$$5 $${x}"}  # type: ignore[union-attr]


def test_what_a_step_splits_and_nobody_declares_a_task_must_be_given() -> None:
    fan = {"step_id": "a", "type": "work_in_parallel", "agents": ["DBA:look"], "input_distribution": {"field": "rows"}}
    assert playbook_of(mapped(fan)).inputs["required"] == ["rows"]
    assert "required" not in playbook_of(mapped(fan, rows=[1, 2])).inputs


def test_a_tool_cannot_be_asked_about_a_condition_in_free_words() -> None:
    entry = {"operation": "noop", "condition": "it went well"}
    found = refused(mapped({"step_id": "a", "type": "process", "agent": "DBA", "process": [entry]}))
    assert "the tool noop cannot be asked" in found[(1, "process", 0, "operation")]


# --- the portfolio ----------------------------------------------------------------------------------------


def test_the_portfolio_of_the_original_is_an_alias_for_ours() -> None:
    found = from_legacy(written("docusaurus_portfolio").value)
    (one,) = playbook_of(found).steps
    assert one.playbook == "portfolio"  # type: ignore[union-attr]
    assert said(found, 5, "*").startswith("generate_content: done by the playbook portfolio")
    assert "six sections" in said(found, 0, "metadata", "sections")


def test_the_fields_of_the_first_call_are_all_that_the_portfolio_must_be_given() -> None:
    playbook = playbook_of(from_legacy(written("docusaurus_portfolio").value))
    schema = InputSchema(playbook.inputs)
    first_call = {"title": "Work", "description": "Things", "projects": [{"name": "Engine", "description": "Runs"}]}
    given_inputs = schema.completed(first_call)
    assert schema.problems(given_inputs) == []
    (one,) = playbook.steps
    assert set(one.inputs["form"]) <= set(given_inputs)  # type: ignore[union-attr]


def test_the_portfolio_takes_what_its_alias_gives_it() -> None:
    ours = Playbook.model_validate(read_yaml((playbooks_directory() / "portfolio.yaml").read_bytes()).value)
    alias = playbook_of(from_legacy(written("docusaurus_portfolio").value))
    assert problems(alias, playbooks=shelf_of([ours])) == []
    first_call = {"title": "Work", "description": "Things", "projects": [{"name": "Engine", "description": "Runs"}]}
    given_inputs = {"inputs": InputSchema(alias.inputs).completed(first_call)}
    handed = resolve(alias.steps[0].inputs, given_inputs)  # type: ignore[union-attr]
    assert InputSchema(ours.inputs).problems(handed) == []
    assert normal_form(handed["form"]).title == "Work"


def test_the_portfolio_written_as_a_mapping_is_the_same_alias() -> None:
    _, *entries = written("docusaurus_portfolio").value
    found = from_legacy({"name": "docusaurus_portfolio", "workflow": entries, "tools_allowed": ["memory"]})
    assert playbook_of(found).steps[0].playbook == "portfolio"  # type: ignore[union-attr]


def test_a_portfolio_with_a_step_that_it_never_had_is_mapped_step_by_step() -> None:
    value = [*written("docusaurus_portfolio").value, step("celebrate")]
    found = from_legacy([{**value[0]}, *value[1:]])
    assert len(playbook_of(found).steps) == 12
