"""How far streams are, many at a time: one look into the index for each."""

from collections.abc import Collection
from typing import NamedTuple

from wrenchai_chassis.postgres_log import PostgresLog

_ENDS = (
    "SELECT asked.stream, last.version, last.topic FROM unnest(%b::text[]) asked (stream) CROSS JOIN LATERAL "
    "(SELECT version, topic FROM wrenchai.event_log e WHERE e.stream = asked.stream ORDER BY version DESC LIMIT 1) last"
)


class StreamEnd(NamedTuple):
    """A stream's last event."""

    version: int
    type: str


async def stream_ends(log: PostgresLog, streams: Collection[str]) -> dict[str, StreamEnd]:
    """The last event of each of `streams` that has any.

    Raises:
        LogUnavailable
    """
    async with log.reader() as connection:
        cursor = await connection.execute(_ENDS, (list(streams),), binary=True)
        return {
            stream: StreamEnd(int(version), topic.partition(".")[0])
            for stream, version, topic in await cursor.fetchall()
        }
