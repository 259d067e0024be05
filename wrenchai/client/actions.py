"""What a flow may ask of the outside world. Flows are pure generators; a shell performs their actions."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from wrenchai.client.calls import Call

Result = TypeVar("Result")


class Disconnected(Exception):  # noqa: N818  # a noun with its facts
    """The WebSocket is gone, or never came to be; asking again may help."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; answered with an `httpx.Response`, or with the `httpx.TransportError` thrown in."""

    call: Call[Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a WebSocket in place of the one before; `Disconnected` is thrown in when it cannot be had."""

    path: str


@dataclass(frozen=True, slots=True)
class Hear:
    """Take the next message; `TimeoutError` is thrown in after so many seconds, None waits for ever."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Hand a value to whoever iterates."""

    value: Any


Action = Send | Pause | Dial | Hear | Give
Flow = Generator[Action, Any, Result]


class Walk(Generic[Result]):
    """A flow on its way: `action` is to be performed next; once `done`, `result` is what came of it."""

    action: Action
    result: Result

    def __init__(self, flow: Flow[Result]) -> None:
        self._flow = flow
        self.done = False
        self._advance(lambda: next(flow))

    def answer(self, value: object) -> None:
        """The action was performed, and this came back."""
        self._advance(lambda: self._flow.send(value))

    def trouble(self, error: Exception) -> None:
        """The action could not be performed."""
        self._advance(lambda: self._flow.throw(error))

    def _advance(self, step: Callable[[], Action]) -> None:
        try:
            self.action = step()
        except StopIteration as end:
            self.done, self.result = True, end.value
