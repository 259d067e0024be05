"""Rows of a view, from the schema that is served now."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from pydantic_core import from_json

from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projection import Row, Table
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.view_store import Connection


class ViewReader:
    """Reads what `projector` keeps. A schema that a rebuild has just replaced is looked up anew."""

    def __init__(self, log: PostgresLog, projector: Projector) -> None:
        self._log, self._projector = log, projector

    async def rows(self, table: Table, rest: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows in full; `rest` is what follows `FROM table`.

        Raises:
            LogUnavailable
        """
        async with self._log.reader() as connection:
            try:
                return await _answer(connection, self._projector.schema, table.name, rest, parameters)
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                await self._projector.look_again(connection)
                return await _answer(connection, self._projector.schema, table.name, rest, parameters)


async def _answer(
    connection: Connection, schema: str, table: str, rest: LiteralString, parameters: Mapping[str, Any]
) -> list[Row]:
    cursor = await connection.execute(_query(schema, table, rest), parameters)
    return [from_json(row[0]) for row in await cursor.fetchall()]


@lru_cache(maxsize=64)
def _query(schema: str, table: str, rest: LiteralString) -> bytes:
    composed = sql.SQL("SELECT row_to_json(found)::text FROM (SELECT * FROM {} {}) found").format(
        sql.Identifier(schema, table), sql.SQL(rest)
    )
    return composed.as_bytes()
