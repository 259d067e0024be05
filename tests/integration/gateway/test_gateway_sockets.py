"""WebSockets of a gateway that listens on a real port: each event once, in order, over any reconnect."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.events import (
    EventParked,
    PlanCreated,
    StepOpened,
    TaskCompleted,
    TaskPaused,
    TaskResumed,
    Wait,
)
from wrenchai_contracts.plan import Plan, PlannedWait
from wrenchai_contracts.subjects import parked_stream, progress_subject
from wrenchai_gateway.__main__ import server_config

from tests.gateway_in_process import API_KEY, GatewayInProcess, gateway_in_process, gateway_settings
from tests.made_up_log import DIGEST, MadeUpLog, requested, whole_task
from tests.samples import fact, until

KEY = {"Authorization": f"Bearer {API_KEY}"}


class Served:
    """A gateway on a port, and sockets to it."""

    def __init__(self, running: GatewayInProcess, server: uvicorn.Server, port: int) -> None:
        self.running, self.server, self.port = running, server, port

    @asynccontextmanager
    async def socket(self, path: str, **options: Any) -> AsyncIterator[ClientConnection]:
        options = {"additional_headers": KEY} | options
        async with connect(f"ws://127.0.0.1:{self.port}{path}", **options) as opened:
            yield opened

    async def task(self) -> str:
        response = await self.running.client.post("/api/v1/tasks", json={"playbook": "book"})
        return str(response.json()["task_id"])

    async def work(self, task_id: str) -> int:
        """The task goes on to its end; the position of that."""
        end = await self.running.gateway.runtime.log.append(whole_task(MadeUpLog(), task_id, "a", "b").sealed[1:])
        await self.running.gateway.runtime.bus.ring([])
        return end


@pytest_asyncio.fixture
async def served(postgres_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    settings = gateway_settings(postgres_url, nats_url, tmp_path).model_copy(update={"max_waiting_frames": 50})
    async with gateway_in_process(settings) as running:
        listener = socket.create_server(("127.0.0.1", 0))
        config = server_config(running.app, lifespan="off", loop="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await until(lambda: server.started)
        yield Served(running, server, listener.getsockname()[1])
        server.should_exit = True
        await serving


async def frames(opened: ClientConnection) -> list[dict[str, Any]]:
    """All of them, until the server closes."""
    heard: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                heard.append(json.loads(await opened.recv()))
    return heard


async def test_a_task_is_told_live_to_its_end_and_then_closed(served: Served) -> None:
    task_id = await served.task()
    async with served.socket(f"/ws/tasks/{task_id}") as opened:
        hearing = asyncio.create_task(frames(opened))
        end = await served.work(task_id)
        heard = await hearing
    positions = [frame["position"] for frame in heard if frame["kind"] == "event"]
    assert positions == list(range(end - 11, end + 1))
    assert heard[-1] == {"kind": "end", "task_id": task_id, "status": "completed", "position": end}
    assert opened.close_code == 1000


@pytest.mark.parametrize("seen", [0, 3, 11, 12])
async def test_a_reader_that_comes_back_is_told_what_it_has_not_seen_and_the_end(served: Served, seen: int) -> None:
    task_id = await served.task()
    end = await served.work(task_id)
    first = end - 11
    async with served.socket(f"/ws/tasks/{task_id}?from={first + seen - 1}") as opened:
        heard = await frames(opened)
    assert [frame["position"] for frame in heard] == [*range(first + seen, end + 1), end]


async def test_joining_in_the_middle_misses_nothing_and_repeats_nothing(served: Served) -> None:
    task_id = await served.task()
    log = served.running.gateway.runtime.log
    work = whole_task(MadeUpLog(), task_id, "a", "b").sealed[1:]

    async def record() -> None:
        for event in work:
            await log.append([event])
            await served.running.gateway.runtime.bus.ring([])

    async def hear() -> list[int]:
        async with served.socket(f"/ws/tasks/{task_id}") as opened:
            return [frame["position"] for frame in await frames(opened) if frame["kind"] == "event"]

    hearing = [asyncio.create_task(hear()) for _ in range(5)]
    await record()
    heard = await asyncio.gather(*hearing)
    assert all(positions == heard[0] and len(positions) == 12 for positions in heard)


async def park(served: Served, task_id: str, position: int) -> int:
    """The journey gives up on the event at `position`; where that is recorded."""
    parked = EventParked(consumer="journey", position=position, subject="ev.x", reason="bad", deliveries=5, payload="")
    return await served.running.record(parked_stream("journey", position), parked, story=task_id)


async def redrive(served: Served, position: int) -> int:
    response = await served.running.client.post(f"/api/v1/parked/journey/{position}/redrive")
    return int(response.json()["position"])


async def test_a_parked_event_is_told_to_who_follows_its_task_live_and_to_who_comes_later(served: Served) -> None:
    task_id, other = await served.task(), await served.task()
    requested = int(await served.running.gateway.runtime.log.head()) - 1
    async with served.socket(f"/ws/tasks/{task_id}") as live:
        assert json.loads(await live.recv())["type"] == "TaskRequested"
        parked = await park(served, task_id, requested)
        told = json.loads(await live.recv())
        await park(served, other, requested + 1)
        redriven = await redrive(served, requested)
        hearing = asyncio.create_task(frames(live))
        end = await served.work(task_id)
        heard_live = await hearing
    assert (told["kind"], told["type"], told["position"]) == ("event", "EventParked", parked)
    assert (told["task_id"], told["data"]["reason"]) == (task_id, "bad")
    after = [frame["position"] for frame in heard_live if frame["kind"] == "event"]
    assert after == [redriven, *range(end - 10, end + 1)]
    for seen, expected in {0: [requested, parked, *after], parked: after}.items():
        async with served.socket(f"/ws/tasks/{task_id}?from={seen}") as late:
            heard = await frames(late)
        assert [frame["position"] for frame in heard if frame["kind"] == "event"] == expected


async def test_the_small_progress_messages_say_that_a_task_is_parked(served: Served) -> None:
    task_id = await served.task()
    await park(served, task_id, await served.running.gateway.runtime.log.head())
    async with served.socket(f"/ws/playbook/{task_id}") as opened:
        said = [json.loads(await opened.recv()) for _ in range(2)]
    assert [one["status"] for one in said] == ["requested", "parked"]
    assert "bad" in said[1]["message"]


async def test_bytes_that_are_no_event_among_the_parked_ones_keep_nobody_from_following(served: Served) -> None:
    task_id = await served.task()
    requested = await served.running.gateway.runtime.log.head()
    junk = Sealed(parked_stream("journey", requested), 1, "EventParked", "default", b"\xff no json")
    await served.running.gateway.runtime.log.append([junk])
    async with served.socket(f"/ws/tasks/{task_id}") as opened:
        hearing = asyncio.create_task(frames(opened))
        end = await served.work(task_id)
        heard = await hearing
    assert [frame["position"] for frame in heard] == [requested, *range(end - 10, end + 1), end]


async def test_progress_of_a_running_step_is_told_to_those_who_watch_its_task(served: Served) -> None:
    task_id = await served.task()
    async with served.socket(f"/ws/tasks/{task_id}") as opened:
        assert json.loads(await opened.recv())["type"] == "TaskRequested"
        bus = served.running.gateway.runtime.bus
        for beat in (b"not json", b"[]", b'{"step":"a","fraction":0.5,"message":"half"}'):
            await bus.publish(progress_subject("default", task_id), beat)
        told = json.loads(await opened.recv())
    assert told == {"kind": "progress", "task_id": task_id, "step": "a", "fraction": 0.5, "message": "half"}


async def test_all_events_are_told_from_any_position(served: Served) -> None:
    for _ in range(3):
        await served.work(await served.task())
    head = await served.running.gateway.runtime.log.head()
    async with served.socket("/ws/events?from=2") as opened:
        heard = [json.loads(await opened.recv())["position"] for _ in range(head - 2)]
        later = await served.task()
        newest = json.loads(await opened.recv())
    assert heard == list(range(3, head + 1))
    assert (newest["task_id"], newest["position"]) == (later, head + 1)


async def test_a_slow_reader_is_closed_with_the_position_to_resume_from(served: Served) -> None:
    log, bus = served.running.gateway.runtime.log, served.running.gateway.runtime.bus
    text = "x" * 100_000
    async with served.socket("/ws/events", max_queue=1) as opened:
        await until(lambda: served.running.gateway.live.watching)
        for number in range(1, 20):
            new = [fact(f"task_{number:05}{version:05}", 1, text) for version in range(10)]
            await served.running.gateway.runtime.committer.commit(new)
        await bus.ring([])
        await until(lambda: not served.running.gateway.live.watching)
        heard = [frame["position"] for frame in await frames(opened)]
    assert (opened.close_code, heard) == (1013, list(range(1, len(heard) + 1)))
    assert opened.close_reason == f"too slow; resume with from={heard[-1]}"
    assert len(heard) < await log.head()


async def test_a_reader_that_leaves_is_forgotten(served: Served) -> None:
    task_id = await served.task()
    for path in (f"/ws/tasks/{task_id}", "/ws/events", f"/ws/playbook/{task_id}"):
        async with served.socket(path) as opened:
            await opened.recv()
            await until(lambda: served.running.gateway.live.watching)
        await until(lambda: not served.running.gateway.live.watching)


async def test_the_small_progress_messages_go_from_nothing_to_all(served: Served) -> None:
    task_id = await served.task()
    await served.work(task_id)
    async with served.socket(f"/ws/playbook/{task_id}") as opened:
        heard = await frames(opened)
    assert all(frame.keys() == {"status", "progress", "message"} for frame in heard)
    assert [heard[0]["progress"], heard[-1]["progress"], heard[-1]["status"]] == [0.0, 1.0, "completed"]
    assert opened.close_code == 1000


async def test_the_small_progress_messages_say_that_a_task_is_paused_and_what_it_waits_for(served: Served) -> None:
    task_id = await served.task()
    wait = Wait(waits_for="signal", name="go")
    plan = Plan(playbook="book", nodes=(PlannedWait(id="hold", waits_for="signal", name="go"),))
    async with served.socket(f"/ws/playbook/{task_id}") as opened:
        await served.running.record(
            task_id,
            PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST),
            StepOpened(step="hold", type="wait", wait=wait),
            TaskPaused(reason="lunch"),
            TaskResumed(),
        )
        said = [json.loads(await opened.recv()) for _ in range(5)]
    assert [one["status"] for one in said] == ["requested", "planned", "waiting", "paused", "waiting"]
    assert said[2]["message"] == said[4]["message"] == "hold waits for the signal go, send it"
    assert said[3]["message"] == "paused: lunch; resume it to go on"


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/ws/events", {"additional_headers": {}}, 401),
        ("/ws/events", {"additional_headers": {"Authorization": "Bearer wrong"}}, 401),
        ("/ws/events", {"additional_headers": {}, "subprotocols": ["wrenchai.bearer.wrong"]}, 401),
        ("/ws/events", {"origin": "https://evil.example"}, 403),
        ("/ws/tasks/task_01jd3k0000", {}, 404),
        ("/ws/tasks/%00", {}, 404),
        ("/ws/events?from=1000000", {}, 422),
        ("/ws/tasks/task_01jd3k0000?from=1000000", {}, 422),
        ("/ws/playbook/task_01jd3k0000", {}, 404),
        ("/ws/nowhere", {}, 403),
    ],
)
async def test_who_may_not_connect_is_told_why(served: Served, path: str, options: dict[str, Any], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.socket(path, **options):
            pass
    assert refused.value.response.status_code == status


async def test_a_browser_names_the_key_as_subprotocol(served: Served) -> None:
    task_id, protocol = await served.task(), f"wrenchai.bearer.{API_KEY}"
    options = {"additional_headers": {}, "subprotocols": [protocol], "origin": f"http://127.0.0.1:{served.port}"}
    async with served.socket(f"/ws/tasks/{task_id}", **options) as opened:
        assert opened.subprotocol == protocol
        assert json.loads(await opened.recv())["task_id"] == task_id


async def test_a_task_that_ends_while_its_end_is_awaited_is_told_once(served: Served) -> None:
    task_id = await served.task()
    async with served.socket(f"/ws/tasks/{task_id}") as opened:
        await served.running.record(task_id, TaskCompleted())
        kinds = [frame["kind"] for frame in await frames(opened)]
    assert kinds == ["event", "event", "end"]


async def test_when_the_gateway_stops_readers_are_told_to_come_back(served: Served) -> None:
    async with served.socket(f"/ws/tasks/{await served.task()}") as opened:
        await opened.recv()
        served.server.should_exit = True
        await frames(opened)
    assert opened.close_code == 1012


async def test_a_long_history_is_told_whole(served: Served) -> None:
    task_id = await served.task()
    steps = [f"s{number}" for number in range(1200)]
    begun = requested(MadeUpLog(), task_id, *steps[:3]).sealed[1:]
    end = await served.running.gateway.runtime.log.append(begun)
    for start in range(0, len(steps), 300):
        notes = [fact(f"{task_id}/j{name}", 1, name) for name in steps[start : start + 300]]
        end = await served.running.gateway.runtime.committer.commit(notes)
    async with served.socket(f"/ws/tasks/{task_id}") as opened:
        heard = [json.loads(await opened.recv())["position"] for _ in range(1205)]
    assert heard == list(range(end - 1204, end + 1))
