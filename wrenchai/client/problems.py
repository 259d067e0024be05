"""An RFC 9457 problem as the error it stands for: the contracts' tree, and what only a client can meet."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
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


class KeyRefused(Refused):
    """The gateway does not know this API key, or the key may not do this."""


class NotFound(Refused):
    """There is nothing of that name."""


class Unreachable(Unavailable):
    """No gateway answers at that address."""

    retry_after = 0.0


class Interrupted(Unavailable):
    """The connection broke in the middle: the request may or may not have been carried out."""

    retry_after = 0.0


class TookTooLong(WrenchError):  # noqa: N818  # errors are nouns with their facts
    """The task did not end within the time given; it goes on."""


class ServerFault(WrenchError):  # noqa: N818  # see above
    """The gateway answered in a way that it never should."""


class ProblemPlace(BaseModel):
    """One thing wrong at one place."""

    field: str = ""
    reason: str = ""
    line: int | None = None
    column: int | None = None


class Problem(BaseModel):
    """RFC 9457, with the error's facts as extension members."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    problems: tuple[ProblemPlace, ...] = ()

    @property
    def name(self) -> str:
        """The error's name, however the address of its type is written."""
        return re.sub(r"[^a-z]", "", re.split(r"[/#:]", self.type)[-1].lower())

    def fact(self, name: str, otherwise: Any = "") -> Any:
        """An extension member."""
        return (self.model_extra or {}).get(name, otherwise)

    @property
    def places(self) -> list[FieldProblem]:
        """What is wrong and where."""
        return [FieldProblem(place.field, place.reason, place.line, place.column) for place in self.problems]


Builder = Callable[[Problem], WrenchError]

_BY_NAME: dict[str, Builder] = {
    "inputrejected": lambda problem: InputRejected(problem.places),
    "playbookrejected": lambda problem: PlaybookRejected(problem.fact("file"), problem.places),
    "unknownplaybook": lambda problem: UnknownPlaybook(problem.fact("name"), problem.fact("known", [])),
    "unknowntask": lambda problem: UnknownTask(problem.fact("task_id")),
    "taskended": lambda problem: TaskEnded(problem.fact("task_id"), problem.fact("task_status")),
    "notnow": lambda problem: NotNow(
        problem.fact("task_id"), problem.fact("state"), problem.fact("reason"), list(problem.fact("legal", []))
    ),
    "notjudged": lambda problem: NotJudged(
        problem.fact("task_id"), problem.fact("step", None), list(problem.fact("judged", []))
    ),
    "unknownschedule": lambda problem: UnknownSchedule(problem.fact("name")),
    "keyreused": lambda problem: KeyReused(problem.fact("key")),
    "payloadtoolarge": lambda problem: PayloadTooLarge(
        problem.fact("what"), problem.fact("size", 0), problem.fact("limit", 0)
    ),
    "logunavailable": lambda _: LogUnavailable(),
    "logfull": lambda _: LogFull(),
    "overloaded": lambda _: Overloaded(),
}

_BY_STATUS: dict[int, type[WrenchError]] = {
    HTTPStatus.UNAUTHORIZED: KeyRefused,
    HTTPStatus.FORBIDDEN: KeyRefused,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.TOO_MANY_REQUESTS: Overloaded,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.BAD_GATEWAY: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}


def error_of(response: httpx.Response) -> WrenchError:
    """The error that an unsuccessful response stands for; `str` of it is the gateway's own sentence."""
    problem = _problem(response.content)
    build = _BY_NAME.get(problem.name)
    error = build(problem) if build else _unnamed(response.status_code)
    error.args = (problem.detail or problem.title or f"the gateway answered {response.status_code}",)
    if isinstance(error, Unavailable):
        error.retry_after = _seconds(response.headers.get("retry-after", ""))
    return error


def _problem(content: bytes) -> Problem:
    try:
        return Problem.model_validate_json(content)
    except ValidationError:
        return Problem()


def _unnamed(status: int) -> WrenchError:
    by_class = Refused if httpx.codes.is_client_error(status) else ServerFault
    return _BY_STATUS.get(status, by_class)()


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0
