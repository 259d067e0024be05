"""What ends an attempt from outside: it must stop or pause now, its deadline has passed, or another worker has it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.subjects import task_of

from wrenchai_journey.stops import LOOK_EVERY, Stops


class Lookout:
    """Sets `halt` at once when `stop` is set, and within seconds when the log or the clock says so.

    `overtaken`: after too long a silence the bus gave the journey to another worker, and that one has gone on.
    """

    def __init__(
        self, stops: Stops, cause: Recorded, version: int, stop: asyncio.Event, *, is_late: Callable[[], bool]
    ) -> None:
        self._stops, self._cause, self._version, self._stop, self._is_late = stops, cause, version, stop, is_late
        self.halt = asyncio.Event()
        self.overtaken = False

    async def keep(self) -> None:
        """Look until there is reason to halt."""
        while not self.halt.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._stop.wait()
            with suppress(LogUnavailable):
                await self._look()
            if self._stop.is_set() or self.overtaken or self._is_late():
                self.halt.set()

    async def _look(self) -> None:
        if not self._stop.is_set():
            await self._stops.look(task_of(self._cause.stream))
            self.overtaken = await self._stops.overtaken(self._cause.stream, self._version)
