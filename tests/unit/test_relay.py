"""The relay: the bus becomes what the log is, position by position, whatever happens to the bus."""

import asyncio
from collections.abc import Sequence

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.bus import BusUnavailable, OutOfOrder
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.relay import carry
from wrenchai_chassis.tail import LogTail

from tests.samples import sealed, until
from tests.virtual_time import in_virtual_time


class Cache(MemoryBus):
    """A memory bus whose relay's end can be looked into, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.full = False
        self.offers = 0
        self.unconfirmed = 0

    @property
    def events(self) -> list[Rung]:
        return self._events

    async def last(self, *, start_after: int) -> int:
        if self.away:
            raise BusUnavailable
        return await super().last(start_after=start_after)

    async def put(self, events: Sequence[Rung]) -> None:
        self.offers += 1
        if self.away or self.full:
            raise OutOfOrder("no space left on device" if self.full else "away")
        await super().put(events)
        if self.unconfirmed:
            self.unconfirmed -= 1
            raise OutOfOrder


class Relayed:
    """A log, its cache, and relays between them."""

    def __init__(self) -> None:
        self.log, self.cache = MemoryLog(), Cache()
        self.lowest_tracked = 0
        self.tails: list[LogTail] = []
        self.reports: list[str] = []

    async def relay(self) -> "asyncio.Task[None]":
        tail = LogTail(self.log, self.cache)
        await tail.listen()
        self.tails.append(tail)
        carrying = carry(self.log, tail, self.cache, self._lowest_tracked, report=self.reports.append)
        return asyncio.create_task(carrying)

    async def record(self, count: int) -> None:
        head = await self.log.head()
        await self.log.append([sealed(f"task_{head + n:08}") for n in range(count)])
        await self.cache.ring([])

    async def equal(self, *, after: int = 0) -> bool:
        return self.cache.events == [from_row(row) for row in await self.log.read(after, 100_000)]

    async def _lowest_tracked(self) -> int:
        return self.lowest_tracked


@in_virtual_time
async def test_the_cache_becomes_the_log_and_stays_it() -> None:
    system = Relayed()
    await system.record(1500)
    await system.relay()
    await until(system.equal)
    await system.record(3)
    await until(system.equal)


@in_virtual_time
async def test_two_relays_at_once_put_each_event_once_and_in_order() -> None:
    system = Relayed()
    await system.relay()
    await system.relay()
    for _ in range(50):
        await system.record(7)
        await asyncio.sleep(0.001)
    await until(system.equal)


@in_virtual_time
async def test_a_relay_that_takes_over_goes_on_where_the_cache_stands() -> None:
    system = Relayed()
    first = await system.relay()
    await system.record(700)
    await until(lambda: len(system.cache.events) > 100)
    first.cancel()
    await system.record(10)
    await system.relay()
    await until(system.equal)


@in_virtual_time
async def test_a_cache_lost_in_the_middle_is_refilled_behind_what_all_subscriptions_have_done() -> None:
    system = Relayed()
    await system.relay()
    await system.record(20)
    await until(system.equal)
    system.lowest_tracked = 12
    await system.cache.drop()
    await system.record(5)
    await until(lambda: system.equal(after=12))


@in_virtual_time
async def test_a_cache_of_another_longer_log_is_thrown_away_and_refilled() -> None:
    system = Relayed()
    await system.cache.last(start_after=0)
    await system.cache.put([Rung(n, "ev.Foreign.-.default.x", b"foreign") for n in range(1, 31)])
    await system.record(10)
    await system.relay()
    await until(system.equal)


@in_virtual_time
async def test_a_cache_of_another_log_that_ours_has_outgrown_is_thrown_away_and_refilled() -> None:
    system = Relayed()
    await system.cache.last(start_after=0)
    await system.record(30)
    ours = [from_row(row) for row in await system.log.read(0, 20)]
    await system.cache.put([*ours[:19], ours[19]._replace(state=b"from before the backup was restored")])
    await system.relay()
    await until(system.equal)
    assert system.reports == ["the bus holds another log's events; it is emptied and filled again"]


@in_virtual_time
async def test_a_cache_that_holds_what_the_log_holds_is_kept() -> None:
    system = Relayed()
    await system.cache.last(start_after=4)
    await system.record(30)
    await system.cache.put([from_row(row) for row in await system.log.read(4, 10)])
    await system.relay()
    await until(lambda: system.equal(after=4))
    assert system.reports == []


@in_virtual_time
async def test_a_cache_that_takes_nothing_is_offered_less_and_less_and_its_reason_is_told() -> None:
    system = Relayed()
    await system.relay()
    await until(system.equal)
    system.cache.full, system.cache.offers = True, 0
    await system.record(5)
    await asyncio.sleep(600)
    assert 100 < system.cache.offers < 130
    assert set(system.reports) == {"the bus refused what follows position 0: no space left on device"}
    system.cache.full = False
    await until(system.equal)


@in_virtual_time
async def test_a_batch_that_arrived_unconfirmed_is_not_put_twice() -> None:
    system = Relayed()
    await system.relay()
    await until(system.equal)
    system.cache.unconfirmed = 3
    for _ in range(5):
        await system.record(3)
        await asyncio.sleep(0.01)
    await until(system.equal)


@in_virtual_time
async def test_a_cache_that_is_away_is_waited_for() -> None:
    system = Relayed()
    system.cache.away = True
    await system.relay()
    await system.record(5)
    await asyncio.sleep(60)
    system.cache.away = False
    await until(system.equal)
