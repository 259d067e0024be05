"""The batch projector: keeps a projection's view in step with the log, and says how far it is."""

import asyncio
import logging
from collections.abc import Callable

import psycopg

from wrenchai_chassis.applied import Applied
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.projection import Projection
from wrenchai_chassis.rebuild import ensure_view
from wrenchai_chassis.view_store import Connection, ViewWriter, connect, served_schema

_NOT_BEFORE_AGAIN = 0.2
_TRY_AGAIN = (psycopg.OperationalError, psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)
"""The database is away, or a rebuild has just switched to another schema."""


class Projector:
    """Keeps one projection up to date. Any number may run: each batch is applied by one of them.

    It lets events gather for `linger` seconds before it writes, unless a reader waits for a position.
    """

    def __init__(
        self,
        make: Callable[[], Projection],
        url: str,
        inbox: Inbox,
        *,
        linger: float = 0.02,
    ) -> None:
        self._make, self._url, self._inbox, self._linger = make, url, inbox, linger
        self.applied = Applied()
        self.schema = ""
        self._name = make().name
        self._logger = logging.getLogger(f"{__name__}.{self._name}")

    async def prepare(self) -> None:
        """Make or rebuild the view if there is none of today's shape. Readers may read `schema` afterwards."""
        self.schema = await ensure_view(self._make, self._url)

    async def look_again(self, connection: Connection) -> None:
        """Learn which schema is served now, as a reader must whose schema was dropped after a rebuild."""
        self.schema = await served_schema(connection, self._name) or self.schema

    async def run(self) -> None:
        """Project for ever; a lost database is waited for."""
        while True:
            try:
                await self._project()
            except _TRY_AGAIN as problem:
                self._logger.warning("the view cannot be written just now: %s", str(problem).partition("\n")[0])
                await asyncio.sleep(_NOT_BEFORE_AGAIN)

    async def _project(self) -> None:
        async with await connect(self._url, "wrenchai-projector") as connection:
            writer = await self._open(connection)
            while True:
                await self._inbox.something()
                await self.applied.linger(self._linger)
                batch = await self._inbox.after(writer.position)
                if batch and not await self._applied(writer, batch):
                    writer = await self._open(connection)

    async def _applied(self, writer: ViewWriter, batch: list[Rung]) -> bool:
        if await writer.apply(batch):
            self.applied.reach(writer.position)
            return True
        return False

    async def _open(self, connection: Connection) -> ViewWriter:
        """Begin at the checkpoint of the schema that is served now."""
        projection = self._make()
        self.schema = await served_schema(connection, projection.name) or self.schema
        writer = ViewWriter(connection, projection, self.schema)
        await writer.open()
        self._inbox.look()
        self.applied.reach(writer.position)
        return writer
