"""One request to the gateway as a value: what to send, and how to read the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError
from wrenchai_contracts.errors import FieldProblem, InputRejected

from wrenchai.client.problems import ServerFault

API = "/api/v1"
JSON = {"Content-Type": "application/json"}

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105  # read as a word at the point of use
Shape = TypeVar("Shape", bound=BaseModel)
Reader = Callable[[httpx.Response], Answer]


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """A request before it is sent.

    Sending any of them twice does no more than sending it once: they read, or bear an idempotency key, or ask for
    what is the same when asked for twice. `reads_also` are statuses beside 2xx whose body is an answer, no problem.
    """

    method: str
    path: str
    read: Reader[Answer]
    query: Mapping[str, str | int | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    reads_also: frozenset[int] = frozenset()

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of `httpx.Client.request`."""
        return {
            "method": self.method,
            "url": self.path,
            "params": dict(self.query),
            "headers": dict(self.headers),
            "content": self.content,
        }

    def understands(self, response: httpx.Response) -> bool:
        """Whether `read` can make something of this response; else it is a problem."""
        return response.is_success or response.status_code in self.reads_also


def reads(shape: type[Shape]) -> Reader[Shape]:
    """A reader for a JSON answer; fields that a newer gateway added are passed over."""

    def read(response: httpx.Response) -> Shape:
        try:
            return shape.model_validate_json(response.content, extra="ignore")
        except ValidationError as problem:
            message = f"the gateway's answer is no {shape.__name__}; is it another version than this client's?"
            raise ServerFault(message) from problem

    return read


def given(**query: str | int | None) -> dict[str, str | int]:
    """Only the parameters that were given."""
    return {name: value for name, value in query.items() if value is not None}


def made(shape: type[Shape], parts: Mapping[str, Any]) -> Shape:
    """A command made of its parts, those that are None left out.

    Raises:
        InputRejected: one of the parts could never be taken.
    """
    try:
        return shape.model_validate({name: part for name, part in parts.items() if part is not None})
    except ValidationError as problem:
        raise InputRejected([FieldProblem(".".join(map(str, e["loc"])), e["msg"]) for e in problem.errors()]) from None


def body_of(command: BaseModel) -> bytes:
    """A command as JSON, as the gateway takes it."""
    return command.model_dump_json(exclude_defaults=True, by_alias=True).encode()


def keyed(idempotency_key: str | None) -> dict[str, str]:
    """The headers of a command that must not be carried out twice; without a key one is made."""
    return {**JSON, "Idempotency-Key": idempotency_key or uuid4().hex}
