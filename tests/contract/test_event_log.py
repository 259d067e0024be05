"""What every event log promises: the one in Postgres and the one in memory."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from wrenchai_chassis.log import EventLog, Guard, Stored, VersionConflict
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_contracts.envelope import Sealed

from tests.samples import sealed, story


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None


@pytest.fixture
async def log(url: str | None) -> AsyncIterator[EventLog]:
    if url is None:
        yield MemoryLog()
        return
    async with PostgresLog(url, application_name="test") as opened:
        yield opened


def stored(position: int, event: Sealed) -> Stored:
    return Stored(position, event.stream, event.version, event.topic, event.tenant, event.state)


async def test_an_empty_log_has_its_head_at_zero_and_nothing_to_read(log: EventLog) -> None:
    assert await log.head() == 0
    assert await log.read(0, 10) == []
    assert await log.read_stream("task_00000001") == []
    assert await log.read_family("task_00000001") == []


async def test_append_returns_the_position_of_the_last_event(log: EventLog) -> None:
    assert await log.append([sealed("a"), sealed("b")]) == 2
    assert await log.append([sealed("c")]) == 3
    assert await log.head() == 3


async def test_what_was_appended_is_read_back_byte_for_byte(log: EventLog) -> None:
    events = [sealed("a", 1, "ü\u0000\n\"'\\"), Sealed("b", 1, "Type.routed", "tenant-2", bytes(range(256)))]
    await log.append(events)
    assert await log.read(0, 10) == [stored(1, events[0]), stored(2, events[1])]


async def test_a_state_of_200_kilobytes_comes_back_whole(log: EventLog) -> None:
    big = Sealed("a", 1, "Type", "default", os.urandom(200 * 1024))
    await log.append([big])
    assert await log.read_stream("a") == [stored(1, big)]


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param([sealed("new"), sealed("taken")], id="taken last"),
        pytest.param([sealed("taken"), sealed("new")], id="taken first"),
        pytest.param([sealed("new"), sealed("new")], id="twice in one append"),
    ],
)
async def test_a_conflict_records_nothing_of_the_append(log: EventLog, refused: list[Sealed]) -> None:
    await log.append([sealed("taken", note="first")])
    with pytest.raises(VersionConflict):
        await log.append(refused)
    assert await log.read(0, 10) == [stored(1, sealed("taken", note="first"))]
    assert await log.head() == 1


async def test_a_refused_append_leaves_no_hole_in_the_positions(log: EventLog) -> None:
    await log.append([sealed("a")])
    with pytest.raises(VersionConflict):
        await log.append([sealed("b"), sealed("a")])
    assert await log.append([sealed("c"), sealed("d")]) == 3
    assert [row.position for row in await log.read(0, 10)] == [1, 2, 3]


async def test_concurrent_appenders_share_gapless_positions_and_keep_their_own_order(log: EventLog) -> None:
    async def append_story(stream: str) -> list[int]:
        return [await log.append([event]) for event in story(20, stream)]

    streams = [f"task_{n:08}" for n in range(8)]
    returned = dict(zip(streams, await asyncio.gather(*map(append_story, streams)), strict=True))
    rows = await log.read(0, 1000)
    assert [row.position for row in rows] == list(range(1, 161))
    for stream, positions in returned.items():
        own = [(row.position, row.version) for row in rows if row.stream == stream]
        assert own == list(zip(positions, range(1, 21), strict=True))


async def test_of_many_that_claim_one_version_exactly_one_wins(log: EventLog) -> None:
    results = await asyncio.gather(*(log.append([sealed("a", 1, str(n))]) for n in range(10)), return_exceptions=True)
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, VersionConflict) for result in results) == 9
    assert await log.head() == 1


async def test_read_gives_batches_that_join_without_gap_or_overlap(log: EventLog) -> None:
    await log.append(story(10))
    batches = [[row.version for row in await log.read(after, 4)] for after in (0, 4, 8, 10)]
    assert batches == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10], []]


async def test_read_stream_gives_one_stream_above_a_version_in_order(log: EventLog) -> None:
    await log.append([sealed("a", 2), sealed("b", 1), sealed("a", 1), sealed("a", 3)])
    assert [row.version for row in await log.read_stream("a")] == [1, 2, 3]
    assert [row.version for row in await log.read_stream("a", after_version=1)] == [2, 3]
    assert await log.read_stream("a", after_version=3) == []


@pytest.mark.parametrize(
    "neighbour", ["task_10", "task_1x/build", "task_1-", "task_1.", "task_10/build", "task_", "/task_1"]
)
async def test_a_family_is_its_root_and_what_lies_below_it_and_no_neighbour(log: EventLog, neighbour: str) -> None:
    await log.append([sealed("task_1/build"), sealed(neighbour), sealed("task_1"), sealed("task_1/_evaluation")])
    assert [row.stream for row in await log.read_family("task_1")] == ["task_1/build", "task_1", "task_1/_evaluation"]


async def test_a_family_comes_in_order_of_position_over_all_its_streams(log: EventLog) -> None:
    await log.append([sealed("t", 1), sealed("t/b", 1), sealed("t", 2), sealed("t/a", 1), sealed("t/b", 2)])
    assert [row.position for row in await log.read_family("t")] == [1, 2, 3, 4, 5]
    assert [row.position for row in await log.read_family("t", 3)] == [4, 5]


async def test_an_append_of_nothing_moves_nothing(log: EventLog) -> None:
    await log.append([sealed("a")])
    assert await log.append([]) == 1
    assert await log.head() == 1


async def test_a_family_is_read_without_the_topics_that_nobody_asked_for(log: EventLog) -> None:
    await log.append([sealed("t", 1), replace(sealed("t/a", 1), topic="StepStarted"), sealed("t/a", 2)])
    assert [row.position for row in await log.read_family("t", without=("StepStarted", "StepFailed"))] == [1, 3]


@pytest.mark.parametrize(
    "guards",
    [
        pytest.param([("task", 2)], id="at its last version"),
        pytest.param([("task", 3)], id="at a version that is still to come"),
        pytest.param([("nobody's", 0)], id="on a stream that nobody has begun"),
        pytest.param([("task", 2), ("nobody's", 0), ("task", 2)], id="several, one of them twice"),
    ],
)
async def test_an_append_whose_guards_hold_is_recorded(log: EventLog, guards: list[Guard]) -> None:
    await log.append(story(2, "task"))
    assert await log.append([sealed("task/a"), sealed("task/b")], guards) == 4
    assert [row.stream for row in await log.read(2, 10)] == ["task/a", "task/b"]


@pytest.mark.parametrize(
    "guards",
    [
        pytest.param([("task", 1)], id="one version behind"),
        pytest.param([("task", 0)], id="begun meanwhile"),
        pytest.param([("nobody's", 0), ("task", 1), ("task", 2)], id="one of several"),
    ],
)
async def test_a_guard_holds_back_an_append_when_its_stream_has_gone_on(log: EventLog, guards: list[Guard]) -> None:
    await log.append(story(2, "task"))
    with pytest.raises(VersionConflict):
        await log.append([sealed("task/a"), sealed("task/b")], guards)
    assert await log.read(2, 10) == []


async def test_a_guard_does_not_mistake_another_stream_for_its_own(log: EventLog) -> None:
    await log.append([*story(3, "task/a"), *story(3, "tas"), *story(3, "task_"), sealed("task")])
    assert await log.append([sealed("new")], [("task", 1)]) == 11


async def test_guards_do_not_see_the_events_of_their_own_append(log: EventLog) -> None:
    await log.append([sealed("task", 1)])
    assert await log.append([sealed("task", 2), sealed("task", 3), sealed("new")], [("task", 1), ("new", 0)]) == 4
    with pytest.raises(VersionConflict):
        await log.append([sealed("task", 4)], [("task", 2)])


async def test_an_append_that_a_guard_held_back_uses_no_position_and_no_version(log: EventLog) -> None:
    await log.append([sealed("task")])
    with pytest.raises(VersionConflict):
        await log.append([sealed("task/a"), sealed("task/b")], [("task", 0)])
    assert await log.head() == 1
    assert await log.append([sealed("task/a"), sealed("task/b")], [("task", 1)]) == 3


async def test_guards_are_kept_even_if_there_is_nothing_to_append(log: EventLog) -> None:
    await log.append([sealed("task")])
    assert await log.append([], [("task", 1)]) == 1
    with pytest.raises(VersionConflict):
        await log.append([], [("task", 0)])


async def test_of_many_that_guard_each_others_streams_exactly_one_wins(log: EventLog) -> None:
    streams = [f"task_{n:08}" for n in range(10)]
    guards = [(stream, 0) for stream in streams]
    results = await asyncio.gather(*(log.append([sealed(one)], guards) for one in streams), return_exceptions=True)
    assert [result for result in results if not isinstance(result, VersionConflict)] == [1]
    assert await log.head() == 1
