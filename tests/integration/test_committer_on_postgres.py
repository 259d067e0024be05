"""Group commit over a real Postgres, whose connections are cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_contracts.errors import LogUnavailable

from tests.samples import fact, sealed, until
from tests.servers import Database

APPLICATION = "committer-under-test"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture
async def log(postgres_url: str) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(postgres_url, application_name=APPLICATION) as opened:
        yield opened


@pytest.fixture
async def committer(log: PostgresLog) -> AsyncIterator[Committer]:
    async def ring(_: list[Rung]) -> None:
        return

    made = Committer(log, ring)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def administrator(database: Database) -> AsyncIterator["psycopg.AsyncConnection[tuple[int]]"]:
    async with await psycopg.AsyncConnection.connect(database.superuser, autocommit=True) as connection:
        yield connection


async def counted(connection: "psycopg.AsyncConnection[tuple[int]]", query: str) -> int:
    row = await (await connection.execute(query.encode(), (APPLICATION,))).fetchone()
    assert row is not None
    return row[0]


async def streams(postgres_url: str) -> list[str]:
    """What is in the log, read by a connection that nobody cut."""
    async with PostgresLog(postgres_url, application_name="witness") as log:
        return [row.stream for row in await log.read(0, 10)]


async def test_an_idle_connection_that_was_cut_is_noticed_and_the_next_commit_works(
    committer: Committer, log: PostgresLog, postgres_url: str, administrator: "psycopg.AsyncConnection[tuple[int]]"
) -> None:
    assert await committer.commit([fact("before")]) == 1
    assert await counted(administrator, CUT) >= 1
    await until(lambda: log._writer is not None and log._writer.closed)
    assert await committer.commit([fact("after")]) == 2
    assert await streams(postgres_url) == ["before", "after"]


async def test_an_append_that_was_given_up_does_not_answer_the_next_one(
    log: PostgresLog, database: Database, administrator: "psycopg.AsyncConnection[tuple[int]]"
) -> None:
    async with await psycopg.AsyncConnection.connect(database.owner) as holder:
        await holder.execute("SELECT FROM wrenchai.log_head FOR UPDATE")
        given_up = asyncio.create_task(log.append([sealed("given-up")]))
        await until(lambda: counted(administrator, WAITING))
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    await log.append([sealed("next")])
    rows = await log.read(0, 10)
    assert rows[-1].stream == "next"
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))


async def test_an_append_larger_than_the_socket_takes_at_once_arrives_whole(log: PostgresLog) -> None:
    events = [replace(sealed(f"large-{n}"), state=b"x" * 200_000) for n in range(100)]
    assert await log.append(events) == 100
    assert [len(row.state) for row in await log.read(0, 200)] == [200_000] * 100


async def test_a_connection_cut_in_the_middle_of_an_append_is_told_to_all_who_waited(
    committer: Committer,
    database: Database,
    administrator: "psycopg.AsyncConnection[tuple[int]]",
) -> None:
    async with await psycopg.AsyncConnection.connect(database.owner) as holder:
        await holder.execute("SELECT FROM wrenchai.log_head FOR UPDATE")
        callers = [asyncio.create_task(committer.commit([fact(f"task_{n}")])) for n in range(5)]
        await until(lambda: counted(administrator, WAITING))
        assert await counted(administrator, CUT) >= 1
        results = await asyncio.gather(*callers, return_exceptions=True)
    assert {type(result) for result in results} == {LogUnavailable}
    assert await committer.commit([fact("after")]) == 1
    assert await streams(database.service) == ["after"]


async def test_many_callers_of_two_processes_share_one_gapless_log(
    committer: Committer, log: PostgresLog, postgres_url: str
) -> None:
    async def ring(_: list[Rung]) -> None:
        return

    async with PostgresLog(postgres_url, application_name="another process") as other_log:
        other = Committer(other_log, ring)
        running = asyncio.create_task(other.run())
        commits = [[fact(f"task_{n}", 1), fact(f"task_{n}", 2)] for n in range(200)]
        await asyncio.gather(
            *(who.commit(events) for events, who in zip(commits, [committer, other] * 100, strict=True))
        )
        running.cancel()
    rows = await log.read(0, 1000)
    assert [row.position for row in rows] == list(range(1, 401))
    assert all((rows[i].stream, 2) == (rows[i + 1].stream, rows[i + 1].version) for i in range(0, 400, 2))


async def test_a_conflict_refuses_only_the_group_that_has_it(committer: Committer, log: PostgresLog) -> None:
    await committer.commit([fact("taken")])
    groups = [[fact(f"task_{n}")] for n in range(20)]
    groups[7] = [fact("half"), fact("taken")]
    results = await asyncio.gather(*map(committer.commit, groups), return_exceptions=True)
    refused = [n for n, result in enumerate(results) if isinstance(result, VersionConflict)]
    assert refused == [7]
    assert await log.head() == 20
    assert await log.read_stream("half") == []
