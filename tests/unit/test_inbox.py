"""Batches handed over within a process, over a log of memory."""

import asyncio

from wrenchai_chassis.applied import Applied
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.log import Stored
from wrenchai_chassis.memory_log import MemoryLog

from tests.made_up_log import MadeUpLog, whole_task


async def filled() -> tuple[MemoryLog, MadeUpLog]:
    made = whole_task(MadeUpLog(), "task_01jd3k0000", "a", "b", "c")
    log = MemoryLog()
    await log.append(made.sealed)
    return log, made


async def test_who_starts_behind_reads_what_was_never_handed_over() -> None:
    log, made = await filled()
    inbox = Inbox(log)
    inbox.put(made.rungs[10:])
    assert [event.position for event in await inbox.after(0)] == list(range(1, len(made.sealed) + 1))


async def test_what_was_handed_over_is_not_read_again() -> None:
    _, made = await filled()
    inbox = Inbox(MemoryLog())
    assert await inbox.after(0) == []
    inbox.put(made.rungs[:3])
    assert await inbox.after(0) == made.rungs[:3]


async def test_a_hole_is_filled_from_the_log() -> None:
    log, made = await filled()
    inbox = Inbox(log, limit=5)
    assert await inbox.after(0) == made.rungs[:5]
    inbox.put(made.rungs[7:9])
    assert [event.position for event in await inbox.after(5)] == [6, 7, 8, 9, 10]


async def test_too_much_is_dropped_and_read_later() -> None:
    log, made = await filled()
    inbox = Inbox(log, max_held=4)
    inbox.put(made.rungs[:4])
    inbox.put(made.rungs[4:8])
    assert [event.position for event in await inbox.after(8)] == list(range(9, len(made.sealed) + 1))


async def test_what_was_had_before_is_not_given_again() -> None:
    _, made = await filled()
    inbox = Inbox(MemoryLog())
    assert await inbox.after(0) == []
    inbox.put(made.rungs[:6])
    assert await inbox.after(4) == made.rungs[4:6]


async def test_a_reader_of_its_own_write_goes_on_when_the_view_holds_it() -> None:
    applied = Applied()
    waiting = [asyncio.create_task(applied.wait_for(position, 5)) for position in (3, 1, 2)]
    await asyncio.sleep(0)
    applied.reach(2)
    assert await asyncio.gather(*waiting[1:]) == [True, True]
    assert not waiting[0].done()
    applied.reach(3)
    assert await waiting[0]


async def test_a_reader_does_not_wait_for_ever() -> None:
    assert not await Applied().wait_for(1, 0.001)


async def test_nobody_lingers_while_a_reader_waits() -> None:
    applied = Applied()
    waiting = asyncio.create_task(applied.wait_for(1, 5))
    await asyncio.sleep(0)
    await asyncio.wait_for(applied.linger(60), 5)
    applied.reach(1)
    assert await waiting


async def test_who_asks_for_a_look_during_a_look_gets_another_one() -> None:
    made = whole_task(MadeUpLog(), "task_01jd3k0000", "a")

    class BusyLog(MemoryLog):
        async def read(self, after: int, limit: int) -> list[Stored]:
            found = await super().read(after, limit)
            if not found:
                await self.append(made.sealed)
                inbox.look()
            return found

    inbox = Inbox(BusyLog())
    assert await inbox.after(0) == []
    assert len(await inbox.after(0)) == len(made.sealed)
