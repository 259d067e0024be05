"""How far a view is, and who waits for it: readers of their own writes wait here, in process, without polling."""

import asyncio
import heapq
from itertools import count

_Waiting = tuple[int, int, "asyncio.Future[None]"]


class Applied:
    """The position a view has reached in this process."""

    def __init__(self) -> None:
        self.position = 0
        self._waiting: list[_Waiting] = []
        self._arrivals = count()
        self._wanted = asyncio.Event()

    def reach(self, position: int) -> None:
        """The view holds everything up to `position`; whoever waited for that goes on."""
        self.position = position
        while self._waiting and self._waiting[0][0] <= position:
            _, _, reached = heapq.heappop(self._waiting)
            if not reached.done():
                reached.set_result(None)
        self._rest_if_nobody_waits()

    async def wait_for(self, position: int, seconds: float) -> bool:
        """Wait until the view holds `position`; False if it does not within `seconds`."""
        if position <= self.position:
            return True
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = (position, next(self._arrivals), reached)
        heapq.heappush(self._waiting, waiting)
        self._wanted.set()
        try:
            async with asyncio.timeout(seconds):
                await reached
        except TimeoutError:
            return False
        finally:
            self._forget(waiting)
        return True

    async def linger(self, seconds: float) -> None:
        """Let more events gather, but at most `seconds`, and not while somebody waits."""
        if not self._wanted.is_set():
            try:
                async with asyncio.timeout(seconds):  # `wait_for` may swallow that we are cancelled
                    await self._wanted.wait()
            except TimeoutError:
                return

    def _forget(self, waiting: _Waiting) -> None:
        """Whoever gave up wants nothing any more; those who got what they wanted, `reach` has dropped."""
        if waiting[2].cancelled() and waiting in self._waiting:
            self._waiting.remove(waiting)
            heapq.heapify(self._waiting)
            self._rest_if_nobody_waits()

    def _rest_if_nobody_waits(self) -> None:
        if not self._waiting:
            self._wanted.clear()
