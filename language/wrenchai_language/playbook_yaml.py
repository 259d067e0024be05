"""A playbook's YAML to a playbook; everything wrong with it at once, each thing with its field and line."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.plan import RetryPolicy
from wrenchai_contracts.playbook import ParallelStep, Playbook, QualityBar, Role, StandardStep

from wrenchai_language.input_schema import schema_problems
from wrenchai_language.playbook_check import problems as problems_of
from wrenchai_language.yaml_reading import Place, Unreadable, Written, read_yaml

_MOST_PROBLEMS = 100
_STEP_TYPES: dict[str, type[BaseModel]] = {"standard": StandardStep, "work_in_parallel": ParallelStep}


def read_playbook(text: bytes, *, file: str) -> Playbook:
    """The playbook that `text` holds; `file` names it in problems.

    Raises:
        PlaybookRejected: with everything that is wrong, up to 100 things.
    """
    try:
        written = read_yaml(text)
    except Unreadable as unreadable:
        raise PlaybookRejected(file, [unreadable.problem]) from unreadable
    if not isinstance(written.value, dict):
        reason = "a playbook is a mapping with `name` and `steps`"
        raise PlaybookRejected(file, [FieldProblem("", reason, written.line_of(()))])
    try:
        playbook = Playbook.model_validate(written.value)
    except ValidationError as invalid:
        found = [*written.problems, *islice(_misshapen(invalid, written), _MOST_PROBLEMS)]
        raise PlaybookRejected(file, found) from invalid
    found = written.problems or list(_meaningless(playbook, written))
    if found:
        raise PlaybookRejected(file, found)
    return playbook


def _meaningless(playbook: Playbook, written: Written) -> Iterator[FieldProblem]:
    for place, reason in problems_of(playbook):
        yield FieldProblem(_dotted(place), reason, written.line_of(place))
    for place, reason in schema_problems(playbook.inputs):
        yield FieldProblem(_dotted(("inputs", *place)), reason, written.line_of(("inputs", *place)))


def _misshapen(invalid: ValidationError, written: Written) -> Iterator[FieldProblem]:
    details = invalid.errors(include_url=False, include_context=False)
    for detail in details:
        if detail["type"] == "too_short" and len(details) > 1:
            continue  # what was left of a list whose items are wrong
        place = _without_variants(detail["loc"])
        yield FieldProblem(_dotted(place), _reason(detail, place, written.value), written.line_of(place))


def _without_variants(loc: Place) -> Place:
    """The path that pydantic gives, without the names of the step types it tried."""
    return tuple(
        part
        for before, part in zip((None, *loc), loc, strict=False)
        if not (isinstance(before, int) and part in _STEP_TYPES)
    )


def _reason(detail: ErrorDetails, place: Place, whole: Any) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown_field(place, whole)
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "union_tag_invalid":
        given = detail["input"].get("type") if isinstance(detail["input"], dict) else None
        return f"no step type is called {given!r}; known are: {', '.join(_STEP_TYPES)}"
    return detail["msg"].removeprefix("Value error, ")


def _unknown_field(place: Place, whole: Any) -> str:
    known = sorted(_fields_of(_shape_at(place[:-1], whole)))
    name = str(place[-1])
    nearest = get_close_matches(name, known, n=1)
    if nearest:
        return f"unknown field; did you mean {nearest[0]!r}?"
    return f"unknown field; known here are: {', '.join(known)}"


def _fields_of(shape: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in shape.model_fields.items()}


def _shape_at(place: Place, whole: Any) -> type[BaseModel]:
    """The model that the mapping at `place` was read as."""
    match place:
        case ("roles", _):
            return Role
        case ("quality",):
            return QualityBar
        case (*_, "retry"):
            return RetryPolicy
        case ("steps", int(index)):
            step = whole["steps"][index]
            return _STEP_TYPES.get(step.get("type", "standard"), StandardStep)
        case ("steps", *_):
            return StandardStep
        case _:
            return Playbook


def _dotted(place: Place) -> str:
    return ".".join(map(str, place))
