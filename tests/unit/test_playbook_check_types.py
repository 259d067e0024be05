"""With a catalogue of tools: each tool is there, gets what it needs, and gives what others refer to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.checking.shapes import ANYTHING, Absent, Shape, shape_of
from wrenchai_language.playbook_check import problems
from wrenchai_language.shelf import shelf_of

Raw = dict[str, Any]


class Tool(NamedTuple):
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


def closed(*required: str, **properties: Any) -> Raw:
    return {"type": "object", "additionalProperties": False, "required": [*required], "properties": properties}


TEXT, NUMBER, ANY = {"type": "string"}, {"type": "integer"}, {"type": "object", "additionalProperties": True}
PAGES = {"type": "array", "items": {"$ref": "#/$defs/Page"}}
BUILT = closed(url=TEXT, pages=PAGES, front={"anyOf": [{"$ref": "#/$defs/Page"}, {"type": "null"}]}, extra=ANY)
BUILT["$defs"] = {"Page": closed(title=TEXT, words=NUMBER)}

TOOLS = {
    "build": Tool(closed("name", name=TEXT, rounds=NUMBER, tags={"type": "array", "items": TEXT}), BUILT),
    "look": Tool(ANY, ANY),
    "read": Tool(closed("page", page=BUILT["$defs"]["Page"]), closed(seen={"type": "boolean"})),
    "judge": Tool(ANY, closed(scores={"type": "object"})),
    "review": Tool(ANY, closed(findings={"type": "array"})),
}

BUILD = {"id": "b", "tool": "build", "with": {"name": "site"}}


def look(step_id: str, *mentions: str) -> Raw:
    return {"id": step_id, "tool": "look", "with": {f"m{n}": f"${{{one}}}" for n, one in enumerate(mentions)}}


def found(*steps: Raw, playbooks: list[Playbook] | None = None) -> dict[str, str]:
    playbook = Playbook.model_validate({"name": "book", "inputs": INPUTS, "steps": steps})
    told = problems(playbook, TOOLS, shelf_of(playbooks or []))
    return {".".join(map(str, place)): reason for place, reason in told}


INPUTS = {"properties": {"title": TEXT, "n": NUMBER, "all": PAGES, "any": {}}, "$defs": BUILT["$defs"]}


# --- tools and what they take ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "place", "reason"),
    [
        ({"tool": "biuld"}, "tool", "no tool is called 'biuld'; did you mean 'build'?"),
        ({"tool": "zzz"}, "tool", "no tool is called 'zzz'; known are: build, judge, look, read, review"),
        ({"tool": "look", "undo": {"tool": "zzz"}}, "undo.tool", "no tool is called 'zzz'"),
        ({"tool": "build"}, "with", "'name' is missing; the tool 'build' needs it"),
        ({"tool": "look", "undo": {"tool": "build"}}, "undo.with", "'name' is missing"),
        ({"tool": "build", "with": {"name": "x", "nmae": 1}}, "with.nmae", "has no 'nmae'; did you mean 'name'?"),
        ({"tool": "build", "with": {"name": "x", "zz": 1}}, "with.zz", "has no 'zz'; it has: name, rounds, tags"),
        ({"tool": "build", "with": {"name": 7}}, "with.name", "this is a number; a text is wanted"),
        ({"tool": "build", "with": {"name": "${inputs.n}"}}, "with.name", "${inputs.n} is a number; a text is wanted"),
        ({"tool": "build", "with": {"name": "x", "rounds": "no ${inputs.n}"}}, "with.rounds", "is a text; a number is"),
        ({"tool": "build", "with": {"name": "x", "tags": ["${inputs.n}"]}}, "with.tags.0", "a text is wanted"),
        ({"tool": "read", "with": {"page": {"title": "${inputs.all}"}}}, "with.page.title", "a text is wanted"),
    ],
)
def test_a_call_that_its_tool_would_refuse_is_refused_before_the_run(step: Raw, place: str, reason: str) -> None:
    assert reason in found({"id": "a"} | step).get(f"steps.0.{place}", "")


@pytest.mark.parametrize(
    "given",
    [
        {"name": "${inputs.title}", "rounds": "${inputs.n}", "tags": ["a", "${inputs.title} and more"]},
        {"name": "${inputs.any}", "tags": "${inputs.any.tags}"},
        {"name": "no ${inputs.n}"},
    ],
)
def test_what_may_be_right_is_not_refused(given: Raw) -> None:
    assert found({"id": "a", "tool": "build", "with": given}) == {}


def test_words_for_a_model_need_no_tool_of_that_name() -> None:
    assert found({"id": "a", "operation": "Think.", "with": {"x": "${inputs.title}"}}) == {}


# --- what outputs have -------------------------------------------------------------------------------------

CREATED = {"type": "partner_feedback_loop", "max_iterations": 2}
EACH = {"id": "f", "type": "work_in_parallel", "for_each": "${inputs.all}"}
CONTEST = {"id": "v", "type": "versus", "competitors": [BUILD, look("l")], "evaluation_criteria": {"good": 1}}
CASES = [{"when": "part.words > 3", "to": look("to", "part.title")}]
PARTS = {"parts": "${steps.b.output.pages}", "handoff_conditions": CASES}
HANDOFF = {"id": "h", "type": "handoff", "primary": BUILD} | PARTS
JUDGED = {"judge": {"id": "j", "tool": "judge"}}

KNOWN = {
    "a field": ([BUILD], "b.output.url"),
    "a field behind a reference of the schema": ([BUILD], "b.output.pages.0.title"),
    "a field of what may be null": ([BUILD], "b.output.front.title"),
    "any field of an open object": ([BUILD], "b.output.extra.whatever"),
    "any field of an open output": ([look("l")], "l.output.whatever"),
    "an element of the list of all": ([EACH | {"step": BUILD}], "f.output.0.url"),
    "one field of each": (
        [EACH | {"step": BUILD, "output_aggregation": {"how": "as_they_are", "field": "url"}}],
        "f.output.0",
    ),
    "a branch": ([{"id": "p", "type": "work_in_parallel", "branches": [BUILD]}], "p.output.b.url"),
    "whatever an expression makes": (
        [{"id": "p", "type": "work_in_parallel", "branches": [BUILD], "output_aggregation": {"cel": "outputs"}}],
        "p.output.whatever",
    ),
    "what most branches gave": ([EACH | {"step": BUILD, "output_aggregation": "vote"}], "f.output.url"),
    "an element of all lists as one": (
        [EACH | {"step": BUILD, "output_aggregation": {"how": "concat", "field": "pages"}}],
        "f.output.0.title",
    ),
    "whatever branches have between them": ([EACH | {"step": BUILD, "output_aggregation": "merge"}], "f.output.thing"),
    "the last operation": (
        [{"id": "l", "type": "self_feedback_loop", "max_iterations": 2, "operations": [look("x"), BUILD]}],
        "l.output.url",
    ),
    "the creator's work": (
        [{"id": "l", "creator": BUILD, "reviewer": {"id": "r", "tool": "review"}} | CREATED],
        "l.output.url",
    ),
    "an operation": ([{"id": "p", "type": "process", "operations": [BUILD]}], "p.output.b.url"),
    "the winner's work": ([CONTEST | JUDGED], "v.output.output.url"),
    "a total": ([CONTEST | JUDGED], "v.output.totals.b"),
    "the primary's work": ([HANDOFF], "h.output.output.url"),
    "a part": ([HANDOFF], "h.output.handed.0.part.title"),
    "what completes": ([HANDOFF | {"completion_action": look("c")}], "h.output.whatever"),
    "an answer": ([{"id": "w", "wait_for": {"answer": "So?", "form": BUILT}}], "w.output.url"),
    "an approval": ([{"id": "w", "wait_for": {"approval": {}}}], "w.output.approved"),
}


@pytest.mark.parametrize(("steps", "mention"), KNOWN.values(), ids=KNOWN.keys())
def test_what_an_output_has_may_be_referred_to(steps: list[Raw], mention: str) -> None:
    assert found(*steps, look("z", f"steps.{mention}")) == {}


@pytest.mark.parametrize(
    ("steps", "mention", "reason"),
    [
        ([BUILD], "b.output.ulr", "steps.b.output has no 'ulr'; it has: url, pages, front, extra"),
        ([BUILD], "b.output.url.host", "steps.b.output.url is a text and has no 'host'"),
        ([BUILD], "b.output.pages.title", "steps.b.output.pages is a list; take an element by its number, not 'title'"),
        ([BUILD], "b.output.front.name", "steps.b.output.front has no 'name'; it has: title, words"),
        ([EACH | {"step": BUILD}], "f.output.url", "is a list; take an element by its number"),
        (
            [{"id": "p", "type": "process", "operations": [BUILD]}],
            "p.output.url",
            "steps.p.output has no 'url'; it has: b",
        ),
        (
            [CONTEST | JUDGED],
            "v.output.url",
            "it has: outcome, winner, output, scores",
        ),
        ([CONTEST | JUDGED], "v.output.scores.b.bad", "has no 'bad'; it has: good"),
        ([{"id": "w", "wait_for": {"time": "1h"}}], "w.output.x", "steps.w.output has no 'x'; it has: nothing"),
        ([{"id": "w", "wait_for": {"approval": {}}}], "w.output.yes", "it has: approved, by, change"),
        ([BUILD], "b.failed.x", "is true or false and has no 'x'"),
    ],
)
def test_what_an_output_has_not_may_not_be_referred_to(steps: list[Raw], mention: str, reason: str) -> None:
    assert reason in found(*steps, look("z", f"steps.{mention}")).get("steps.1.with.m0", "")


def test_the_types_of_names_that_a_block_adds_are_known_too() -> None:
    step = {"id": "s", "tool": "build", "with": {"name": "${item.words}", "rounds": "${index}"}}
    chunks = EACH | {"id": "g", "chunk": 3, "step": look("l", "item.title")}
    assert found(EACH | {"step": step}, chunks) == {
        "steps.0.step.with.name": "${item.words} is a number; a text is wanted",
        "steps.1.step.with.m0": "${item.title}: item is a list; take an element by its number, not 'title'",
    }


def test_expressions_are_held_to_outputs_as_well() -> None:
    steps = [BUILD, look("a") | {"when": "steps.b.output.ulr == ''"}, look("c") | {"when": "has(steps.b.output.ulr)"}]
    assert list(found(*steps)) == ["steps.1.when"]


def test_a_judge_must_give_scores_and_a_reviewer_findings() -> None:
    pair = {"id": "l", "creator": look("c"), "reviewer": {"id": "r", "tool": "read", "with": {"page": "${review}"}}}
    contest = CONTEST | {"judge": {"id": "j", "tool": "build", "with": {"name": "x"}}}
    told = found(contest, pair | CREATED)
    assert told["steps.0.judge"] == (
        "a judge gives `scores`; what 'j' gives has no 'scores'; it has: url, pages, front, extra"
    )
    assert "a reviewer gives `findings`" in told["steps.1.reviewer"]


# --- playbooks inside --------------------------------------------------------------------------------------

INNER = Playbook.model_validate(
    {"name": "inner", "inputs": closed("title", "lang", title=TEXT, lang=TEXT | {"default": "en"}), "steps": [BUILD]}
)


@pytest.mark.parametrize(
    ("given", "place", "reason"),
    [
        ({}, "with", "'title' is missing; the playbook 'inner' needs it"),
        ({"title": "x", "tilte": "x"}, "with.tilte", "did you mean 'title'?"),
        ({"title": "${inputs.n}"}, "with.title", "a text is wanted"),
    ],
)
def test_a_playbook_inside_is_given_what_its_inputs_ask_for(given: Raw, place: str, reason: str) -> None:
    told = found({"id": "a", "playbook": "inner", "with": given}, playbooks=[INNER])
    assert reason in told.get(f"steps.0.{place}", "")


def test_the_output_of_a_playbook_inside_is_known() -> None:
    step = {"id": "a", "playbook": "inner@1", "with": {"title": "x"}}
    told = found(step, look("z", "steps.a.output.url", "steps.a.output.ulr"), playbooks=[INNER])
    assert list(told) == ["steps.1.with.m1"]


# --- schemas that nobody should write ----------------------------------------------------------------------

CIRCULAR = [
    {"$ref": "#"},
    {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}},
    {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}}},
    {"anyOf": [{"anyOf": [{"anyOf": [{"anyOf": [{"type": "string"}]}]}]}]},
    {"$ref": "https://example.org/x"},
    {"allOf": [{"type": "string"}, {"type": "object"}]},
]


@pytest.mark.timeout(5)
@pytest.mark.parametrize("schema", CIRCULAR)
def test_what_cannot_be_made_out_may_be_anything(schema: Raw) -> None:
    assert shape_of(schema) is ANYTHING


WORDS = [
    "type",
    "properties",
    "items",
    "anyOf",
    "allOf",
    "$ref",
    "enum",
    "const",
    "required",
    "additionalProperties",
    "x",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "enum", "required", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_schema_breaks_the_check(schema: object) -> None:
    shape = shape_of(schema)
    assert shape.kinds
    assert isinstance(shape.at("x"), Absent | Shape)
    assert isinstance(shape.elements.at("0"), Absent | Shape)
    call = {"id": "a", "tool": "odd", "with": {"x": "${inputs.x}"}}
    inputs = schema if isinstance(schema, dict) else {}
    playbook = Playbook.model_validate({"name": "book", "inputs": inputs, "steps": [call]})
    assert isinstance(problems(playbook, {"odd": Tool(inputs, inputs)}), list)
