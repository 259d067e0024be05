"""The relay between a real Postgres and a real NATS: sequence is position, message by message, whatever happens."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from nats.js.errors import NotFoundError
from pydantic import SecretStr
from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.checkpoints import PostgresCheckpoints
from wrenchai_chassis.leadership import leadership, loss_of
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.relay import RELAY, carry, lowest_tracked
from wrenchai_chassis.service import Runtime, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.tail import LogTail
from wrenchai_contracts.subjects import EVENT_STREAM

from tests.samples import rungs, sealed, until
from tests.servers import Database, OpenNats, open_nats, running_nats

MANY = 1500
CUT_THE_FIRST = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'first'"
CUT_THE_LEADER = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND application_name = 'wrenchai-relay-leader'"
)


@dataclass(slots=True)
class Relayed:
    """A log and the buses of its relays."""

    log: PostgresLog
    nats_url: str
    buses: list[NatsBus] = field(default_factory=list)
    relays: list["asyncio.Task[None]"] = field(default_factory=list)

    async def relay(self) -> "asyncio.Task[None]":
        """One more relay, as a process of its own would run it."""
        bus = await NatsBus.connect(self.nats_url, user="relay", report=lambda _: None)
        self.buses.append(bus)
        tail = LogTail(self.log, bus)
        await tail.listen()
        self.relays.append(asyncio.create_task(carry(self.log, tail, bus, lambda: lowest_tracked(self.log))))
        return self.relays[-1]

    async def record(self, count: int) -> None:
        head = await self.log.head()
        await self.log.append([sealed(f"task_{head + n:08}", note="x" * (n % 300)) for n in range(count)])
        for bus in self.buses:
            await bus.ring([])

    async def settled(self) -> None:
        """Wait until the stream ends where the log ends."""
        await until(self._ends_alike, within=30)

    async def on_the_bus(self) -> list[Rung]:
        """Every message of the stream: its sequence, subject and bytes."""
        jetstream = self.buses[-1].client.jetstream()
        state = (await jetstream.stream_info(EVENT_STREAM)).state
        reading = await jetstream.subscribe("ev.>", ordered_consumer=True)
        messages = [await reading.next_msg(timeout=5) for _ in range(state.messages)]
        await reading.unsubscribe()
        return [Rung(message.metadata.sequence.stream, message.subject, message.data) for message in messages]

    async def in_the_log(self, after: int = 0) -> list[Rung]:
        return [from_row(row) for row in await self.log.read(after, 100_000)]

    async def close(self) -> None:
        for relay in self.relays:
            relay.cancel()
        await asyncio.gather(*self.relays, return_exceptions=True)
        for bus in self.buses:
            await bus.close()

    async def last(self) -> int:
        """Where the stream ends; 0 without one. Other than a relay's look it makes none."""
        try:
            return int((await self.buses[-1].client.jetstream().stream_info(EVENT_STREAM)).state.last_seq)
        except NotFoundError:
            return 0

    async def _ends_alike(self) -> bool:
        return await self.last() == await self.log.head()


@asynccontextmanager
async def relayed(postgres_url: str, nats_url: str) -> AsyncIterator[Relayed]:
    async with PostgresLog(postgres_url, application_name="relay") as log:
        made = Relayed(log, nats_url)
        try:
            yield made
        finally:
            await made.close()


@pytest.fixture
async def system(postgres_url: str, nats_url: str) -> AsyncIterator[Relayed]:
    async with relayed(postgres_url, nats_url) as made:
        yield made


async def test_every_message_has_the_position_subject_and_bytes_of_its_event(system: Relayed) -> None:
    await system.record(MANY)
    await system.relay()
    for _ in range(20):
        await system.record(7)
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


async def test_a_second_relay_at_the_same_time_puts_nothing_twice_and_nothing_out_of_order(system: Relayed) -> None:
    await system.record(MANY)
    await asyncio.gather(system.relay(), system.relay(), system.relay())
    for _ in range(30):
        await system.record(5)
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


async def test_a_relay_killed_in_the_middle_is_followed_by_one_that_goes_on(system: Relayed) -> None:
    await system.record(MANY)
    first = await system.relay()
    await until(lambda: _holds(system, 500))
    first.cancel()
    await system.relay()
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


async def test_a_stream_deleted_in_the_middle_is_refilled_behind_what_all_subscriptions_have_done(
    system: Relayed,
) -> None:
    await system.relay()
    await system.record(200)
    await system.settled()
    checkpoints = PostgresCheckpoints(system.log)
    for reader, position in {"sub/fast": 180, "sub/slow": 120, "projector": 3}.items():
        await checkpoints.write(reader, position)
    await system.buses[0].drop()
    await system.record(10)
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log(after=120)


async def test_a_stream_of_another_longer_log_is_thrown_away_and_refilled(system: Relayed) -> None:
    stranger = await NatsBus.connect(system.nats_url, user="relay", report=lambda _: None)
    await stranger.last(start_after=0)
    await stranger.put(rungs(1, 50))
    await stranger.close()
    await system.record(20)
    await system.relay()
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


async def test_a_stream_of_another_log_that_ours_has_outgrown_is_thrown_away_and_refilled(system: Relayed) -> None:
    """A database restored from a backup, which has gone on without the bus and has passed it."""
    await system.record(60)
    stranger = await NatsBus.connect(system.nats_url, user="relay", report=lambda _: None)
    await stranger.last(start_after=0)
    await stranger.put([*(await system.in_the_log())[:30], *rungs(31, 50)])
    await stranger.close()
    await system.relay()
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


async def test_a_stream_that_lost_its_end_gets_it_again(system: Relayed) -> None:
    await system.record(30)
    await system.relay()
    await system.settled()
    for relay in system.relays:
        relay.cancel()
    await system.buses[0].drop()
    await system.buses[0].last(start_after=0)
    await system.buses[0].put((await system.in_the_log())[:10])
    await system.relay()
    await system.settled()
    assert await system.on_the_bus() == await system.in_the_log()


@pytest.fixture
def own_nats(open_path: Path) -> OpenNats:
    """A NATS that a test may stop and damage."""
    return open_nats(open_path / "data")


@pytest.mark.parametrize("loses_everything", [False, True])
async def test_nats_may_go_and_come_back_with_or_without_its_data(
    postgres_url: str,
    own_nats: OpenNats,
    loses_everything: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    async with relayed(postgres_url, own_nats.url) as system:
        async with running_nats(own_nats):
            await system.relay()
            await system.record(300)
            await system.settled()
        await until(lambda: not system.buses[0].connected)
        if loses_everything:
            await asyncio.to_thread(shutil.rmtree, own_nats.directory / "jetstream")
        await system.record(50)
        async with running_nats(own_nats):
            await until(lambda: system.buses[0].connected)
            await system.record(1)
            await system.settled()
            assert await system.on_the_bus() == await system.in_the_log()
            await system.close()


# --- who leads -------------------------------------------------------------------------------------------


@asynccontextmanager
async def waiting_to_lead(url: str) -> AsyncIterator["asyncio.Task[None]"]:
    """A replica that ends as soon as it leads."""

    async def lead() -> None:
        async with leadership(url, "second"):
            return

    task = asyncio.create_task(lead())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_one_replica_leads_and_another_waits_until_the_first_is_gone(database: Database) -> None:
    async with leadership(database.service, "first"), waiting_to_lead(database.service) as second:
        await until(lambda: _is_waiting(database))
        assert not second.done()
        assert await _asked(database, CUT_THE_FIRST) == 1
        await asyncio.wait_for(second, 5)


async def test_the_lead_is_lost_with_its_connection_and_the_holder_learns_it_without_asking(database: Database) -> None:
    async with leadership(database.service, "first") as connection:
        watching = asyncio.create_task(loss_of(connection))
        assert await _asked(database, CUT_THE_FIRST) == 1
        with pytest.raises(psycopg.OperationalError):
            await asyncio.wait_for(watching, 5)


@asynccontextmanager
async def replica(postgres_url: str, nats_url: str, name: str) -> AsyncIterator[Runtime]:
    """A relay as its process runs it."""
    settings = ServiceSettings(postgres_url=SecretStr(postgres_url), nats_url=nats_url, instance=name)
    async with running(RELAY, settings) as runtime:
        yield runtime


async def _leads(runtime: Runtime) -> bool:
    return (await runtime.checks["relay"]()).detail.startswith("leads")


async def test_a_leader_whose_connection_was_cut_stops_carrying_and_queues_behind_the_other(
    database: Database, nats_url: str
) -> None:
    async with (
        replica(database.service, nats_url, "one") as one,
        replica(database.service, nats_url, "two") as two,
    ):
        await until(lambda: _one_leads(one, two))
        for _ in range(3):
            leader, other = (one, two) if await _leads(one) else (two, one)
            assert await _asked(database, CUT_THE_LEADER) >= 1
            await until(lambda other=other: _leads(other))
            await until(lambda leader=leader: _follows(leader))
            await until(lambda: _is_waiting(database))
            head = await one.log.append([sealed(f"task_{await one.log.head():08}")])
            await one.bus.ring([])
            await until(lambda head=head: _bus_reaches(one.bus, head))
        assert await _one_leads(one, two)


async def test_a_standby_is_ready_and_says_so_and_the_leader_says_how_far_it_is(
    database: Database, nats_url: str
) -> None:
    async with replica(database.service, nats_url, "one") as one:
        await until(lambda: _leads(one))
        async with replica(database.service, nats_url, "two") as two:
            await until(lambda: _is_waiting(database))
            standby = await two.checks["relay"]()
            head = await one.log.append([sealed(f"task_{number:08}") for number in range(5)])
            await one.bus.ring([])
            await until(lambda: _bus_reaches(one.bus, head))
            leader = await one.checks["relay"]()
    assert (standby.status, standby.detail) == ("up", "stands by; another replica leads")
    assert (leader.status, leader.detail, leader.lag) == ("up", f"leads, at position {head}", 0)


async def _one_leads(*replicas: Runtime) -> bool:
    return [await _leads(one) for one in replicas].count(True) == 1


async def _follows(replica: Runtime) -> bool:
    """Whether it has noticed that it leads no more; for a moment both believe it, and the bus refuses one of them."""
    return not await _leads(replica)


async def _bus_reaches(bus: NatsBus, position: int) -> bool:
    return await bus.event(position) is not None


async def _is_waiting(database: Database) -> bool:
    return await _asked(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 1


async def _asked(database: Database, query: str) -> int:
    async with await psycopg.AsyncConnection.connect(database.superuser) as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return int(row[0])


async def _holds(system: Relayed, count: int) -> bool:
    return await system.last() >= count
