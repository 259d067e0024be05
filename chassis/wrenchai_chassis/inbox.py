"""Batches handed over within a process; what was not handed over is read from the log."""

import asyncio
from collections import deque

from wrenchai_contracts.errors import LogUnavailable

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.log import EventLog


class Inbox:
    """A reader of the log that another one feeds. It may start far behind: it catches up by reading by itself."""

    def __init__(self, log: EventLog, *, limit: int = 2000, max_held: int = 50_000) -> None:
        self._log, self._limit, self._max_held = log, limit, max_held
        self._held: deque[Rung] = deque()
        self._must_read = True
        self._wake = asyncio.Event()
        self._wake.set()

    def put(self, batch: list[Rung]) -> None:
        """Consecutive events, as the log's follower saw them. Never waits: too many are dropped and read later."""
        if len(self._held) + len(batch) > self._max_held:
            self._held.clear()
            self._must_read = True
        else:
            self._held.extend(batch)
        self._wake.set()

    def look(self) -> None:
        """Read the log soon, whatever was handed over."""
        self._must_read = True
        self._wake.set()

    async def something(self) -> None:
        """Wait until there may be events."""
        await self._wake.wait()

    async def after(self, position: int) -> list[Rung]:
        """The events behind `position`, at most `limit`; none if there are none now."""
        while self._held and self._held[0].position <= position:
            self._held.popleft()
        if self._held and self._held[0].position == position + 1:
            return [self._held.popleft() for _ in range(min(self._limit, len(self._held)))]
        if self._held or self._must_read:
            return await self._read(position)
        self._wake.clear()
        return []

    async def _read(self, position: int) -> list[Rung]:
        self._must_read = False  # who asks for it while the log is being read asks for another look
        try:
            rows = await self._log.read(position, self._limit)
        except LogUnavailable:
            self._must_read = True
            await asyncio.sleep(0.2)
            return []
        self._must_read |= len(rows) >= self._limit
        return [from_row(row) for row in rows]
