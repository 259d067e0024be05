"""Rows that a view no longer has: removed with the checkpoint in one statement, or not at all."""

from collections.abc import AsyncIterator

import pytest_asyncio
from psycopg import sql
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.view_store import Connection, ViewWriter, connect, create_schema
from wrenchai_contracts.events import Event, StepOpened, StepSettled, TaskCompleted, TaskRequested
from wrenchai_orchestrator.timer_projection import TimerProjection

from tests.made_up_log import MadeUpLog
from tests.samples import AT, TASK

OPENED = StepOpened(step="wait", type="wait", due=AT)
SETTLED = StepSettled(step="wait", outcome="completed")


@pytest_asyncio.fixture
async def connection(postgres_url: str) -> AsyncIterator[Connection]:
    async with await connect(postgres_url, "test") as opened:
        await create_schema(opened, TimerProjection(), "view_1")
        yield opened


async def writer(connection: Connection) -> ViewWriter:
    made = ViewWriter(connection, TimerProjection(), "view_1", fenced=False)
    await made.open()
    return made


async def paths(connection: Connection) -> list[str]:
    rows = await connection.execute(sql.SQL("SELECT path FROM view_1.timer ORDER BY path"))
    return [path for (path,) in await rows.fetchall()]


def told(*events: Event) -> list[Rung]:
    log = MadeUpLog()
    for event in (TaskRequested(task_id=TASK), *events):
        log.record(TASK, event)
    return log.rungs


async def test_a_row_that_is_no_more_is_removed_while_others_are_written(connection: Connection) -> None:
    batch = told(OPENED, SETTLED, OPENED.model_copy(update={"step": "other"}))
    keeping = await writer(connection)
    assert await keeping.apply(batch[:2])
    assert await paths(connection) == ["_deadline", "wait"]
    assert await keeping.apply(batch[2:])
    assert await paths(connection) == ["_deadline", "other"]


async def test_who_starts_again_removes_rows_that_it_has_not_written(connection: Connection) -> None:
    batch = told(OPENED, TaskCompleted())
    await (await writer(connection)).apply(batch[:2])
    await (await writer(connection)).apply(batch[2:])
    assert await paths(connection) == []


async def test_a_writer_that_was_overtaken_removes_nothing(connection: Connection) -> None:
    batch = told(OPENED, SETTLED, OPENED)
    first, slower = await writer(connection), await writer(connection)
    assert await first.apply(batch)
    assert not await slower.apply(batch[:3])
    assert await paths(connection) == ["_deadline", "wait"]


async def test_what_no_column_can_hold_is_passed_over_alone_and_the_rest_is_removed(connection: Connection) -> None:
    batch = told(OPENED, SETTLED)
    broken = batch[1]._replace(state=batch[1].state.replace(b'"due":"2026', b'"due":"never'))
    await (await writer(connection)).apply([batch[0], broken, batch[2]])
    assert await paths(connection) == ["_deadline"]
