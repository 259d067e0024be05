"""Cached states, in Postgres and in memory: a shortcut for whoever folds a stream. Any of them may be deleted."""

from typing import Protocol

from wrenchai_chassis.postgres_log import PostgresLog

_READ = "SELECT state FROM wrenchai.snapshot WHERE name = %s"
_WRITE = (
    "INSERT INTO wrenchai.snapshot AS s (name, version, state) VALUES (%s, %s, %s) "
    "ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state "
    "WHERE s.version < excluded.version"
)


class Snapshots(Protocol):
    """The latest state of each name; an older one never takes the place of a newer."""

    async def read(self, name: str) -> bytes | None:
        """The state that was written last; None if there is none."""

    async def write(self, name: str, version: int, state: bytes) -> None:
        """Keep it, unless a later version is kept."""


class PostgresSnapshots:
    """`Snapshots` in a table."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log

    async def read(self, name: str) -> bytes | None:
        """See `Snapshots.read`."""
        async with self._log.reader() as connection:
            row = await (await connection.execute(_READ, (name,))).fetchone()
        return bytes(row[0]) if row else None

    async def write(self, name: str, version: int, state: bytes) -> None:
        """See `Snapshots.write`."""
        async with self._log.reader() as connection:
            await connection.execute(_WRITE, (name, version, state))


class MemorySnapshots:
    """`Snapshots` in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, bytes]] = {}

    async def read(self, name: str) -> bytes | None:
        """See `Snapshots.read`."""
        kept = self._kept.get(name)
        return kept[1] if kept else None

    async def write(self, name: str, version: int, state: bytes) -> None:
        """See `Snapshots.write`."""
        if name not in self._kept or self._kept[name][0] < version:
            self._kept[name] = version, state
