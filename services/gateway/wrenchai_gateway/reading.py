"""Questions answered from the view, and from the log where only the log knows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from pydantic_core import from_json, to_json
from wrenchai_chassis.log import Stored
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projection import Row
from wrenchai_chassis.projector import Projector
from wrenchai_contracts.errors import FieldProblem, InputRejected, UnknownTask
from wrenchai_contracts.subjects import quality_stream

from wrenchai_gateway.event_view import event_view
from wrenchai_gateway.refusals import NotInViewYet
from wrenchai_gateway.task_answers import FULL_COLUMNS, STEP_COLUMNS, SUMMARY_COLUMNS
from wrenchai_gateway.view_tables import APPROVALS, EFFECTS

WORKERS = ("orchestrator", "journey", "inspector")
"""Consumers that handle a task's events, and park those that they cannot handle."""

_STORY = """
WITH family AS MATERIALIZED (
    SELECT position FROM wrenchai.event_log
    WHERE stream = %(root)b OR (stream > %(root)b || '/' AND stream < %(root)b || '0')
), set_aside AS MATERIALIZED (
    SELECT position, state FROM wrenchai.event_log WHERE stream IN
    (SELECT 'parked/' || worker || '/' || position FROM family CROSS JOIN unnest(%(workers)b::text[]) worker)
), told AS (
    SELECT position FROM family UNION ALL
    SELECT position FROM set_aside WHERE position(%(correlation)b IN state) > 0
)
SELECT position, state FROM told JOIN wrenchai.event_log USING (position)
WHERE position > %(after)b ORDER BY position LIMIT %(limit)b
"""
"""A task's own streams, and what was parked of them, whose streams are named by who parked which position.

Of those only what belongs to the task's story, as its bytes say; nothing is parsed, so no bytes can break it.
"""


_CONDITIONS: dict[str, LiteralString] = {
    "tenant": "tenant = %(tenant)b",
    "before": "created_position < %(before)b::bigint",
    "status": "status = %(status)b",
    "playbook": "playbook = %(playbook)b",
    "metadata": "metadata @> %(metadata)b::text::jsonb AND metadata <> '{}'",
}
_LISTED: LiteralString = (
    "WHERE tenant = %(tenant)b AND state = %(state)b AND position > %(after)b::bigint "
    "ORDER BY position LIMIT %(limit)b::bigint"
)
_LISTED_OF_TASK: LiteralString = (
    "WHERE task_id = %(task_id)b AND tenant = %(tenant)b AND state = %(state)b AND position > %(after)b::bigint "
    "ORDER BY position LIMIT %(limit)b::bigint"
)
_APPROVAL_COLUMNS = tuple(column for column in APPROVALS.columns if column != "tenant")
_EFFECT_COLUMNS = tuple(column for column in EFFECTS.columns if column != "tenant")
_SCHEDULE_COLUMNS = (
    "name", "schedule", "paused", "reason", "set_at", "last_due", "last_task", "last_skipped", "position",
)  # fmt: skip
_PARKED_COLUMNS = ("consumer", "position", "task_id", "subject", "reason", "deliveries", "parked_at")

_LEARNT = (
    "SELECT position, stream, version, topic, tenant, state FROM wrenchai.event_log "
    "WHERE stream = %b AND version > %b ORDER BY version LIMIT %b"
)
_AUDIT_COLUMNS = ("task_id", "path", "wants", "playbook", "quality", "low", "high", "decision", "at", "position")
_AUDITS: LiteralString = (
    "WHERE tenant = %(tenant)b AND wants IS NOT NULL AND said IS NULL AND position < %(before)b::bigint "
    "ORDER BY position DESC LIMIT %(limit)b::bigint"
)
_DECIDED: LiteralString = """
    to_char(date_trunc('week', at AT TIME ZONE 'UTC'), 'YYYY-MM-DD') AS week, decision, count(*) AS count,
    coalesce(sum(expected), 0) AS expected, sum(asked) AS asked, count(said) AS verdicts,
    count(*) FILTER (WHERE said = 'bad') AS bad,
    coalesce(sum(expected) FILTER (WHERE said IS NOT NULL), 0) AS expected_of_these,
    coalesce(sum(false_accept) FILTER (WHERE said = 'bad'), 0) AS false_accepts
"""
_DECISIONS: LiteralString = (
    "WHERE tenant = %(tenant)b AND at >= %(since)b::text::timestamptz GROUP BY 1, 2 ORDER BY 1, 2"
)
_OFFERED_TOGETHER: LiteralString = (
    "WHERE tenant = %(tenant)b AND at >= %(since)b::text::timestamptz GROUP BY options "
    "ORDER BY max(position) DESC LIMIT 500"
)


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks to list: those made before position `before`, newest first."""

    limit: int
    before: int | None = None
    status: str | None = None
    playbook: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tenant: str = "default"

    def parameters(self) -> dict[str, Any]:
        """What was asked for, and nothing else."""
        asked = {"before": self.before, "status": self.status, "playbook": self.playbook}
        given = {name: value for name, value in asked.items() if value is not None}
        labels = {"metadata": to_json(self.metadata).decode()} if self.metadata else {}
        return {"tenant": self.tenant, "limit": self.limit} | given | labels


@dataclass(frozen=True, slots=True)
class Listing:
    """Which approvals or effects to list: in one state, those behind position `after`, in the log's order."""

    state: str
    limit: int
    after: int = 0
    task_id: str | None = None
    tenant: str = "default"

    def parameters(self) -> dict[str, Any]:
        """What was asked for."""
        asked = {"tenant": self.tenant, "state": self.state, "after": self.after, "limit": self.limit}
        return asked | ({} if self.task_id is None else {"task_id": self.task_id})


@dataclass(frozen=True, slots=True)
class Question:
    """Columns of one of the view's tables, and what follows `FROM table`."""

    table: str
    columns: tuple[str, ...]
    rest: LiteralString
    parameters: dict[str, Any]
    selected: LiteralString = ""
    """Instead of columns."""


class Reader:
    """Reads the schema that is served now."""

    def __init__(self, log: PostgresLog, projector: Projector, *, deadline: float) -> None:
        self._log, self._projector, self._deadline = log, projector, deadline

    @property
    def position(self) -> int:
        """How far the view is."""
        return self._projector.applied.position

    async def reached(self, position: int | None) -> None:
        """Wait until the view holds `position`, as a client asks with `min_position`.

        Raises:
            InputRejected: the log does not hold it either.
            NotInViewYet: the view does not in time.
        """
        if position is not None and position > self.position:
            await self.require_recorded(position, "min_position")
            await self._caught_up(position)

    async def require_recorded(self, position: int, parameter: str) -> None:
        """The log must reach as far as a client says in `parameter`: a wait for more might never end.

        Raises:
            InputRejected
        """
        head = await self._log.head()
        if position > head:
            reason = f"the log ends at position {head}; {position} was asked for"
            raise InputRejected([FieldProblem(parameter, reason)])

    async def task(self, task_id: str) -> tuple[Row, list[Row]]:
        """A task's header and its steps as they were dispatched.

        Raises:
            UnknownTask: the log does not know it either.
        """
        found = await self._header(task_id)
        if found is None:  # recorded just now, perhaps
            await self._caught_up(await self._log.head())
            found = await self._header(task_id)
        if found is None:
            raise UnknownTask(task_id)
        rest: LiteralString = "WHERE task_id = %(task_id)b ORDER BY known_at, place"
        return found, await self._rows(Question("step", STEP_COLUMNS, rest, {"task_id": task_id}))

    async def tasks(self, wanted: TaskFilter) -> list[Row]:
        """Headers of a page of tasks."""
        given = wanted.parameters()
        conditions: LiteralString = " AND ".join(_CONDITIONS[name] for name in given if name in _CONDITIONS)
        rest: LiteralString = "WHERE " + conditions + " ORDER BY created_position DESC LIMIT %(limit)b::bigint"
        return await self._rows(Question("task", SUMMARY_COLUMNS, rest, given))

    async def parked(self, after: int, limit: int) -> list[Row]:
        """Events that wait for an operator, oldest first."""
        rest: LiteralString = (
            "WHERE tenant = 'default' AND redriven_at IS NULL AND position > %(after)b::bigint "
            "ORDER BY position, consumer LIMIT %(limit)b::bigint"
        )
        return await self._rows(Question("parked", _PARKED_COLUMNS, rest, {"after": after, "limit": limit}))

    async def approvals(self, wanted: Listing) -> list[Row]:
        """A page of approvals."""
        return await self._listed("approval", _APPROVAL_COLUMNS, wanted)

    async def effects(self, wanted: Listing) -> list[Row]:
        """A page of effects."""
        return await self._listed("effect", _EFFECT_COLUMNS, wanted)

    async def _listed(self, table: str, columns: tuple[str, ...], wanted: Listing) -> list[Row]:
        return await self._rows(
            Question(table, columns, _LISTED if wanted.task_id is None else _LISTED_OF_TASK, wanted.parameters())
        )

    async def schedules(self, name: str | None = None) -> list[Row]:
        """Every schedule by name, or the one of that name."""
        named: LiteralString = "" if name is None else " AND name = %(name)b"
        rest: LiteralString = "WHERE tenant = 'default' AND NOT deleted" + named + " ORDER BY name"
        return await self._rows(Question("schedule", _SCHEDULE_COLUMNS, rest, {} if name is None else {"name": name}))

    async def wanting_a_word(self, before: int, limit: int, tenant: str) -> list[Row]:
        """Results that people are asked about and have not spoken of, the newest first."""
        given = {"tenant": tenant, "before": before, "limit": limit}
        return await self._rows(Question("judgement", _AUDIT_COLUMNS, _AUDITS, given))

    async def decisions(self, since: datetime, tenant: str) -> list[Row]:
        """Decisions on results that were judged by evidence, by week and kind."""
        given = {"tenant": tenant, "since": since.isoformat()}
        return await self._rows(Question("judgement", (), _DECISIONS, given, _DECIDED))

    async def offered_together(self, since: datetime, tenant: str) -> list[Row]:
        """What was offered beside each other, each set of options once, the last ones first."""
        given = {"tenant": tenant, "since": since.isoformat()}
        return await self._rows(Question("choice", ("options",), _OFFERED_TOGETHER, given))

    async def learnt(self, tenant: str, after_version: int, limit: int) -> list[Stored]:
        """What the inspector has learnt from a tenant's results: the next events of that stream."""
        async with self._log.reader() as connection:
            asked = (quality_stream(tenant), after_version, limit)
            cursor = await connection.execute(_LEARNT, asked, binary=True)
            return [Stored(*row) for row in await cursor.fetchall()]

    async def told_at(self, positions: Collection[int]) -> dict[int, dict[str, Any]]:
        """The events at some positions, as clients are shown them."""
        async with self._log.reader() as connection:
            query = "SELECT position, state FROM wrenchai.event_log WHERE position = ANY(%b::bigint[])"
            cursor = await connection.execute(query, (list(positions),), binary=True)
            return {int(at): event_view(int(at), bytes(state)) for at, state in await cursor.fetchall()}

    async def story(self, task_id: str, *, after: int = 0, limit: int = 2**31) -> list[tuple[int, bytes]]:
        """Events of a task, all its streams and what of them was parked, from the log: position and bytes, in order."""
        async with self._log.reader() as connection:
            correlation = b'"correlation":' + to_json(task_id)
            asked = {"root": task_id, "workers": list(WORKERS), "correlation": correlation}
            cursor = await connection.execute(_STORY, asked | {"after": after, "limit": limit}, binary=True)
            return [(int(position), bytes(state)) for position, state in await cursor.fetchall()]

    async def require_task(self, task_id: str) -> None:
        """The log must know it.

        Raises:
            UnknownTask
        """
        if "\0" in task_id or not await self.story(task_id, limit=1):
            raise UnknownTask(task_id)

    async def _caught_up(self, position: int) -> None:
        if not await self._projector.applied.wait_for(position, self._deadline):
            raise NotInViewYet(position, self.position)

    async def _header(self, task_id: str) -> Row | None:
        rest: LiteralString = "WHERE task_id = %(task_id)b"
        rows = await self._rows(Question("task", FULL_COLUMNS, rest, {"task_id": task_id}))
        return rows[0] if rows else None

    async def _rows(self, question: Question) -> list[Row]:
        """Rows as JSON objects. A schema that a rebuild has just replaced is looked up anew."""
        async with self._log.reader() as connection:
            try:
                return await _answer(connection, self._projector.schema, question)
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                await self._projector.look_again(connection)
                return await _answer(connection, self._projector.schema, question)


async def _answer(connection: psycopg.AsyncConnection[Any], schema: str, question: Question) -> list[Row]:
    query = _query(schema, question.table, question.columns, question.rest, question.selected)
    cursor = await connection.execute(query, question.parameters)
    return [from_json(row[0]) for row in await cursor.fetchall()]


@lru_cache(maxsize=256)
def _query(schema: str, table: str, columns: tuple[str, ...], rest: LiteralString, selected: LiteralString) -> bytes:
    """Composed once: composing takes longer than asking."""
    what = sql.SQL(selected) if selected else sql.SQL(", ").join(map(sql.Identifier, columns))
    composed = sql.SQL("SELECT row_to_json(found)::text FROM (SELECT {} FROM {} {}) found").format(
        what, sql.Identifier(schema, table), sql.SQL(rest)
    )
    return composed.as_bytes()
