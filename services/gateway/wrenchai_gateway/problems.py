"""Every error as an RFC 9457 problem: a type, a title, a sentence, the error's facts; never anything internal."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from wrenchai_contracts.errors import (
    FieldProblem,
    InputRejected,
    KeyReused,
    LogFull,
    LogUnavailable,
    NotJudged,
    NotNow,
    Overloaded,
    PayloadTooLarge,
    PlaybookRejected,
    Refused,
    TaskEnded,
    Unavailable,
    UnknownPlaybook,
    UnknownSchedule,
    UnknownTask,
    WrenchError,
)

from wrenchai_gateway.refusals import (
    KeyRefused,
    MalformedRequest,
    NotFound,
    NotInViewYet,
    OriginRefused,
    UnsupportedMediaType,
)

MEDIA_TYPE = "application/problem+json"
_MOST_PROBLEMS = 100
_LONGEST_TEXT = 2000
_logger = logging.getLogger("wrenchai.gateway")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of error is told: status, title, which of its attributes are facts, and a fixed detail if any."""

    status: int
    title: str
    facts: tuple[str, ...] = ()
    detail: str | None = None


_LOG_AWAY = (
    "The event log cannot be reached just now. Whether this request was recorded is unknown: "
    "send it again with the same Idempotency-Key."
)

_LOG_FULL = (
    "The disk of the event log's database is full. Nothing of this request was recorded: "
    "make room there, then send it again."
)

KINDS: Mapping[type[WrenchError], Kind] = {
    InputRejected: Kind(422, "The input was refused", ("problems",)),
    PlaybookRejected: Kind(422, "The playbook was refused", ("file", "problems")),
    UnknownPlaybook: Kind(404, "Unknown playbook", ("name", "known")),
    UnknownTask: Kind(404, "Unknown task", ("task_id",)),
    TaskEnded: Kind(409, "The task has ended", ("task_id", "task_status")),
    NotNow: Kind(409, "Not now", ("task_id", "state", "reason", "legal")),
    NotJudged: Kind(409, "Not judged yet", ("task_id", "step", "judged")),
    UnknownSchedule: Kind(404, "Unknown schedule", ("name",)),
    KeyReused: Kind(409, "The idempotency key was used before", ("key",)),
    PayloadTooLarge: Kind(413, "Too large", ("what", "size", "limit")),
    MalformedRequest: Kind(400, "The request cannot be read"),
    KeyRefused: Kind(401, "An API key is needed"),
    OriginRefused: Kind(403, "This origin is not allowed"),
    UnsupportedMediaType: Kind(415, "Unsupported media type", ("given", "taken")),
    NotFound: Kind(404, "Not found"),
    NotInViewYet: Kind(503, "Not in the view yet", ("asked", "position")),
    Overloaded: Kind(429, "Too much is waiting", detail="More events wait to be recorded than we promise to hold."),
    LogFull: Kind(507, "The database's disk is full", detail=_LOG_FULL),
    LogUnavailable: Kind(503, "The event log is unavailable", detail=_LOG_AWAY),
    Unavailable: Kind(503, "Unavailable", detail="Try again in a moment."),
    Refused: Kind(400, "Refused"),
    WrenchError: Kind(500, "Failed", detail="Something failed on our side; it was logged."),
}


class ProblemPlace(BaseModel):
    """One thing wrong at one place."""

    field: str = Field(description="Dotted path, e.g. `inputs.projects.0.name`.")
    reason: str
    line: int | None = Field(default=None, description="Counts from 1, where a file is known.")
    column: int | None = Field(default=None, description="Of that line, from 1.")


class Problem(BaseModel):
    """RFC 9457. the error's facts are further members, such as `problems`, `known` or `limit`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:wrenchai:problem:input-rejected"])
    title: str
    status: int
    detail: str
    problems: list[ProblemPlace] | None = None


def problem_response(error: WrenchError) -> Response:
    """The answer that tells `error`."""
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    facts = {name: _fact(error, name) for name in kind.facts}
    headers = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, KeyRefused):
        headers["WWW-Authenticate"] = 'Bearer realm="wrenchai"'
    slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    return told(kind.status, kind.title, kind.detail or str(error), slug=slug, facts=facts, headers=headers)


def told(  # noqa: PLR0913  # a problem has this many members
    status: int,
    title: str,
    detail: str,
    *,
    slug: str,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    body = {"type": f"urn:wrenchai:problem:{slug}", "title": title, "status": status}
    body |= {"detail": _printable(detail)} | dict(facts or {})
    return Response(to_json(body), status, dict(headers or {}), MEDIA_TYPE)


def rejected(problem: ValidationError, *, at: str = "") -> WrenchError:
    """What pydantic found, in our words: text that is no JSON is malformed, the rest is field by field."""
    details = problem.errors(include_url=False, include_context=False)
    if details and details[0]["type"] == "json_invalid":
        return MalformedRequest(f"the body is not JSON that we read: {details[0]['msg'].partition(': ')[2]}")
    return InputRejected([_place(detail, at) for detail in details[:_MOST_PROBLEMS]])


async def tell_wrench_error(_: Request, error: Exception) -> Response:
    """Exception handler for every error of ours."""
    assert isinstance(error, WrenchError)  # noqa: S101  # registered for these only
    if isinstance(error, Unavailable):
        _logger.warning("refused for now: %s", error)
    return problem_response(error)


async def tell_http_error(_: Request, error: Exception) -> Response:
    """Exception handler for what the framework says: no such path, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for these only
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else f"{phrase}."
    return told(error.status_code, phrase, detail, slug=phrase.lower().replace(" ", "-"), headers=error.headers)


async def tell_bad_parameters(_: Request, error: Exception) -> Response:
    """Exception handler for path and query parameters of a wrong shape."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for these only
    places = [FieldProblem(".".join(map(str, e["loc"][1:])), e["msg"]) for e in error.errors()[:_MOST_PROBLEMS]]
    return problem_response(InputRejected(places))


async def tell_failure(request: Request, error: Exception) -> Response:
    """Exception handler for what nobody expected; the framework logs it with its trace."""
    _logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_response(WrenchError())


def _place(detail: ErrorDetails, at: str) -> FieldProblem:
    path = ".".join(map(str, detail["loc"]))
    return FieldProblem(f"{at}.{path}" if at and path else at or path, detail["msg"])


def _fact(error: WrenchError, name: str) -> Any:
    if name == "task_status":
        return getattr(error, "status", "")
    value = getattr(error, name)
    if name == "problems":
        return [
            {"field": _printable(p.field), "reason": _printable(p.reason), "line": p.line, "column": p.column}
            for p in value[:_MOST_PROBLEMS]
        ]
    return _printable(value) if isinstance(value, str) else value


def _printable(text: str) -> str:
    """Text that any JSON reader takes: no half of a surrogate pair, and not without end."""
    return text[:_LONGEST_TEXT].encode("utf-8", "replace").decode()
