"""Inputs that are secret: a task is given the name of a secret, never its value, and hands on a reference to it. Pure.

A property whose schema says `writeOnly: true` (or `x-secret: true`) is secret. What is recorded is
`{"$secret": "GITHUB_TOKEN"}`; only the worker knows the value, and puts it in just before the tool begins.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

KEY = "$secret"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_REFERENCE = {
    "type": "object",
    "required": [KEY],
    "additionalProperties": False,
    "properties": {KEY: {"type": "string", "pattern": f"^{_NAME.pattern}$"}},
}
_MARKS = ("writeOnly", "x-secret")

ONLY_A_NAME = (
    "is a secret: give the name under which the workers know it (capitals, digits and _, such as GITHUB_TOKEN), "
    "never its value"
)
NOT_FROM_OUTSIDE = f"{KEY!r} stands for a secret; only an input that its playbook marks as secret may name one"

Path = tuple[str, ...]


def is_secret(schema: object) -> bool:
    """Whether what this schema describes is a secret."""
    return isinstance(schema, Mapping) and any(schema.get(mark) is True for mark in _MARKS)


def name_in(value: object) -> str | None:
    """The secret that `value` refers to; None if it is no such reference."""
    if not isinstance(value, Mapping) or set(value) != {KEY}:
        return None
    name = value[KEY]
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None


def secret_paths(schema: object, at: Path = ()) -> Iterator[Path]:
    """Where in the inputs secrets are: properties, also of objects inside."""
    for name, inner in _properties(schema).items():
        if is_secret(inner):
            yield (*at, name)
        else:
            yield from secret_paths(inner, (*at, name))


def misplaced_marks(schema: object) -> Iterator[tuple[str | int, ...]]:
    """Where something is marked as secret that would not be kept as one: in lists, choices, definitions."""
    known = {tuple(part for name in path for part in ("properties", name)) for path in secret_paths(schema)}
    yield from (place for place in _marked(schema, ()) if place not in known)


def referring(schema: object, inputs: Any) -> Any:
    """`inputs` with a reference in place of each secret's name; what is no name stays, and will be refused."""
    properties = _properties(schema)
    if not properties or not isinstance(inputs, Mapping):
        return inputs
    return {name: _referring(properties.get(name), value) for name, value in inputs.items()}


def as_recorded(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what `referring` makes of inputs that are right."""
    properties = {name: _as_recorded(inner) for name, inner in _properties(schema).items()}
    return {**schema, "properties": properties} if properties else dict(schema)


def strays(inputs: object, secret: frozenset[Path], at: Path = ()) -> Iterator[Path]:
    """Where something that looks like a reference to a secret stands where none may."""
    if isinstance(inputs, Mapping):
        if KEY in inputs and at not in secret:
            yield at
        for name, value in inputs.items():
            yield from strays(value, secret, (*at, str(name)))
    elif isinstance(inputs, list | tuple):
        for index, value in enumerate(inputs):
            yield from strays(value, secret, (*at, str(index)))


def _properties(schema: object) -> Mapping[str, Any]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _referring(schema: object, value: Any) -> Any:
    if not is_secret(schema):
        return referring(schema, value)
    return {KEY: value} if isinstance(value, str) and _NAME.fullmatch(value) else value


def _as_recorded(schema: Any) -> Any:
    if not is_secret(schema):
        return as_recorded(schema) if isinstance(schema, Mapping) else schema
    may_be_null = "null" in (kinds if isinstance(kinds := schema.get("type"), list) else [kinds])
    return {"anyOf": [_REFERENCE, {"type": "null"}]} if may_be_null else _REFERENCE


def _marked(schema: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if is_secret(schema):
        yield at
    inner = schema.items() if isinstance(schema, Mapping) else enumerate(schema) if isinstance(schema, list) else ()
    for name, value in inner:
        if name not in {"default", "const", "enum", "examples"} or at[-1:] == ("properties",):
            yield from _marked(value, (*at, name))
