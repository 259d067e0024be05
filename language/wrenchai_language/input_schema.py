"""JSON Schemas of playbooks' inputs: whether they are schemas at all, and what of given inputs breaks them.

Patterns run on an engine of linear time, and a schema can refer to nothing outside itself.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
from wrenchai_contracts.errors import FieldProblem

_MOST_PROBLEMS = 100
_LONGEST_REASON = 500


class InputSchema:
    """A compiled schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema, self._validator = schema, _compiled(schema)
        self._fills_in = _has_defaults(schema)

    def completed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """`inputs` with the defaults of properties that are not given, also inside objects that are."""
        filled = _with_defaults(self._schema, inputs) if self._fills_in else inputs
        return dict(filled)

    def problems(self, inputs: Mapping[str, Any], *, at: str = "inputs") -> list[FieldProblem]:
        """What is wrong with `inputs`, field by field; empty if nothing is."""
        if self._validator.is_valid(inputs):
            return []
        found = islice(self._validator.iter_errors(inputs), _MOST_PROBLEMS)
        return [FieldProblem(".".join([at, *map(str, e.instance_path)]), e.message[:_LONGEST_REASON]) for e in found]


def schema_problems(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Why `schema` is no JSON Schema that we take, with the place in it."""
    try:
        _compiled(schema)
    except jsonschema_rs.ValidationError as problem:
        yield tuple(problem.instance_path), f"not a JSON Schema: {problem.message[:_LONGEST_REASON]}"


def _has_defaults(schema: Any) -> bool:
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    return any(
        "default" in inner or _has_defaults(inner) for inner in properties.values() if isinstance(inner, Mapping)
    )


def _with_defaults(schema: Any, value: Any) -> Any:
    if not isinstance(value, Mapping) or not isinstance(schema, Mapping):
        return value
    filled = dict(value)
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            filled[name] = _with_defaults(inner, value[name])
        elif isinstance(inner, Mapping) and "default" in inner:
            filled[name] = inner["default"]
    return filled


def _compiled(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(
        dict(schema), pattern_options=jsonschema_rs.RegexOptions(), retriever=_refuse_to_fetch
    )


def _refuse_to_fetch(address: str) -> Any:
    message = f"{address} lies outside this schema"
    raise LookupError(message)
