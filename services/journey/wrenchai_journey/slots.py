"""How much may run at once: a semaphore whose holders weigh more or less, and whoever matters most goes first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, NamedTuple


class Claim(NamedTuple):
    """For whom slots are asked. The highest priority goes first, then who holds the fewest: of tenants, of tasks."""

    tenant: str = ""
    task: str = ""
    priority: int = 0


ANYBODY = Claim()


class _Turn(NamedTuple):
    claim: Claim
    number: int
    weight: int
    came: "asyncio.Future[None]"


class Slots:
    """`total` slots; a holder takes as many as it weighs, at most all. Among equals, the order is that of asking.

    Whoever goes first waits until there is room for it, and others behind it: a heavy one is not overtaken for ever.
    """

    def __init__(self, total: int) -> None:
        self._total = self._free = total
        self._waiting: list[_Turn] = []
        self._numbers = count()
        self._held: Counter[tuple[str, ...]] = Counter()

    @asynccontextmanager
    async def hold(self, weight: int, *stops: asyncio.Event, claim: Claim = ANYBODY) -> AsyncIterator[bool]:
        """Wait for `weight` slots and hold them for the block; it gets False if one of `stops` was set before."""
        loop = asyncio.get_running_loop()
        turn = _Turn(claim, next(self._numbers), min(weight, self._total), loop.create_future())
        self._waiting.append(turn)
        self._serve()
        stopped = [loop.create_task(stop.wait()) for stop in stops]
        any_of: set[asyncio.Future[Any]] = {turn.came, *stopped}
        try:
            await asyncio.wait(any_of, return_when=asyncio.FIRST_COMPLETED)
            yield turn.came.done()
        finally:
            for waiting in stopped:
                waiting.cancel()
            self._leave(turn)

    def _leave(self, turn: _Turn) -> None:
        """Give back what was held, or do not wait for it any more."""
        if turn.came.done():
            self._take(turn, -turn.weight)
        else:
            self._waiting.remove(turn)
            turn.came.cancel()
        self._serve()

    def _serve(self) -> None:
        while self._waiting:
            turn = min(self._waiting, key=self._order)
            if turn.weight > self._free:
                return
            self._waiting.remove(turn)
            self._take(turn, turn.weight)
            turn.came.set_result(None)

    def _order(self, turn: _Turn) -> tuple[int, int, int, int]:
        tenant, task, priority = turn.claim
        return -priority, self._held[tenant,], self._held[tenant, task], turn.number

    def _take(self, turn: _Turn, slots: int) -> None:
        self._free -= slots
        tenant, task, _ = turn.claim
        for party in ((tenant,), (tenant, task)):
            self._held[party] += slots
            if not self._held[party]:
                del self._held[party]
