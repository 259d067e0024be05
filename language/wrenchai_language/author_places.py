"""Where pydantic found something wrong, as the author calls the place: without the types of steps on the way. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.steps import STEP_TYPES

from wrenchai_language.bodies import Place


class AuthorPlace(NamedTuple):
    """A place in the author's words, and the shape of the mapping that holds its last part, as far as it has one."""

    place: Place
    shape: type[BaseModel] | None


class _Here(NamedTuple):
    """What may stand at a place: one of some shapes, or a mapping from names to them."""

    shapes: tuple[type[BaseModel], ...] = ()
    by_name: bool = False


def as_written(loc: Place) -> AuthorPlace:
    """The place that pydantic calls `loc` when it reads a playbook."""
    place: list[str | int] = []
    here, around = _Here((Playbook,)), None
    for part in loc:
        if len(here.shapes) > 1 and part in STEP_TYPES:
            here = _Here((STEP_TYPES[str(part)],))
            continue
        place.append(part)
        around = here.shapes[0] if len(here.shapes) == 1 and not here.by_name else None
        here = here if isinstance(part, int) else _Here(here.shapes) if here.by_name else _inside(around, part)
    return AuthorPlace(tuple(place), around)


def fields_of(shape: type[BaseModel]) -> dict[str, FieldInfo]:
    """What a mapping of that shape may hold, as authors call it."""
    return {called: field for name, field in shape.model_fields.items() for called in _called(name, field)}


def _called(name: str, field: FieldInfo) -> list[str]:
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [field.alias or name]


def _inside(shape: type[BaseModel] | None, name: str) -> _Here:
    field = fields_of(shape).get(name) if shape is not None else None
    if field is None:
        return _Here()
    return _Here(tuple(_shapes_in(field.annotation)), get_origin(field.annotation) is dict)


def _shapes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The shapes that an annotation names, through whatever it wraps them in."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes_in(inner)
