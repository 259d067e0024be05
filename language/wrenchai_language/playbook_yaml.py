"""A playbook's YAML to a playbook; everything wrong with it at once, each thing with its field, line and column."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.steps import STEP_TYPES, FailureAction

from wrenchai_language.author_places import as_written, fields_of
from wrenchai_language.bodies import Place
from wrenchai_language.input_schema import schema_problems
from wrenchai_language.playbook_check import Tools
from wrenchai_language.playbook_check import problems as problems_of
from wrenchai_language.shelf import Shelf
from wrenchai_language.yaml_reading import Unreadable, Written, read_yaml

_MOST_PROBLEMS = 100


def read_playbook(text: bytes, *, file: str, tools: Tools | None = None, playbooks: Shelf | None = None) -> Playbook:
    """The playbook that `text` holds; `file` names it in problems. What it is checked against: see `problems`.

    Raises:
        PlaybookRejected: with everything that is wrong, up to 100 things.
    """
    try:
        written = read_yaml(text)
    except Unreadable as unreadable:
        raise PlaybookRejected(file, [unreadable.problem]) from unreadable
    if not isinstance(written.value, dict):
        reason = "a playbook is a mapping with `name` and `steps`"
        raise PlaybookRejected(file, [written.problem((), reason)])
    try:
        playbook = Playbook.model_validate(written.value)
    except ValidationError as invalid:
        found = [*written.problems, *islice(_misshapen(invalid, written), _MOST_PROBLEMS)]
        raise PlaybookRejected(file, found) from invalid
    found = written.problems or list(_meaningless(playbook, written, tools, playbooks))
    if found:
        raise PlaybookRejected(file, found)
    return playbook


def _meaningless(
    playbook: Playbook, written: Written, tools: Tools | None, playbooks: Shelf | None
) -> Iterator[FieldProblem]:
    for place, reason in problems_of(playbook, tools, playbooks):
        yield written.problem(_other_word(place, written), reason)
    for place, reason in schema_problems(playbook.inputs):
        yield written.problem(("inputs", *place), reason)


def _other_word(place: Place, written: Written) -> Place:
    """The same place by the name that this author uses for it."""
    other = (*place[:-1], "condition")
    return other if place[-1:] == ("when",) and not written.holds(place) and written.holds(other) else place


def _misshapen(invalid: ValidationError, written: Written) -> Iterator[FieldProblem]:
    details = invalid.errors(include_url=False, include_context=False)
    around = _around(details)
    for detail in details:
        if detail["type"] == "too_short" and detail["loc"] in around:
            continue  # what was left of a list whose items are wrong
        place, shape = as_written(detail["loc"])
        if shape is FailureAction and not isinstance(_value_at(place[:-1], written.value), dict):
            place = place[:-1]
        yield written.problem(place, _reason(detail, place, shape, written.value))


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
    value = _value_at(place, whole)
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


def _value_at(place: Place, whole: Any) -> Any:
    here = whole
    for part in place:
        if isinstance(here, dict):
            here = here.get(part)
        else:
            here = here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None
    return here
