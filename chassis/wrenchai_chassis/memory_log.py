"""The event log in memory: for tests and simulation. Passes the same contract suite as the Postgres log."""

from collections.abc import Sequence

from wrenchai_contracts.envelope import Sealed

from wrenchai_chassis.log import Guard, Stored, VersionConflict


class MemoryLog:
    """Everything in one list; position n is at index n - 1."""

    def __init__(self) -> None:
        self._rows: list[Stored] = []
        self._versions: set[tuple[str, int]] = set()

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        """See `EventLog.append`."""
        keys = [(event.stream, event.version) for event in events]
        behind = [(stream, version + 1) for stream, version in guards]
        if len(set(keys)) < len(keys) or not self._versions.isdisjoint([*keys, *behind]):
            raise VersionConflict
        self._versions.update(keys)
        for event in events:
            place = len(self._rows) + 1
            self._rows.append(Stored(place, event.stream, event.version, event.topic, event.tenant, event.state))
        return len(self._rows)

    async def read(self, after: int, limit: int) -> list[Stored]:
        """See `EventLog.read`."""
        return self._rows[after : after + limit]

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        """See `EventLog.read_stream`."""
        return sorted(
            (row for row in self._rows if row.stream == stream and row.version > after_version),
            key=lambda row: row.version,
        )

    async def read_family(self, root: str, after: int = 0, *, without: Sequence[str] = ()) -> list[Stored]:
        """See `EventLog.read_family`."""
        newer = (row for row in self._rows[after:] if row.topic not in without)
        return [row for row in newer if row.stream == root or row.stream.startswith(root + "/")]

    async def head(self) -> int:
        """See `EventLog.head`."""
        return len(self._rows)
