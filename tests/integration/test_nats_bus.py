"""The NATS bus where time and wires matter: unacknowledged work comes again, and a lost connection comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from wrenchai_chassis.bus import BusUnavailable, Consumer, Message, OutOfOrder
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_contracts.subjects import BELL, EVENT_STREAM, every

from tests.samples import rungs, until
from tests.servers import OpenNats, open_nats, running_nats

SUBJECTS = (every(TaskCancellationRequested),)


async def connected(url: str, reports: list[str] | None = None) -> NatsBus:
    told = reports if reports is not None else []
    bus = await NatsBus.connect(url, user="test", report=told.append)
    await bus.last(start_after=0)
    return bus


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[NatsBus]:
    made = await connected(nats_url)
    yield made
    await made.close()


async def test_what_is_not_acknowledged_comes_again_after_its_time_and_says_so(bus: NatsBus) -> None:
    got: list[Message] = []
    await bus.consume(Consumer("slow", SUBJECTS, ack_wait=0.3), got.append, after=0)
    await bus.put(rungs(1, 1))
    await until(lambda: len(got) == 3)
    assert [(message.position, message.deliveries) for message in got] == [(1, 1), (1, 2), (1, 3)]


async def test_work_that_says_it_is_in_progress_is_not_given_to_another(bus: NatsBus) -> None:
    got: list[Message] = []
    await bus.consume(Consumer("long", SUBJECTS, ack_wait=0.4), got.append, after=0)
    await bus.put(rungs(1, 1))
    await until(lambda: got)
    loop = asyncio.get_running_loop()
    end = loop.time() + 1.5
    while loop.time() < end:
        await got[0].in_progress()
        await asyncio.sleep(0.1)
    await got[0].ack()
    assert len(got) == 1


async def test_a_dead_replicas_work_goes_to_the_living_one(nats_url: str, bus: NatsBus) -> None:
    spec = Consumer("shared", SUBJECTS, ack_wait=0.5)
    dead: list[Message] = []
    alive: set[int] = set()

    def work(message: Message) -> None:
        alive.add(message.position)
        acknowledging.add(asyncio.ensure_future(message.ack()))

    acknowledging: set[asyncio.Future[None]] = set()
    dying = await connected(nats_url)
    await dying.consume(spec, dead.append, after=0)
    await bus.put(rungs(1, 20))
    await until(lambda: len(dead) == 20)
    await dying.close()
    await bus.consume(spec, work, after=0)
    await until(lambda: alive == set(range(1, 21)))


async def test_no_more_is_in_flight_than_the_consumer_allows(bus: NatsBus) -> None:
    got: list[Message] = []
    await bus.consume(Consumer("few", SUBJECTS, max_in_flight=5), got.append, after=0)
    await bus.put(rungs(1, 20))
    for allowed in (5, 10, 15, 20):
        await until(lambda allowed=allowed: len(got) == allowed)
        for message in got[allowed - 5 : allowed]:
            await message.ack()


async def test_a_refused_delivery_waits_as_long_as_it_was_asked_to(bus: NatsBus) -> None:
    got: list[float] = []

    def refuse(message: Message) -> None:
        got.append(asyncio.get_running_loop().time())
        refusing.add(asyncio.ensure_future(message.nak(0.3) if len(got) == 1 else message.ack()))

    refusing: set[asyncio.Future[None]] = set()
    await bus.consume(Consumer("patient", SUBJECTS), refuse, after=0)
    await bus.put(rungs(1, 1))
    await until(lambda: len(got) == 2)
    assert got[1] - got[0] >= 0.28


# --- a server that goes and comes back ------------------------------------------------------------------


@pytest.fixture
def own_nats(open_path: Path) -> OpenNats:
    return open_nats(open_path / "data")


async def test_a_bus_that_is_away_refuses_or_loses_without_breaking_and_comes_back(own_nats: OpenNats) -> None:
    reports: list[str] = []
    got: list[int] = []
    back = asyncio.Event()

    async def came_back() -> None:
        back.set()

    async with AsyncExitStack() as stack:
        async with running_nats(own_nats):
            bus = await connected(own_nats.url, reports)
            stack.push_async_callback(bus.close)
            bus.on_reconnect(came_back)
            await bus.consume(Consumer("kept", SUBJECTS), lambda message: got.append(message.position), after=0)
        await until(lambda: not bus.connected)
        await bus.ring(rungs(1, 3))
        await bus.publish("beat.progress.default.task_1", b"half")
        questions = bus.put(rungs(1, 1)), bus.progress("kept"), bus.last(start_after=0)
        answers = await asyncio.gather(*questions, return_exceptions=True)
        assert [type(answer) for answer in answers] == [OutOfOrder, BusUnavailable, BusUnavailable]
        async with running_nats(own_nats):
            await asyncio.wait_for(back.wait(), 10)
            await until(lambda: bus.connected)
            last = await bus.last(start_after=0)
            await bus.put(rungs(last + 1, 3))
            await until(lambda: set(got) == {1, 2, 3})
            await bus.close()
    assert reports.count("bus connection is back") == 1


async def test_a_bell_rung_to_nobody_is_lost_silently(bus: NatsBus) -> None:
    await bus.ring(rungs(1, 3))
    heard: list[bytes] = []
    await bus.listen(BELL, lambda _, payload: heard.append(payload))
    await bus.client.flush()
    assert heard == []


async def test_a_consumer_of_a_missing_stream_is_refused_until_the_relay_has_made_it(bus: NatsBus) -> None:
    await bus.drop()
    with pytest.raises(BusUnavailable):
        await bus.consume(Consumer("early", SUBJECTS), lambda _: None, after=0)
    assert await bus.progress("early") is None
    await bus.last(start_after=0)
    await bus.consume(Consumer("early", SUBJECTS), lambda _: None, after=0)
    assert await bus.progress("early") is not None


async def test_nobody_may_delete_single_messages_of_the_stream(bus: NatsBus) -> None:
    await bus.put(rungs(1, 2))
    config = (await bus.client.jetstream().stream_info(EVENT_STREAM)).config
    assert config.deny_delete
