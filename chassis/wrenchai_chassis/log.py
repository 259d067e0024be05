"""The event log as everybody sees it: an append-only, gapless, totally ordered sequence of sealed events."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from wrenchai_contracts.envelope import Recorded, Sealed, unseal
from wrenchai_contracts.errors import LogUnavailable

__all__ = [
    "AppendRefused",
    "EventLog",
    "Guard",
    "LogUnavailable",
    "Stored",
    "Unrecordable",
    "VersionConflict",
    "events_of",
]

Guard = tuple[str, int]
"""A stream, and the version up to which somebody has read it (0: nobody had begun it). A later version breaks it."""


class Stored(NamedTuple):
    """A row of the log. `state` holds the exact bytes that were sealed."""

    position: int
    stream: str
    version: int
    topic: str
    tenant: str
    state: bytes


def events_of(rows: Iterable[Stored]) -> list[Recorded]:
    """The events that `rows` hold, in their order.

    Raises:
        Undecodable: one of them cannot be read.
    """
    return [unseal(row.position, row.state) for row in rows]


class AppendRefused(Exception):  # noqa: N818  # a noun with its facts
    """None of these events was recorded, and trying the same again is useless."""


class Unrecordable(AppendRefused):
    """The store cannot hold such an event, whatever its version."""


class VersionConflict(AppendRefused):
    """Somebody else was first at that version, or carried a guarded stream on: fold again and decide anew."""


class EventLog(Protocol):
    """Two implementations, one contract suite: Postgres, and memory for tests and simulation."""

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        """Record all of `events` or none, durably; the position of the last one.

        They are recorded only while every guarded stream is no further than its guard says. That is exact, whoever
        else appends meanwhile; and `events` themselves break no guard of theirs.

        Raises:
            VersionConflict: a (stream, version) among them is taken, or a guard is broken.
            Unrecordable: one of them can never be stored.
            LogUnavailable: the store cannot be reached; whether they were recorded is unknown.
        """

    async def read(self, after: int, limit: int) -> list[Stored]:
        """At most `limit` events with a position above `after`, in order, without a gap."""

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        """The events of one stream above a version, in order."""

    async def read_family(self, root: str, after: int = 0, *, without: Sequence[str] = ()) -> list[Stored]:
        """The events of stream `root` and of every stream `root/…` behind `after`, in order, but topics `without`."""

    async def head(self) -> int:
        """Position of the last event; 0 for an empty log."""
