"""WebSockets: a task's events and beats, all events, and the first WrenchAI's small progress messages.

`?from=<position>` resumes behind that position. A reader that is too slow is closed with 1013 and told, in the reason,
where to resume. Nothing that clients send is read.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket
from pydantic_core import to_json
from starlette.websockets import WebSocketDisconnect
from wrenchai_chassis.projection import entry_of
from wrenchai_contracts.errors import FieldProblem, InputRejected, Unavailable, UnknownTask
from wrenchai_contracts.events import EVENT_TYPES

from wrenchai_gateway.access import SUBPROTOCOL
from wrenchai_gateway.event_view import end_frame
from wrenchai_gateway.following import follow_everything, follow_task
from wrenchai_gateway.gateway import Gateway, gateway_of
from wrenchai_gateway.live import FellBehind, Frame, Watcher
from wrenchai_gateway.problems import problem_response
from wrenchai_gateway.task_answers import progress_of
from wrenchai_gateway.task_fold import fold_on
from wrenchai_gateway.task_state import TaskFold

From = Annotated[int, Query(alias="from", ge=0, le=2**63 - 1)]
Types = Annotated[str, Query(max_length=1000)]
NORMAL, TRY_AGAIN_LATER = 1000, 1013
_FAREWELL_SECONDS = 10.0

router = APIRouter()


@router.websocket("/ws/tasks/{task_id}")
async def watch_task(socket: WebSocket, task_id: str, after: From = 0) -> None:
    """Each event of the task once, in order, and how far its running steps are; then its end, and a close with 1000."""
    gateway = gateway_of(socket)
    if await _accepted(socket, gateway, task_id=task_id, after=after):
        watcher = gateway.live.watcher()
        frames = follow_task(gateway, task_id, watcher, after=after)
        await _Conversation(socket, watcher, after).tell(_with_end(task_id, frames, after))


@router.websocket("/ws/events")
async def watch_everything(socket: WebSocket, after: From = 0, types: Types = "") -> None:
    """Each event of the whole log once, in order; of some types only with `?types=TaskCompleted,TaskFailed`."""
    gateway, wanted = gateway_of(socket), frozenset(filter(None, types.split(",")))
    if not wanted <= EVENT_TYPES.keys():
        reason = f"no event is called {', '.join(sorted(wanted - EVENT_TYPES.keys()))}"
        await socket.send_denial_response(problem_response(InputRejected([FieldProblem("types", reason)])))
    elif await _accepted(socket, gateway, after=after):
        watcher = gateway.live.watcher(wanted)
        await _Conversation(socket, watcher, after).tell(follow_everything(gateway, watcher, after=after))


@router.websocket("/ws/playbook/{task_id}")
async def watch_progress(socket: WebSocket, task_id: str) -> None:
    """`{status, progress, message}` whenever one of them changes, until the task has ended."""
    gateway = gateway_of(socket)
    if await _accepted(socket, gateway, task_id=task_id):
        watcher = gateway.live.watcher()
        await _Conversation(socket, watcher, 0).tell(_progress(follow_task(gateway, task_id, watcher)))


class _Conversation:
    """One socket being told frames, until they end, the client leaves, or it is too slow."""

    def __init__(self, socket: WebSocket, watcher: Watcher, after: int) -> None:
        self._socket, self._watcher, self._position = socket, watcher, after

    async def tell(self, frames: AsyncGenerator[Frame]) -> None:
        """Send `frames`; returns when the socket is closed."""
        telling = asyncio.create_task(self._send_all(frames))
        leaving = asyncio.create_task(self._until_it_leaves())
        lagging = asyncio.create_task(self._watcher.fell_behind.wait())
        tasks: set[asyncio.Task[object]] = {telling, leaving, lagging}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        told, left = telling.done(), leaving.done()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if told and telling.result():
            await self._close(NORMAL, "")
        elif not left:
            await self._close(TRY_AGAIN_LATER, f"too slow; resume with from={self._position}")

    async def _send_all(self, frames: AsyncGenerator[Frame]) -> bool:
        """Whether all was told; False if it cannot be told in time."""
        async with aclosing(frames):
            try:
                async for frame in frames:
                    await self._socket.send_text(frame.text)
                    self._position = max(self._position, frame.position)
            except (FellBehind, Unavailable):
                return False
            except WebSocketDisconnect:
                pass
        return True

    async def _until_it_leaves(self) -> None:
        while (await self._socket.receive())["type"] != "websocket.disconnect":
            pass

    async def _close(self, code: int, reason: str) -> None:
        """Say goodbye, if the client takes it within a while; uvicorn ends the connection either way."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._socket.close(code, reason)


async def _accepted(socket: WebSocket, gateway: Gateway, *, task_id: str | None = None, after: int = 0) -> bool:
    """Accept the handshake if there is such a task and such a position; answer 404 or 422 in its place if not."""
    try:
        if after > gateway.live.position:
            await gateway.reader.require_recorded(after, "from")
        if task_id is not None:
            await gateway.reader.require_task(task_id)
    except (InputRejected, UnknownTask, Unavailable) as problem:
        await socket.send_denial_response(problem_response(problem))
        return False
    await socket.accept(subprotocol=_subprotocol(socket))
    return True


def _subprotocol(socket: WebSocket) -> str | None:
    """A browser that named the key as subprotocol must be told that we speak it."""
    offered = socket.scope.get("subprotocols", [])
    return next((name for name in offered if name.startswith(SUBPROTOCOL)), None)


async def _with_end(task_id: str, frames: AsyncGenerator[Frame], after: int) -> AsyncGenerator[Frame]:
    async with aclosing(frames):
        async for frame in frames:
            if frame.position == 0 or frame.position > after:
                yield frame
            if frame.ends is not None:
                yield Frame(frame.position, end_frame(task_id, frame.ends, frame.position))


async def _progress(frames: AsyncGenerator[Frame]) -> AsyncGenerator[Frame]:
    """What the task's events say of its progress, when that changes."""
    task, said = None, ""
    async with aclosing(frames):
        async for frame in frames:
            if frame.state:
                task = fold_on(task, entry_of(frame.position, frame.state))
                text = _progress_text(task)
                if text != said:
                    said = text
                    yield Frame(frame.position, text)


def _progress_text(task: TaskFold) -> str:
    header = task.header
    told = {"status": header["status"], "progress": progress_of(header), "message": header["message"]}
    return to_json(told).decode()
