"""YAML to JSON values, with the line of each, and with limits that hold before anything is built.

Read from the parser's events: YAML 1.2's core schema for plain scalars, keys always text, no tags, no second document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from wrenchai_contracts.errors import FieldProblem
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_VALUES = 200_000
"""Scalars, lists and mappings together, each alias counted with all that it stands for."""

Place = tuple[str | int, ...]

_Node = ScalarEvent | SequenceStartEvent | MappingStartEvent
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MEANINGS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_WORDS: dict[str, bool | None] = {"": None, "~": None}
_WORDS |= {write(word): meant for word, meant in _MEANINGS.items() for write in (str.lower, str.title, str.upper)}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,300}|[0-9]{1,300}(\.[0-9]{0,300})?)([eE][-+]?[0-9]{1,3})?")
_NO_JSON_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class Unreadable(Exception):  # noqa: N818  # a noun with its facts
    """The text is no YAML that we take."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.problem = FieldProblem("", reason, line)


@dataclass(slots=True)
class Written:
    """What an author wrote: the value, the line (from 1) of each place in it, and what is wrong with the writing."""

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)

    def line_of(self, place: Place) -> int | None:
        """The line of `place`, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def read_yaml(text: bytes) -> Written:
    """The one document in `text`.

    Raises:
        Unreadable: it is no UTF-8, no YAML, or over a limit.
    """
    if len(text) > MAX_BYTES:
        message = f"the text has {len(text)} bytes; {MAX_BYTES} are allowed"
        raise Unreadable(message)
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = f"byte {problem.start} is no UTF-8"
        raise Unreadable(message) from problem
    try:
        return _Reading(yaml.parse(decoded, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        message = f"this is no YAML: {problem.problem}"
        raise Unreadable(message, mark.line + 1 if mark else None) from problem
    except yaml.YAMLError as problem:
        message = f"this is no YAML: {str(problem).splitlines()[0]}"
        raise Unreadable(message) from problem


class _Reading:
    """One pass over the events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._written = Written()
        self._anchored: dict[str, tuple[Any, int]] = {}
        self._aliases = self._values = 0

    def document(self) -> Written:
        """All of it."""
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._written.value = self._node(next(self._events), ())
                self._expect_the_end()
                return self._written
        message = "the text is empty"
        raise Unreadable(message)

    def _expect_the_end(self) -> None:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                message = "a second document begins here; write one"
                raise Unreadable(message, _line(event))
            if isinstance(event, StreamEndEvent):
                return

    def _node(self, event: Event, place: Place) -> Any:
        if len(place) > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise Unreadable(message, _line(event))
        self._written.lines.setdefault(place, _line(event))
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if not isinstance(event, _Node):
            message = "something else than a value stands here"
            raise Unreadable(message, _line(event))
        before = self._values
        self._count(1, event)
        if event.tag is not None:
            self._complain(place, f"tags such as {event.tag!r} are not allowed", event)
        value = self._value(event, place)
        if event.anchor is not None:
            self._anchored[event.anchor] = value, self._values - before
        return value

    def _value(self, event: _Node, place: Place) -> Any:
        if isinstance(event, MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(place)
        return self._plain(event, place) if event.implicit[0] else event.value

    def _sequence(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, (*place, len(items))))
        return items

    def _mapping(self, place: Place) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                message = "a key is a word, not a list, a mapping or an alias"
                raise Unreadable(message, _line(event))
            self._count(1, event)
            here = (*place, event.value)
            if event.value in fields:
                self._complain(here, "is written twice", event)
            self._written.lines[here] = _line(event)
            fields[event.value] = self._node(next(self._events), here)
        return fields

    def _plain(self, event: ScalarEvent, place: Place) -> Any:
        """A scalar without quotes, as YAML 1.2's core schema reads it."""
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _OTHER_BASE.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if abs(number) != float("inf"):
                return number
        elif not _NO_JSON_NUMBER.fullmatch(text):
            return text
        self._complain(place, f"{text[:40]} is no number that JSON has", event)
        return None

    def _alias(self, event: AliasEvent) -> Any:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            message = f"more than {MAX_ALIASES} aliases"
            raise Unreadable(message, _line(event))
        if event.anchor not in self._anchored:
            message = f"*{event.anchor} stands for nothing that was written before"
            raise Unreadable(message, _line(event))
        value, size = self._anchored[event.anchor]
        self._count(size, event)
        return value

    def _count(self, values: int, event: Event) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES} values"
            raise Unreadable(message, _line(event))

    def _complain(self, place: Place, reason: str, event: Event) -> None:
        self._written.problems.append(FieldProblem(".".join(map(str, place)), reason, _line(event)))


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
