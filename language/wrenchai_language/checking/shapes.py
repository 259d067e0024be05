"""What is known of a value before there is one: which JSON types it may have, and which fields. Pure.

Read from JSON Schemas, but only as far as they are certain; the rest may be anything. A schema that lists properties
and says nothing of others is taken at its word: what it does not list cannot be referred to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

SOME = 20
_MOST_HOPS = 20
_DEEPEST = 3
_ALL = frozenset({"null", "boolean", "number", "string", "array", "object"})
_TYPE_NAMES: Mapping[type, str] = {
    type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array",
    tuple: "array", dict: "object",
}  # fmt: skip
_SAID: Mapping[str, str] = {
    "null": "nothing (null)", "boolean": "true or false", "number": "a number", "string": "a text", "array": "a list",
    "object": "an object",
}  # fmt: skip


class Absent(NamedTuple):
    """There is surely no such field: what of the value around says so, such as `has no 'x'; it has: y`."""

    reason: str


class Shape:
    """What is known of a value: of this one nothing, it may be anything."""

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON types that it may have; whole numbers are numbers."""
        return _ALL

    def at(self, name: str) -> "Shape | Absent":  # noqa: ARG002  # whatever it is called
        """What is known of a field, or of an element of a list."""
        return ANYTHING

    @property
    def elements(self) -> "Shape":
        """What is known of each element, if it is a list."""
        return ANYTHING


ANYTHING = Shape()


@dataclass(frozen=True)
class Scalar(Shape):
    """A value without fields."""

    types: frozenset[str]

    @property
    def kinds(self) -> frozenset[str]:
        """As it was said."""
        return self.types

    def at(self, name: str) -> Absent:
        """There is none."""
        return _no_fields(self.kinds, name)


TEXT = Scalar(frozenset({"string"}))
NUMBER = Scalar(frozenset({"number"}))
TRUTH = Scalar(frozenset({"boolean"}))
NOTHING = Scalar(frozenset({"null"}))


@dataclass(frozen=True, eq=False)
class Fields(Shape):
    """An object with these fields and no others."""

    fields: Mapping[str, Shape]

    @property
    def kinds(self) -> frozenset[str]:
        """An object."""
        return frozenset({"object"})

    def at(self, name: str) -> Shape | Absent:
        """One of these."""
        return self.fields.get(name) or Absent(no_such(name, self.fields))


@dataclass(frozen=True, eq=False)
class ListOf(Shape):
    """A list of such elements."""

    each: Shape

    @property
    def kinds(self) -> frozenset[str]:
        """A list."""
        return frozenset({"array"})

    def at(self, name: str) -> Shape | Absent:
        """Each element is alike."""
        return self.each if name.isdecimal() else _no_element(name)

    @property
    def elements(self) -> Shape:
        """They are all alike."""
        return self.each


@dataclass(frozen=True, eq=False)
class OneOf(Shape):
    """Any of these; a field is there if any has it, since what runs decides which it is."""

    shapes: tuple[Shape, ...]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Those of all."""
        return frozenset().union(*(shape.kinds for shape in self.shapes))

    def at(self, name: str) -> Shape | Absent:
        """As those that have it say; null has nothing, and is passed over."""
        found = [shape.at(name) for shape in self.shapes if shape.kinds != NOTHING.kinds] or [NOTHING.at(name)]
        there = [shape for shape in found if isinstance(shape, Shape)]
        if there:
            return one_of(there)
        return Absent("; or: ".join(dict.fromkeys(absent.reason for absent in found if isinstance(absent, Absent))))

    @property
    def elements(self) -> Shape:
        """Of those that may be lists."""
        lists = [shape.elements for shape in self.shapes if "array" in shape.kinds]
        return one_of(lists) if lists else ANYTHING


def one_of(shapes: Iterable[Shape]) -> Shape:
    """Any of these; anything, if one of them is."""
    every = tuple(dict.fromkeys(shapes))
    if not every or ANYTHING in every:
        return ANYTHING
    return every[0] if len(every) == 1 else OneOf(every)


@dataclass(frozen=True, eq=False)
class Described(Shape):
    """What a JSON Schema says, without references and choices: those are resolved by `shape_of`."""

    schema: Mapping[str, Any]
    root: Mapping[str, Any]

    @cached_property
    def kinds(self) -> frozenset[str]:
        """As `type` says, or the values that are allowed."""
        types = _several(self.schema.get("type", ()))
        values = _several(self.schema.get("enum", ())) + ([self.schema["const"]] if "const" in self.schema else [])
        if types:
            return _ALL & {"number" if kind == "integer" else str(kind) for kind in types} or _ALL
        return frozenset(map(kind_of, values)) or _ALL

    def at(self, name: str) -> Shape | Absent:
        """As `properties`, `additionalProperties` and `items` say."""
        found = [look(self, name) for kind, look in _LOOKS.items() if kind in self.kinds]
        there = [shape for shape in found if isinstance(shape, Shape)]
        if there:
            return one_of(there)
        absent = [reason for reason in found if isinstance(reason, Absent)]
        return absent[0] if absent else _no_fields(self.kinds, name)

    @property
    def elements(self) -> Shape:
        """As `items` says."""
        items = self.schema.get("items")
        return (
            shape_of(items, self.root) if isinstance(items, Mapping) and "prefixItems" not in self.schema else ANYTHING
        )

    def refuses(self, name: str) -> bool:
        """Whether an object with that field surely breaks the schema."""
        closed = self.schema.get("additionalProperties") is False and "patternProperties" not in self.schema
        return closed and name not in self.properties

    @property
    def required(self) -> list[str]:
        """Fields that must be given, but for those that have a default."""
        names = [name for name in _several(self.schema.get("required", ())) if isinstance(name, str)]
        return [name for name in names if "default" not in _mapping(self.properties.get(name))]

    @property
    def properties(self) -> Mapping[str, Any]:
        """The fields that it lists."""
        return _mapping(self.schema.get("properties"))


def shape_of(schema: object, root: Mapping[str, Any] | None = None, *, choices: int = 0) -> Shape:
    """What a JSON Schema tells of a value; `root` is the whole that its `$ref`s point into.

    Choices within choices are looked at as long as they are few.
    """
    if not isinstance(schema, Mapping) or not schema:
        return ANYTHING
    whole = schema if root is None else root
    here: object = schema
    for _ in range(_MOST_HOPS):
        if not isinstance(here, Mapping):
            return ANYTHING
        if "$ref" in here:
            here = _pointed(here["$ref"], whole)
        elif len(_several(here.get("allOf", ()))) == 1 and "properties" not in here:
            (here,) = _several(here["allOf"])
        else:
            return _without_hops(here, whole, choices)
    return ANYTHING


def _without_hops(schema: Mapping[str, Any], root: Mapping[str, Any], choices: int) -> Shape:
    uncertain = {"anyOf", "oneOf", "allOf", "$dynamicRef", "if"} & schema.keys()
    if not uncertain:
        return Described(schema, root)
    options = _several(schema.get("anyOf", schema.get("oneOf", ())))
    if uncertain not in ({"anyOf"}, {"oneOf"}) or "properties" in schema or len(options) > SOME:
        return ANYTHING
    return one_of(shape_of(option, root, choices=choices + 1) for option in options) if choices < _DEEPEST else ANYTHING


def shape_of_value(value: object) -> Shape:
    """What an author has written out."""
    if isinstance(value, Mapping):
        return Fields({str(key): shape_of_value(inner) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return ListOf(one_of(map(shape_of_value, value)))
    return Scalar(frozenset({kind_of(value)}))


def kind_of(value: object) -> str:
    """The JSON type of a value."""
    return _TYPE_NAMES[type(value)]


def said(kinds: Iterable[str]) -> str:
    """Types in words: `a text or a list`."""
    known = set(kinds)
    return " or ".join(words for kind, words in _SAID.items() if kind in known) or "nothing"


def no_such(name: str, known: Iterable[str]) -> str:
    """It has no such field; what it has."""
    return f"has no {name!r}; it has: {some(known) or 'nothing'}"


def some(names: Iterable[str]) -> str:
    """The first of many names."""
    every = list(map(str, names))
    return ", ".join(every[:SOME]) + (f" and {len(every) - SOME} more" if len(every) > SOME else "")


def _field(described: Described, name: str) -> Shape | Absent:
    schema = described.schema
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return Absent(no_such(name, ())) if schema.get("additionalProperties") is False else ANYTHING
    if name in properties:
        return shape_of(properties[name], described.root)
    if schema.get("patternProperties"):
        return ANYTHING
    others = schema.get("additionalProperties")
    return shape_of(others, described.root) if others else Absent(no_such(name, properties))


def _element(described: Described, name: str) -> Shape | Absent:
    return described.elements if name.isdecimal() else _no_element(name)


_LOOKS = {"object": _field, "array": _element}


def _no_element(name: str) -> Absent:
    return Absent(f"is a list; take an element by its number, not {name!r}")


def _no_fields(kinds: frozenset[str], name: str) -> Absent:
    return Absent(f"is {said(kinds)} and has no {name!r}")


def _pointed(pointer: object, root: Mapping[str, Any]) -> object:
    """What `#/$defs/x` points at; anything, if it points elsewhere."""
    if not isinstance(pointer, str) or not pointer.startswith("#"):
        return None
    here: object = root
    for part in pointer.split("/")[1:]:
        here = _mapping(here).get(part.replace("~1", "/").replace("~0", "~"))
    return here


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
