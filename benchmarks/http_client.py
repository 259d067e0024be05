"""A load client that costs little: keep-alive HTTP/1.1 over asyncio streams, and one socket that hears of every end."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

_ENDS = "TaskCompleted,TaskFailed,TaskCancelled"


@dataclass(slots=True)
class Gateway:
    """Where to send load, and with which key."""

    port: int
    key: str

    async def connection(self) -> "Connection":
        """A kept-alive connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        return Connection(self, reader, writer)


@dataclass(slots=True)
class Connection:
    """One request at a time."""

    gateway: Gateway
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, *, kind: str = "application/json") -> dict[str, Any]:
        """The JSON answer; an answer that is not 2xx is an error."""
        return await self._request("POST", path, body, kind)

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON answer; an answer that is not 2xx is an error."""
        return await self._request("GET", path, b"", "application/json")

    async def _request(self, method: str, path: str, body: bytes, kind: str) -> dict[str, Any]:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.gateway.key}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        content = await self.reader.readexactly(length)
        if answer[9:10] != b"2":
            message = f"{method} {path}: {answer[:40]!r} {content[:300]!r}"
            raise RuntimeError(message)
        found: dict[str, Any] = json.loads(content)
        return found

    def close(self) -> None:
        """Leave."""
        self.writer.close()


@dataclass(slots=True)
class Ends:
    """Hears over one WebSocket how every task ends, and when."""

    gateway: Gateway
    _waiting: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    _early: dict[str, float] = field(default_factory=dict)
    failed: int = 0

    async def listen(self, ready: asyncio.Event) -> None:
        """Until cancelled."""
        connection = await self.gateway.connection()
        head = (await connection.get("/api/v1/log/head"))["position"]
        connection.close()
        url = f"ws://127.0.0.1:{self.gateway.port}/ws/events?from={head}&types={_ENDS}"
        headers = {"Authorization": f"Bearer {self.gateway.key}"}
        async with connect(url, additional_headers=headers, max_queue=None, compression=None) as socket:
            ready.set()
            async for text in socket:
                self._hear(json.loads(text))

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame.get("kind") != "event":
            return
        self.failed += frame["type"] != "TaskCompleted"
        now, task_id = time.perf_counter(), frame["task_id"]
        waiting = self._waiting.pop(task_id, None)
        if waiting is None:
            self._early[task_id] = now
        elif not waiting.done():
            waiting.set_result(now)

    async def of(self, task_id: str) -> float:
        """When the task ended, on the performance counter."""
        if task_id in self._early:
            return self._early.pop(task_id)
        waiting = self._waiting[task_id] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(waiting, 60)
