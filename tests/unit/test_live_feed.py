"""The live feed over a log and a bus of memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from wrenchai_chassis.bell import rung
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.tail import LogTail
from wrenchai_contracts.events import EventParked, EventRedriven
from wrenchai_contracts.subjects import parked_stream
from wrenchai_gateway.live import FellBehind, Frame, LiveFeed, Watcher

from tests.made_up_log import MadeUpLog, whole_task
from tests.samples import until

ONE, TWO = "task_01jd3k0001", "task_01jd3k0002"


class Fed:
    """A feed at work, and the log and bus behind it."""

    def __init__(self, most: int) -> None:
        self.log, self.bus = MemoryLog(), MemoryBus()
        self.feed = LiveFeed(LogTail(self.log, self.bus), (), most_waiting=most)

    async def happens(self, made: MadeUpLog) -> None:
        last = await self.log.append(made.sealed)
        await self.bus.ring(rung(last - len(made.sealed) + 1, made.sealed))
        await until(lambda: self.feed.position == last)


@asynccontextmanager
async def fed(most: int = 1000) -> AsyncIterator[Fed]:
    made = Fed(most)
    await made.feed.listen(made.bus)
    running = asyncio.create_task(made.feed.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait([running])


async def taken(watcher: Watcher, count: int) -> list[Frame]:
    async with asyncio.timeout(5):
        return [await watcher.next() for _ in range(count)]


async def test_a_watcher_of_a_task_is_told_of_that_task_only() -> None:
    async with fed() as system:
        watcher = system.feed.watcher()
        with system.feed.telling(watcher, TWO):
            await system.happens(whole_task(MadeUpLog(), ONE, "a"))
            await system.happens(whole_task(MadeUpLog(), TWO, "a"))
            frames = await taken(watcher, 10)
    assert [frame.position for frame in frames] == list(range(11, 21))
    assert {json.loads(frame.text)["task_id"] for frame in frames} == {TWO}
    assert [frame.ends for frame in frames] == [None] * 9 + ["completed"]


async def test_an_event_is_encoded_once_for_all_who_watch() -> None:
    async with fed() as system:
        one, other = system.feed.watcher(), system.feed.watcher()
        with system.feed.telling(one), system.feed.telling(other, ONE):
            await system.happens(whole_task(MadeUpLog(), ONE, "a"))
            pairs = zip(await taken(one, 10), await taken(other, 10), strict=True)
    assert all(left.text is right.text for left, right in pairs)


async def test_what_is_parked_of_a_task_is_told_to_those_who_watch_that_task() -> None:
    made = whole_task(MadeUpLog(), ONE, "a")
    parked = EventParked(consumer="journey", position=5, subject="ev.x", reason="bad luck", deliveries=5, payload="")
    made.record(parked_stream("journey", 5), parked, story=ONE)
    made.record(parked_stream("journey", 5), EventRedriven(consumer="journey", position=5), story=ONE)
    async with fed() as system:
        of_task, of_other, of_all = (system.feed.watcher() for _ in range(3))
        with (
            system.feed.telling(of_task, ONE),
            system.feed.telling(of_other, TWO),
            system.feed.telling(of_all),
        ):
            await system.happens(made)
            told, also = await taken(of_task, 12), await taken(of_all, 12)
            of_other.put(Frame(13, "the first that it is told"))
            assert (await of_other.next()).position == 13
    assert [frame.position for frame in told] == [frame.position for frame in also] == list(range(1, 13))
    assert [json.loads(frame.text)["type"] for frame in told[10:]] == ["EventParked", "EventRedriven"]
    assert {json.loads(frame.text)["task_id"] for frame in told} == {ONE}


async def test_who_keeps_up_is_told_of_a_burst_larger_than_the_room() -> None:
    async with fed(most=40) as system:
        watcher = system.feed.watcher()
        with system.feed.telling(watcher):
            reading = asyncio.create_task(taken(watcher, 202))
            await system.happens(whole_task(MadeUpLog(), ONE, *(f"s{n}" for n in range(97))))
            assert len(await reading) == 202


async def test_who_does_not_keep_up_is_told_so_after_what_it_can_still_have() -> None:
    async with fed(most=4) as system:
        watcher = system.feed.watcher()
        with system.feed.telling(watcher):
            await system.happens(whole_task(MadeUpLog(), ONE, "a"))
            assert watcher.fell_behind.is_set()
            assert [frame.position for frame in await taken(watcher, 4)] == [1, 2, 3, 4]
            with pytest.raises(FellBehind):
                await watcher.next()


async def test_beats_give_way_to_events() -> None:
    watcher = Watcher(4)
    for _ in range(10):
        watcher.put(Frame(0, "beat"))
    assert not watcher.fell_behind.is_set()
    watcher.put(Frame(1, "event"))
    assert [frame.position for frame in await taken(watcher, 4)] == [0, 0, 0, 1]


async def test_nothing_is_kept_for_who_has_left() -> None:
    async with fed() as system:
        with system.feed.telling(system.feed.watcher()), system.feed.telling(system.feed.watcher(), ONE):
            assert system.feed.watching == 2
        assert system.feed.watching == 0


def test_who_catches_up_from_the_log_is_told_to_read_on_instead_of_being_sent_away() -> None:
    watcher = Watcher(2)
    watcher.catching_up = True
    for position in (1, 2, 3):
        watcher.put(Frame(position, "{}"))
    assert not watcher.fell_behind.is_set()
    assert not watcher.is_level(), "frame 3 is only in the log"
    watcher.put(Frame(4, "{}"))
    assert watcher.is_level()


async def test_who_is_level_gets_what_was_told_since_and_falls_behind_like_any_other() -> None:
    watcher = Watcher(2)
    watcher.catching_up = True
    watcher.put(Frame(1, "{}"))
    assert watcher.is_level()
    assert (await watcher.next()).position == 1
    for position in (2, 3, 4):
        watcher.put(Frame(position, "{}"))
    assert watcher.fell_behind.is_set()
