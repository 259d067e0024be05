"""Group commit: one append for whoever waits, and each caller gets its own answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import MAX_EVENT_BYTES, NewEvent, Sealed, unseal
from wrenchai_contracts.errors import LogUnavailable, Overloaded, PayloadTooLarge

from tests.samples import AT, fact
from tests.virtual_time import in_virtual_time


class WatchedLog(MemoryLog):
    """Counts what each append was asked to record; may be held up, and may be away for some appends."""

    def __init__(self) -> None:
        super().__init__()
        self.appends: list[int] = []
        self.away_for = 0
        self.open = asyncio.Event()
        self.open.set()

    async def append(self, events: Sequence[Sealed]) -> int:
        self.appends.append(len(events))
        await self.open.wait()
        if self.away_for:
            self.away_for -= 1
            message = "the disk is on holiday"
            raise LogUnavailable(message)
        return await super().append(events)


class Bell:
    def __init__(self) -> None:
        self.rung: list[Rung] = []

    async def ring(self, events: list[Rung]) -> None:
        self.rung += events


@asynccontextmanager
async def at_work(committer: Committer) -> AsyncIterator[None]:
    running = asyncio.create_task(committer.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def make(log: MemoryLog, bell: Bell | None = None, max_waiting: int = 50_000) -> Committer:
    return Committer(log, (bell or Bell()).ring, clock=lambda: AT, max_waiting=max_waiting)


async def commit_all(committer: Committer, *groups: Sequence[NewEvent]) -> list[int | BaseException]:
    """All groups waiting before the committer gets to work."""
    callers = [asyncio.create_task(committer.commit(group)) for group in groups]
    await asyncio.sleep(0)
    async with at_work(committer):
        return await asyncio.gather(*callers, return_exceptions=True)


def streams(length: int) -> list[list[NewEvent]]:
    return [[fact(f"task_{n:08}")] for n in range(length)]


@in_virtual_time
async def test_all_who_wait_are_recorded_by_one_append_and_told_their_own_position() -> None:
    log = WatchedLog()
    assert await commit_all(make(log), *streams(50)) == list(range(1, 51))
    assert log.appends == [50]
    assert [row.stream for row in await log.read(0, 100)] == [f"task_{n:08}" for n in range(50)]


@in_virtual_time
async def test_a_caller_with_several_events_is_told_the_position_of_its_last() -> None:
    groups = [[fact("a", 1), fact("a", 2)], [fact("b", 1)], [fact("c", version) for version in (1, 2, 3)]]
    assert await commit_all(make(WatchedLog()), *groups) == [2, 3, 6]


@in_virtual_time
async def test_while_one_append_waits_for_the_disk_the_next_group_gathers() -> None:
    log = WatchedLog()
    committer = make(log)
    async with at_work(committer):
        log.open.clear()
        first = asyncio.create_task(committer.commit([fact("first")]))
        await asyncio.sleep(1)
        others = [asyncio.create_task(committer.commit(group)) for group in streams(20)]
        await asyncio.sleep(1)
        log.open.set()
        await asyncio.gather(first, *others)
    assert log.appends == [1, 20]


@in_virtual_time
async def test_a_conflict_refuses_only_the_group_that_has_it() -> None:
    log = WatchedLog()
    await commit_all(make(log), [fact("taken", note="first")])
    groups = [*streams(6), [fact("x"), fact("taken")], [fact("last")]]
    results = await commit_all(make(log), *groups)
    assert isinstance(results.pop(6), VersionConflict)
    assert results == [2, 3, 4, 5, 6, 7, 8]
    assert [row.stream for row in await log.read(0, 100)] == ["taken", *(f"task_{n:08}" for n in range(6)), "last"]


@in_virtual_time
async def test_of_two_groups_that_claim_one_version_the_earlier_is_recorded() -> None:
    log = WatchedLog()
    first, second = await commit_all(make(log), [fact("a", note="1")], [fact("a", note="2")])
    assert first == 1
    assert isinstance(second, VersionConflict)


@in_virtual_time
async def test_a_lost_log_is_told_to_all_who_waited_and_the_next_commit_works_again() -> None:
    log = WatchedLog()
    log.away_for = 1
    committer = make(log)
    results = await commit_all(committer, *streams(3))
    assert [str(result) for result in results] == ["the disk is on holiday"] * 3
    assert len({id(result) for result in results}) == 3
    assert await commit_all(committer, [fact("a")]) == [1]


@in_virtual_time
async def test_too_many_waiting_events_are_refused_and_nothing_of_the_refused_is_recorded() -> None:
    log = WatchedLog()
    committer = make(log, max_waiting=3)
    results = await commit_all(committer, *streams(3), [fact("one too many")])
    assert results[:3] == [1, 2, 3]
    assert isinstance(results[3], Overloaded)
    assert await commit_all(committer, [fact("later")]) == [4]


@in_virtual_time
async def test_an_oversize_event_is_refused_before_anything_is_appended_and_leaves_no_trace() -> None:
    log = WatchedLog()
    committer = make(log, max_waiting=2)
    with pytest.raises(PayloadTooLarge):
        await committer.commit([fact("a"), fact("b", note="x" * MAX_EVENT_BYTES)])
    assert log.appends == []
    assert await commit_all(committer, [fact("c"), fact("d")]) == [2]


@in_virtual_time
async def test_a_caller_that_gave_up_before_its_turn_has_nothing_recorded() -> None:
    log = WatchedLog()
    committer = make(log)
    caller = asyncio.create_task(committer.commit([fact("given up")]))
    await asyncio.sleep(0)
    caller.cancel()
    assert await commit_all(committer, [fact("patient")]) == [1]


@in_virtual_time
async def test_the_bell_is_rung_with_every_recorded_event_and_its_position_and_with_no_other() -> None:
    log, bell = WatchedLog(), Bell()
    await commit_all(make(log, bell), *streams(3), [fact("task_00000001")], [fact("last")])
    assert [event.position for event in bell.rung] == [1, 2, 3, 4]
    assert [unseal(event.position, event.state).stream for event in bell.rung][-1] == "last"


@in_virtual_time
async def test_events_are_stamped_with_the_time_they_were_handed_in() -> None:
    log = WatchedLog()
    await commit_all(make(log), [fact("a")])
    (row,) = await log.read(0, 1)
    assert unseal(row.position, row.state).at == AT
