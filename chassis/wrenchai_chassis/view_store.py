"""A view in Postgres: a schema with the projection's tables and a checkpoint, written by one statement per batch."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from pydantic_core import from_json, to_json

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.json_text import storable
from wrenchai_chassis.postgres_log import connection_settings
from wrenchai_chassis.projection import Entry, Projection, Row, Selective, Table, entries_of

_logger = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[Any]

Item = TypeVar("Item")

_AT_ONCE = 100
_ROW_HASH = 8
_SERVED = "SELECT schema FROM wrenchai.projection WHERE name = %s"
_CHECKPOINT = "SELECT position, shape FROM {}.checkpoint"
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname ^@ 'view_'"
_UNSERVED = (
    "SELECT nspname FROM pg_namespace "
    "WHERE nspname ^@ 'view_' AND nspname NOT IN (SELECT schema FROM wrenchai.projection)"
)


async def connect(url: str, application_name: str) -> Connection:
    """A connection for views: they can be rebuilt, so their commits need not wait for the disk."""
    settings = connection_settings(application_name)
    settings["options"] += " -c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c timezone=UTC"
    return await psycopg.AsyncConnection.connect(url, **settings)


class ViewWriter:
    """Folds batches into one schema. Two writers of one schema are harmless: the slower one learns that it lost."""

    def __init__(self, connection: Connection, projection: Projection, schema: str, *, fenced: bool = True) -> None:
        self.connection, self.projection, self.schema = connection, projection, schema
        self.position = 0
        self._fence = projection.name if fenced else None
        self._statements: dict[tuple[tuple[str, ...], tuple[str, ...]], bytes] = {}
        self._loads = {table.name: load_query(schema, table).as_bytes(connection) for table in projection.tables}
        self._tables = {table.name: table for table in projection.tables}

    async def open(self) -> None:
        """Read the checkpoint; nothing that memory held counts any more."""
        self.projection.forget()
        query = sql.SQL(_CHECKPOINT).format(sql.Identifier(self.schema))
        row = await (await self.connection.execute(query)).fetchone()
        self.position = int(row[0]) if row else 0

    async def apply(self, batch: Sequence[Rung]) -> bool:
        """Fold consecutive events behind `position`, and write rows and checkpoint together.

        False says that another writer was there first, or that another schema is served now: nothing was written.
        """
        entries: list[Entry] = []
        async for part in _in_parts(self._wanted(batch)):
            entries += entries_of(part)
        await self._load_missing(entries)
        async for some in _in_parts(entries):
            self.projection.fold(some)
        for complaint in self.projection.complaints():
            _logger.error("%s: %s", self.projection.name, complaint)
        try:
            moved = await self._move_to(batch[-1].position)
        except psycopg.DataError as problem:
            self.projection.forget()
            return await self._apply_apart(batch, problem)
        if moved:
            self.projection.settle()
        else:
            self.projection.forget()
        return moved

    def _wanted(self, batch: Sequence[Rung]) -> Sequence[Rung]:
        return self.projection.wanted(batch) if isinstance(self.projection, Selective) else batch

    async def _apply_apart(self, batch: Sequence[Rung], problem: psycopg.DataError) -> bool:
        """Halve a batch that the view cannot hold, until only the guilty event is passed over."""
        if len(batch) > 1:
            middle = len(batch) // 2
            return await self.apply(batch[:middle]) and await self.apply(batch[middle:])
        (guilty,) = batch
        _logger.error("%s: event %d does not fit the view: %s", self.projection.name, guilty.position, problem)
        return await self._move_to(guilty.position)

    async def _move_to(self, position: int) -> bool:
        """Write what has changed and move the checkpoint, unless another writer was there first."""
        moved = await self._write(position)
        if moved:
            fault_point("view_written")
            self.position = position
        return moved

    async def _load_missing(self, entries: Sequence[Entry]) -> None:
        for name, values in self.projection.missing(entries).items():
            cursor = await self.connection.execute(self._loads[name], (list(values),))
            self.projection.remember(name, [from_json(row[0]) for row in await cursor.fetchall()])

    async def _write(self, to: int) -> bool:
        given = {name: rows for name, rows in self.projection.changes().items() if rows}
        kept = {name: rows for name, some in given.items() if (rows := self._rows(name, some, alive=True))}
        gone = {name: rows for name, some in given.items() if (rows := self._rows(name, some, alive=False))}
        statement = self._statement(tuple(kept), tuple(gone))
        rows_of = kept | {_gone(name): rows for name, rows in gone.items()}
        payloads = {name: storable(to_json(rows)).decode() for name, rows in rows_of.items()}
        cursor = await self.connection.execute(statement, {"_from": self.position, "_to": to} | payloads)
        row = await cursor.fetchone()
        return bool(row and row[0])

    def _rows(self, name: str, rows: Sequence[Row], *, alive: bool) -> Sequence[Row]:
        table = self._tables[name]
        return [row for row in rows if table.lives(row) is alive] if table.vanishing else rows if alive else ()

    def _statement(self, kept: tuple[str, ...], gone: tuple[str, ...]) -> bytes:
        """Composed once: composing costs more than running."""
        statement = self._statements.get((kept, gone))
        if statement is None:
            writes, removals = ([self._tables[name] for name in names] for names in (kept, gone))
            composed = write_statement(self.schema, writes, removals, fence=self._fence)
            statement = self._statements[kept, gone] = composed.as_bytes(self.connection)
        return statement


async def _in_parts(whole: Sequence[Item]) -> AsyncIterator[Sequence[Item]]:
    """A few at a time: requests and sockets of the same process wait a millisecond for them, not thirty."""
    for start in range(0, len(whole), _AT_ONCE):
        yield whole[start : start + _AT_ONCE]
        await asyncio.sleep(0)


def write_statement(
    schema: str, tables: Sequence[Table], removals: Sequence[Table] = (), *, fence: str | None
) -> sql.Composed:
    """Move the checkpoint if it stands where we think, and only then write rows and remove others: in one statement.

    With `fence`, the named projection must also still be served from this schema.
    """
    served: sql.Composable = sql.SQL("")
    if fence is not None:
        served = sql.SQL(
            " AND EXISTS (SELECT FROM wrenchai.projection WHERE name = {name} AND schema = {schema})"
        ).format(name=sql.Literal(fence), schema=sql.Literal(schema))
    moved = sql.SQL(
        "WITH moved AS (UPDATE {}.checkpoint SET position = %(_to)b::bigint WHERE position = %(_from)b::bigint{} "
        "RETURNING 1)"
    ).format(sql.Identifier(schema), served)
    parts = [*(_upsert(schema, table) for table in tables), *(_removal(schema, table) for table in removals)]
    writes = sql.SQL("").join(parts)
    return moved + writes + sql.SQL(" SELECT count(*) FROM moved")


def load_query(schema: str, table: Table) -> sql.Composed:
    """The rows of some keys as JSON, without the columns that are written once."""
    columns = [sql.Identifier(column) for column in table.columns if column not in table.once]
    return sql.SQL(
        "SELECT row_to_json(loaded)::text FROM (SELECT {} FROM {} WHERE {} = ANY(%b::text[]) ORDER BY {}) loaded"
    ).format(
        sql.SQL(", ").join(columns),
        sql.Identifier(schema, table.name),
        sql.Identifier(table.loaded_by),
        sql.SQL(", ").join(map(sql.Identifier, table.key)),
    )


async def create_schema(connection: Connection, projection: Projection, schema: str) -> None:
    """An empty view of `projection` in a new schema, its checkpoint at 0."""
    async with connection.transaction():
        await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for table in projection.tables:
            await _create_table(connection, schema, table)
        checkpoint = sql.Identifier(schema, "checkpoint")
        columns = "one boolean PRIMARY KEY DEFAULT true CHECK (one), position bigint NOT NULL, shape int NOT NULL"
        await connection.execute(sql.SQL("CREATE TABLE {} (" + columns + ") WITH (fillfactor = 10)").format(checkpoint))
        await connection.execute(
            sql.SQL("INSERT INTO {} (position, shape) VALUES (0, %s)").format(checkpoint), (projection.shape,)
        )


async def drop_schema(connection: Connection, schema: str) -> None:
    """Remove a view and all it holds."""
    await connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


async def served_schema(connection: Connection, projection: str) -> str | None:
    """The schema that `projection` is served from; None if there is none yet."""
    row = await (await connection.execute(_SERVED, (projection,))).fetchone()
    return str(row[0]) if row else None


async def shape_of(connection: Connection, schema: str) -> int:
    """The shape that the view in `schema` was made with."""
    row = await (await connection.execute(sql.SQL(_CHECKPOINT).format(sql.Identifier(schema)))).fetchone()
    return int(row[1]) if row else 0


async def next_schema(connection: Connection) -> str:
    """`view_<n>`, one higher than any that exists."""
    rows = await (await connection.execute(_SCHEMAS)).fetchall()
    taken = [int(number) for (name,) in rows if (number := name.removeprefix("view_")).isdecimal()]
    return f"view_{max(taken, default=0) + 1}"


async def unserved_schemas(connection: Connection) -> list[str]:
    """Views that nobody reads: what is being built, or was left by a rebuild that was killed."""
    rows = await (await connection.execute(_UNSERVED)).fetchall()
    return [name for (name,) in rows if name.removeprefix("view_").isdecimal()]


@dataclass(frozen=True, slots=True)
class TableDigest:
    """A table's content: SHA-256 of its canonical bytes, and eight bytes of hash for each row, in key order."""

    sha256: str
    each_row: bytes

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.each_row) // _ROW_HASH

    def first_difference(self, other: "TableDigest") -> int | None:
        """Number of the first row, from 0, that is not the same in both; None if all are."""
        if self.each_row == other.each_row:
            return None
        ours, theirs = _rows_of(self.each_row), _rows_of(other.each_row)
        return next(n for n, (mine, yours) in enumerate(zip_longest(ours, theirs)) if mine != yours)


def _rows_of(hashes: bytes) -> Iterator[bytes]:
    return (hashes[at : at + _ROW_HASH] for at in range(0, len(hashes), _ROW_HASH))


async def key_of_row(connection: Connection, schema: str, table: Table, number: int) -> str | None:
    """The key of one row, counted from 0 in key order."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
    query = sql.SQL("SELECT {0} FROM {1} ORDER BY {0} OFFSET {2} LIMIT 1").format(
        columns, sql.Identifier(schema, table.name), sql.Literal(number)
    )
    row = await (await connection.execute(query)).fetchone()
    return "/".join(map(str, row)) if row else None


async def digest_of(connection: Connection, schema: str, table: Table) -> TableDigest:
    """The digest of a table's canonical bytes: its rows in key order, as COPY writes them in UTC."""
    digest, each_row = hashlib.sha256(), bytearray()
    query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT").format(
        sql.Identifier(schema, table.name), sql.SQL(", ").join(map(sql.Identifier, table.key))
    )
    async with connection.cursor().copy(query) as copy:
        async for chunk in copy:
            digest.update(chunk)
            each_row += hashlib.blake2b(chunk, digest_size=_ROW_HASH).digest()
    return TableDigest(digest.hexdigest(), bytes(each_row))


async def _create_table(connection: Connection, schema: str, table: Table) -> None:
    name = sql.Identifier(schema, table.name)
    columns = [sql.Identifier(column) + _ours(f" {kind}") for column, kind in table.columns.items()]
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    body = sql.SQL(", ").join([*columns, sql.SQL("PRIMARY KEY ({})").format(key)])
    await connection.execute(sql.SQL("CREATE TABLE {} ({}) WITH (fillfactor = 80)").format(name, body))
    for index in table.indexes:
        await connection.execute(sql.SQL("CREATE INDEX ON {} ").format(name) + _ours(index))


def _ours(text: str) -> sql.SQL:
    """SQL that a projection's author wrote; nothing of a request ever comes here."""
    return sql.SQL(text)


def _upsert(schema: str, table: Table) -> sql.Composed:
    changing = [column for column in table.columns if column not in table.once and column not in table.key]
    return sql.SQL(
        ", {written} AS (INSERT INTO {table} AS kept SELECT given.* FROM moved, "
        "json_populate_recordset(NULL::{table}, %({rows})b::json) given "
        "ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({values}))"
    ).format(
        written=sql.Identifier(f"{table.name}_written"),
        table=sql.Identifier(schema, table.name),
        rows=sql.SQL(table.name),
        key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
        columns=sql.SQL(", ").join(map(sql.Identifier, changing)),
        values=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in changing),
    )


def _removal(schema: str, table: Table) -> sql.Composed:
    same = [sql.SQL("kept.{0} = given.{0}").format(sql.Identifier(column)) for column in table.key]
    return sql.SQL(
        ", {removed} AS (DELETE FROM {table} AS kept USING moved, "
        "json_populate_recordset(NULL::{table}, %({rows})b::json) given WHERE {same})"
    ).format(
        removed=sql.Identifier(f"{table.name}_removed"),
        table=sql.Identifier(schema, table.name),
        rows=sql.SQL(_gone(table.name)),
        same=sql.SQL(" AND ").join(same),
    )


def _gone(name: str) -> str:
    """Under which name a statement is given the keys of rows to remove."""
    return f"{name}_gone"
