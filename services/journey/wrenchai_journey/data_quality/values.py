"""What one field of a table is: missing, a number, a date, true or false, or text; pure."""

import re
from datetime import datetime
from typing import Literal

Kind = Literal["integer", "decimal", "date", "boolean", "text"]
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", "#n/a"})
_KINDS = re.compile(
    r"(?P<integer>[+-]?\d{1,18})$"
    r"|(?P<decimal>[+-]?(?:\d{1,18}[.,]\d{1,18}|\.\d{1,18}|\d{1,18}(?:\.\d{1,18})?[eE][+-]?\d{1,2}))$"
    r"|(?P<date>\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4})$"
    r"|(?P<boolean>true|false|yes|no)$",
    re.IGNORECASE,
)
_RUNS = re.compile(r"(?P<digits>\d+)|(?P<letters>[^\W\d_]+)")
_LONGEST_SHAPE = 60


def is_missing(value: str) -> bool:
    """Whether a field says that there is nothing."""
    return value.strip().lower() in MISSING


def kind_of(value: str) -> Kind:
    """What a field that is not missing looks like; a date is one that the calendar has."""
    found = _KINDS.match(value.strip())
    if found is None:
        return "text"
    kind: Kind = found.lastgroup  # type: ignore[assignment]  # the names of the groups are the kinds
    return "text" if kind == "date" and moment(value) is None else kind


def number(value: str) -> float:
    """A number's value; a comma is a decimal point."""
    return float(value.strip().replace(",", "."))


def moment(value: str) -> float | None:
    """A date in seconds since 1970, as if it were UTC; None when the calendar has no such day."""
    text = value.strip().replace(",", ".")
    try:
        if text[:4].isdigit():
            return (datetime.fromisoformat(text).replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001
        day, month, year = (int(part) for part in re.split(r"[./]", text))
        if month > 12:  # noqa: PLR2004  # then it is the day that comes second
            day, month = month, day
        return (datetime(year, month, day) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001
    except ValueError:
        return None


def shape_of(value: str) -> str:
    """The value with runs of digits as `9`, of letters as `a`: `DE-1234` and `FR-77` are both `a-9`."""
    return _RUNS.sub(lambda run: "9" if run["digits"] else "a", value.strip())[:_LONGEST_SHAPE]
