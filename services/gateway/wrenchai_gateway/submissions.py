"""Reading requests: bodies as commands, headers as what they mean. What cannot be read is refused, never guessed."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from wrenchai_chassis.telemetry import new_trace
from wrenchai_contracts.errors import FieldProblem, InputRejected

from wrenchai_gateway.problems import rejected
from wrenchai_gateway.refusals import MalformedRequest, UnsupportedMediaType

Command = TypeVar("Command", bound=BaseModel)

_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ACTOR = re.compile(r"[A-Za-z0-9@._-]{1,64}")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])")
_SUSPICIOUS = re.compile(rb"NaN|Infinity|\\u0000|[eE]\+?[0-9]{3}|[0-9]{200}")
"""What a body with a number beyond JSON's or a character beyond Postgres' must contain; most bodies do not."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and with what guarantees: `key` is the idempotency key, `trace` the W3C traceparent of this request.

    `actor` is what the header `Actor` says: a label that nobody has verified, for as long as there is no login.
    """

    actor: str = "client"
    tenant: str = "default"
    key: str | None = None
    trace: str | None = None


def caller_of(request: Request) -> Caller:
    """What the headers say. A request that belongs to no trace begins one.

    Raises:
        MalformedRequest: an idempotency key that is no key, or an actor that is no name.
    """
    headers = request.headers
    key, trace, actor = headers.get("idempotency-key"), headers.get("traceparent"), headers.get("actor", "client")
    if key is not None and not _KEY.fullmatch(key):
        message = "Idempotency-Key is 1 to 255 printable ASCII characters without spaces"
        raise MalformedRequest(message)
    if not _ACTOR.fullmatch(actor):
        message = "Actor is 1 to 64 letters, digits, or one of @ . _ -"
        raise MalformedRequest(message)
    return Caller(actor, key=key, trace=trace if trace is not None and _TRACE.fullmatch(trace) else new_trace())


def patience_of(request: Request, *, longest: int = 300) -> int:
    """Seconds of `Prefer: wait=N`; 0 if nothing is preferred."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return min(int(found[1]), longest) if found else 0


async def read_optional(request: Request, shape: type[Command]) -> Command:
    """The JSON body as a command whose fields all have defaults; without a body, the defaults.

    Raises:
        UnsupportedMediaType, MalformedRequest, InputRejected, PayloadTooLarge
    """
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return await read_command(request, shape) if has_body else shape()


async def read_command(request: Request, shape: type[Command]) -> Command:
    """The JSON body as a command.

    Raises:
        UnsupportedMediaType, MalformedRequest, InputRejected, PayloadTooLarge
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType(kind, "application/json")
    body = await request.body()
    try:
        command = shape.model_validate_json(body)
    except ValidationError as problem:
        raise rejected(problem) from problem
    if _SUSPICIOUS.search(body) is not None:
        refuse_unstorable(command.model_dump())
    return command


async def read_yaml_body(request: Request) -> bytes:
    """The body as YAML text.

    Raises:
        UnsupportedMediaType, PayloadTooLarge
    """
    kind = request.headers.get("content-type", "application/yaml").partition(";")[0].strip().lower()
    if kind not in _YAML:
        raise UnsupportedMediaType(kind, "application/yaml")
    return await request.body()


_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})


def refuse_unstorable(value: Any) -> None:
    """Refuse what JSON has no number or Postgres no character for.

    Raises:
        InputRejected: names every such place.
    """
    problems = list(_unstorable(value, ""))
    if problems:
        raise InputRejected(problems)


def _unstorable(value: Any, place: str) -> list[FieldProblem]:
    if isinstance(value, str):
        return [FieldProblem(place, "holds the character U+0000, which cannot be stored")] if "\0" in value else []
    if isinstance(value, float):
        return [] if math.isfinite(value) else [FieldProblem(place, "is no finite number")]
    if isinstance(value, int):
        return [] if abs(value) < _HUGE else [FieldProblem(place, "is a number of more than 64 bits")]
    if isinstance(value, Mapping):
        keys = [problem for key in value for problem in _unstorable(key, f"{place} (a key)".strip())]
        return keys + [p for key, item in value.items() for p in _unstorable(item, f"{place}.{key}".lstrip("."))]
    if isinstance(value, list | tuple):
        return [p for index, item in enumerate(value) for p in _unstorable(item, f"{place}.{index}".lstrip("."))]
    return []


_HUGE = 2**64


def digest_of(kind: str, command: BaseModel) -> str:
    """SHA-256 of a request: equal for equal requests, however their JSON was spaced."""
    return hashlib.sha256(f"{kind}\n{command.model_dump_json()}".encode()).hexdigest()
