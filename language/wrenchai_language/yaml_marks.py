"""Where each value of a text stands: marks in the shape of the values, 40 bytes a value however deep it lies. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_COLUMNS = 1 << 21

Mark = int
"""A line and a column in one number."""
Inside = dict[str, "Marked"] | list["Marked"]
Marked = Mark | tuple[Mark, Inside]
"""Where a value stands; of a mapping or a list, where what is in it stands too."""


class Position(NamedTuple):
    """A place in a text, from 1."""

    line: int
    column: int


def mark(position: Position) -> Mark:
    """The position in 32 bytes, as there are so many of them."""
    return position.line * _COLUMNS + position.column


def marked(position: Position, inside: Inside | None) -> Marked:
    """A value there, and what is in it."""
    return mark(position) if inside is None else (mark(position), inside)


@dataclass(slots=True)
class Marks:
    """Where each place of one value stands."""

    root: Marked | None = None

    def holds(self, place: tuple[str | int, ...]) -> bool:
        """Whether something stands at `place`."""
        return sum(1 for _ in self._way(place)) == len(place) + 1

    def position_of(self, place: tuple[str | int, ...]) -> Position | None:
        """Where `place` stands, or the nearest place around it that does."""
        last = None
        for here in self._way(place):
            last = here
        return None if last is None else Position(*divmod(last, _COLUMNS))

    def _way(self, place: tuple[str | int, ...]) -> Iterator[Mark]:
        """The marks on the way to `place`, from the outermost on, as far as there are any."""
        here = self.root
        for part in (*place, None):
            if here is None:
                return
            yield here if isinstance(here, int) else here[0]
            here = None if isinstance(here, int) else _at(here[1], part)


def _at(inside: Inside, part: str | int | None) -> Marked | None:
    if isinstance(inside, dict):
        return inside.get(part) if isinstance(part, str) else None
    return inside[part] if isinstance(part, int) and 0 <= part < len(inside) else None
