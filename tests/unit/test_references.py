"""What `${…}` in a step's inputs comes to."""

import pytest
from wrenchai_language.references import BadReference, look_up, references_in, resolve

SCOPE = {
    "inputs": {"title": "Wren", "tags": ["a", "b"], "count": 3, "none": None, "nested": {"dash-ed": True}},
    "steps": {"build": {"output": {"files": [{"path": "index.html"}]}}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${inputs.title}", "Wren"),
        ("${inputs.count}", 3),
        ("${inputs.none}", None),
        ("${ inputs.tags }", ["a", "b"]),
        ("${inputs.tags.1}", "b"),
        ("${inputs.nested.dash-ed}", True),
        ("${steps.build.output.files.0.path}", "index.html"),
        ("by ${inputs.title}, ${inputs.count} times", "by Wren, 3 times"),
        ("tags: ${inputs.tags}", 'tags: ["a", "b"]'),
        ("no reference: $inputs {inputs} $ {x}", "no reference: $inputs {inputs} $ {x}"),
    ],
)
def test_a_whole_reference_keeps_its_type_and_one_inside_text_becomes_text(text: str, value: object) -> None:
    assert resolve(text, SCOPE) == value


def test_references_are_resolved_at_any_depth_and_other_values_stay() -> None:
    inputs = {"a": [{"b": "${inputs.count}"}, 1.5], "c": None, "d": ("${inputs.title}",)}
    assert resolve(inputs, SCOPE) == {"a": [{"b": 3}, 1.5], "c": None, "d": ["Wren"]}


def test_what_is_to_be_known_later_stays_as_it_is() -> None:
    def later(path: tuple[str, ...]) -> bool:
        return path[0] == "steps"

    text = ["${steps.later.output}", "${inputs.title} and ${steps.later.output.n}"]
    assert resolve(text, SCOPE, keep=later) == ["${steps.later.output}", "Wren and ${steps.later.output.n}"]


@pytest.mark.parametrize("text", ["${steps.own.output}", "${HOME}", "$", "a$", "$$", "$${x}", "{x}", "${", "cost: $5"])
def test_what_a_first_pass_brings_in_is_only_text_to_the_last(text: str) -> None:
    template = {"whole": "${inputs.it}", "inside": "<${inputs.it}${steps.own.output}>", "deep": "${inputs.deep}"}
    first = resolve(template, {"inputs": {"it": text, "deep": [{"it": text}]}}, keep=lambda path: path[0] == "steps")
    last = resolve(first, {"steps": {"own": {"output": "ours"}}})
    assert last == {"whole": text, "inside": f"<{text}ours>", "deep": [{"it": text}]}


def test_a_doubled_dollar_stands_for_one_and_begins_no_reference() -> None:
    assert resolve("$${inputs.title} for $$5", SCOPE) == "${inputs.title} for $5"
    assert list(references_in("$${inputs.title} $$${inputs.count}")) == [("inputs", "count")]


def test_what_a_reference_brings_in_is_not_resolved_again() -> None:
    assert resolve("${inputs.text}", {"inputs": {"text": "${inputs.secret}"}}) == "${inputs.secret}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${inputs.nowhere}", "inputs has no 'nowhere'; it has: title, tags, count, none, nested"),
        ("${nowhere}", "the context has no 'nowhere'; it has: inputs, steps"),
        ("${inputs.title.length}", "inputs.title is not an object that could hold 'length'"),
        ("${inputs.tags.2}", "inputs.tags is not an object that could hold '2'"),
        ("${inputs.tags.-1}", "write a path such as inputs.title or steps.build.output.files"),
        ("${}", "write a path"),
        ("${inputs..title}", "write a path"),
        ("${inputs.title + 1}", "write a path"),
        ("${inputs.__class__}", "inputs has no '__class__'"),
        ("half ${inputs.nowhere}", "inputs has no 'nowhere'"),
    ],
)
def test_a_reference_to_nothing_is_an_error_that_says_what_there_is(text: str, reason: str) -> None:
    with pytest.raises(BadReference) as bad:
        resolve(text, SCOPE)
    assert reason in bad.value.reason


def test_every_reference_of_a_value_is_found_in_order() -> None:
    value = {"a": "${inputs.x} ${steps.b.output}", "c": [{"d": "${item.n}"}], "e": 5}
    assert list(references_in(value)) == [("inputs", "x"), ("steps", "b", "output"), ("item", "n")]


def test_the_empty_path_is_the_scope_itself() -> None:
    assert look_up((), SCOPE) is SCOPE
