"""What an expression finds in its scope by a path, and how what it does not find is told. Pure."""

from collections.abc import Mapping
from typing import Any, Final

ABSENT: Final = object()
"""Stands for what is not in a scope; None is a value."""

_SOME = 20


def look_up(names: tuple[str, ...], scope: Mapping[str, Any]) -> Any:
    """What lies at the path; `ABSENT` if nothing does. Keys of mappings only: no attribute of anything is looked at."""
    here: Any = scope
    for name in names:
        if not isinstance(here, Mapping) or name not in here:
            return ABSENT
        here = here[name]
    return here


def missing(names: tuple[str, ...], scope: Mapping[str, Any]) -> str:
    """The first name of a path that is not there, and what is there instead."""
    here: Any = scope
    for depth, name in enumerate(names):
        around = ".".join(names[:depth]) or "the scope"
        if not isinstance(here, Mapping):
            return f"{around} is not an object that could hold {name!r}"
        if name not in here:
            return f"{around} has no {name!r}; it has: {_some(list(map(str, here))) or 'nothing'}"
        here = here[name]
    return f"{'.'.join(names)} cannot be read"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")
