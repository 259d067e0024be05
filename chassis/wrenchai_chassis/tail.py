"""Following the log: batches of consecutive events, each once, in order, for ever.

Events come from the doorbell when they are contiguous; a gap, a lost bell or a lost bus makes it read the log. When
nothing happens it reads the log once in `sweep` seconds, so an idle system stays idle.
"""

import asyncio
from collections.abc import AsyncIterator

from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.subjects import BELL

from wrenchai_chassis.bell import Rung, from_row, read_bell
from wrenchai_chassis.bus import Bus
from wrenchai_chassis.log import EventLog

_PATIENCE = 0.01
_MAX_HELD = 50_000


class LogTail:
    """One follower of the log. Make it, `await listen()`, then iterate over `batches()`."""

    def __init__(self, log: EventLog, bus: Bus, *, after: int = 0, limit: int = 2000, sweep: float = 30.0) -> None:
        self._log, self._bus, self._limit, self._sweep = log, bus, limit, sweep
        self.position = after
        self._held: dict[int, Rung] = {}
        self._wake = asyncio.Event()
        self._must_read = True
        self._rests = False
        self._hole_since: float | None = None

    async def listen(self) -> None:
        """Hear the doorbell from now on."""
        await self._bus.listen(BELL, lambda _, payload: self._hear(payload))
        self._bus.on_reconnect(self.look)

    async def look(self) -> None:
        """Read the log soon, whatever the doorbell says."""
        self._must_read = True
        self._wake.set()

    def go_on_after(self, position: int) -> None:
        """Continue behind `position`, which may lie further back."""
        self.position = position
        self._rests = False
        self._held = {}
        self._must_read = True
        self._wake.set()

    def rest(self) -> None:
        """Hold nothing of what is heard, until it is told where to go on."""
        self._rests = True
        self._held = {}

    async def batches(self) -> AsyncIterator[list[Rung]]:
        """The events behind `position`, in batches of at most `limit`."""
        while True:
            self._wake.clear()
            batch = self._contiguous() or await self._read()
            if batch:
                self.position = batch[-1].position
                self._hole_since = None
                yield batch
            elif not self._must_read:
                await self._wait()

    def _hear(self, payload: bytes) -> None:
        if self._rests:
            return
        if not payload or len(self._held) > _MAX_HELD:
            self._held.clear()
            self._must_read = True
        for event in read_bell(payload):
            if event.position > self.position:
                self._held[event.position] = event
        self._wake.set()

    def _contiguous(self) -> list[Rung]:
        batch: list[Rung] = []
        position = self.position + 1
        while len(batch) < self._limit and (event := self._held.pop(position, None)) is not None:
            batch.append(event)
            position += 1
        return batch

    async def _read(self) -> list[Rung]:
        if not self._must_read:
            return []
        self._must_read = False
        try:
            rows = await self._log.read(self.position, self._limit)
        except LogUnavailable:
            self._must_read = True
            await asyncio.sleep(0.2)
            return []
        self._must_read |= len(rows) >= self._limit
        if rows:
            self._held = {p: event for p, event in self._held.items() if p > rows[-1].position}
        return [from_row(row) for row in rows]

    async def _wait(self) -> None:
        """Until something rings; a hole in what was heard, or silence for too long, means reading the log."""
        try:
            async with asyncio.timeout(self._patience()):
                await self._wake.wait()
        except TimeoutError:
            self._must_read = True
            self._hole_since = None

    def _patience(self) -> float:
        """Seconds to wait; those for a hole begin when it is seen, however often it rings meanwhile."""
        if not self._held:
            return self._sweep if self._bus.connected else 0.2
        now = asyncio.get_running_loop().time()
        self._hole_since = now if self._hole_since is None else self._hole_since
        return max(0.0, self._hole_since + _PATIENCE - now)
