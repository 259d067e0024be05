"""Guarded appends on a real Postgres: exact whoever else appends meanwhile, and one look-up for each guard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import psycopg
import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import Stored, VersionConflict
from wrenchai_chassis.postgres_log import PostgresLog, connection_settings

from tests.samples import fact, sealed, until
from tests.servers import Database

RACES = 300
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guarded' AND wait_event_type = 'Lock'"
SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'event_log'"
CARRY_ON = "SELECT wrenchai.append('{task}', '{2}', '{T}', '{default}', ARRAY['x'::bytea])"
GUARDED = (
    "SELECT wrenchai.append_guarded(ARRAY[%s], '{1}', '{T}', '{default}', ARRAY['x'::bytea], '{task,new}', '{1,0}')"
)


@asynccontextmanager
async def a_process(url: str) -> AsyncIterator[Committer]:
    """A committer at work, with a log of its own."""

    async def ring(_: list[Rung]) -> None:
        return

    async with PostgresLog(url, application_name="guarded") as log:
        committer = Committer(log, ring)
        running = asyncio.create_task(committer.run())
        yield committer
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def both(postgres_url: str) -> AsyncIterator[tuple[Committer, Committer]]:
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(a_process(postgres_url)),
            await stack.enter_async_context(a_process(postgres_url)),
        )


@pytest.fixture
async def log(postgres_url: str) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(postgres_url, application_name="witness") as opened:
        yield opened


async def race(both: tuple[Committer, Committer], number: int) -> bool:
    """One process carries a task on, the other begins two streams that guard it; whether the second was in time.

    They take turns in who does which and in who starts first.
    """
    one, other = both if number % 4 < 2 else reversed(both)
    task = f"task_{number:04}"
    runners = [one.commit([fact(task, 2)]), other.commit([fact(f"{task}/a"), fact(f"{task}/b")], [(task, 1)])]
    results = await asyncio.gather(*(runners if number % 2 else reversed(runners)), return_exceptions=True)
    refusals = [result for result in results if not isinstance(result, int)]
    assert [type(refusal) for refusal in refusals] in ([], [VersionConflict])
    return not refusals


def too_late(rows: list[Stored]) -> list[Stored]:
    """Events of guarded appends that lie behind one that they had not seen."""
    carried_on = {row.stream: row.position for row in rows if row.version == 2}
    return [row for row in rows if "/" in row.stream and row.position > carried_on[row.stream.partition("/")[0]]]


def assert_exact(rows: list[Stored], in_time: list[bool]) -> None:
    begun = {row.stream for row in rows if "/" in row.stream}
    assert begun == {f"task_{n:04}/{branch}" for n, won in enumerate(in_time) if won for branch in "ab"}
    assert too_late(rows) == []
    assert 0 < sum(in_time) < RACES, f"{sum(in_time)} of {RACES} were in time: nobody raced"


async def test_of_two_processes_that_race_no_guarded_event_lies_behind_one_it_had_not_seen(
    both: tuple[Committer, Committer], log: PostgresLog
) -> None:
    await log.append([sealed(f"task_{number:04}") for number in range(RACES)])
    in_time = [await race(both, number) for number in range(RACES)]
    assert_exact(await log.read(0, 5 * RACES), in_time)


async def test_that_is_so_for_many_races_at_once_which_share_their_appends(
    both: tuple[Committer, Committer], log: PostgresLog
) -> None:
    await log.append([sealed(f"task_{number:04}") for number in range(RACES)])
    in_time = await asyncio.gather(*(race(both, number) for number in range(RACES)))
    assert_exact(await log.read(0, 5 * RACES), in_time)


async def test_a_guard_sees_what_was_committed_while_the_append_waited_for_its_turn(
    both: tuple[Committer, Committer], log: PostgresLog, database: Database
) -> None:
    await log.append([sealed("task")])
    async with (
        await psycopg.AsyncConnection.connect(database.superuser, autocommit=True) as administrator,
        await psycopg.AsyncConnection.connect(database.owner) as faster,
    ):

        async def waits() -> bool:
            return await (await administrator.execute(WAITING)).fetchone() == (1,)

        await faster.execute(CARRY_ON)
        slower = asyncio.create_task(both[0].commit([fact("task/a")], [("task", 1)]))
        await until(waits)
        await faster.commit()
        with pytest.raises(VersionConflict, match="task is further than version 1"):
            await slower
    assert await log.head() == 2


async def test_a_guard_is_looked_up_by_the_index_even_if_the_log_was_small_when_that_was_planned(
    log: PostgresLog, database: Database
) -> None:
    await log.append([sealed("task")])
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE wrenchai.event_log")
    settings = connection_settings("test") | {"autocommit": False}
    with psycopg.connect(database.service, **settings) as connection:
        for number in range(10):
            connection.execute(GUARDED, (f"other_{number}",))
        assert connection.execute(SCANS).fetchone() == (0, 20)
