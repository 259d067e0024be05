"""References: `${inputs.title}`, `${steps.build.output.files}`, `${item.name}` inside a step's inputs. Pure.

A string that is one whole reference becomes the value itself, with its JSON type; a reference inside other text
becomes text. A reference to a missing field is an error, never an empty string. `$$` stands for one dollar sign, so
that `$${x}` is text; what a first pass brings in has its dollars doubled, so that the last pass cannot take it for a
reference.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_REFERENCE_OR_DOLLAR = re.compile(r"\$(?:\{([^{}]*)\}|\$)")
_PATH = re.compile(r"^[A-Za-z_]\w*(?:\.(?:[A-Za-z_][\w-]*|\d+))*$")


class BadReference(ValueError):  # noqa: N818  # a noun with its facts
    """A reference that cannot mean anything here: `reference` and `reason` say which and why."""

    def __init__(self, reference: str, reason: str) -> None:
        super().__init__(f"${{{reference}}}: {reason}")
        self.reference, self.reason = reference, reason


def references_in(value: object) -> Iterator[tuple[str, ...]]:
    """Every reference in a JSON value, as path segments, in order of appearance."""
    if isinstance(value, str):
        found = (match[1] for match in _REFERENCE_OR_DOLLAR.finditer(value))
        yield from (_segments(path.strip()) for path in found if path is not None)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references_in(item)


def resolve(value: Any, scope: Mapping[str, Any], *, keep: Callable[[tuple[str, ...]], bool] | None = None) -> Any:
    """`value` with every reference replaced from `scope`.

    With `keep` this is a first pass: references that it accepts stay as they are, for a last pass without it.

    Raises:
        BadReference: if a path does not exist in `scope`.
    """
    if isinstance(value, str):
        return _resolve_text(value, scope, keep)
    if isinstance(value, Mapping):
        return {key: resolve(item, scope, keep=keep) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, scope, keep=keep) for item in value]
    return value


def look_up(path: tuple[str, ...], scope: Mapping[str, Any]) -> Any:
    """The value at `path`; segments are keys of objects or indices of lists.

    Raises:
        BadReference: names the first segment that is not there and what is there instead.
    """
    here: Any = scope
    for depth, segment in enumerate(path):
        if isinstance(here, Mapping) and segment in here:
            here = here[segment]
        elif isinstance(here, list) and segment.isdecimal() and int(segment) < len(here):
            here = here[int(segment)]
        else:
            raise BadReference(".".join(path), _missing(path, depth, here))
    return here


def _missing(path: tuple[str, ...], depth: int, here: object) -> str:
    parent = ".".join(path[:depth]) or "the context"
    if isinstance(here, Mapping):
        return f"{parent} has no {path[depth]!r}; it has: {', '.join(map(str, here)) or 'nothing'}"
    return f"{parent} is not an object that could hold {path[depth]!r}"


def _segments(text: str) -> tuple[str, ...]:
    if not _PATH.match(text):
        raise BadReference(text, "write a path such as inputs.title or steps.build.output.files")
    return tuple(text.split("."))


def _resolve_text(text: str, scope: Mapping[str, Any], keep: Callable[[tuple[str, ...]], bool] | None) -> Any:
    if "$" not in text:
        return text
    whole = _REFERENCE.fullmatch(text)
    if whole is not None:
        path = _segments(whole[1].strip())
        if keep is None:
            return look_up(path, scope)
        return text if keep(path) else _with_doubled_dollars(look_up(path, scope))

    def as_text(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$" if keep is None else match[0]
        path = _segments(match[1].strip())
        if keep is not None and keep(path):
            return match[0]
        found = look_up(path, scope)
        shown = found if isinstance(found, str) else json.dumps(found)
        return shown if keep is None else shown.replace("$", "$$")

    return _REFERENCE_OR_DOLLAR.sub(as_text, text)


def _with_doubled_dollars(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _with_doubled_dollars(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_doubled_dollars(item) for item in value]
    return value
