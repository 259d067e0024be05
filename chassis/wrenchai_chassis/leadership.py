"""One of several replicas leads: the one that holds an advisory lock, for as long as its connection lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from wrenchai_contracts.errors import LogUnavailable

from wrenchai_chassis.postgres_log import connection_settings

RELAY_LOCK = 0x77_72_65_6E  # "wren"
TIMER_LOCK = 0x74_69_6D_65  # "time"

_QUEUE_AGAIN_AFTER = 0.5
_NOTICE_A_DEAD_HOST = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


@asynccontextmanager
async def leadership(
    url: str, application_name: str, lock: int = RELAY_LOCK
) -> AsyncIterator["psycopg.AsyncConnection[Any]"]:
    """Wait until this replica leads; the lead is lost when the connection is (see `loss_of`)."""
    settings = connection_settings(application_name) | _NOTICE_A_DEAD_HOST
    async with await psycopg.AsyncConnection.connect(url, **settings) as connection:
        await connection.execute("SET lock_timeout = 0")
        await connection.execute("SELECT pg_advisory_lock(%s)", (lock,))
        yield connection


async def loss_of(connection: "psycopg.AsyncConnection[Any]") -> None:
    """Watch an idle connection's socket, asking nothing.

    Raises:
        psycopg.OperationalError: the connection is lost.
    """
    loop, socket = asyncio.get_running_loop(), connection.fileno()
    lost: asyncio.Future[None] = loop.create_future()

    def look() -> None:
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError as problem:
            loop.remove_reader(socket)
            if not lost.done():
                lost.set_exception(problem)

    loop.add_reader(socket, look)
    try:
        await lost
    finally:
        loop.remove_reader(socket)


@dataclass(slots=True)
class Candidate:
    """A replica that does `work` while it leads, and stands by until the one that does is gone."""

    url: str
    application_name: str
    lock: int
    work: Callable[[], Coroutine[Any, Any, None]]
    logger: logging.Logger
    leads: bool = False

    async def run(self) -> None:
        """Queue for the lead, work while it is ours, queue again when it or the log is lost; for ever."""
        told = ""
        while True:
            try:
                await self._lead()
            except* (psycopg.OperationalError, LogUnavailable) as problems:
                reason = str(problems.exceptions[0]).partition("\n")[0]
                if self.leads or reason != told:
                    self.logger.warning("this replica does not lead: %s", reason)
                told = reason
            self.leads = False
            await asyncio.sleep(_QUEUE_AGAIN_AFTER)

    async def _lead(self) -> None:
        async with leadership(self.url, self.application_name, self.lock) as connection:
            self.logger.info("this replica leads")
            self.leads = True
            async with asyncio.TaskGroup() as group:
                group.create_task(loss_of(connection))
                group.create_task(self.work())
