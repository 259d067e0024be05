"""The NATS bus where time and wires matter: unacknowledged work comes again, and a lost connection comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from wrenchai_chassis.bus import BusUnavailable, Consumer, Message, OutOfOrder
from wrenchai_chassis.jetstream import Retention, changed_consumer, changed_stream
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_contracts.events import TaskCancellationRequested, TaskRequested
from wrenchai_contracts.subjects import BELL, EVENT_STREAM, every

from tests.deliveries import ack_waits
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
    async for _ in ack_waits(bus, 0.2, count=8):
        await got[0].in_progress()
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


async def test_what_the_server_has_made_is_what_we_asked_for_so_that_nothing_is_changed_without_need(
    bus: NatsBus,
) -> None:
    for spec in (Consumer("one", SUBJECTS), Consumer("two", (*SUBJECTS, every(TaskRequested)), 2.5, 7)):
        await bus.consume(spec, lambda _: None, after=0)
        info = await bus.client.jetstream().consumer_info(EVENT_STREAM, spec.name)
        assert changed_consumer(info.config, spec) is None
    assert changed_stream((await bus.client.jetstream().stream_info(EVENT_STREAM)).config, Retention()) is None


async def test_a_consumer_is_changed_where_it_stands_and_keeps_where_it_began(bus: NatsBus) -> None:
    await bus.consume(Consumer("grown", SUBJECTS, ack_wait=5.0), lambda _: None, after=3)
    await bus.consume(Consumer("grown", (*SUBJECTS, every(TaskRequested)), 2.0, 7), lambda _: None, after=9)
    config = (await bus.client.jetstream().consumer_info(EVENT_STREAM, "grown")).config
    assert set(config.filter_subjects or ()) == {*SUBJECTS, every(TaskRequested)}
    assert (config.ack_wait, config.max_ack_pending, config.opt_start_seq) == (2.0, 7, 4)


async def test_a_stream_that_is_there_is_changed_to_hold_as_much_as_is_now_wanted(nats_url: str, bus: NatsBus) -> None:
    await bus.put(rungs(1, 50))
    thrifty = NatsBus("test", Retention(max_bytes=5_000, max_age=3600.0))
    await thrifty.open(nats_url, None, print)
    assert await thrifty.last(start_after=0) == 50
    config = (await bus.client.jetstream().stream_info(EVENT_STREAM)).config
    assert (config.max_bytes, config.max_age) == (5_000, 3600.0)
    assert await bus.oldest() > 1
    await thrifty.close()


async def test_a_connection_that_the_server_ended_for_good_is_told_of_so_that_the_process_can_end(
    nats_url: str,
) -> None:
    reports: list[str] = []
    bus = await connected(nats_url, reports)
    await bus.client._send_command(b"NONSENSE\r\n")
    await bus.client._flush_pending()
    await asyncio.wait_for(bus.closed(), 5)
    assert not bus.connected


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


async def test_who_begins_before_the_server_is_there_hears_everything_once_it_is(own_nats: OpenNats) -> None:
    heard: list[bytes] = []
    came = asyncio.Event()

    async def told() -> None:
        came.set()

    bus = NatsBus("test")
    await bus.open(own_nats.url, None, lambda _: None, within=0.05)
    bus.on_reconnect(told)
    await bus.listen(BELL, lambda _, payload: heard.append(payload))
    await bus.ring(rungs(1, 1))
    with pytest.raises(BusUnavailable):
        await bus.progress("nobody")
    assert not bus.connected
    async with running_nats(own_nats):
        await asyncio.wait_for(came.wait(), 10)
        await bus.ring([])
        await until(lambda: heard)
        await bus.close()
    assert heard == [b""]


async def test_who_never_found_the_server_can_leave(own_nats: OpenNats) -> None:
    bus = NatsBus("test")
    await bus.open(own_nats.url, None, lambda _: None, within=0.05)
    await bus.close()
    assert not bus.connected


async def test_a_server_that_stays_away_is_told_of_once(own_nats: OpenNats) -> None:
    reports: list[str] = []
    bus = NatsBus("test")
    await bus.open(own_nats.url, None, reports.append, within=1.0)
    await bus.close()
    assert len(reports) == 1


async def test_long_work_says_nothing_while_the_bus_is_away(own_nats: OpenNats) -> None:
    got: list[Message] = []
    async with running_nats(own_nats):
        bus = await connected(own_nats.url)
        await bus.consume(Consumer("long", SUBJECTS), got.append, after=0)
        await bus.put(rungs(1, 1))
        await until(lambda: got)
    await until(lambda: not bus.connected)
    for _ in range(1000):
        await got[0].in_progress()
    assert bus.client.pending_data_size == 0
    await bus.close()
