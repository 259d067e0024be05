"""Timers: how late they fire when ten thousand are due within a minute, and how long a start with as many takes.

Measured on a bare database with a timekeeper in this process; nobody else follows the log. Nothing is compressed: the
moments are real ones, spread over a real minute.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import psycopg
from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.clock import new_id, utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.view_store import ViewWriter, connect, create_schema, drop_schema, next_schema
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import PlanCreated, StepOpened, TaskRequested
from wrenchai_contracts.plan import Plan, PlannedWait
from wrenchai_orchestrator.timekeeper import Parts, Watch
from wrenchai_orchestrator.timer_projection import TimerProjection

from benchmarks.report import Figures, percentile

_TIMERS = 10_000
_AT_ONCE = 500
_COUNT = "SELECT count(*) FROM wrenchai.event_log WHERE topic = 'TimerFired' AND position > %s"
_FIRED = (
    "SELECT extract(epoch FROM (convert_from(state, 'UTF8')::json ->> 'at')::timestamptz "
    "- (convert_from(state, 'UTF8')::json -> 'data' ->> 'due')::timestamptz)::float8 "
    "FROM wrenchai.event_log WHERE topic = 'TimerFired' AND position > %s"
)


async def timers(dsn: str, *, count: int = _TIMERS, within: float = 60.0, before: float = 20.0) -> Figures:
    """`count` waits of as many tasks, due spread over `within` real seconds, which begin `before` seconds from now."""
    bus = MemoryBus()
    async with PostgresLog(dsn, application_name="bench") as log, _committing(log, bus) as committer:
        head = await log.head()
        first = utc_now() + timedelta(seconds=before)
        await _open(committer, [first + timedelta(seconds=within * n / count) for n in range(count)])
        began = time.perf_counter()
        async with _keeping(Parts(log, dsn, committer, Context("bench")), bus) as watch:
            await _all_known(watch, count, first)
            started = time.perf_counter() - began
            late = await _all_fired(dsn, head, count, (first - utc_now()).total_seconds() + within + 60)
    return {
        "timers.start_s": round(started, 2),
        "timers.fired": len(late),
        "timers.late_p50_ms": round(percentile(late, 0.5) * 1000, 1),
        "timers.late_p95_ms": round(percentile(late, 0.95) * 1000, 1),
        "timers.late_max_ms": round(late[-1] * 1000, 1),
    }


async def catch_up(dsn: str, *, most: int = 200_000) -> Figures:
    """Events a second that the view of timers passes over or folds, of what is in the log, in memory already."""
    events: list[Rung] = []
    async with PostgresLog(dsn, application_name="bench") as log:
        while len(events) < most and (rows := await log.read(events[-1].position if events else 0, 10_000)):
            events += map(from_row, rows)
    async with await connect(dsn, "bench-timers") as connection:
        schema = await next_schema(connection)
        await create_schema(connection, TimerProjection(), schema)
        writer = ViewWriter(connection, TimerProjection(), schema, fenced=False)
        began = time.perf_counter()
        for at in range(0, len(events), 20_000):
            await writer.apply(events[at : at + 20_000])
        seconds = time.perf_counter() - began
        await drop_schema(connection, schema)
    return {"timers.catch_up_per_s": round(len(events) / seconds), "timers.catch_up_events": len(events)}


@asynccontextmanager
async def _committing(log: PostgresLog, bus: MemoryBus) -> AsyncIterator[Committer]:
    committer = Committer(log, bus.ring)
    running = asyncio.create_task(committer.run())
    try:
        yield committer
    finally:
        running.cancel()


@asynccontextmanager
async def _keeping(parts: Parts, bus: MemoryBus) -> AsyncIterator[Watch]:
    tail = LogTail(parts.log, bus, after=await parts.log.head())
    await tail.listen()
    watch = Watch(parts)
    running = asyncio.create_task(watch.keep(tail))
    try:
        yield watch
    finally:
        running.cancel()


async def _open(committer: Committer, times: list[datetime]) -> None:
    """A task for each of `times` that waits until then."""
    wait = PlannedWait(id="wait", waits_for="time")
    plan = Plan(playbook="bench", nodes=(wait,), deadline=30 * 86400.0)
    planned = PlanCreated(plan=plan, digest=plan.digest(), playbook_digest=plan.digest())
    for at in range(0, len(times), _AT_ONCE):
        await asyncio.gather(*(_task(committer, planned, due) for due in times[at : at + _AT_ONCE]))


async def _task(committer: Committer, planned: PlanCreated, due: datetime) -> None:
    task = f"bench_{new_id()}"
    events = (TaskRequested(task_id=task), planned, StepOpened(step="wait", type="wait", due=due))
    context = Context("bench", correlation=task)
    await committer.commit([NewEvent(task, version, event, context) for version, event in enumerate(events, 1)])


async def _all_known(watch: Watch, count: int, at_most: datetime) -> None:
    while True:
        await asyncio.sleep(0.02)
        if len(watch.timers) >= count or utc_now() > at_most:
            return


async def _all_fired(dsn: str, after: int, count: int, within: float) -> list[float]:
    """Seconds from each moment to its event, sorted, when all are recorded or `within` seconds have passed."""
    ends = time.perf_counter() + within
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            await asyncio.sleep(1)
            row = await (await connection.execute(_COUNT, (after,))).fetchone()
            if (row and row[0] >= count) or time.perf_counter() > ends:
                break
        late = [float(seconds) for (seconds,) in await (await connection.execute(_FIRED, (after,))).fetchall()]
    return sorted(late)
