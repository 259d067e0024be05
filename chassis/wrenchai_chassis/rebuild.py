"""Rebuilding a view from position 0: the same code as live, in a new schema, beside the one that is being served."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg import sql

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.log import Stored
from wrenchai_chassis.projection import Projection
from wrenchai_chassis.view_store import (
    Connection,
    TableDigest,
    ViewWriter,
    connect,
    create_schema,
    digest_of,
    drop_schema,
    key_of_row,
    next_schema,
    served_schema,
    shape_of,
    unserved_schemas,
)

MakeProjection = Callable[[], Projection]

_LOCK = 0x76_69_65_77  # "view"
_BATCH = 2000
_LOG = (
    "SELECT position, stream, version, topic, tenant, state FROM wrenchai.event_log "
    "WHERE position > %b AND position <= %b ORDER BY position LIMIT %b"
)
_END_OF_LOG = 2**63 - 1
_SERVE = (
    "INSERT INTO wrenchai.projection (name, schema) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET schema = excluded.schema"
)


class NoView(LookupError):  # noqa: N818  # a noun with its facts
    """The projection was never built in this database, so there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Live and rebuilt digests of each table at one position: equal, or the view does not follow from the log."""

    projection: str
    position: int
    live: dict[str, TableDigest]
    rebuilt: dict[str, TableDigest]
    first_different: dict[str, str]
    """Key of the first row that differs, for each table that does."""

    @property
    def equal(self) -> bool:
        """Whether every table is the same, byte for byte."""
        return self.live == self.rebuilt


async def ensure_view(make: MakeProjection, url: str) -> str:
    """The schema that serves the projection: the one there is, or a new one if it is missing or of another shape."""
    projection = make()
    async with await connect(url, "wrenchai-rebuild") as connection, _alone(connection):
        schema = await served_schema(connection, projection.name)
        if schema is None:
            schema = await next_schema(connection)
            await create_schema(connection, projection, schema)
            await connection.execute(_SERVE, (projection.name, schema))
        elif await shape_of(connection, schema) != projection.shape:
            schema = await _rebuild(connection, projection)
        return schema


async def rebuild(make: MakeProjection, url: str) -> str:
    """Fold the whole log into a new schema, serve it once it has caught up, drop the old one; the new schema.

    The old view goes on being written and read meanwhile; its projector notices the switch and follows.
    """
    async with await connect(url, "wrenchai-rebuild") as connection, _alone(connection):
        return await _rebuild(connection, make())


async def compare(make: MakeProjection, url: str) -> Comparison:
    """Fold the log into a scratch schema up to where the live view is, and compare the two byte for byte.

    Raises:
        NoView: there is no live view.
    """
    projection = make()
    async with await connect(url, "wrenchai-verify") as connection, _alone(connection):
        position, live = await _digests_now(connection, projection)
        scratch = await next_schema(connection)
        await create_schema(connection, projection, scratch)
        try:
            await _fold_log(ViewWriter(connection, projection, scratch, fenced=False), up_to=position)
            rebuilt = {table.name: await digest_of(connection, scratch, table) for table in projection.tables}
            different = await _first_different(connection, projection, scratch, live, rebuilt)
        finally:
            await drop_schema(connection, scratch)
        return Comparison(projection.name, position, live, rebuilt, different)


async def _first_different(
    connection: Connection,
    projection: Projection,
    scratch: str,
    live: dict[str, TableDigest],
    rebuilt: dict[str, TableDigest],
) -> dict[str, str]:
    """The key of each table's first differing row; that of the live row where the rebuilt table ends before it."""
    found: dict[str, str] = {}
    served = await served_schema(connection, projection.name) or scratch
    for table in projection.tables:
        number = live[table.name].first_difference(rebuilt[table.name])
        if number is not None:
            schema = scratch if number < rebuilt[table.name].rows else served
            found[table.name] = await key_of_row(connection, schema, table, number) or f"row {number}"
    return found


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[None]:
    """One rebuild at a time in this database, beginning with what one that was killed has left."""
    await connection.execute("SET lock_timeout = 0")
    await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        for schema in await unserved_schemas(connection):
            await drop_schema(connection, schema)
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


async def _rebuild(connection: Connection, projection: Projection) -> str:
    old = await served_schema(connection, projection.name)
    new = await next_schema(connection)
    await create_schema(connection, projection, new)
    writer = ViewWriter(connection, projection, new, fenced=False)
    while True:
        await _fold_log(writer, up_to=_END_OF_LOG)
        if await _switched(connection, writer, old):
            break
    if old is not None:
        await drop_schema(connection, old)
    return new


async def _fold_log(writer: ViewWriter, *, up_to: int) -> None:
    while batch := await _read(writer.connection, writer.position, up_to):
        await writer.apply(batch)


async def _read(connection: Connection, after: int, up_to: int) -> list[Rung]:
    cursor = await connection.execute(_LOG, (after, up_to, _BATCH), binary=True)
    return [from_row(Stored(*row)) for row in await cursor.fetchall()]


async def _switched(connection: Connection, writer: ViewWriter, old: str | None) -> bool:
    """Serve the new schema, if it is at least as far as the old one, whose checkpoint is held still meanwhile."""
    async with connection.transaction():
        if old is not None:
            query = sql.SQL("SELECT position FROM {}.checkpoint FOR UPDATE").format(sql.Identifier(old))
            row = await (await connection.execute(query)).fetchone()
            if row is not None and int(row[0]) > writer.position:
                return False
        await connection.execute(_SERVE, (writer.projection.name, writer.schema))
    return True


async def _digests_now(connection: Connection, projection: Projection) -> tuple[int, dict[str, TableDigest]]:
    """Where the live view stands and what it holds there, from one snapshot."""
    async with connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        schema = await served_schema(connection, projection.name)
        if schema is None:
            raise NoView(projection.name)
        query = sql.SQL("SELECT position FROM {}.checkpoint").format(sql.Identifier(schema))
        row = await (await connection.execute(query)).fetchone()
        digests = {table.name: await digest_of(connection, schema, table) for table in projection.tables}
    return (int(row[0]) if row else 0), digests
