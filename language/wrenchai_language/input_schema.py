"""JSON Schemas of playbooks' inputs: whether they are schemas at all, and what of given inputs breaks them.

Patterns run on an engine of linear time, and a schema can refer to nothing outside itself. Of a secret only the name is
given and recorded (see `secret_inputs`), and what somebody gave in its place is never repeated.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import jsonschema_rs
from wrenchai_contracts.errors import FieldProblem

from wrenchai_language.secret_inputs import (
    NOT_FROM_OUTSIDE,
    ONLY_A_NAME,
    Path,
    as_recorded,
    referring,
    secret_paths,
    strays,
)

_MOST_PROBLEMS = 100
_LONGEST_REASON = 500


class InputSchema:
    """A compiled schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._secret: frozenset[Path] = frozenset(secret_paths(schema))
        self._validator = _compiled(as_recorded(schema) if self._secret else schema)
        self._fills_in = _has_defaults(schema)

    def completed(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """`inputs` with the defaults of properties that are not given, also inside objects that are.

        In place of a secret's name stands a reference to it.
        """
        filled = with_defaults(self._schema, inputs) if self._fills_in else inputs
        return dict(referring(self._schema, filled) if self._secret else filled)

    def problems(self, inputs: Mapping[str, Any], *, at: str = "inputs") -> list[FieldProblem]:
        """What is wrong with completed `inputs`, field by field; empty if nothing is."""
        found = [FieldProblem(".".join([at, *path]), NOT_FROM_OUTSIDE) for path in strays(inputs, self._secret)]
        if not self._validator.is_valid(inputs):
            found += map(partial(self._told, at), islice(self._validator.iter_errors(inputs), _MOST_PROBLEMS))
        return found[:_MOST_PROBLEMS]

    def _told(self, at: str, error: jsonschema_rs.ValidationError) -> FieldProblem:
        """Of what is given for a secret nothing is said: it may be one."""
        path = tuple(map(str, error.instance_path))
        secret = next((path[:end] for end in range(len(path) + 1) if path[:end] in self._secret), None)
        if secret is not None:
            return FieldProblem(".".join([at, *secret]), ONLY_A_NAME)
        around = any(known[: len(path)] == path for known in self._secret)
        reason = _without_values(error) if around else error.message[:_LONGEST_REASON]
        return FieldProblem(".".join([at, *path]), reason)


def _without_values(error: jsonschema_rs.ValidationError) -> str:
    """What is wrong with an object that holds a secret: messages that repeat the object are put in other words."""
    if error.message.startswith("{"):
        return f"does not keep to `{error.schema_path[-1]}` of the schema"
    return error.message[:_LONGEST_REASON]


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


def with_defaults(schema: Any, value: Any) -> Any:
    """`value` with the defaults of properties that are not given, also inside objects that are."""
    if not isinstance(value, Mapping) or not isinstance(schema, Mapping):
        return value
    filled = dict(value)
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            filled[name] = with_defaults(inner, value[name])
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
