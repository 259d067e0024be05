"""A real HTTP and WebSocket server in place of a gateway: it gives the answers it was told to, also wrong ones."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

BREAK = object()
"""A response that promises more bytes than come."""


@dataclass
class Gateway:
    """A server that gives the answers it was told to, in order, and keeps what it was asked."""

    answers: deque[Any] = field(default_factory=deque)
    calls: deque[list[Any]] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        body = b"" if scope["type"] == "websocket" else await _body(receive)
        asked = {"method": scope.get("method", "GET"), "path": scope["path"], "query": query, "headers": headers}
        self.asked.append(asked | {"body": json.loads(body) if body else None})
        if scope["type"] == "websocket":
            await self._tell(receive, send)
        elif scope["path"].startswith("/api/v1/artifacts/"):
            await self._give_file(scope["path"].rpartition("/")[2], headers["range"], send)
        else:
            await self._answer(self.answers.popleft(), send)

    async def _answer(self, answer: Any, send: Any) -> None:
        if answer is BREAK:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"99")]})
            await send({"type": "http.response.body", "body": b"{"})
            return
        status, body = answer
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def _tell(self, receive: Any, send: Any) -> None:
        await receive()
        script = self.calls.popleft()
        if isinstance(script[0], int):
            await send({"type": "websocket.http.response.start", "status": script[0], "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"{}"})
            return
        await send({"type": "websocket.accept"})
        for said in script:
            if said is BREAK:
                await send({"type": "websocket.close", "code": 1012})
                return
            await send({"type": "websocket.send", "text": said})
        await receive()

    async def _give_file(self, sha256: str, wanted: str, send: Any) -> None:
        begin, end = map(int, wanted.removeprefix("bytes=").split("-"))
        if self.answers and self.answers[0] is BREAK:
            await self._answer(self.answers.popleft(), send)
            return
        await send({"type": "http.response.start", "status": 206, "headers": []})
        await send({"type": "http.response.body", "body": self.files[sha256][begin : end + 1]})


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


@contextmanager
def serving(gateway: Gateway) -> Iterator[None]:
    """The gateway at work, at an address of this machine that it is then told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gateway.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(gateway, log_level="critical", lifespan="off", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join()
