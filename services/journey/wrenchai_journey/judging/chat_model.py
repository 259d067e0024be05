"""A model behind an endpoint that speaks OpenAI's chat completions, as many servers do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

import httpx
from pydantic import BaseModel, Field, ValidationError

from wrenchai_journey.judging.rubric import Message
from wrenchai_journey.secret_values import NOTHING_HIDDEN, PREFIX, SHORTEST, Hidden, hiding
from wrenchai_journey.tool import ToolFailed

URL_SETTING, NAME_SETTING = "WRENCHAI_MODEL_URL", "WRENCHAI_MODEL_NAME"
KEY_SETTING = f"{PREFIX}MODEL_KEY"
NO_MODEL = f"no model is configured: set {URL_SETTING} and {NAME_SETTING} in the workers' environment"

PARAMETERS = {"temperature": 0, "max_tokens": 1000}
"""No `response_format`: some servers refuse it, and what is asked for is checked all the same."""

_CONNECT = 10.0
_LETTERS_A_TOKEN = 4
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class _Said(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Said


class _Usage(BaseModel):
    total_tokens: int = Field(default=0, ge=0)


class _Completion(BaseModel):
    """What of an endpoint's answer is read."""

    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None


class ChatModel(NamedTuple):
    """Which model, where, and with which key, if it needs one."""

    url: str
    name: str
    key: str = ""

    @property
    def hidden(self) -> Hidden:
        """Its key, which nobody may be told, should the model say it."""
        return hiding([self.key]) if len(self.key) >= SHORTEST else NOTHING_HIDDEN


class Reply(NamedTuple):
    """What it said, and what that cost, the question included."""

    text: str
    tokens: int


def model_in(environment: Mapping[str, str], name: str | None = None) -> ChatModel | None:
    """The model that is configured, or that of another `name` at the same address; None if there is none."""
    url, known = environment.get(URL_SETTING), name or environment.get(NAME_SETTING)
    return ChatModel(url, known, environment.get(KEY_SETTING, "").strip()) if url and known else None


def reply_of(model: ChatModel, messages: Sequence[Message], *, seconds: float) -> Reply:
    """What the model answers within `seconds`.

    Raises:
        ToolFailed: it does not, refuses, or answers what no chat model answers. Another try may help unless it refuses.
    """
    if seconds <= 0:
        raise _too_slow(model, 0.0)
    try:
        answer = _posted(model, messages, seconds)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as wrong:
        reason = f"{URL_SETTING} is no address of an endpoint, such as https://models.example/v1"
        raise ToolFailed(reason, kind="model_refused") from wrong
    except httpx.TimeoutException as late:
        raise _too_slow(model, seconds) from late
    except httpx.HTTPError as problem:
        reason = f"the model {model.name} cannot be reached: {type(problem).__name__}"
        raise ToolFailed(reason, retryable=True, kind="model_unavailable") from problem
    _check(model, answer.status_code)
    return _read(messages, answer)


def _posted(model: ChatModel, messages: Sequence[Message], seconds: float) -> httpx.Response:
    """No redirect is followed, so the key stays with the host that it is for."""
    return httpx.post(
        f"{model.url.rstrip('/')}/chat/completions",
        json={"model": model.name, "messages": list(messages), **PARAMETERS},
        headers={"Authorization": f"Bearer {model.key}"} if model.key else {},
        timeout=httpx.Timeout(seconds, connect=min(_CONNECT, seconds)),
        follow_redirects=False,
    )


def _check(model: ChatModel, status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reason = f"the model {model.name} cannot answer now: its endpoint said {status}"
        raise ToolFailed(reason, retryable=True, kind="model_unavailable")
    reason = f"the endpoint of {model.name} refused with {status}; see {URL_SETTING}, {NAME_SETTING} and {KEY_SETTING}"
    raise ToolFailed(reason, kind="model_refused")


def _read(messages: Sequence[Message], answer: httpx.Response) -> Reply:
    """Where the endpoint does not say how many tokens it took, every four letters are one."""
    try:
        said = _Completion.model_validate_json(answer.content)
    except ValidationError as problem:
        reason = f"what answers at {URL_SETTING} does not speak as a chat model does"
        raise ToolFailed(reason, retryable=True, kind="model_unavailable") from problem
    text = said.choices[0].message.content or ""
    letters = sum(len(message["content"]) for message in messages) + len(text)
    told = said.usage.total_tokens if said.usage else 0
    return Reply(text, told or -(-letters // _LETTERS_A_TOKEN))


def _too_slow(model: ChatModel, seconds: float) -> ToolFailed:
    return ToolFailed(
        f"the model {model.name} did not answer within {seconds:.0f} s", retryable=True, kind="model_timeout"
    )
