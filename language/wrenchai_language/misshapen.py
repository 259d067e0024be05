"""What pydantic finds wrong with the shape of a playbook, in the author's words; and what is too much to be looked at.

A wrong thing costs about a kilobyte to be told, so that many are not looked for: a large playbook is first counted.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from wrenchai_contracts.errors import FieldProblem
from wrenchai_contracts.steps import STEP_TYPES, FailureAction

from wrenchai_language.author_places import as_written, fields_of
from wrenchai_language.author_text import AuthorText, value_at
from wrenchai_language.bodies import Place

MAX_STEPS = 10_000
"""So many steps may one text have, those inside others counted."""
_MAX_LISTED = 10_000
_MAX_FIELDS = 1_000
_MANY = 12_000
"""Errors of which no more are turned into words."""

_LISTS_OF_STEPS = {"steps", "branches", "operations", "competitors", "handoff_conditions"}
_JSON = {"with", "inputs", "form", "initial"}
"""Fields whose values are the author's own: their shape is not looked at."""


def misshapen(invalid: ValidationError, source: AuthorText) -> Iterator[FieldProblem]:
    """Each thing that is wrong."""
    if invalid.error_count() > _MANY:
        yield source.problem((), f"{invalid.error_count()} things are wrong here; is this a playbook?")
        return
    details = invalid.errors(include_url=False, include_context=False)
    around = _around(details)
    for detail in details:
        if detail["type"] == "too_short" and detail["loc"] in around:
            continue  # what was left of a list whose items are wrong
        place, shape = as_written(detail["loc"])
        if shape is FailureAction and not isinstance(value_at(place[:-1], source.value), dict):
            place = place[:-1]
        yield source.problem(place, _reason(detail, place, shape, source.value))


class TooMuch(NamedTuple):
    """Where there is too much of something, and how much may be."""

    place: Place
    reason: str


def too_much(value: Any) -> TooMuch | None:
    """The first place that has more steps, entries or fields than are looked at."""
    steps = 0
    to_see: list[tuple[Place, Any, bool]] = [((), value, False)]
    while to_see:
        place, here, of_steps = to_see.pop()
        steps += len(here) if of_steps else 0
        most = MAX_STEPS if isinstance(here, list) else _MAX_FIELDS
        if len(here) > most or steps > MAX_STEPS:
            return _told(place, len(here) if len(here) > most else steps, most, of_steps=of_steps)
        to_see.extend(_inside(place, here))
    return None


def _told(place: Place, count: int, most: int, *, of_steps: bool) -> TooMuch:
    if of_steps:
        return TooMuch(place, f"{count} steps are too many; {MAX_STEPS} are allowed, those inside others counted")
    return TooMuch(place, f"has {count} entries; {most} are allowed")


def _inside(place: Place, here: Any) -> Iterator[tuple[Place, Any, bool]]:
    pairs = here.items() if isinstance(here, dict) else enumerate(here)
    for key, item in pairs:
        if isinstance(item, dict | list) and key not in _JSON:
            yield (*place, key), item, isinstance(item, list) and key in _LISTS_OF_STEPS


def _around(details: Sequence[ErrorDetails]) -> set[Place]:
    """Every place that something wrong stands inside."""
    return {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}


def _reason(detail: ErrorDetails, place: Place, shape: type[BaseModel] | None, whole: Any) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_field(place, shape, whole)
        case "missing":
            return "is missing"
        case "union_tag_invalid":
            return _unknown_type(detail["input"])
        case "model_type" | "dataclass_type":
            return "a mapping is needed here"
        case _:
            return detail["msg"].removeprefix("Value error, ")


def _unknown_type(step: Any) -> str:
    given = step.get("type") if isinstance(step, dict) else None
    reason = f"no step type is called {given!r}; known are: {', '.join(STEP_TYPES)}"
    nearest = get_close_matches(str(given), STEP_TYPES, n=1)
    return f"{reason}; did you mean {nearest[0]!r}?" if nearest else reason


def _unknown_field(place: Place, shape: type[BaseModel] | None, whole: Any) -> str:
    known = sorted(fields_of(shape)) if shape is not None else []
    value = value_at(place, whole)
    if isinstance(value, str) and place[-1] == "failure_action":
        return f"no failure action is called {value!r}; known are: {', '.join(known)}"
    name = str(place[-1])
    if name in known:
        return "is given twice, by two names"
    nearest = get_close_matches(name, known, n=1)
    return (
        f"unknown field; did you mean {nearest[0]!r}?"
        if nearest
        else f"unknown field; known here are: {', '.join(known)}"
    )
