"""How much may run at once: a semaphore whose holders weigh more or less, served in the order of asking."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class Slots:
    """`total` slots; a holder takes as many as it weighs, at most all."""

    def __init__(self, total: int) -> None:
        self._total = self._free = total
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, weight: int, *stops: asyncio.Event) -> AsyncIterator[bool]:
        """Wait for `weight` slots and hold them for the block; it gets False if one of `stops` was set before."""
        loop, weight = asyncio.get_running_loop(), min(weight, self._total)
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((weight, turn))
        self._serve()
        stopped = [loop.create_task(stop.wait()) for stop in stops]
        any_of: set[asyncio.Future[Any]] = {turn, *stopped}
        try:
            await asyncio.wait(any_of, return_when=asyncio.FIRST_COMPLETED)
            yield turn.done()
        finally:
            for waiting in stopped:
                waiting.cancel()
            self._leave(weight, turn)

    def _leave(self, weight: int, turn: "asyncio.Future[None]") -> None:
        """Give back what was held, or do not wait for it any more."""
        if turn.done():
            self._free += weight
        turn.cancel()
        self._serve()

    def _serve(self) -> None:
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= self._free):
            weight, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= weight
                turn.set_result(None)
