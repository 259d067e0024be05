"""How large a JSON value is to whoever copies it. Pure."""

import math
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, NoReturn

MAX_VALUES = 150_000
"""In units of `Size`: a list of 100,000 numbers, or 6,000 outputs of ten fields; some 15 MB to who evaluates."""
MAX_TEXT = 8 * 1024 * 1024
MAX_DEPTH = 100
"""A value of 10,000 levels breaks the stack of the library that evaluates expressions, and the process with it."""

_BYTES_A_UNIT = 512


class NoJson(ValueError):  # noqa: N818  # a noun with its facts
    """A value that JSON has not, or that is too large or too deep to be looked at."""


class Size(NamedTuple):
    """Values, counted by what it takes to copy one (a number 1, a text 2, a key 2), and bytes of text."""

    values: int
    text: int = 0

    @property
    def cost(self) -> int:
        """Both, in units of one value."""
        return self.values + self.text // _BYTES_A_UNIT

    def share(self, part: int, of: int) -> "Size":
        """So many of so many equal parts, rounded up."""
        return Size(-(-self.values * part // of), -(-self.text * part // of)) if of else NOTHING

    def __mul__(self, times: int) -> "Size":  # type: ignore[override]  # a size is no row of numbers
        return Size(self.values * times, self.text * times)


NOTHING = Size(0)


def sum_of(sizes: Iterable[Size]) -> Size:
    """All of them together."""
    values = text = 0
    for size in sizes:
        values, text = values + size.values, text + size.text
    return Size(values, text)


def size_of(value: Any) -> Size:
    """The size of a JSON value.

    Raises:
        NoJson: it is none, over a limit, or has a whole number of more than 64 bits.
    """
    return size_of_all([value])


def size_of_all(values: list[Any]) -> Size:
    """The size of JSON values together, level by level: a tenth of a microsecond for each.

    Raises:
        NoJson: one is none, or has a whole number of more than 64 bits; or together they are over a limit.
    """
    size, level = NOTHING, values
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        own = _size_of_level(level, below)
        size = Size(size.values + own.values, size.text + own.text)
        if size.values + len(below) > MAX_VALUES or size.text > MAX_TEXT:
            _refuse("is too large")
        if not below:
            return size
        level = below
    message = "is nested too deep"
    raise NoJson(message)


def _size_of_level(level: list[Any], below: list[Any]) -> Size:
    """The size of values without what is in them, which is put into `below`."""
    values, text = len(level), 0
    for kind in set(map(type, level)):
        here: list[Any] = [value for value in level if type(value) is kind]
        if kind is dict:
            keys = [key for value in here for key in value]
            values, text = values + 2 * len(keys), text + _bytes_of_keys(keys)
            _put(below, (value.values() for value in here))
        elif kind in (list, tuple):
            _put(below, here)
        elif kind is str:
            values, text = values + len(here), text + sum(map(_bytes, here))
        else:
            _check_scalars(kind, here)
    return Size(values, text)


def _put(below: list[Any], inside: Iterable[Collection[Any]]) -> None:
    for values in inside:
        if len(below) + len(values) > MAX_VALUES:
            _refuse("is too large")
        below += values


def _check_scalars(kind: type, values: list[Any]) -> None:
    if kind is int:
        if not (min(values) >= -(2**63) and max(values) < 2**63):
            _refuse("holds a whole number of more than 64 bits")
    elif kind is float:
        if not all(map(math.isfinite, values)):
            _refuse("holds a number without end, or none, which JSON has not")
    elif kind not in (bool, type(None)):
        _refuse(f"holds a {kind.__name__}, which JSON has not")


def _bytes_of_keys(keys: list[Any]) -> int:
    for key in keys:
        if type(key) is not str:
            _refuse(f"has the key {key!r}, which is no text")
    return sum(map(_bytes, keys))


def _bytes(text: str) -> int:
    """Not less than the bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else 4 * len(text)


def _refuse(reason: str) -> NoReturn:
    raise NoJson(reason)
