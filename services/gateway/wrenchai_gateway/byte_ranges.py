"""The Range header of HTTP: which bytes of how many. Pure."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes from `start` up to but not including `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):  # noqa: N818  # a noun with its facts
    """The range lies outside the content."""


def piece_of(header: str | None, size: int) -> Piece | None:
    """The one piece that is asked for; None for all of it.

    A header that is malformed, in other units or of several ranges is ignored, as RFC 9110 allows.

    Raises:
        Unsatisfiable: no byte of the content is in the range.
    """
    found = _ONE_RANGE.fullmatch(header) if header is not None else None
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise Unsatisfiable
    return Piece(start, end)
