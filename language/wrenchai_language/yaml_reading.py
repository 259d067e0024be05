"""YAML to JSON values, with the line and column of each, and with limits that hold before anything is built.

Read from the parser's events: YAML 1.2's core schema for plain scalars, keys always text, no tags, no second document.
"""

import codecs
import re
from collections.abc import Callable, Iterator
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

from wrenchai_language.yaml_marks import Inside, Marked, Marks, Position, marked

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_VALUES = 150_000
"""Scalars, lists and mappings together, each alias counted with all that it stands for."""
MAX_KEY = 1_000
"""Characters; keys make up the places of all that is below them."""
MAX_PROBLEMS = 100

Place = tuple[str | int, ...]

_Node = ScalarEvent | SequenceStartEvent | MappingStartEvent
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MEANINGS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_WORDS: dict[str, bool | None] = {"": None, "~": None}
_WORDS |= {write(word): meant for word, meant in _MEANINGS.items() for write in (str.lower, str.title, str.upper)}
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda _: float("inf")),
)
_LONGEST_NUMBER = 300
"""Characters; to read one takes as long as its square."""
_HUGE = 2**64
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = 40


class Unreadable(Exception):  # noqa: N818  # a noun with its facts
    """The text is no YAML that we take."""

    def __init__(self, reason: str, position: Position | None = None) -> None:
        super().__init__(reason)
        self.problem = FieldProblem("", reason, *(position or ()))


@dataclass(slots=True)
class Written:
    """What an author wrote: the value, where each place in it stands, and what is wrong with the writing."""

    value: Any = None
    marks: Marks = field(default_factory=Marks)
    problems: list[FieldProblem] = field(default_factory=list)

    def holds(self, place: Place) -> bool:
        """Whether something was written at `place`."""
        return self.marks.holds(place)

    def position_of(self, place: Place) -> Position | None:
        """Line and column of `place`, or of the nearest place around it."""
        return self.marks.position_of(place)

    def line_of(self, place: Place) -> int | None:
        """The line of it."""
        position = self.position_of(place)
        return None if position is None else position.line

    def problem(self, place: Place, reason: str) -> FieldProblem:
        """That something is wrong there."""
        return FieldProblem(".".join(map(str, place)), reason, *(self.position_of(place) or ()))


def read_yaml(text: bytes) -> Written:
    """The one document in `text`.

    Raises:
        Unreadable: it is no UTF-8, no YAML, or over a limit.
    """
    if len(text) > MAX_BYTES:
        message = f"the text has {len(text)} bytes; {MAX_BYTES} are allowed"
        raise Unreadable(message, Position(1, 1))
    try:
        return _Reading(yaml.parse(_decoded(text), Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        message = f"this is no YAML: {problem.problem}"
        raise Unreadable(message, Position(mark.line + 1, mark.column + 1) if mark else None) from problem
    except yaml.YAMLError as problem:
        message = f"this is no YAML: {str(problem).splitlines()[0]}"
        raise Unreadable(message) from problem


def _decoded(text: bytes) -> str:
    """The text without the mark of its encoding; nothing is in it that YAML has not."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        message = "the text is UTF-16; save it as UTF-8"
        raise Unreadable(message, Position(1, 1))
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = f"byte {problem.start} is no UTF-8"
        raise Unreadable(message, _end_of(text[: problem.start].decode("utf-8-sig"))) from problem
    unprintable = _UNPRINTABLE.search(decoded)
    if unprintable is not None:
        message = f"the character U+{ord(unprintable[0]):04X} is not allowed"
        raise Unreadable(message, _end_of(decoded[: unprintable.start()]))
    return decoded


def _end_of(text: str) -> Position:
    """Where the character behind `text` stands."""
    return Position(text.count("\n") + 1, len(text) - text.rfind("\n"))


class _Reading:
    """One pass over the events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._problems: list[FieldProblem] = []
        self._anchored: dict[str, tuple[Any, int]] = {}
        self._aliases = self._values = 0

    def document(self) -> Written:
        """All of it."""
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._expect_no_short_tags(event)
                root = next(self._events)
                value, inside = self._node(root, ())
                self._expect_the_end()
                return Written(value, Marks(marked(_position(root), inside)), self._problems)
        message = "the text is empty"
        raise Unreadable(message, Position(1, 1))

    def _expect_no_short_tags(self, event: DocumentStartEvent) -> None:
        """A tag of two characters may stand for half the text, and the parser writes that out for each."""
        if event.tags:
            message = "tags are not allowed, nor is %TAG"
            raise Unreadable(message, _position(event))

    def _expect_the_end(self) -> None:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                message = "a second document begins here; write one"
                raise Unreadable(message, _position(event))
            if isinstance(event, StreamEndEvent):
                return

    def _node(self, event: Event, place: Place) -> tuple[Any, Inside | None]:
        """The value that begins with `event`, and where what is in it stands."""
        if len(place) > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise Unreadable(message, _position(event))
        if isinstance(event, AliasEvent):
            return self._alias(event), None
        if not isinstance(event, _Node):
            message = "something else than a value stands here"
            raise Unreadable(message, _position(event))
        before = self._values
        self._count(1, event)
        if event.tag is not None:
            self._complain(place, f"tags such as {event.tag[:_SHOWN]!r} are not allowed", event)
        value, inside = self._value(event, place)
        if event.anchor is not None:
            self._anchored[event.anchor] = value, self._values - before
        return value, inside

    def _value(self, event: _Node, place: Place) -> tuple[Any, Inside | None]:
        if isinstance(event, MappingStartEvent):
            return self._mapping(place)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(place)
        return self._plain(event, place) if event.implicit[0] else self._text(event, place), None

    def _sequence(self, place: Place) -> tuple[list[Any], Inside]:
        items: list[Any] = []
        inside: list[Marked] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            item, below = self._node(event, (*place, len(items)))
            items.append(item)
            inside.append(marked(_position(event), below))
        return items, inside

    def _mapping(self, place: Place) -> tuple[dict[str, Any], Inside]:
        fields: dict[str, Any] = {}
        inside: dict[str, Marked] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, place)
            here = (*place, key)
            if key in fields:
                self._complain(here, "is written twice", event)
            fields[key], below = self._node(next(self._events), here)
            inside[key] = marked(_position(event), below)
        return fields, inside

    def _key(self, event: Event, place: Place) -> str:
        if not isinstance(event, ScalarEvent):
            message = "a key is a word, not a list, a mapping or an alias"
            raise Unreadable(message, _position(event))
        self._count(1, event)
        if len(event.value) > MAX_KEY:
            message = f"a key of {len(event.value)} characters; {MAX_KEY} are allowed"
            raise Unreadable(message, _position(event))
        key = self._text(event, place)
        if key == "<<" and event.implicit[0]:
            self._complain((*place, key), "merges nothing here; write the fields out", event)
        return key

    def _plain(self, event: ScalarEvent, place: Place) -> Any:
        """A scalar without quotes, as YAML 1.2's core schema reads it."""
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        read = next((read for written, read in _NUMBERS if written.fullmatch(text)), None)
        if read is None:
            return text
        number = read(text) if len(text) <= _LONGEST_NUMBER else float("inf")
        if isinstance(number, float) and abs(number) == float("inf"):
            self._complain(place, f"{text[:_SHOWN]} is no number that JSON has", event)
            return None
        if abs(number) >= _HUGE and isinstance(number, int):
            self._complain(place, f"{text[:_SHOWN]} is a number of more than 64 bits; is it text? Quote it", event)
        return number

    def _text(self, event: ScalarEvent, place: Place) -> str:
        """A scalar as it stands; between quotes, an escape may say what no text can hold."""
        text: str = event.value
        if "\0" in text:
            self._complain(place, "holds the character U+0000, which cannot be stored", event)
        return text

    def _alias(self, event: AliasEvent) -> Any:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            message = f"more than {MAX_ALIASES} aliases"
            raise Unreadable(message, _position(event))
        anchor = event.anchor or ""
        if anchor not in self._anchored:
            message = f"*{anchor[:_SHOWN]} stands for nothing that was written before"
            raise Unreadable(message, _position(event))
        value, size = self._anchored[anchor]
        self._count(size, event)
        return value

    def _count(self, values: int, event: Event) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES} values"
            raise Unreadable(message, _position(event))

    def _complain(self, place: Place, reason: str, event: Event) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(FieldProblem(".".join(map(str, place)), reason, *_position(event)))


def _position(event: Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
