"""The first WrenchAI's playbooks: read unchanged, and nothing dropped without a word."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wrenchai_contracts.playbook import Playbook
from wrenchai_gateway.settings import playbooks_directory
from wrenchai_language.compilation import compile_plan
from wrenchai_language.legacy_layout import from_legacy, is_legacy
from wrenchai_language.shelf import shelf_of
from wrenchai_language.yaml_reading import read_yaml

from tests.unit.legacy_story import FILES, HEAD, mapped, playbook_of, refused, said, step, written

AS_THEY_ARE = {"description"}
"""Fields of a step that mean the same today, under the same name."""


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
