"""What a view says and how far it is, as of one moment: whoever goes on from there by the log misses nothing."""

from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql
from pydantic_core import from_json

from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projection import Row
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.view_store import Connection

_AS_OF = (
    "SELECT reached.position, found.row FROM {}.checkpoint reached LEFT JOIN "
    "(SELECT row_to_json(asked)::text AS row FROM (SELECT {} FROM {} {}) asked) found ON true"
)


class Question(NamedTuple):
    """`SELECT wanted FROM table rest`, with parameters by name."""

    table: str
    wanted: LiteralString = "*"
    rest: LiteralString = ""
    parameters: Mapping[str, Any] = {}


async def snapshot(log: PostgresLog, projector: Projector, question: Question) -> tuple[int, list[Row]]:
    """The position that the view which `projector` keeps has reached, and the rows that answer `question` there.

    Raises:
        LogUnavailable
    """
    async with log.reader() as connection:
        try:
            return await _answer(connection, projector.schema, question)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            await projector.look_again(connection)
            return await _answer(connection, projector.schema, question)


async def _answer(connection: Connection, schema: str, question: Question) -> tuple[int, list[Row]]:
    table = sql.Identifier(schema, question.table)
    query = sql.SQL(_AS_OF).format(sql.Identifier(schema), sql.SQL(question.wanted), table, sql.SQL(question.rest))
    found = await (await connection.execute(query.as_bytes(), question.parameters)).fetchall()
    return int(found[0][0]), [from_json(row) for _, row in found if row is not None]
