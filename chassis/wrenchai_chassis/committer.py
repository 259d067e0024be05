"""Group commit: one coroutine appends whatever its process wants recorded, in one transaction per turn.

While one append waits for the disk, the next group gathers; so the busier a process is, the larger its groups.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from wrenchai_contracts.envelope import NewEvent, Sealed, seal
from wrenchai_contracts.errors import LogUnavailable, Overloaded

from wrenchai_chassis.bell import Rung, rung
from wrenchai_chassis.clock import Clock, utc_now
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import AppendRefused, EventLog, Guard

Ring = Callable[[list[Rung]], Awaitable[None]]


class _Group(NamedTuple):
    """What one caller wants recorded together."""

    events: list[Sealed]
    guards: Sequence[Guard]
    result: "asyncio.Future[int]"


class Committer:
    """Records events for one process. `commit` returns once they are durable; `run` must be running meanwhile."""

    def __init__(
        self, log: EventLog, ring: Ring, *, clock: Clock = utc_now, max_waiting: int = 50_000, linger: float = 0.003
    ) -> None:
        self._log, self._ring, self._clock, self._max_waiting, self._linger = log, ring, clock, max_waiting, linger
        self._untold: list[Rung] = []
        self._telling: asyncio.Task[None] | None = None
        self._waiting: list[_Group] = []
        self._waiting_events = 0
        self._wake = asyncio.Event()

    async def commit(self, events: Sequence[NewEvent], guards: Sequence[Guard] = ()) -> int:
        """Record `events` together, if no guarded stream is further than its guard says; the position of the last one.

        Raises:
            VersionConflict: one of their versions is taken, or a guarded stream has gone on; none was recorded.
            LogUnavailable: the store is away; whether they were recorded is unknown, so fold before trying again.
            Overloaded: too many events wait already; none of these was recorded.
        """
        if self._waiting_events + len(events) > self._max_waiting:
            message = f"{self._waiting_events} events already wait to be recorded"
            raise Overloaded(message)
        fault_point("decided")
        now = self._clock()
        sealed = [seal(event, now) for event in events]
        result: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Group(sealed, guards, result))
        self._waiting_events += len(sealed)
        self._wake.set()
        position = await result
        fault_point("committed")
        return position

    async def run(self) -> None:
        """Append groups for ever. If this coroutine ends, its process must end too."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while groups := self._take():
                await self._append(groups)

    def _take(self) -> list[_Group]:
        """Whatever waits and may go together, in the order in which it came."""
        waiting = [group for group in self._waiting if not group.result.done()]
        together = _together(waiting)
        self._waiting = waiting[together:]
        self._waiting_events = sum(len(group.events) for group in self._waiting)
        return waiting[:together]

    async def _append(self, groups: list[_Group]) -> None:
        """Append all groups at once; on a refusal halve until only the guilty group is refused."""
        flat = [event for group in groups for event in group.events]
        guards = [guard for group in groups for guard in group.guards]
        try:
            last = await self._log.append(flat, guards)
        except AppendRefused as refusal:
            await self._halve(groups, refusal)
            return
        except LogUnavailable as problem:
            for group in groups:
                _refuse(group, type(problem)(str(problem)))
            return
        fault_point("appended")
        first = last - len(flat) + 1
        self._untold += rung(first, flat)
        await self._tell(at_once=any(event.awaited for event in flat))
        fault_point("rung")
        for group in groups:
            first += len(group.events)
            if not group.result.done():
                group.result.set_result(first - 1)

    async def _tell(self, *, at_once: bool) -> None:
        """Ring for what is committed: now if somebody waits for it, else a moment later together with what follows."""
        if at_once:
            untold, self._untold = self._untold, []
            await self._ring(untold)
        elif self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_soon())

    async def _tell_soon(self) -> None:
        await asyncio.sleep(self._linger)
        if self._untold:
            await self._tell(at_once=True)

    async def _halve(self, groups: list[_Group], refusal: AppendRefused) -> None:
        if len(groups) == 1:
            _refuse(groups[0], refusal)
            return
        middle = len(groups) // 2
        await self._append(groups[:middle])
        await self._append(groups[middle:])


def _together(waiting: Sequence[_Group]) -> int:
    """How many of `waiting`, from the first on, one append may hold: up to a guard that one before would break.

    An append's guards do not see its own events. So such a group is put off to the next append, when the one before it
    is recorded or refused; and with it those behind it, which keep their place.
    """
    if not any(group.guards for group in waiting):
        return len(waiting)
    written: set[tuple[str, int]] = set()
    for count, group in enumerate(waiting):
        if any((stream, version + 1) in written for stream, version in group.guards):
            return count
        written.update((event.stream, event.version) for event in group.events)
    return len(waiting)


def _refuse(group: _Group, problem: Exception) -> None:
    if not group.result.done():
        group.result.set_exception(problem)
