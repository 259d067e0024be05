"""One suite over both clients, against a real HTTP and WebSocket server that is told how to misbehave."""

import asyncio
import hashlib
import json
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import uvicorn
from wrenchai_contracts.commands import SubmitTask
from wrenchai_contracts.errors import Overloaded, UnknownTask
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import TaskStatus

from tests.live_frames import TASK, Recording
from wrenchai.client import AsyncClient, Client, EventFrame, KeyRefused, Patience, TookTooLong, Unreachable, WrongBytes
from wrenchai.client.frames import EndFrame, Frame

PROMPT = Patience(tries=3, first=0.01)
ACCEPTED = {"task_id": TASK, "position": 1}
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
        self.asked.append({"path": scope["path"], "query": query, "headers": headers})
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


class Driven:
    """An awaiting client as if it blocked, so that one suite speaks to both."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            came = method(*args, **kwargs)
            return self._each(came) if isinstance(came, AsyncIterator) else self._loop.run_until_complete(came)

        return call

    def _each(self, values: Any) -> Iterator[Any]:
        try:
            while True:
                yield self._loop.run_until_complete(anext(values))
        except StopAsyncIteration:
            return
        finally:
            self._loop.run_until_complete(values.aclose())

    def end(self) -> None:
        self.close()
        self._loop.close()


@contextmanager
def serving(gateway: Gateway) -> Iterator[None]:
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


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    told = Gateway()
    with serving(told):
        yield told


@pytest.fixture(params=["blocking", "awaiting"])
def client(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Any]:
    if request.param == "blocking":
        with Client(gateway.url, "secret", patience=PROMPT) as blocking:
            yield blocking
        return
    driven = Driven(AsyncClient(gateway.url, "secret", patience=PROMPT))
    yield driven
    driven.end()


def frames(*positions: int) -> list[str]:
    recording = Recording()
    for _ in range(max(positions)):
        recording.event(0.0, "PlanExecuted")
    return [frame.model_dump_json() for place, frame in enumerate(recording.frames, 1) if place in positions]


def end_frame(position: int) -> str:
    return EndFrame(task_id=TASK, status=TaskStatus.COMPLETED, position=position).model_dump_json()


def positions(told: list[Frame]) -> list[int]:
    return [frame.position for frame in told if isinstance(frame, EventFrame)]


def a_file(gateway: Gateway, content: bytes) -> ArtifactRef:
    sha256 = hashlib.sha256(content).hexdigest()
    gateway.files[sha256] = content
    return ArtifactRef(sha256=sha256, name="site.zip", size=len(content))


def test_a_call_bears_the_key_and_gives_a_typed_answer(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((202, ACCEPTED))
    assert client.submit(SubmitTask(playbook="portfolio")).task_id == TASK
    assert gateway.asked[0]["headers"]["authorization"] == "Bearer secret"


@pytest.mark.parametrize("trouble", [BREAK, (503, {}), (502, {})])
def test_a_submission_comes_through_trouble_as_one_request(client: Any, gateway: Gateway, trouble: Any) -> None:
    gateway.answers.extend([trouble, (202, ACCEPTED)])
    client.submit(SubmitTask(playbook="portfolio"))
    keys = [asked["headers"]["idempotency-key"] for asked in gateway.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_problem_is_raised_as_the_error_it_names(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((404, {"type": "urn:wrenchai:problem:unknown-task", "detail": "no task has the id 'x'"}))
    with pytest.raises(UnknownTask, match="no task has the id 'x'"):
        client.task("x")


def test_patience_ends_with_the_last_trouble(client: Any, gateway: Gateway) -> None:
    gateway.answers.extend([(429, {"detail": "too many"})] * 3)
    with pytest.raises(Overloaded, match="too many"):
        client.tasks()


def test_an_address_where_nothing_answers_is_named_unreachable() -> None:
    with Client("http://127.0.0.1:9", patience=Patience(tries=1)) as lost, pytest.raises(Unreachable):
        lost.tasks()


def test_following_goes_on_behind_the_last_event_after_a_break(client: Any, gateway: Gateway) -> None:
    gateway.calls.extend([[*frames(1, 2), BREAK], [*frames(2, 3), end_frame(3)]])
    assert positions(list(client.follow(TASK))) == [1, 2, 3]
    assert [asked["query"] for asked in gateway.asked] == ["from=0", "from=2"]
    assert gateway.asked[0]["headers"]["authorization"] == "Bearer secret"


def test_following_everything_can_be_narrowed_to_some_types(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1))
    following = client.follow_all(after=0, types=["PlanExecuted"])
    assert positions([next(following)]) == [1]
    following.close()
    assert [(asked["path"], asked["query"]) for asked in gateway.asked] == [
        ("/ws/events", "types=PlanExecuted&from=0"),
    ]


def test_a_frame_of_a_kind_from_the_future_is_passed_over(client: Any, gateway: Gateway) -> None:
    gateway.calls.append([*frames(1), '{"kind":"invented later"}', end_frame(1)])
    assert [frame.kind for frame in client.follow(TASK)] == ["event", "end"]


def test_tasks_can_be_asked_for_by_their_labels(client: Any, gateway: Gateway) -> None:
    gateway.answers.append((200, {"items": [], "position": 1}))
    client.tasks(metadata={"team": "docs", "kind": "a=b"}, limit=5)
    assert parse_qsl(gateway.asked[0]["query"]) == [("limit", "5"), ("metadata", "team=docs"), ("metadata", "kind=a=b")]


def test_following_without_the_right_key_is_refused_at_once(client: Any, gateway: Gateway) -> None:
    gateway.calls.append([401])
    with pytest.raises(KeyRefused):
        list(client.follow(TASK))
    assert len(gateway.asked) == 1


def test_whoever_stops_listening_leaves_nothing_open(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1, 2, 3))
    following = client.follow(TASK)
    assert positions([next(following)]) == [1]
    following.close()


def test_waiting_gives_a_view_that_holds_the_last_event(client: Any, gateway: Gateway) -> None:
    view = {
        "task_id": TASK, "tenant": "default", "status": "completed", "playbook": "portfolio", "description": "",
        "progress": 1.0, "created_at": "2026-01-01T12:00:00Z", "updated_at": "2026-01-01T12:00:09Z",
        "created_position": 1, "position": 9, "invented_later": {"by": "a newer gateway"},
    }  # fmt: skip
    gateway.calls.append([end_frame(9)])
    gateway.answers.append((200, view))
    assert client.wait(TASK, timeout=10).position == 9
    assert gateway.asked[-1]["query"] == "min_position=9"


def test_waiting_has_an_end_though_the_task_has_none(client: Any, gateway: Gateway) -> None:
    gateway.calls.append(frames(1))
    with pytest.raises(TookTooLong):
        client.wait(TASK, timeout=0.05)


def test_a_download_goes_on_where_it_broke(client: Any, gateway: Gateway, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    artifact = a_file(gateway, content)
    gateway.answers.append(BREAK)
    assert client.download(artifact, tmp_path / "site.zip").read_bytes() == content
    assert len(gateway.asked) == 3


def test_a_download_with_wrong_bytes_leaves_nothing_behind(client: Any, gateway: Gateway, tmp_path: Path) -> None:
    artifact = a_file(gateway, b"what was promised")
    gateway.files[artifact.sha256] = b"what is delivered"
    with pytest.raises(WrongBytes):
        client.download(artifact, tmp_path / "site.zip")
    assert list(tmp_path.iterdir()) == []


def test_both_clients_offer_the_same_calls() -> None:
    def calls(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert calls(Client) == calls(AsyncClient)
