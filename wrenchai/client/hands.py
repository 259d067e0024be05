"""What performs a flow's actions for real, blocking or awaiting. One WebSocket at a time belongs to a pair of hands."""

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection as AwaitedSocket
from websockets.asyncio.client import connect as dial_awaiting
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection as BlockingSocket
from websockets.sync.client import connect as dial_blocking
from wrenchai_contracts.errors import WrenchError

from wrenchai.client.actions import Action, Dial, Disconnected, Give, Hear, Pause, Send, Walk
from wrenchai.client.address import Address
from wrenchai.client.problems import error_of

FIRST_REFUSAL_CODE, LAST_REFUSAL_CODE = 4400, 4499
"""Close codes 44xx are HTTP's refusals 4xx, after the WebSocket was opened."""

TROUBLE = (httpx.TransportError, Disconnected, TimeoutError)
LOST = (OSError, WebSocketException)
OPEN_SECONDS, BIGGEST_FRAME = 10, 16 * 1024 * 1024


class BlockingHands:
    """Performs actions in the caller's thread."""

    def __init__(self, http: httpx.Client, address: Address) -> None:
        self._http, self._address = http, address
        self._socket: BlockingSocket | None = None
        self._line = ExitStack()

    def perform(self, walk: Walk[Any]) -> None:
        """Do what `walk` asks for next, and tell it what came."""
        try:
            came = self._act(walk.action)
        except TROUBLE as problem:
            walk.trouble(problem)
        else:
            walk.answer(came)

    def _act(self, action: Action) -> Any:
        match action:
            case Send(call):
                return self._http.request(**call.request)
            case Pause(seconds):
                return time.sleep(seconds)
            case Dial(path):
                return self._dial(path)
            case Hear(seconds):
                return self._hear(seconds)
            case Give():
                return None

    def _dial(self, path: str) -> None:
        self._hang_up()
        try:
            dialled = dial_blocking(self._address.socket(path), **_dial_options(self._address))
            self._socket = self._line.enter_context(dialled)
        except LOST as problem:
            raise _meaning(problem) from problem

    def _hear(self, seconds: float | None) -> Any:
        if self._socket is None:
            raise Disconnected
        try:
            return self._socket.recv(timeout=seconds)
        except WebSocketException as problem:
            raise _meaning(problem) from problem

    def _hang_up(self) -> None:
        self._line.close()
        self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()


class AwaitingHands:
    """Performs actions on the running event loop."""

    def __init__(self, http: httpx.AsyncClient, address: Address) -> None:
        self._http, self._address = http, address
        self._socket: AwaitedSocket | None = None
        self._line = AsyncExitStack()

    async def perform(self, walk: Walk[Any]) -> None:
        """See `BlockingHands.perform`."""
        try:
            came = await self._act(walk.action)
        except TROUBLE as problem:
            walk.trouble(problem)
        else:
            walk.answer(came)

    async def _act(self, action: Action) -> Any:
        match action:
            case Send(call):
                return await self._http.request(**call.request)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Dial(path):
                return await self._dial(path)
            case Hear(seconds):
                return await self._hear(seconds)
            case Give():
                return None

    async def _dial(self, path: str) -> None:
        await self._hang_up()
        try:
            dialled = dial_awaiting(self._address.socket(path), **_dial_options(self._address))
            self._socket = await self._line.enter_async_context(dialled)
        except LOST as problem:
            raise _meaning(problem) from problem

    async def _hear(self, seconds: float | None) -> Any:
        if self._socket is None:
            raise Disconnected
        try:
            async with asyncio.timeout(seconds):
                return await self._socket.recv()
        except WebSocketException as problem:
            raise _meaning(problem) from problem

    async def _hang_up(self) -> None:
        await self._line.aclose()
        self._socket = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()


def _dial_options(address: Address) -> dict[str, Any]:
    options: dict[str, Any] = {"additional_headers": address.headers}
    options |= {"open_timeout": OPEN_SECONDS, "max_size": BIGGEST_FRAME, "close_timeout": 1}
    return options | ({"proxy": None} if address.local else {})


def _meaning(problem: Exception) -> WrenchError | Disconnected:
    """A refusal, which ends the flow; or a break, which the flow may answer."""
    if isinstance(problem, InvalidStatus) and httpx.codes.is_client_error(problem.response.status_code):
        told = problem.response
        return error_of(httpx.Response(told.status_code, content=bytes(told.body or b"")))
    if isinstance(problem, ConnectionClosed) and problem.rcvd and _refuses(problem.rcvd.code):
        return error_of(httpx.Response(problem.rcvd.code - 4000, json={"detail": problem.rcvd.reason}))
    return Disconnected(str(problem) or type(problem).__name__)


def _refuses(code: int) -> bool:
    return FIRST_REFUSAL_CODE <= code <= LAST_REFUSAL_CODE
