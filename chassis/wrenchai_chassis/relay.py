"""The relay: carries the log to the bus, in order, each event once, its sequence there being its position here.

Any number of replicas may run; the one that holds the advisory lock works, and the expected-sequence header fences a
second one. The relay keeps no position of its own: the bus itself says what it has.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from wrenchai_contracts.errors import LogUnavailable

from wrenchai_chassis.bus import BusUnavailable, EventCache, OutOfOrder
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import EventLog
from wrenchai_chassis.postgres_log import PostgresLog, connection_settings
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.tail import LogTail

_LOCK = 0x77_72_65_6E  # "wren"
_BATCH = 512


async def carry(log: EventLog, tail: LogTail, cache: EventCache, start_after: Callable[[], Awaitable[int]]) -> None:
    """Put everything behind the cache's last event into it, for ever; begin again from its last event on any doubt."""
    await find_place(log, tail, cache, start_after)
    async for batch in tail.batches():
        try:
            for at in range(0, len(batch), _BATCH):
                await cache.put(batch[at : at + _BATCH])
                fault_point("published")
        except OutOfOrder:
            await find_place(log, tail, cache, start_after)


async def find_place(
    log: EventLog, tail: LogTail, cache: EventCache, start_after: Callable[[], Awaitable[int]]
) -> None:
    """Go on behind the cache's last event, wherever that is now; a bus that came back may have lost everything."""
    tail.go_on_after(await _last(log, cache, start_after))


async def _last(log: EventLog, cache: EventCache, start_after: Callable[[], Awaitable[int]]) -> int:
    """Where the cache stands. One that is ahead of the log belongs to another log and is thrown away."""
    while True:
        try:
            last = await cache.last(start_after=await start_after())
            if last <= await log.head():
                return last
            await cache.drop()
        except (BusUnavailable, LogUnavailable):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def leadership(url: str, application_name: str) -> AsyncIterator["psycopg.AsyncConnection[Any]"]:
    """Wait until this replica leads; the lead is lost when the connection is."""
    async with await psycopg.AsyncConnection.connect(url, **connection_settings(application_name)) as connection:
        await connection.execute("SET lock_timeout = 0")
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        yield connection


async def lowest_tracked(log: PostgresLog) -> int:
    """The position behind which a new stream must begin: the lowest that some subscription has not passed."""
    async with log.reader() as connection:
        cursor = await connection.execute(
            "SELECT coalesce(min(position), 0) FROM wrenchai.tracking WHERE reader ^@ 'sub/'"
        )
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _assemble(runtime: Runtime) -> Assembly:
    tail = LogTail(runtime.log, runtime.bus)
    await tail.listen()
    return Assembly(coroutines={"relay": _lead(runtime, tail)})


async def _lead(runtime: Runtime, tail: LogTail) -> None:
    url, log, bus = runtime.settings.postgres_url.get_secret_value(), runtime.log, runtime.bus
    async with leadership(url, "wrenchai-relay-leader"):
        runtime.logger.info("this replica leads")
        bus.on_reconnect(lambda: find_place(log, tail, bus, lambda: lowest_tracked(log)))
        await carry(log, tail, bus, lambda: lowest_tracked(log))


RELAY = Service("relay", _assemble)
