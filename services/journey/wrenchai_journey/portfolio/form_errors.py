"""What is wrong with a form, field by field, in words for the person who filled it in; pure."""

import difflib
from collections.abc import Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError
from wrenchai_contracts.shape import Frozen

MAX_SHOWN = 20

Place = tuple[str | int, ...]


class FieldError(Frozen):
    """One field and why it is refused, e.g. `projects[2].github_url` and `must begin with https://`."""

    path: str
    reason: str


class FormRejected(Exception):  # noqa: N818  # reads as the fact it states
    """The form cannot be used; `errors` has every field that is wrong."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(_sentence(self.errors))


def field_errors(refused: ValidationError, shape: type[BaseModel]) -> tuple[FieldError, ...]:
    """Translate pydantic's findings; `shape` is what the form was read as (to guess misspelt fields)."""
    found = refused.errors(include_url=False, include_context=False, include_input=False)
    places = [error["loc"] for error in found]
    return tuple(
        FieldError(path=_path(error["loc"]), reason=_reason(error["type"], error["msg"], error["loc"], shape))
        for error in found
        if not (error["type"] == "too_short" and _has_inner_errors(error["loc"], places))
    )


def _has_inner_errors(place: Place, places: Sequence[Place]) -> bool:
    """A list whose entries were refused counts as short too; only the entries' errors help."""
    return any(other[: len(place)] == place and len(other) > len(place) for other in places)


def _sentence(errors: Sequence[FieldError]) -> str:
    shown = "; ".join(f"{error.path}: {error.reason}" for error in errors[:MAX_SHOWN])
    more = f"; and {len(errors) - MAX_SHOWN} more" if len(errors) > MAX_SHOWN else ""
    return f"the form cannot be used: {shown}{more}"


def _path(place: Place) -> str:
    """`("projects", 0, "name")` as people write it: `projects[0].name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "form"


def _reason(kind: str, message: str, place: Place, shape: type[BaseModel]) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_field(str(place[-1]), _fields_at(shape, place[:-1]))
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _unknown_field(name: str, known: Sequence[str]) -> str:
    alike = difflib.get_close_matches(name, known, n=1)
    return f"is not a known field; did you mean {alike[0]}?" if alike else "is not a known field"


def _fields_at(shape: type[BaseModel], place: Place) -> list[str]:
    """Walk down to the shape at `place` and list its fields."""
    current: type[BaseModel] = shape
    for part in place:
        if isinstance(part, int):
            continue
        field = current.model_fields.get(part)
        inner = _shape_in(field.annotation) if field else None
        if inner is None:
            return []
        current = inner
    return list(current.model_fields)


def _shape_in(annotation: object) -> type[BaseModel] | None:
    """Find the model inside `tuple[Model, ...]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _shape_in(part))), None)
