"""Where readers stand, in Postgres and in memory. Position only ever grows, whoever writes it."""

from wrenchai_chassis.postgres_log import PostgresLog

_READ = "SELECT position FROM wrenchai.tracking WHERE reader = %s"
_WRITE = (
    "INSERT INTO wrenchai.tracking AS t VALUES (%s, %s) "
    "ON CONFLICT (reader) DO UPDATE SET position = excluded.position WHERE t.position < excluded.position"
)


class PostgresCheckpoints:
    """`Checkpoints` in the table that the library calls tracking."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log

    async def read(self, reader: str) -> int:
        """See `Checkpoints.read`."""
        async with self._log.reader() as connection:
            row = await (await connection.execute(_READ, (reader,))).fetchone()
        return int(row[0]) if row else 0

    async def write(self, reader: str, position: int) -> None:
        """See `Checkpoints.write`."""
        async with self._log.reader() as connection:
            await connection.execute(_WRITE, (reader, position))


class MemoryCheckpoints:
    """`Checkpoints` in memory."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}

    async def read(self, reader: str) -> int:
        """See `Checkpoints.read`."""
        return self._positions.get(reader, 0)

    async def write(self, reader: str, position: int) -> None:
        """See `Checkpoints.write`."""
        self._positions[reader] = max(position, self._positions.get(reader, 0))
