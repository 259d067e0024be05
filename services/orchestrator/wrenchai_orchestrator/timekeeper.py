"""Who keeps the time: of all replicas one follows the log, keeps the view of timers, and fires what is due."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from wrenchai_chassis.clock import Clock, utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.health import Check
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.leadership import TIMER_LOCK, Candidate
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projection import Row
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.service import Runtime
from wrenchai_chassis.stream_ends import stream_ends
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.view_reader import ViewReader
from wrenchai_contracts.envelope import Context
from wrenchai_contracts.views import DependencyHealth

from wrenchai_orchestrator.schedule_keeper import Complete, ScheduleKeeper, as_it_is
from wrenchai_orchestrator.timer_keeper import Source, TimerKeeper
from wrenchai_orchestrator.timer_projection import SCHEDULES, TIMERS, Changes, TimerProjection

LINGER = 0.5
"""Seconds that events gather before the view is written: most tasks begin and end within, and cost no row."""

_SWEEP = 60.0
_BATCH = 20_000
_HOWEVER_LONG = 86400.0


class Timekeeping(NamedTuple):
    """What a service runs for it, and what its health says of it."""

    coroutines: dict[str, Coroutine[Any, Any, None]]
    checks: dict[str, Check]


def timekeeping(runtime: Runtime, complete: Complete = as_it_is) -> Timekeeping:
    """Time is kept by this replica or by another. `complete` adds to a scheduled request what its playbook decides."""
    keeper = Timekeeper(runtime, complete)
    return Timekeeping({"timekeeper": keeper.run()}, {"timers": keeper.health})


@dataclass(slots=True)
class Timekeeper:
    """One of the replicas: it keeps the time, or stands by until the one that does is gone."""

    runtime: Runtime
    complete: Complete = as_it_is
    tail: LogTail = field(init=False)
    candidate: Candidate = field(init=False)
    at_work: "Watch | None" = None

    def __post_init__(self) -> None:
        self.tail = LogTail(self.runtime.log, self.runtime.bus, sweep=_SWEEP)
        url = self.runtime.settings.postgres_url.get_secret_value()
        self.candidate = Candidate(url, "wrenchai-timekeeper", TIMER_LOCK, self._keep, self.runtime.logger)

    async def run(self) -> None:
        """Keep the time while the lead is ours, for ever."""
        self.tail.rest()
        await self.tail.listen()
        await self.candidate.run()

    async def health(self) -> DependencyHealth:
        """Whether it keeps the time, and how far its view is behind what it has heard."""
        watch = self.at_work
        if not self.candidate.leads or watch is None:
            return DependencyHealth(status="up", detail="stands by; another replica keeps the time")
        detail = f"keeps the time: {len(watch.timers)} timers soon, {len(watch.schedules)} schedules"
        return DependencyHealth(status="up", lag=max(self.tail.position - watch.position, 0), detail=detail)

    async def _keep(self) -> None:
        """Follow the log from here on; what lies before, the view reads behind its own checkpoint."""
        self.tail.go_on_after(await self.runtime.log.head())
        self.at_work = Watch(self._parts())
        try:
            await self.at_work.keep(self.tail)
        finally:
            self.tail.rest()

    def _parts(self) -> "Parts":
        told = self.runtime
        url = told.settings.postgres_url.get_secret_value()
        return Parts(told.log, url, told.committer, told.context, told.clock, self.complete)


@dataclass(frozen=True, slots=True)
class Parts:
    """What time is kept with."""

    log: PostgresLog
    url: str
    committer: Committer
    context: Context
    clock: Clock = utc_now
    complete: Complete = as_it_is


class Watch:
    """One time of leading, from the view's checkpoint on."""

    def __init__(self, parts: Parts) -> None:
        self._inbox = Inbox(parts.log, limit=_BATCH)
        self._projector = Projector(lambda: TimerProjection(self._hear), parts.url, self._inbox, linger=LINGER)
        self._view = ViewReader(parts.log, self._projector)
        source = Source(self._load, lambda streams: stream_ends(parts.log, streams), self._reached)
        self.timers = TimerKeeper(source, parts.committer, parts.context, parts.clock)
        self.schedules = ScheduleKeeper(parts.log, parts.committer, parts.clock, parts.complete)

    @property
    def position(self) -> int:
        """How far the view is."""
        return self._projector.applied.position

    async def keep(self, tail: LogTail) -> None:
        """Follow `tail`; fire nothing before the view holds all that was recorded until now."""
        head = tail.position
        await self._projector.prepare()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(tail))
            group.create_task(self._projector.run())
            await self._reached(head)
            self.schedules.hear(await self._view.rows(SCHEDULES, "", {}))
            group.create_task(self.timers.run())
            group.create_task(self.schedules.run())

    async def _follow(self, tail: LogTail) -> None:
        async for batch in tail.batches():
            self._inbox.put(batch)
            self.schedules.hear_ends(batch)

    def _hear(self, changes: Changes) -> None:
        self.timers.hear(changes["timer"])
        self.schedules.hear(changes["schedule"])

    async def _load(self, before: datetime, most: int) -> list[Row]:
        asked = {"before": before, "most": most}
        return await self._view.rows(TIMERS, "WHERE due < %(before)s ORDER BY due LIMIT %(most)s", asked)

    async def _reached(self, position: int) -> None:
        await self._projector.applied.wait_for(position, _HOWEVER_LONG)
