"""Following the log: every event once, in order, whatever the doorbell does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from wrenchai_chassis.bell import rung
from wrenchai_chassis.log import Stored
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.tail import LogTail
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.errors import LogUnavailable

from tests.samples import sealed, until
from tests.virtual_time import in_virtual_time

SWEEP = 15.0


class CountedLog(MemoryLog):
    """Counts reads; may be away for some of them."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.away_for = 0
        self.while_reading: Callable[[], Awaitable[None]] | None = None

    async def read(self, after: int, limit: int) -> list[Stored]:
        self.reads += 1
        if self.away_for:
            self.away_for -= 1
            message = "away"
            raise LogUnavailable(message)
        rows = await super().read(after, limit)
        if self.while_reading is not None:
            meanwhile, self.while_reading = self.while_reading, None
            await meanwhile()
        return rows


class Follower:
    """A tail of a log that tests append to, ringing or not."""

    def __init__(self, limit: int = 2000) -> None:
        self.log, self.bus = CountedLog(), MemoryBus()
        self.tail = LogTail(self.log, self.bus, limit=limit, sweep=SWEEP)
        self.batches: list[list[int]] = []
        self._count = 0

    async def begin(self) -> "asyncio.Task[None]":
        await self.tail.listen()
        return asyncio.create_task(self._follow())

    async def append(self, count: int = 1, *, ring: bool = True, lost: Sequence[int] = ()) -> None:
        """Record `count` events; ring all of them but those at the places `lost`."""
        made = [Sealed(f"task_{self._count + n:08}", 1, "Happened", "default", b"") for n in range(count)]
        self._count += count
        last = await self.log.append(made)
        if ring:
            heard = [event for place, event in enumerate(rung(last - count + 1, made)) if place not in lost]
            await self.bus.ring(heard)

    async def _follow(self) -> None:
        async for batch in self.tail.batches():
            self.batches.append([event.position for event in batch])

    @property
    def positions(self) -> list[int]:
        return [position for batch in self.batches for position in batch]


@pytest.fixture
def follower() -> Follower:
    return Follower()


async def settle(seconds: float = 0.5) -> None:
    """Let everything happen that happens within that time."""
    await asyncio.sleep(seconds)


@in_virtual_time
async def test_what_was_recorded_before_is_read_from_the_log_in_batches() -> None:
    follower = Follower(limit=4)
    await follower.append(10, ring=False)
    await follower.begin()
    await settle()
    assert follower.batches == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


@in_virtual_time
async def test_what_rings_in_order_is_never_read_from_the_log(follower: Follower) -> None:
    await follower.begin()
    await settle()
    reads = follower.log.reads
    for _ in range(20):
        await follower.append(3)
        await settle(0.1)
    assert follower.positions == list(range(1, 61))
    assert follower.log.reads == reads


@in_virtual_time
async def test_a_gap_in_what_rang_is_filled_from_the_log_within_moments(follower: Follower) -> None:
    await follower.begin()
    await settle()
    await follower.append(5, lost=[1, 2])
    await settle(0.05)
    assert follower.positions == [1, 2, 3, 4, 5]


@in_virtual_time
async def test_a_gap_is_filled_even_if_the_bell_never_stops_ringing(follower: Follower) -> None:
    await follower.begin()
    await settle()
    await follower.append(1, ring=False)
    for _ in range(50):
        await follower.append()
        await asyncio.sleep(0.001)
    assert follower.positions[:1] == [1]
    assert len(follower.positions) > 35


@in_virtual_time
async def test_a_bell_that_was_lost_is_made_good_by_the_sweep(follower: Follower) -> None:
    await follower.begin()
    await settle()
    await follower.append(2, ring=False)
    await settle(SWEEP / 2)
    assert follower.positions == []
    await settle(SWEEP)
    assert follower.positions == [1, 2]


@in_virtual_time
async def test_an_idle_follower_reads_the_log_once_in_a_sweep(follower: Follower) -> None:
    await follower.begin()
    await settle(10 * SWEEP)
    assert follower.log.reads <= 11


@in_virtual_time
async def test_an_empty_ring_makes_it_look(follower: Follower) -> None:
    await follower.begin()
    await settle()
    await follower.append(2, ring=False)
    await follower.bus.ring([])
    await settle(0.05)
    assert follower.positions == [1, 2]


@in_virtual_time
async def test_a_wish_to_look_that_comes_while_the_log_is_read_is_not_forgotten(follower: Follower) -> None:
    async def recorded_too_late_for_this_read() -> None:
        await follower.append(1, ring=False)
        await follower.tail.look()

    follower.log.while_reading = recorded_too_late_for_this_read
    await follower.begin()
    await settle(0.05)
    assert follower.positions == [1]


@in_virtual_time
async def test_bells_that_ring_twice_or_late_or_out_of_order_give_each_event_once_in_order(follower: Follower) -> None:
    await follower.begin()
    await settle()
    made = [sealed(f"task_{n:08}") for n in range(9)]
    await follower.log.append(made)
    heard = rung(1, made)
    for part in (heard[3:6], heard[0:3], heard[0:6], heard[6:9], heard[2:7]):
        await follower.bus.ring(part)
    await settle()
    assert follower.positions == list(range(1, 10))


@in_virtual_time
async def test_it_goes_on_from_a_position_further_back_when_told_so(follower: Follower) -> None:
    await follower.append(6, ring=False)
    await follower.begin()
    await settle()
    follower.tail.go_on_after(3)
    await settle()
    await follower.append(1)
    await settle()
    assert follower.positions == [1, 2, 3, 4, 5, 6, 4, 5, 6, 7]


@in_virtual_time
async def test_it_waits_for_a_log_that_is_away(follower: Follower) -> None:
    await follower.append(2, ring=False)
    follower.log.away_for = 3
    await follower.begin()
    await settle(5)
    assert follower.positions == [1, 2]
    assert follower.log.reads <= 6


@in_virtual_time
async def test_more_than_it_will_hold_is_dropped_and_read_later(follower: Follower) -> None:
    await follower.begin()
    await settle()
    await follower.append(60_001, lost=[0])
    await settle(1)
    assert follower.positions == list(range(1, 60_002))


async def test_who_rests_holds_nothing_and_reads_on_from_where_it_is_told() -> None:
    follower = Follower()
    await follower.tail.listen()
    follower.tail.rest()
    await follower.append(3)
    assert follower.tail._held == {}
    follower.tail.go_on_after(1)
    following = asyncio.create_task(follower._follow())
    await until(lambda: follower.batches == [[2, 3]])
    await follower.append()
    await until(lambda: follower.batches == [[2, 3], [4]])
    following.cancel()
