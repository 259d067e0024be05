"""What became of each field of an old playbook, what could not be mapped, and where each new thing came from. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from wrenchai_language.bodies import Place

Found = tuple[Place, str]
"""One thing wrong: where in the original, and what would be right."""


_MANY = 100
_LOOKED_AT = 1000
_SHOWN = 30

_AS_IT_IS = {"description"}
"""Means the same today, under the same name."""


class Note(NamedTuple):
    """What became of one field: `place` is of the mapping or list in the original that has it."""

    place: Place
    field: str
    said: str


@dataclass(slots=True)
class Ledger:
    """Kept while a playbook is mapped."""

    notes: list[Note] = field(default_factory=list)
    problems: list[Found] = field(default_factory=list)
    _spoken: set[Place] = field(default_factory=set)
    _origins: dict[int, tuple[Place, Mapping[str, Place]]] = field(default_factory=dict)
    _kept: list[dict[str, Any]] = field(default_factory=list)

    def note(self, at: Place, said: str) -> None:
        """Say what became of the field at `at`."""
        self.notes.append(Note(at[:-1], str(at[-1]), said))
        self._spoken.add(at)

    def forget(self, *around: Place) -> None:
        """Take back what was said of these places and of all inside them."""
        self.notes = [note for note in self.notes if not any(_within((*note.place, note.field), at) for at in around)]

    def refuse(self, at: Place, reason: str) -> None:
        """Say why what stands at `at` cannot be mapped, and what would be right."""
        self.problems.append((at, reason))
        self._spoken.update(at[:end] for end in range(1, len(at) + 1))

    def hint(self, name: str, known: Sequence[str], all_are: str) -> str:
        """What was meant; or, if nothing is like it, what is known. After many problems only that: it takes time."""
        nearest = get_close_matches(name, known[:_LOOKED_AT], n=1) if len(self.problems) < _MANY else []
        return f"did you mean {nearest[0]!r}?" if nearest else f"{all_are}: {', '.join(known[:_SHOWN])}"

    def speaks_of(self, at: Place) -> bool:
        """Whether there is a note on what stands at `at`, or a problem there or inside it."""
        return at in self._spoken

    def made(self, value: dict[str, Any], at: Place, fields: Mapping[str, Place] | None = None) -> dict[str, Any]:
        """`value`, and that it came of `at`; of its `fields`, some from elsewhere."""
        self._origins[id(value)] = at, fields or {}
        self._kept.append(value)  # so that no other value gets its id
        return value

    def origins(self, playbook: Mapping[str, Any]) -> dict[Place, Place]:
        """For each place in the mapped playbook that is known to have come from a place in the original, that one."""
        return dict(self._origins_below(playbook, ()))

    def _origins_below(self, value: object, place: Place) -> Iterator[tuple[Place, Place]]:
        if id(value) in self._origins and isinstance(value, Mapping):
            at, fields = self._origins[id(value)]
            yield place, at
            yield from (((*place, name), origin) for name, origin in fields.items() if name in value)
        inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        for key, item in inner:
            yield from self._origins_below(item, (*place, key))


def _within(place: Place, around: Place) -> bool:
    return place[: len(around)] == around


class Fields:
    """One mapping of the original; every field must be taken, and told or refused; `close` sees to it."""

    def __init__(self, ledger: Ledger, value: Mapping[str, Any], place: Place) -> None:
        self.ledger, self.place = ledger, place
        self._value, self._taken = value, set[str]()

    def at(self, name: str) -> Place:
        """Where that field stands."""
        return (*self.place, name)

    def written(self) -> set[str]:
        """The names of all fields that are written."""
        return set(self._value)

    def has(self, name: str) -> bool:
        """Whether it is written, and not empty."""
        return self._value.get(name) is not None

    def first(self, *names: str) -> str:
        """The first of these names that is written; else the first."""
        return next((name for name in names if self.has(name)), names[0])

    def take(self, name: str) -> Any:
        """What is written; None if nothing is."""
        self._taken.add(name)
        return self._value.get(name)

    def text(self, name: str) -> str | None:
        """A text that is not empty; anything else is refused."""
        value = self.take(name)
        if value is None or (isinstance(value, str) and value.strip()):
            return None if value is None else str(value).strip()
        self.ledger.refuse(self.at(name), "is a text that is not empty")
        return None

    def items(self, name: str) -> list[Any]:
        """A list; one thing alone is a list of one, and nothing an empty one."""
        value = self.take(name)
        return value if isinstance(value, list) else [] if value is None else [value]

    def inner(self, name: str) -> "Fields | None":
        """A mapping; anything else is refused."""
        value = self.take(name)
        if isinstance(value, Mapping):
            return Fields(self.ledger, value, self.at(name))
        if value is not None:
            self.ledger.refuse(self.at(name), "is a mapping, such as `{field: value}`")
        return None

    def said(self, name: str, said: str) -> None:
        """What became of that field, if it is written."""
        if name in self._value:
            self.ledger.note(self.at(name), said)

    def refuse(self, name: str, reason: str) -> None:
        """Why that field cannot be mapped."""
        self.ledger.refuse(self.at(name), reason)

    def rest(self) -> dict[str, Any]:
        """All fields that nobody has taken; they are taken now."""
        left = {name: value for name, value in self._value.items() if name not in self._taken}
        self._taken |= set(left)
        return left

    def refuse_others(self, *known: str) -> None:
        """Refuse what nobody has taken."""
        names = sorted({*known, *self._taken})
        for name, value in self.rest().items():
            if value is None:
                self.said(name, "is empty: it says nothing")
            else:
                hint = self.ledger.hint(str(name), names, "known here are")
                self.refuse(name, f"no such field is known here; {hint}")

    def close(self, *known: str) -> None:
        """Nothing is dropped silently: what is written, and neither told nor refused by now, is refused here."""
        self.refuse_others(*known)
        for name, value in self._value.items():
            if name in _AS_IT_IS or self.ledger.speaks_of(self.at(name)):
                continue
            if value is None or value in ("", [], {}):
                self.said(name, "is empty: it says nothing")
            else:
                self.refuse(name, "says nothing beside the rest; take it out")
