"""Who admits tasks: of all replicas one follows the log, and records whose turn has come."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from wrenchai_chassis.clock import Clock, utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.health import Check
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.leadership import Candidate
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.service import Runtime
from wrenchai_chassis.stream_ends import stream_ends
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.view_snapshot import Question, snapshot
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import Overloaded
from wrenchai_contracts.events import TasksAdmitted
from wrenchai_contracts.views import DependencyHealth

from wrenchai_orchestrator.admission import ROOM, Admission, Room
from wrenchai_orchestrator.admission_hearing import Hearing
from wrenchai_orchestrator.admission_projection import HELD_TASKS, AdmissionProjection, begin_from

ADMISSION = "admission"
ADMISSION_LOCK = 0x61_64_6D_69  # "admi"

PACE = 0.02
"""Seconds from one admission to the next: who ends meanwhile is replaced together, by one event."""

_LINGER = 0.5
_SWEEP = 60.0
_BATCH = 20_000
_LATER = 1.0
_LOOK_AT_THE_CLOCK = 30.0


class Admitting(NamedTuple):
    """What a service runs for it, and what its health says of it."""

    coroutines: dict[str, Coroutine[Any, Any, None]]
    checks: dict[str, Check]


def admitting(runtime: Runtime, room: Room) -> Admitting:
    """Tasks are admitted by this replica or by another."""
    keeper = AdmissionKeeper(runtime, room)
    return Admitting({"admission": keeper.run()}, {"admission": keeper.health})


@dataclass(slots=True)
class AdmissionKeeper:
    """One of the replicas: it admits, or stands by until the one that does is gone."""

    runtime: Runtime
    room: Room
    tail: LogTail = field(init=False)
    candidate: Candidate = field(init=False)
    at_work: "AtTheGate | None" = None

    def __post_init__(self) -> None:
        self.tail = LogTail(self.runtime.log, self.runtime.bus, sweep=_SWEEP)
        url = self.runtime.settings.postgres_url.get_secret_value()
        self.candidate = Candidate(url, "wrenchai-admission", ADMISSION_LOCK, self._keep, self.runtime.logger)

    async def run(self) -> None:
        """Admit while the lead is ours, for ever."""
        self.tail.rest()
        await self.tail.listen()
        await self.candidate.run()

    async def health(self) -> DependencyHealth:
        """Whether it admits, and how many wait."""
        gate = self.at_work
        if not self.candidate.leads or gate is None:
            return DependencyHealth(status="up", detail="stands by; another replica admits")
        detail = f"admits: {gate.admission.waiting} tasks wait, {gate.admission.running} that had waited run"
        return DependencyHealth(status="up", lag=max(self.tail.position - gate.position, 0), detail=detail)

    async def _keep(self) -> None:
        try:
            while True:
                told = self.runtime
                url = told.settings.postgres_url.get_secret_value()
                self.at_work = AtTheGate(Parts(told.log, url, told.committer, told.context, told.clock, self.room))
                try:
                    await self.at_work.keep(self.tail)
                except* VersionConflict:
                    told.logger.warning("another replica has admitted tasks; this one looks again at who waits")
        finally:
            self.tail.rest()


@dataclass(frozen=True, slots=True)
class Parts:
    """What tasks are admitted with."""

    log: PostgresLog
    url: str
    committer: Committer
    context: Context
    clock: Clock = utc_now
    room: Room = ROOM


class AtTheGate:
    """One time of leading, from the view's checkpoint on. What follows it is taken in as soon as it is heard."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._inbox = Inbox(parts.log, limit=_BATCH)
        self._projector = Projector(AdmissionProjection, parts.url, self._inbox, linger=_LINGER)
        self._wake, self._level = asyncio.Event(), asyncio.Event()
        self.admission = Admission(parts.room)
        self._hearing = Hearing(self.admission, version=0)

    @property
    def position(self) -> int:
        """How far the view is."""
        return self._projector.applied.position

    async def keep(self, tail: LogTail) -> None:
        """Follow `tail`; admit nobody before all is known that was recorded until now.

        Raises:
            VersionConflict: somebody else has admitted tasks; begin again.
            LogUnavailable: the same.
        """
        await self._projector.prepare()
        position, rows = await snapshot(self._parts.log, self._projector, Question(HELD_TASKS.name))
        begin_from(rows, self.admission)
        end = (await stream_ends(self._parts.log, (ADMISSION,))).get(ADMISSION)
        self._hearing.version = end.version if end else 0
        head = await self._parts.log.head()
        tail.go_on_after(position)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._projector.run())
            group.create_task(self._follow(tail, head))
            group.create_task(self._admit())

    async def _follow(self, tail: LogTail, head: int) -> None:
        if tail.position >= head:
            self._level.set()
        async for batch in tail.batches():
            self._inbox.put(batch)
            if self._hearing.hear(batch, self._parts.clock()):
                self._wake.set()
            if tail.position >= head:
                self._level.set()

    async def _admit(self) -> None:
        await self._level.wait()
        while True:
            self._wake.clear()
            if tasks := self.admission.admit(self._parts.clock()):
                await self._record(TasksAdmitted(tasks=tuple(tasks)))
                await asyncio.sleep(PACE)
            else:
                await self._rest()

    async def _rest(self) -> None:
        next_time = self.admission.next_time()
        seconds = (next_time - self._parts.clock()).total_seconds() if next_time else _LOOK_AT_THE_CLOCK
        try:
            async with asyncio.timeout(min(max(seconds, PACE), _LOOK_AT_THE_CLOCK)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _record(self, event: TasksAdmitted) -> None:
        """As the next event of its stream, as it was known when the choice was made."""
        version = self._hearing.version + 1
        new = NewEvent(ADMISSION, version, event, replace(self._parts.context, correlation=ADMISSION))
        while True:
            try:
                await self._parts.committer.commit([new])
            except Overloaded:
                await asyncio.sleep(_LATER)
            else:
                self._hearing.version = max(self._hearing.version, version)
                return
