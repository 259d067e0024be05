"""A JSON Schema of playbooks for editors, which complete and mark by it: all that authors may write, no more. Pure.

It is made of the shapes themselves, and says besides what their validators take: the second name of a field, a word in
place of a mapping, a duration with a unit. What only a whole playbook tells, such as an unknown step, is for `check`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.steps import (
    STEP_TYPES,
    Aggregation,
    Authored,
    Distribution,
    FailureAction,
    JudgeRule,
    StandardStep,
    StepQuality,
    Undo,
)

from wrenchai_language.author_places import fields_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELINE = "# yaml-language-server: $schema={}"
"""A playbook's first line, by which editors find its schema."""

_ANY_STEP = {"$ref": "#/$defs/Step"}
_DURATION = {
    "type": "string",
    "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)?\s*$",
    "description": "A number of seconds, or with a unit: 500ms, 30s, 5m, 2h, 1d.",
}
_NOISE = {"title", "gt", "ge", "lt", "le"}
_WORDS: Mapping[str, list[Any]] = {
    FailureAction.__name__: ["retry", "skip", "abort", "compensate"],
    Aggregation.__name__: ["as_they_are", "merge", "concat", "vote"],
    StepQuality.__name__: [True],
}
_DOES_SOMETHING = ("tool", "any_of", "playbook", "wait_for", "operation")


def editor_schema(tools: Mapping[str, str] | None = None) -> JsonObject:
    """The schema; with `tools`, each with what it does in a sentence, editors offer their names."""
    made = Playbook.model_json_schema(by_alias=True)
    union = [{"$ref": f"#/$defs/{shape.__name__}"} for shape in STEP_TYPES.values()]
    schema: JsonObject = _rewritten(made, lambda inner: _ANY_STEP if inner.get("oneOf") == union else _tidy(inner))
    definitions = schema["$defs"]
    shapes: list[type[Authored]] = [*STEP_TYPES.values(), Distribution, Undo, JudgeRule]
    for shape in shapes:
        _add_second_names(definitions[shape.__name__], shape)
    for name, words in _WORDS.items():
        definitions[name] = {"anyOf": [{"enum": words}, definitions[name]]}
    definitions["Step"] = _step()
    definitions["StandardStep"]["anyOf"] = [{"required": [thing]} for thing in _DOES_SOMETHING]
    if tools:
        _offer(definitions, tools)
    head = {"$schema": DIALECT, "title": "WrenchAI playbook"}
    return head | schema


def _step() -> JsonObject:
    """By its type, so that an editor speaks of the one type that is meant, and not of seven."""
    ways = [
        {
            "if": {"required": ["type"], "properties": {"type": {"const": name}}},
            "then": {"$ref": f"#/$defs/{shape.__name__}"},
        }
        for name, shape in STEP_TYPES.items()
    ]
    untyped = {"if": {"not": {"required": ["type"]}}, "then": {"$ref": f"#/$defs/{StandardStep.__name__}"}}
    return {
        "description": "One of seven types; standard, unless it says otherwise.",
        "type": "object",
        "required": ["id"],
        "properties": {"type": {"enum": list(STEP_TYPES)}},
        "allOf": [*ways, untyped],
    }


def _rewritten(value: Any, change: Callable[[JsonObject], Any]) -> Any:
    """Every schema inside first, then what is around it."""
    if isinstance(value, Mapping):
        return change({name: _rewritten(inner, change) for name, inner in value.items()})
    return [_rewritten(inner, change) for inner in value] if isinstance(value, list) else value


def _tidy(schema: JsonObject) -> JsonObject:
    """Without what editors show for nothing; durations with what a text may say."""
    if schema.get("anyOf") == [{"type": "number"}, {"type": "string"}]:
        schema = {**schema, "anyOf": [{"type": "number"}, _DURATION]}
    if "default" in schema and schema["default"] in (None, "", [], {}):
        schema = {name: value for name, value in schema.items() if name != "default"}
    return {name: value for name, value in schema.items() if name not in _NOISE or isinstance(value, Mapping)}


def _add_second_names(definition: JsonObject, shape: type[Authored]) -> None:
    """A field goes by its name here too where authors call it otherwise; editors do not offer that."""
    properties = definition["properties"]
    for called, field in fields_of(shape).items():
        written = next((name for name, one in shape.model_fields.items() if one is field), called)
        first = called if called in properties else written
        for other in {called, written} - properties.keys():
            properties[other] = {**properties[first], "doNotSuggest": other == written}


def _offer(definitions: JsonObject, tools: Mapping[str, str]) -> None:
    known = {"anyOf": [{"const": name, "description": summary} for name, summary in sorted(tools.items())]}
    for name, field in (("StandardStep", "tool"), ("Undo", "tool"), ("JudgeRule", "use")):
        tool = definitions[name]["properties"][field]
        definitions[name]["properties"][field] = {"anyOf": [known, tool], "description": "A tool's name."}
    several = definitions["StandardStep"]["properties"]["any_of"]
    several["items"] = {"anyOf": [known, several["items"]]}
