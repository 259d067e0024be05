"""The event log in Postgres: one connection that appends, a few that read, all by binary prepared statements."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.errors import LogFull

from wrenchai_chassis.append_connection import AppendConnection
from wrenchai_chassis.cancellation import heeding_cancellation
from wrenchai_chassis.log import Guard, LogUnavailable, Stored, Unrecordable, VersionConflict

_SELECT = "SELECT position, stream, version, topic, tenant, state FROM wrenchai.event_log WHERE "
_READ = _SELECT + "position > %b ORDER BY position LIMIT %b"
_READ_STREAM = _SELECT + "stream = %b AND version > %b ORDER BY version"
_READ_FAMILY = (
    _SELECT + "(stream = %(root)b OR (stream > %(root)b || '/' AND stream < %(root)b || '0')) "
    "AND position > %(after)b AND topic <> ALL(%(without)b::text[]) ORDER BY position"
)
_HEAD = "SELECT position FROM wrenchai.log_head"

_OPTIONS = (
    "-c role=wrenchai_service -c idle_in_transaction_session_timeout=10s -c lock_timeout=10s "
    "-c synchronous_commit=on -c timezone=UTC "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=15000"
)


def connection_settings(application_name: str) -> dict[str, Any]:
    """What every connection of ours is opened with: least rights, and no lock held by a host that vanished."""
    return {
        "autocommit": True,
        "prepare_threshold": 0,
        "options": _OPTIONS,
        "application_name": application_name,
        "connect_timeout": 5,
    }


class PostgresLog:
    """`EventLog` over Postgres. Use `async with`; safe for use by many coroutines of one loop."""

    def __init__(self, url: str, *, application_name: str, readers: int = 4) -> None:
        self._url, self._settings = url, connection_settings(application_name)
        self._writer: AppendConnection | None = None
        self._writing = asyncio.Lock()
        self.pool = AsyncConnectionPool(
            url, kwargs=self._settings, min_size=1, max_size=readers, open=False, timeout=5, name=application_name
        )

    async def __aenter__(self) -> Self:
        await self.pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.close()
        if self._writer is not None:
            self._writer.close()

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        """See `EventLog.append`. One round trip, one statement, one transaction."""
        if not events and not guards:
            return await self.head()
        async with self._writing:
            try:
                return await (await self._connected_writer()).append(events, guards)
            except psycopg.errors.UniqueViolation as conflict:
                raise VersionConflict(str(conflict.diag.message_detail)) from conflict
            except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as problem:
                raise _unavailable(problem) from problem
            except (psycopg.DataError, psycopg.IntegrityError) as problem:
                raise Unrecordable(_first_line(problem)) from problem

    async def read(self, after: int, limit: int) -> list[Stored]:
        """See `EventLog.read`."""
        return await self._select(_READ, (after, limit))

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        """See `EventLog.read_stream`."""
        return await self._select(_READ_STREAM, (stream, after_version))

    async def read_family(self, root: str, after: int = 0, *, without: Sequence[str] = ()) -> list[Stored]:
        """See `EventLog.read_family`: two index ranges, thanks to the stream column's C collation."""
        return await self._select(_READ_FAMILY, {"root": root, "after": after, "without": list(without)})

    async def head(self) -> int:
        """See `EventLog.head`."""
        async with self.reader() as connection:
            row = await (await connection.execute(_HEAD)).fetchone()
        return int(row[0]) if row else 0

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A pooled connection; a lost database becomes `LogUnavailable`."""
        try:
            with heeding_cancellation():
                async with self.pool.connection() as connection:
                    yield connection
        except (psycopg.OperationalError, PoolTimeout) as problem:
            raise _unavailable(problem) from problem

    async def _select(self, query: str, parameters: Any) -> list[Stored]:
        async with self.reader() as connection:
            cursor = await connection.execute(query, parameters, binary=True)
            return [Stored(*row) for row in await cursor.fetchall()]

    async def _connected_writer(self) -> AppendConnection:
        if self._writer is None or self._writer.closed:
            self._writer = await AppendConnection.open(self._url, self._settings)
        return self._writer


def _unavailable(problem: Exception) -> LogUnavailable:
    kind = LogFull if isinstance(problem, psycopg.errors.DiskFull) else LogUnavailable
    return kind(_first_line(problem))


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
