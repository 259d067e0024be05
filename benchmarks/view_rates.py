"""Events a second through the views: projected in batches as they come, and rebuilt from position 0."""

import time

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.rebuild import rebuild
from wrenchai_chassis.view_store import ViewWriter, connect, create_schema, drop_schema, next_schema
from wrenchai_gateway.task_projection import TaskProjection

from benchmarks.report import Figures

_BATCH = 2000
_MOST = 200_000


async def project(dsn: str) -> Figures:
    """Fold and write events that are in memory already, two thousand to a transaction, into a schema of its own."""
    events = await _events(dsn)
    async with await connect(dsn, "bench-project") as connection:
        schema = await next_schema(connection)
        await create_schema(connection, TaskProjection(), schema)
        writer = ViewWriter(connection, TaskProjection(), schema, fenced=False)
        began = time.perf_counter()
        for at in range(0, len(events), _BATCH):
            await writer.apply(events[at : at + _BATCH])
        seconds = time.perf_counter() - began
        await drop_schema(connection, schema)
    return {"project.per_s": round(len(events) / seconds), "project.events": len(events)}


async def rebuild_all(dsn: str) -> Figures:
    """Rebuild the served view from position 0: read the log, fold, write, switch, drop the old one."""
    async with PostgresLog(dsn, application_name="bench") as log:
        events = await log.head()
    began = time.perf_counter()
    await rebuild(TaskProjection, dsn)
    return {"rebuild.per_s": round(events / (time.perf_counter() - began)), "rebuild.events": events}


async def _events(dsn: str) -> list[Rung]:
    events: list[Rung] = []
    async with PostgresLog(dsn, application_name="bench") as log:
        while len(events) < _MOST and (rows := await log.read(events[-1].position if events else 0, 10_000)):
            events += map(from_row, rows)
    return events
