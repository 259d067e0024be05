"""Fires timers: one event for each moment, of tasks that are still open when it is recorded."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wrenchai_chassis.clock import Clock
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.projection import Row
from wrenchai_chassis.stream_ends import StreamEnd
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import Overloaded
from wrenchai_contracts.events import TimerFired

from wrenchai_orchestrator.near_timers import NearTimers, moment_of, set_by
from wrenchai_orchestrator.timers import DEADLINE, ENDS

Ends = Callable[[Collection[str]], Awaitable[dict[str, StreamEnd]]]

_AT_ONCE = 500
_SOON = timedelta(seconds=0.05)
_LATER = timedelta(seconds=1)
_LOOK_AT_THE_CLOCK = 30.0
"""Seconds: a clock that was set is noticed within that time; nothing is asked of the log for it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where open timers come from: `load` those due before a time, at most so many; how far `streams` are.

    `caught_up` waits until what `load` gives holds all up to a position.
    """

    load: Callable[[datetime, int], Awaitable[list[Row]]]
    ends: Ends
    caught_up: Callable[[int], Awaitable[None]]


class TimerKeeper:
    """Hears of timers, and records when their time has come."""

    def __init__(self, source: Source, committer: Committer, context: Context, clock: Clock) -> None:
        self._source, self._committer, self._context, self._clock = source, committer, context, clock
        self._near = NearTimers()
        self._wake = asyncio.Event()
        self._recorded = 0

    def __len__(self) -> int:
        return len(self._near)

    def hear(self, rows: Sequence[Row]) -> None:
        """Timers were set, moved or closed; that is durable."""
        if rows:
            self._near.hear(rows)
            self._wake.set()

    async def run(self) -> None:
        """Fire what is due, for ever.

        Raises:
            LogUnavailable: begin again with a new keeper.
        """
        while True:
            self._wake.clear()
            now = self._clock()
            if self._near.wants_more(now):
                await self._load(now)
            elif due := self._near.take(now, _AT_ONCE):
                await self._fire(due)
            else:
                await self._rest(now)

    async def _load(self, now: datetime) -> None:
        """Ask the table, once it knows of what we have recorded."""
        await self._source.caught_up(self._recorded)
        until, most = self._near.before_loading(now)
        self._near.take_in(await self._source.load(until, most), until)

    async def _rest(self, now: datetime) -> None:
        next_time = min(self._near.next or self._near.looks_again, self._near.looks_again)
        try:
            async with asyncio.timeout(min(max((next_time - now).total_seconds(), 0.0), _LOOK_AT_THE_CLOCK)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _fire(self, due: list[Row]) -> None:
        """Of tasks that have not ended, and not what somebody else has fired already."""
        ends = await self._source.ends({row["task_id"] for row in due} | {moment_of(row) for row in due})
        still = [row for row in due if moment_of(row) not in ends]
        open_tasks = {row["task_id"] for row in still} - {name for name, end in ends.items() if end.type in ENDS}
        recording = (
            self._record(row, ends[row["task_id"]]) for row in still if row["task_id"] in open_tasks & ends.keys()
        )
        await asyncio.gather(*recording)

    async def _record(self, row: Row, seen: StreamEnd) -> None:
        """Unless the task has gone on since we looked, which may have been its end: then look again."""
        try:
            position = await self._committer.commit([self._fired(row)], guards=[(row["task_id"], seen.version)])
            self._recorded = max(position, self._recorded)
        except VersionConflict:
            self._near.put_back(row, self._clock() + _SOON)
        except Overloaded:
            self._near.put_back(row, self._clock() + _LATER)

    def _fired(self, row: Row) -> NewEvent:
        step = None if row["path"] == DEADLINE else row["path"]
        event = TimerFired(step=step, due=datetime.fromisoformat(row["due"]))
        context = Context(
            actor=self._context.actor, tenant=row["tenant"], correlation=row["task_id"], causation=set_by(row)
        )
        return NewEvent(moment_of(row), 1, event, context)
