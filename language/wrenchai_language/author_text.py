"""What an author wrote, in today's layout whatever the layout was, and where each place in it stands. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wrenchai_contracts.errors import FieldProblem

from wrenchai_language.bodies import Place
from wrenchai_language.legacy_layout import Mapped, from_legacy, is_legacy
from wrenchai_language.yaml_marks import Position
from wrenchai_language.yaml_reading import Unreadable, Written

MAX_OLD_ENTRIES = 1_000
MAX_OLD_VALUES = 10_000

_AT_CHARACTER = re.compile(r" \(at character (\d+)\)$")
_KEY = re.compile(r"""["']?\w+["']?\s*:\s+""")
"""What stands between the place of a field, which is that of its name, and its value."""
_QUOTES = ("'", '"')


@dataclass(frozen=True, slots=True)
class AuthorText:
    """A playbook's fields as today's layout has them, and how to speak of them to their author."""

    value: Any
    problem: Callable[[Place, str], FieldProblem]
    """That something is wrong at a place, with the author's own line and column."""
    problems: list[FieldProblem] = field(default_factory=list)
    notes: list[FieldProblem] = field(default_factory=list)
    legacy: bool = False


def author_text(written: Written, text: bytes) -> AuthorText:
    """What was read from `text`.

    Raises:
        Unreadable: it is in the first WrenchAI's layout, and larger than anything that was written in it.
    """
    if is_legacy(written.value):
        _expect_a_size_that_can_be_mapped(written)
        return _from_legacy(written, from_legacy(written.value))
    lines = _Lines(text)

    def problem(place: Place, reason: str) -> FieldProblem:
        place = _other_word(place, written)
        found = written.problem(place, reason)
        return _within_expression(found, value_at(place, written.value), lines)

    return AuthorText(written.value, problem, written.problems)


def _from_legacy(written: Written, mapped: Mapped) -> AuthorText:
    def problem(place: Place, reason: str) -> FieldProblem:
        return written.problem(mapped.original_place(place), reason)

    found = [*written.problems, *(written.problem(place, reason) for place, reason in mapped.problems)]
    notes = [_noted(written, note.place, note.field, note.said) for note in mapped.notes]
    return AuthorText(mapped.playbook, problem, found, notes, legacy=True)


def _expect_a_size_that_can_be_mapped(written: Written) -> None:
    """What becomes of a field is told of each: of a hundred thousand fields nobody would read it."""
    values, to_see = 0, list[tuple[Place, Any]]([((), written.value)])
    while to_see:
        place, here = to_see.pop()
        values += len(here)
        if len(here) > MAX_OLD_ENTRIES or values > MAX_OLD_VALUES:
            most = f"{MAX_OLD_ENTRIES} entries in a list or mapping, {MAX_OLD_VALUES} values in all"
            reason = f"too large for the layout of the first WrenchAI ({most}); write it in today's"
            raise Unreadable(reason, written.position_of(place))
        pairs = here.items() if isinstance(here, dict) else enumerate(here)
        to_see.extend(((*place, key), item) for key, item in pairs if isinstance(item, dict | list))


def _noted(written: Written, place: Place, name: str, said: str) -> FieldProblem:
    keys = ((*place, name), (*place, int(name))) if name.isdecimal() else ((*place, name),)
    return written.problem(next((key for key in keys if written.holds(key)), (*place, name)), said)


def _other_word(place: Place, written: Written) -> Place:
    """The same place by the name that this author uses for it; a judge of a result is not quite written as a step."""
    word = _OTHER_WORDS.get(place[-1]) if place else None
    other = (*place[:-1], word or "")
    return other if word is not None and not written.holds(place) and written.holds(other) else place


_OTHER_WORDS: Mapping[str | int, str] = {"when": "condition", "tool": "use", "id": "name"}


class _Lines:
    """The text by lines; split when the first is asked for."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._lines: list[str] | None = None

    def behind(self, position: Position) -> str:
        """What stands on its line from there on."""
        if self._lines is None:
            self._lines = self._text.decode("utf-8-sig", "replace").splitlines()
        within = position.line <= len(self._lines)
        return self._lines[position.line - 1][position.column - 1 :] if within else ""


def _within_expression(found: FieldProblem, value: Any, lines: _Lines) -> FieldProblem:
    """The problem at its own character, where an expression stands on one line as it is; else at the beginning."""
    told = _AT_CHARACTER.search(found.reason)
    if told is None or not isinstance(value, str) or found.line is None or found.column is None:
        return found
    here = lines.behind(Position(found.line, found.column))
    key = _KEY.match(here)
    ahead = key.end() if key is not None else 0
    ahead += 1 if here.startswith(_QUOTES, ahead) else 0
    if not here.startswith(value, ahead):
        return found
    column = found.column + ahead + int(told[1]) - 1
    return FieldProblem(found.field, found.reason[: told.start()], found.line, column)


def value_at(place: Place, whole: Any) -> Any:
    """What stands at `place`; None if nothing does."""
    here = whole
    for part in place:
        if isinstance(here, dict):
            here = here.get(part)
        else:
            here = here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None
    return here
