"""Group commit: one append for whoever waits, and each caller gets its own answer."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import Guard, VersionConflict
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import MAX_EVENT_BYTES, NewEvent, Sealed, unseal
from wrenchai_contracts.errors import LogUnavailable, Overloaded, PayloadTooLarge

from tests.samples import AT, fact, sealed
from tests.virtual_time import in_virtual_time


class WatchedLog(MemoryLog):
    """Counts what each append was asked to record; may be held up, and may be away for some appends."""

    def __init__(self) -> None:
        super().__init__()
        self.appends: list[int] = []
        self.away_for = 0
        self.open = asyncio.Event()
        self.open.set()

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        self.appends.append(len(events))
        await self.open.wait()
        if self.away_for:
            self.away_for -= 1
            message = "the disk is on holiday"
            raise LogUnavailable(message)
        return await super().append(events, guards)


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


Guarded = tuple[Sequence[NewEvent], Sequence[Guard]]


async def commit_all(committer: Committer, *groups: Sequence[NewEvent]) -> list[int | BaseException]:
    """All groups waiting before the committer gets to work."""
    return await commit_guarded(committer, *((group, ()) for group in groups))


async def commit_guarded(committer: Committer, *groups: Guarded) -> list[int | BaseException]:
    """The same with the guards of each."""
    callers = [asyncio.create_task(committer.commit(events, guards)) for events, guards in groups]
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


@in_virtual_time
async def test_a_guard_that_holds_lets_its_commit_go_together_with_all_others() -> None:
    log = WatchedLog()
    await log.append([sealed("task", 1), sealed("task", 2)])
    groups = [([fact(f"task/{n}")], [("task", 2), (f"task/{n}", 0)]) for n in range(5)]
    assert await commit_guarded(make(log), *groups, ([fact("other")], ())) == [3, 4, 5, 6, 7, 8]
    assert log.appends == [2, 6]


@in_virtual_time
async def test_a_guard_that_is_broken_refuses_only_its_own_commit() -> None:
    log = WatchedLog()
    await log.append([sealed("task", 1), sealed("task", 2)])
    groups: list[Guarded] = [([fact(f"task/{n}")], [("task", 2)]) for n in range(7)]
    groups[4] = ([fact("too late"), fact("too late", 2)], [("task", 1)])
    results = await commit_guarded(make(log), *groups)
    assert isinstance(results.pop(4), VersionConflict)
    assert results == [3, 4, 5, 6, 7, 8]
    assert await log.read_stream("too late") == []


@in_virtual_time
async def test_a_commit_breaks_no_guard_of_its_own() -> None:
    log = WatchedLog()
    await log.append([sealed("task", 1)])
    assert await commit_guarded(make(log), ([fact("task", 2), fact("task/a")], [("task", 1)])) == [3]


@in_virtual_time
async def test_of_two_that_wait_together_the_earlier_breaks_the_guard_of_the_later() -> None:
    log = WatchedLog()
    first, second = await commit_guarded(make(log), ([fact("task")], ()), ([fact("task/a")], [("task", 0)]))
    assert first == 1
    assert isinstance(second, VersionConflict)
    assert [row.stream for row in await log.read(0, 10)] == ["task"]


@in_virtual_time
async def test_of_two_that_wait_together_the_later_breaks_no_guard_of_the_earlier() -> None:
    log = WatchedLog()
    assert await commit_guarded(make(log), ([fact("task/a")], [("task", 0)]), ([fact("task")], ())) == [1, 2]
    assert log.appends == [2]


@in_virtual_time
async def test_a_commit_that_was_refused_itself_breaks_no_guard() -> None:
    log = WatchedLog()
    await log.append([sealed("taken")])
    refused, guarded, last = await commit_guarded(
        make(log), ([fact("task"), fact("taken")], ()), ([fact("task/a")], [("task", 0)]), ([fact("last")], ())
    )
    assert isinstance(refused, VersionConflict)
    assert (guarded, last) == (2, 3), "nobody overtook it while it was put off"


@in_virtual_time
async def test_what_is_put_off_to_the_next_append_still_counts_as_waiting() -> None:
    log = WatchedLog()
    committer = make(log, max_waiting=4)
    log.open.clear()
    callers = [
        asyncio.create_task(committer.commit([fact("task")])),
        asyncio.create_task(committer.commit([fact("task/a", n) for n in (1, 2, 3)], [("task", 0)])),
    ]
    async with at_work(committer):
        await asyncio.sleep(1)
        assert log.appends == [1]
        with pytest.raises(Overloaded):
            await committer.commit([fact("two"), fact("too many")])
        log.open.set()
        position, refusal = await asyncio.gather(*callers, return_exceptions=True)
    assert position == 1
    assert isinstance(refusal, VersionConflict)


@in_virtual_time
async def test_a_caller_that_gave_up_while_it_was_put_off_has_nothing_recorded() -> None:
    log = WatchedLog()
    await log.append([sealed("taken")])
    committer = make(log)
    log.open.clear()
    async with at_work(committer):
        before = asyncio.create_task(committer.commit([fact("task"), fact("taken")]))
        put_off = asyncio.create_task(committer.commit([fact("given up")], [("task", 0)]))
        await asyncio.sleep(1)
        put_off.cancel()
        log.open.set()
        with pytest.raises(VersionConflict):
            await before
        assert await committer.commit([fact("patient")]) == 2


def some_commits(chance: random.Random) -> list[Guarded]:
    """Commits to few streams, so that they are often in each other's way; versions without a gap, as deciders number.

    Each writer knows some state of the streams, often not the newest.
    """
    reached = dict.fromkeys("abc", 0)
    commits: list[Guarded] = []
    for _ in range(chance.randint(2, 12)):
        known = {stream: max(0, version - chance.choice((0, 0, 0, 1))) for stream, version in reached.items()}
        writes = chance.sample("abc", chance.randint(1, 2))
        guards = [(stream, known[stream]) for stream in chance.sample("abc", chance.randint(0, 2))]
        commits.append(([fact(stream, known[stream] + 1) for stream in writes], guards))
        reached.update({stream: max(reached[stream], known[stream] + 1) for stream in writes})
    return commits


def told(results: Sequence[int | BaseException]) -> list[int | type[BaseException]]:
    return [result if isinstance(result, int) else type(result) for result in results]


@in_virtual_time
async def test_commits_that_wait_together_end_as_if_they_had_come_one_after_another() -> None:
    for seed in range(300):
        commits = some_commits(random.Random(seed))
        at_once, in_turn = WatchedLog(), WatchedLog()
        together = await commit_guarded(make(at_once), *commits)
        alone = [(await commit_guarded(make(in_turn), commit))[0] for commit in commits]
        assert told(together) == told(alone), f"seed {seed}"
        assert await at_once.read(0, 100) == await in_turn.read(0, 100), f"seed {seed}"
