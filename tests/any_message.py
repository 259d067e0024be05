"""Hypothesis strategies for messages, made from their JSON Schemas: whatever a message may say, some example says."""

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import strategies as st
from wrenchai_contracts.envelope import Context
from wrenchai_contracts.events import EVENT_TYPES, Event
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Frozen, JsonObject
from wrenchai_language.compilation import compile_plan

from tests.simulation.random_plans import random_nested_playbook

Values = st.SearchStrategy[Any]
M = TypeVar("M", bound=Frozen)

_DURATION = [{"type": "number"}, {"type": "string"}]

FEW = 2
"""Longer lists say nothing new and make examples slow."""

json_values: Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=FEW) | st.dictionaries(st.text(), inner, max_size=FEW),
    max_leaves=5,
)


def instances(message: type[M]) -> st.SearchStrategy[M]:
    """Instances of a message."""
    return _Reader(message.model_json_schema()).root().map(message.model_validate)


def any_event() -> st.SearchStrategy[Event]:
    """An event of any type."""
    return st.one_of([instances(event_type) for event_type in EVENT_TYPES.values()])


def contexts() -> st.SearchStrategy[Context]:
    """Who caused it, in which story."""
    return st.builds(
        Context,
        actor=st.text(),
        tenant=st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True),
        correlation=st.text(),
        causation=st.text(),
        trace=st.none() | st.text(),
    )


def moments() -> st.SearchStrategy[datetime]:
    """Times in UTC."""
    return st.datetimes(timezones=st.just(UTC))


class _Reader:
    """Turns one JSON Schema, with its definitions, into strategies."""

    def __init__(self, schema: JsonObject) -> None:
        self._schema = schema
        self._definitions = schema.get("$defs", {})

    def root(self) -> Values:
        return self._values(self._schema)

    def _values(self, schema: JsonObject) -> Values:
        if "$ref" in schema:
            return self._defined(schema["$ref"].rpartition("/")[2])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices and choices[:2] == _DURATION:
            return st.floats(0.001, 3600) | st.sampled_from(["250ms", "30s", "5m", "1h"])
        if choices:
            return st.one_of([self._values(choice) for choice in choices])
        return self._typed(schema)

    def _typed(self, schema: JsonObject) -> Values:
        makers: dict[str, Callable[[JsonObject], Values]] = {
            "string": self._text,
            "array": self._array,
            "object": self._object,
            "number": _number,
            "integer": lambda bounds: st.integers(bounds.get("minimum"), bounds.get("maximum")),
            "boolean": lambda _: st.booleans(),
            "null": lambda _: st.none(),
        }
        make = makers.get(schema.get("type", ""))
        return json_values if make is None else make(schema)

    def _defined(self, name: str) -> Values:
        if name in _MADE_UP:
            return _MADE_UP[name]
        made = self._values(self._definitions[name])
        return made.map(_SENSIBLE[name]) if name in _SENSIBLE else made

    def _text(self, schema: JsonObject) -> Values:
        if schema.get("format") == "date-time":
            return moments()
        if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"].replace(r"\d", "[0-9]"), re.ASCII), fullmatch=True)
        return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 20), 20))

    def _array(self, schema: JsonObject) -> Values:
        if "prefixItems" in schema:
            return st.tuples(*map(self._values, schema["prefixItems"]))
        least = schema.get("minItems", 0)
        return st.lists(self._values(schema.get("items", {})), min_size=least, max_size=least + FEW)

    def _object(self, schema: JsonObject) -> Values:
        if "properties" not in schema:
            return self._mapping(schema)
        fields = {name: self._values(shape) for name, shape in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)

    def _mapping(self, schema: JsonObject) -> Values:
        keys: Values = st.text(max_size=20)
        values: JsonObject | bool = schema.get("additionalProperties", True)
        if patterns := schema.get("patternProperties"):
            ((pattern, values),) = patterns.items()
            keys = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        elif "propertyNames" in schema:
            keys = self._values(schema["propertyNames"] | {"type": "string"})
        return st.dictionaries(keys, self._values(values) if isinstance(values, dict) else json_values, max_size=FEW)


def _number(schema: JsonObject) -> Values:
    return st.floats(
        schema.get("minimum", schema.get("exclusiveMinimum")),
        schema.get("maximum"),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


def _measured(evidence: JsonObject) -> JsonObject:
    tried = evidence["tried"]
    return evidence | {"passed": min(evidence["passed"], tried), "summary": evidence.get("summary") or "why"}


def _bars_in_order(bar: JsonObject) -> JsonObject:
    return bar | {"reject_below": min(bar.get("reject_below", 0.2), bar.get("accept_above", 0.7))}


_SENSIBLE: Mapping[str, Callable[[JsonObject], JsonObject]] = {
    "Evidence": _measured,
    "QualityBar": _bars_in_order,
}
"""What a schema cannot say about fields that belong together."""


def _playbook(seed: int) -> Playbook:
    return random_nested_playbook(random.Random(seed), "any", deepest=3)


_MADE_UP: Mapping[str, Values] = {
    "Playbook": st.integers(0, 2**32).map(lambda seed: _playbook(seed).model_dump(mode="json", by_alias=True)),
    "Plan": st.integers(0, 2**32).map(lambda seed: compile_plan(_playbook(seed)).model_dump(mode="json")),
}
"""Shapes that hold themselves, and whose parts must fit each other: made as playbooks are, not field by field."""
