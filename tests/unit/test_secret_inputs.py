"""Secret inputs: a task is given a name, hands on a reference, and nowhere is a value repeated."""

from typing import Any, ClassVar

import pytest
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.playbook_yaml import read_playbook

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "maxProperties": 3,
    "properties": {
        "token": {"type": "string", "writeOnly": True, "minLength": 20},
        "title": {"type": "string"},
        "login": {"type": "object", "properties": {"key": {"type": ["string", "null"], "x-secret": True}}},
    },
}
VALUE = "hunter2-and-more"


def problems(inputs: dict[str, Any]) -> list[str]:
    schema = InputSchema(SCHEMA)
    return [str(problem) for problem in schema.problems(schema.completed(inputs))]


def test_the_name_of_a_secret_becomes_a_reference_to_it() -> None:
    schema = InputSchema(SCHEMA)
    completed = schema.completed({"token": "GITHUB_TOKEN", "login": {"key": "KEY_2"}})
    assert completed == {"token": {"$secret": "GITHUB_TOKEN"}, "login": {"key": {"$secret": "KEY_2"}}}
    assert schema.problems(completed) == []


def test_what_was_completed_once_may_be_completed_again() -> None:
    schema = InputSchema(SCHEMA)
    once = schema.completed({"token": "GITHUB_TOKEN"})
    assert schema.completed(once) == once
    assert schema.problems(once) == []


def test_a_default_names_a_secret_too() -> None:
    schema = InputSchema({"properties": {"token": {"writeOnly": True, "default": "USUAL"}}})
    assert schema.completed({}) == {"token": {"$secret": "USUAL"}}


@pytest.mark.parametrize("value", [VALUE, "lower_case", "A" * 65, "WITH SPACE", "", 5, ["TOKEN"], {"$secret": VALUE}])
def test_a_value_in_place_of_a_name_is_refused_and_not_repeated(value: Any) -> None:
    (found,) = problems({"token": value})
    assert found.startswith("inputs.token: is a secret: give the name under which the workers know it")
    assert "hunter2" not in found


@pytest.mark.parametrize(
    "inputs",
    [
        {"token": VALUE, "title": 5},
        {"token": VALUE, "nope": 1},
        {"token": VALUE, "title": "x", "login": {}, "more": 1},
        {"login": {"key": VALUE}},
    ],
)
def test_no_problem_around_a_secret_repeats_it(inputs: dict[str, Any]) -> None:
    found = problems(inputs)
    assert found
    assert not any("hunter2" in problem for problem in found)


def test_a_secret_that_may_be_left_empty_may_be_null() -> None:
    assert problems({"login": {"key": None}}) == []


@pytest.mark.parametrize("inputs", [{"title": {"$secret": "KEY"}}, {"login": {"deep": [{"$secret": "KEY"}]}}])
def test_no_other_input_may_name_a_secret(inputs: dict[str, Any]) -> None:
    assert "'$secret' stands for a secret; only an input that its playbook marks as secret" in problems(inputs)[0]


class Takes:
    """A tool that takes one secret, and a text."""

    inputs: ClassVar[dict[str, Any]] = {
        "properties": {"password": {"type": "string", "writeOnly": True}, "text": {"type": "string"}}
    }
    outputs: ClassVar[dict[str, Any]] = {}


BOOK = """
name: book
inputs: {type: object, properties: {token: {type: string, writeOnly: true}}}
steps: [{id: a, tool: login, with: {%s}}]
"""


def refused(given: str) -> list[str]:
    with pytest.raises(PlaybookRejected) as rejected:
        read_playbook((BOOK % given).encode(), file="book.yaml", tools={"login": Takes()})
    return [str(problem) for problem in rejected.value.problems]


def test_a_secret_is_handed_to_an_input_that_takes_one() -> None:
    text = BOOK % "password: '${inputs.token}', text: hello"
    assert read_playbook(text.encode(), file="book.yaml", tools={"login": Takes()}).steps


def test_a_secret_for_an_input_that_would_tell_it_is_found_before_the_run() -> None:
    (found,) = refused("password: x, text: '${inputs.token}'")
    assert found.endswith("steps.0.with.text: the tool 'login' takes no secret here; it takes secrets as: password")


def test_a_secret_inside_a_text_is_found_before_the_run() -> None:
    (found,) = refused("password: 'Bearer ${inputs.token}'")
    assert "is a secret: it is handed on alone, with no text around it" in found


@pytest.mark.parametrize(
    "schema",
    [
        "{type: array, items: {type: string, writeOnly: true}}",
        "{anyOf: [{type: string, x-secret: true}, {type: 'null'}]}",
    ],
)
def test_a_mark_where_no_secret_is_kept_is_refused_with_its_place(schema: str) -> None:
    text = f"name: book\ninputs:\n  properties:\n    tokens: {schema}\nsteps: [{{id: a, tool: noop}}]\n"
    with pytest.raises(PlaybookRejected) as rejected:
        read_playbook(text.encode(), file="book.yaml")
    (problem,) = rejected.value.problems
    assert problem.line == 4
    assert "only a property of the inputs, or of an object in them, can be secret" in problem.reason
