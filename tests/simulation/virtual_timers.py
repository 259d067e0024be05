"""Timers in virtual time: the real keeper and the real fold over a table in memory, one of each in every replica."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

from wrenchai_chassis.applied import Applied
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, LogUnavailable
from wrenchai_chassis.projection import Row, entries_of
from wrenchai_chassis.stream_ends import StreamEnd
from wrenchai_chassis.tail import LogTail
from wrenchai_contracts.envelope import Context
from wrenchai_orchestrator.schedule_keeper import ScheduleKeeper
from wrenchai_orchestrator.timer_keeper import Source, TimerKeeper
from wrenchai_orchestrator.timer_projection import TIMERS, Changes, TimerProjection

from tests.simulation.seeded_time import virtual_now


class VirtualTimekeeper:
    """Fires timers by the virtual clock. All replicas do so at once, which is worse than what a lock allows."""

    def __init__(self, log: EventLog, committer: Committer, context: Context) -> None:
        self._log, self._committer, self._context = log, committer, context

    async def keep(self, tail: LogTail) -> None:
        """For ever, from the log's beginning; anew whenever the log could not be reached."""
        while True:
            try:
                await self._keep(tail)
            except* LogUnavailable:
                await asyncio.sleep(0.1)

    async def _keep(self, tail: LogTail) -> None:
        tail.go_on_after(0)
        view = TimerTable()
        source = Source(view.due, self._ends, view.reached)
        keeper = TimerKeeper(source, self._committer, self._context, virtual_now)
        schedules = ScheduleKeeper(self._log, self._committer, virtual_now)
        view.keeper, view.schedules = keeper, schedules
        async with asyncio.TaskGroup() as group:
            group.create_task(_follow(tail, view, schedules))
            group.create_task(keeper.run())
            group.create_task(schedules.run())

    async def _ends(self, streams: Collection[str]) -> dict[str, StreamEnd]:
        rows = {stream: await self._log.read_stream(stream) for stream in sorted(streams)}
        return {name: StreamEnd(r[-1].version, r[-1].topic.partition(".")[0]) for name, r in rows.items() if r}


async def _follow(tail: LogTail, view: "TimerTable", schedules: ScheduleKeeper) -> None:
    async for batch in tail.batches():
        view.apply(batch)
        schedules.hear_ends(batch)


class TimerTable:
    """The tables of open timers and of schedules, as the view's writer keeps them."""

    def __init__(self) -> None:
        self._projection = TimerProjection(self._hear)
        self._rows: dict[tuple[str, str], Row] = {}
        self._schedules: dict[str, Row] = {}
        self._applied = Applied()
        self.keeper: TimerKeeper | None = None
        self.schedules: ScheduleKeeper | None = None

    def apply(self, batch: Sequence[Rung]) -> None:
        """Fold a batch, whichever part of it is wanted."""
        projection = self._projection
        entries = entries_of(projection.wanted(batch))
        missing = projection.missing(entries)
        for task in missing.get("timer", ()):
            projection.remember("timer", [dict(row) for key, row in self._rows.items() if key[0] == task])
        known = [self._schedules[name] for name in missing.get("schedule", ()) if name in self._schedules]
        projection.remember("schedule", [dict(row) for row in known])
        projection.fold(entries)
        for row in projection.changes()["timer"]:
            key = (row["task_id"], row["path"])
            self._rows.pop(key, None)
            if TIMERS.lives(row):
                self._rows[key] = dict(row)
        for row in projection.changes()["schedule"]:
            self._schedules[row["name"]] = dict(row)
        projection.settle()
        self._applied.reach(batch[-1].position)

    async def due(self, before: datetime, most: int) -> list[Row]:
        """The timers due before then, the earliest first."""
        rows = [row for row in self._rows.values() if row["due"] and datetime.fromisoformat(row["due"]) < before]
        return sorted(rows, key=lambda row: datetime.fromisoformat(row["due"]))[:most]

    async def reached(self, position: int) -> None:
        """Once the table holds all up to there."""
        await self._applied.wait_for(position, 3600.0)

    def _hear(self, changes: Changes) -> None:
        if self.keeper is not None:
            self.keeper.hear(changes["timer"])
        if self.schedules is not None:
            self.schedules.hear(changes["schedule"])
