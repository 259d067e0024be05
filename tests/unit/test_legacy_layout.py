"""The first WrenchAI's playbooks: read unchanged, mapped to today's, and nothing dropped without a word."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wrenchai_contracts.playbook import Playbook
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_journey.portfolio.form import normal_form
from wrenchai_journey.registry import all_tools
from wrenchai_language.compilation import compile_plan
from wrenchai_language.default_roles import DEFAULT_ROLES, OPERATIONS, default_role
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.legacy.conditions import in_cel
from wrenchai_language.legacy_layout import Mapped, from_legacy, is_legacy
from wrenchai_language.playbook_check import problems
from wrenchai_language.references import resolve
from wrenchai_language.refusal import refusal
from wrenchai_language.shelf import shelf_of
from wrenchai_language.yaml_reading import Written, read_yaml

FIXTURES = Path(__file__).parents[1] / "fixtures" / "legacy_playbooks"
FILES = sorted(FIXTURES.glob("*.yaml"))
HEAD = [{"metadata": {"name": "book"}}]
PAGE = (Path(__file__).parents[2] / "docs" / "playbooks" / "legacy.md").read_text()
AS_THEY_ARE = {"description"}
"""Fields of a step that mean the same today, under the same name."""


def written(name: str) -> Written:
    return read_yaml((FIXTURES / f"{name}.yaml").read_bytes())


def mapped(*steps: Mapping[str, Any], **metadata: Any) -> Mapped:
    return from_legacy([{"metadata": {"name": "book", **metadata}}, *steps])


def step(own_id: object = "a", **fields: Any) -> dict[str, Any]:
    return {"step_id": own_id, "type": "standard", "agent": "SuperAgent", "operation": "think", **fields}


def playbook_of(found: Mapped) -> Playbook:
    assert found.problems == []
    playbook = Playbook.model_validate(found.playbook)
    assert problems(playbook) == []
    return playbook


def said(found: Mapped, *place: str | int) -> str:
    return "; ".join(note.said for note in found.notes if (*note.place, note.field) == place)


def refused(found: Mapped) -> dict[tuple[str | int, ...], str]:
    return dict(found.problems)


# --- the files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_file_loads_unchanged_and_can_be_planned(file: Path) -> None:
    read = read_yaml(file.read_bytes())
    assert read.problems == []
    assert is_legacy(read.value)
    playbook = playbook_of(from_legacy(read.value))
    portfolio = Playbook(name="portfolio", steps=({"id": "a", "tool": "noop"},))  # type: ignore[arg-type]
    assert compile_plan(playbook, shelf_of([portfolio])).nodes


def test_one_of_the_files_has_every_type_and_each_of_its_fields() -> None:
    entries = [entry for entry in written("every_step_type").value if "step_id" in entry]
    assert len({entry["type"] for entry in entries}) == 7
    fields = {name for entry in entries for name in entry}
    assert fields >= {
        "agent", "agents", "operation", "operations", "tools", "parameters", "input", "process", "iterations",
        "exit_condition", "handoff_conditions", "winner_selection", "evaluation_criteria", "input_distribution",
        "output_aggregation", "completion_action", "primary_agent", "next",
    }  # fmt: skip


def test_every_note_has_a_place_in_the_file() -> None:
    read = written("every_step_type")
    assert all(read.line_of((*note.place, note.field)) for note in from_legacy(read.value).notes)


@pytest.mark.parametrize("file", sorted(playbooks_directory().glob("*.yaml")), ids=lambda file: file.name)
def test_todays_playbooks_are_not_taken_for_old_ones(file: Path) -> None:
    assert not is_legacy(read_yaml(file.read_bytes()).value)


@pytest.mark.parametrize(
    "value", [None, [], {}, "metadata", [{"id": "a", "tool": "noop"}], {"steps": [{"id": "a"}]}, 3]
)
def test_other_things_are_not_taken_for_old_playbooks(value: object) -> None:
    assert not is_legacy(value)


def test_the_oldest_layout_has_actions_and_names_no_agents() -> None:
    again = {"type": "retry", "max_retries": 2}
    first = {
        "step_id": 1,
        "action": "web_search",
        "input": "question",
        "expected_output": "links",
        "error_handling": again,
    }
    value = {"name": "Example Playbook", "description": "An example.", "steps": [first]}
    assert is_legacy(value)
    found = from_legacy(value)
    playbook = playbook_of(found)
    assert (playbook.name, playbook.steps[0].id, playbook.steps[0].role) == (
        "example_playbook",
        "step_1",
        "super_agent",
    )
    assert playbook.steps[0].retry.max_attempts == 3  # type: ignore[union-attr]
    assert "is not written: SuperAgent" in said(found, "steps", 0, "agent")


def test_metadata_among_the_steps_of_a_mapping_are_no_step_and_tell_where_to_begin() -> None:
    about = step("metadata", operation="validate", next="b", metadata={"name": "Other", "sections": ["start"]})
    found = from_legacy(
        {"name": "One Test", "tools": ["check.links"], "steps": [about, step("a", next=None), step("b", next="a")]}
    )
    playbook = playbook_of(found)
    assert (playbook.name, [one.id for one in playbook.steps]) == ("one_test", ["a", "b"])
    assert playbook.steps[0].needs == ("b",)
    assert "what was to be done here is done by the check before each run" in said(found, "steps", 0, "operation")
    assert said(found, "steps", 0, "metadata", "name") == "was said before; that counts"


def test_a_file_of_one_playbook_among_playbooks_is_that_playbook_and_one_of_two_is_refused() -> None:
    one = {"name": "one", "workflow": [step("a")]}
    assert playbook_of(from_legacy({"playbooks": [one]})).name == "one"
    assert "write each into a file of its own" in refused(from_legacy({"playbooks": [one, one]}))[("playbooks",)]


def test_what_has_no_name_or_no_steps_is_refused() -> None:
    assert "a playbook has a name" in refused(from_legacy([{"metadata": {}}, step("a")]))[()]
    assert "a playbook has steps" in refused(from_legacy([{"metadata": {"name": "a"}}]))[()]


# --- nothing is dropped -----------------------------------------------------------------------------------


def places_in(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Of every field of every mapping."""
    if isinstance(value, Mapping):
        yield from ((*place, name) for name in value)
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places_in(item, (*place, key))


def unspoken_of(value: Any) -> list[tuple[str | int, ...]]:
    """Fields of which neither a note nor a problem speaks, nor one of what is around them."""
    found = from_legacy(value)
    spoken = {(*note.place, note.field) for note in found.notes} | {
        place[:end] for place, _ in found.problems for end in range(2, len(place) + 1)
    }
    spoken |= {tuple(int(p) if isinstance(p, str) and p.isdecimal() else p for p in place) for place in spoken}
    spoken |= {place[:-1] for place in spoken if place[-1] == "*"}
    silent = (place for place in places_in(value) if place[-1] not in AS_THEY_ARE)
    return [place for place in silent if not any(place[:end] in spoken for end in range(1, len(place) + 1))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_field_of_a_file_is_dropped_silently(file: Path) -> None:
    assert unspoken_of(read_yaml(file.read_bytes()).value) == []


TYPES = ["standard", "work_in_parallel", "self_feedback_loop", "partner_feedback_loop", "process", "versus", "handoff"]
FIELDS = [
    "agent", "agents", "operation", "operations", "tools", "parameters", "input", "process", "iterations",
    "exit_condition", "termination_condition", "handoff_conditions", "winner_selection", "evaluation_criteria", "judge",
    "input_distribution", "output_aggregation", "completion_action", "primary_agent", "next", "condition", "output",
    "expected_output", "acceptance_criteria", "error_handling", "task", "name", "action", "roles", "no_such_field",
]  # fmt: skip
words = st.sampled_from(
    ["SuperAgent", "DBA:look", "think", "score >= 0.8", "b", "free words", "split", "merge", "", "95%"]
)
plain = st.one_of(words, st.integers(-1, 3), st.none(), st.booleans())
KEYS = [
    "creator", "reviewer", "name", "operation", "role", "condition", "failure_action", "type", "field", "target_agent",
    "agent", "strategy", "source", "approach", "weight", "max_retries",
]  # fmt: skip
keys = st.sampled_from(KEYS)
entries = st.one_of(plain, st.dictionaries(keys, plain, max_size=4))
values = st.one_of(entries, st.lists(entries, max_size=3))
steps = st.fixed_dictionaries(
    {"step_id": st.sampled_from(["a", "b", "c-d", "1", "", None]), "type": st.sampled_from([*TYPES, "dance"])},
    optional=dict.fromkeys(FIELDS, values),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(steps, min_size=1, max_size=3), st.dictionaries(st.sampled_from([*FIELDS, "version"]), values, max_size=3)
)
def test_whatever_is_written_no_field_is_dropped_silently(some: list[dict[str, Any]], metadata: dict[str, Any]) -> None:
    assert unspoken_of([{"metadata": {"name": "book", **metadata}}, *some]) == []


agents = st.sampled_from(["SuperAgent", "DBA", "WriterAgent"])
named = st.sampled_from(["think", "noop", "check_links", "do it", "1st"])
conditions = st.sampled_from(["score >= 0.8", "a and not b", "free words", "95%", "true", "part.x"])
works = st.builds(lambda agent, name: f"{agent}:{name}", agents, named)
turns = st.lists(
    st.builds(lambda role, name: {"role": role, "name": name}, st.sampled_from(["creator", "reviewer"]), named)
)
mended = st.fixed_dictionaries(
    {"operation": named},
    optional={"condition": conditions, "failure_action": st.sampled_from(["retry", "log_and_fix", "skip", "abort"])},
)
handed = st.fixed_dictionaries({"condition": conditions, "target_agent": agents, "operation": named})
every = {"parameters": st.just({"x": "$1"}), "input": named, "tools": st.just(["memory"]), "output": named}
sound = st.one_of(
    st.fixed_dictionaries({"type": st.just("standard"), "agent": agents, "operation": named}, optional=every),
    st.fixed_dictionaries({"type": st.just("work_in_parallel"), "agents": st.lists(works, min_size=1)}, optional=every),
    st.fixed_dictionaries(
        {"type": st.just("self_feedback_loop"), "agent": agents, "operations": st.lists(named, min_size=1)},
        optional=every | {"exit_condition": conditions, "iterations": st.integers(1, 9)},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("partner_feedback_loop"),
            "agents": st.fixed_dictionaries({"creator": agents, "reviewer": agents}),
            "operations": turns,
        },
        optional=every | {"exit_condition": conditions},
    ),
    st.fixed_dictionaries(
        {"type": st.just("process"), "agent": agents, "process": st.lists(mended, min_size=1)},
        optional=every | {"condition": conditions},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("versus"),
            "agents": st.lists(works, min_size=2, max_size=9),
            "evaluation_criteria": st.just(["x"]),
        },
        optional=every | {"judge": agents, "winner_selection": named},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("handoff"),
            "primary_agent": agents,
            "operation": named,
            "handoff_conditions": st.lists(handed, min_size=1, max_size=5),
        },
        optional=every | {"completion_action": named},
    ),
)


def is_partners(one: Mapping[str, Any]) -> bool:
    return bool(one["type"] == "partner_feedback_loop")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(sound, min_size=1, max_size=4))
def test_every_sound_playbook_is_a_playbook_of_today(some: list[dict[str, Any]]) -> None:
    value = [*HEAD, *({"step_id": f"s{n}", **one} for n, one in enumerate(some))]
    found = from_legacy(value)
    assert unspoken_of(value) == []
    alone = any(
        {turn["role"] for turn in one["operations"]} != {"creator", "reviewer"} for one in some if is_partners(one)
    )
    if not alone and not any("free words" in reason for _, reason in found.problems):
        playbook_of(found)
    assert bool(found.problems) >= alone


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=1, max_size=3))
def test_what_has_no_problem_is_a_playbook_of_today(some: list[dict[str, Any]]) -> None:
    found = from_legacy([*HEAD, *some])
    if not found.problems:
        playbook_of(found)


def test_a_field_that_is_unknown_is_refused_where_it_stands() -> None:
    found = refused(mapped(step(operatoin="x")))
    assert "did you mean 'operation'?" in found[(1, "operatoin")]


# --- places -----------------------------------------------------------------------------------------------


def test_a_place_in_the_mapped_playbook_leads_back_to_the_original() -> None:
    read = written("every_step_type")
    found = from_legacy(read.value)
    exits = found.original_place(("steps", 2, "exit_condition"))
    assert exits == (3, "exit_condition")
    assert read.line_of(exits) == 47
    assert found.original_place(("inputs", "properties", "pages", "default")) == (0, "metadata", "parameters", 1)
    assert found.original_place(("name",)) == (0, "metadata", "name")
    assert found.original_place(("steps", 4, "operations", 0, "exit_condition")) == (5, "process", 0, "condition")
    assert found.original_place(("roles", "dba", "tools", 0)) == (2, "agents", 2)
    assert found.original_place(("steps", 0, "with", "parameters", "limit")) == (1, "parameters")


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


# --- roles ------------------------------------------------------------------------------------------------


def test_every_agent_of_the_original_is_a_role_with_tools() -> None:
    named = ["GithubJourneyAgent", "CodeGeneratorAgent", "CodifierAgent", "UXDesignerAgent", "InspectorAgent"]
    named += ["TestEngineerAgent", "UATAgent", "DBA", "DevOpsAgent", "SuperAgent"]
    assert set(named) <= set(DEFAULT_ROLES)
    assert all(role.tools for role in DEFAULT_ROLES.values())
    roles = Playbook(
        name="b",
        roles={r.name: {"tools": r.tools} for r in DEFAULT_ROLES.values()},
        steps=({"id": "a", "tool": "noop"},),
    )  # type: ignore[arg-type, misc]
    assert len(roles.roles) == len(DEFAULT_ROLES)


def test_a_role_has_only_tools_that_workers_announce() -> None:
    known = all_tools()
    assert {tool for role in DEFAULT_ROLES.values() for tool in role.tools} <= set(known)
    assert {equal.tool for equal in OPERATIONS.values()} <= set(known)


def test_what_an_operation_needs_is_what_its_tool_requires() -> None:
    known = all_tools()
    required = {name: set(known[equal.tool].input_schema().get("required", ())) for name, equal in OPERATIONS.items()}
    assert required == {name: set(equal.needs) for name, equal in OPERATIONS.items()}


@pytest.mark.parametrize("name", ["DBA", "DbaAgent", "dba", "DBAAgent"])
def test_an_agent_is_known_however_it_is_written(name: str) -> None:
    role = default_role(name)
    assert role is not None
    assert role.name == "dba"


def test_an_unknown_agent_is_a_role_for_its_model() -> None:
    found = mapped(step(agent="WriterAgent"))
    assert playbook_of(found).steps[0].role == "writer_agent"
    assert "no agent of the default registry" in said(found, 1, "agent")


def test_an_operation_is_done_by_a_tool_if_one_does_it_and_else_by_the_model() -> None:
    looks = step("b", agent="InspectorAgent", operation="check_links", parameters={"site": "build"}, next=None)
    found = mapped(step("a"), looks)
    first, second = playbook_of(found).steps
    assert (first.operation, second.tool) == ("think", "check.links")  # type: ignore[union-attr]
    assert "goes to the role's model; with none configured a run is refused" in said(found, 1, "operation")
    assert said(found, 2, "operation") == "check_links is done by the tool check.links"


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


# --- what nobody does -------------------------------------------------------------------------------------


def test_without_a_model_a_run_is_refused_with_what_the_role_can_do() -> None:
    playbook = playbook_of(mapped(step(agent="InspectorAgent", operation="ponder")))
    (nobody,) = refusal(playbook, {"noop", "check.links"}, has_model=False)
    assert (nobody.place, nobody.role) == (("steps", 0, "operation"), "inspector_agent")
    assert nobody.reason == (
        "no tool implements 'ponder', and no model is configured; the role inspector_agent can do: noop, check.links"
    )
    assert refusal(playbook, set(), has_model=True) == []


def test_where_tools_do_everything_no_model_is_missed() -> None:
    playbook = playbook_of(from_legacy(written("tools_of_ours").value))
    assert refusal(playbook, set(all_tools()), has_model=False) == []


def test_what_a_playbook_inside_cannot_do_is_told_where_it_is_named() -> None:
    inner = playbook_of(mapped(step(), name="inner"))
    outer = Playbook(name="outer", steps=({"id": "a", "playbook": "inner"},))  # type: ignore[arg-type]
    (nobody,) = refusal(outer, set(), has_model=False, others=shelf_of([inner]))
    assert nobody.place == ("steps", 0, "playbook")


# --- the page ---------------------------------------------------------------------------------------------


def test_the_example_of_the_page_becomes_what_the_page_says() -> None:
    original, today = (read_yaml(block.encode()).value for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    found = from_legacy(original)
    playbook_of(found)
    assert {name: value for name, value in found.playbook.items() if name != "roles"} == today


def test_the_page_has_every_agent_and_every_operation() -> None:
    roles = (f"| {agent} | `{role.name}` | {quoted(role.tools[1:])} |" for agent, role in DEFAULT_ROLES.items())
    operations = (f"| `{name}` | `{equal.tool}` | {quoted(equal.needs)} |" for name, equal in OPERATIONS.items())
    assert [row for row in (*roles, *operations) if row not in PAGE] == []


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
