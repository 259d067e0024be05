"""Begins the tasks of schedules: what became of a moment and the task itself are recorded in one commit."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.clock import Clock
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict
from wrenchai_chassis.projection import Row, entry_of
from wrenchai_contracts.envelope import Context, NewEvent, Undecodable, unseal
from wrenchai_contracts.errors import Overloaded, Refused
from wrenchai_contracts.events import ScheduleFired, TaskCancellationRequested, TaskRequested
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name, TaskId, Tenant
from wrenchai_contracts.subjects import CATALOGUE, schedule_stream
from wrenchai_language.schedule_check import wrong_with
from wrenchai_language.scheduled_task import Moment, task_of_moment

from wrenchai_orchestrator.agenda import Agenda
from wrenchai_orchestrator.schedules import Firing, Known, Last, evolve, what_now
from wrenchai_orchestrator.staffing import Catalogue
from wrenchai_orchestrator.timer_projection import SCHEDULES
from wrenchai_orchestrator.timers import ENDS

Complete = Callable[[TaskRequested, Playbook, Tenant], TaskRequested]
"""Adds to a request what its playbook and inputs decide: whether it is held, and what it takes turns at."""


def as_it_is(request: TaskRequested, _: Playbook, __: Tenant) -> TaskRequested:
    """A request to which nothing is added."""
    return request


_LATER = timedelta(seconds=1)
_LOOK_AT_THE_CLOCK = 30.0
_LONGEST_REASON = 2000

_logger = logging.getLogger(__name__)


class CannotBegin(Exception):  # noqa: N818  # a noun with its facts
    """A moment's task cannot be begun, for this reason."""


@dataclass(slots=True)
class Playbooks:
    """The newest playbook of each name, as the catalogue tells when it is asked."""

    log: EventLog
    catalogue: Catalogue = field(default_factory=Catalogue)

    async def task(self, known: Known, due: datetime) -> tuple[TaskRequested, Playbook]:
        """What a moment begins.

        Raises:
            CannotBegin: the playbook is not known, or does not take the inputs.
        """
        await self._learn()
        digest = self.catalogue.latest.get(known.schedule.playbook)
        if digest is None:
            message = f"no playbook is called {known.schedule.playbook!r}"
            raise CannotBegin(message)
        playbook = self.catalogue.playbooks[digest]
        try:
            return task_of_moment(Moment(known.name, due), known.schedule, playbook, digest), playbook
        except Refused as refused:
            raise CannotBegin(str(refused)) from refused

    async def _learn(self) -> None:
        for row in await self.log.read_stream(CATALOGUE, self.catalogue.version):
            try:
                self.catalogue.learn(unseal(row.position, row.state).event)
            except Undecodable:  # a newer release's event, or a broken one: what it tells is not for us
                self.catalogue.learn(None)


class ScheduleKeeper:
    """Knows every schedule, and attends to each when its time comes or when the task that it waits for ends."""

    def __init__(
        self,
        log: EventLog,
        committer: Committer,
        clock: Clock,
        complete: Complete = as_it_is,
    ) -> None:
        self._log, self._committer, self._clock, self._complete = log, committer, clock, complete
        self._playbooks = Playbooks(log)
        self._known: dict[Name, Known] = {}
        self._agenda: Agenda[Name, Name] = Agenda()
        self._waiting: dict[TaskId, Name] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._known)

    def hear(self, rows: Sequence[Row]) -> None:
        """Schedules have changed; that is durable."""
        for row in rows:
            if SCHEDULES.lives(row):
                self._learn(row)
            else:
                self._forget(row["name"])

    def hear_ends(self, batch: Iterable[Rung]) -> None:
        """What was just recorded may end a task that a moment waits for."""
        if self._waiting:
            for event in batch:
                _, event_type, _, _, stream = event.subject.split(".", 4)
                if event_type in ENDS and stream in self._waiting:
                    self._plan(self._waiting.pop(stream), self._clock())

    async def run(self) -> None:
        """Attend to schedules, for ever.

        Raises:
            LogUnavailable: begin again with a new keeper.
        """
        while True:
            self._wake.clear()
            if names := self._agenda.take(self._clock(), 1):
                await self._attend(names[0])
            else:
                await self._rest()

    async def _rest(self) -> None:
        next_time = self._agenda.next
        seconds = (next_time - self._clock()).total_seconds() if next_time else _LOOK_AT_THE_CLOCK
        try:
            async with asyncio.timeout(min(max(seconds, 0.0), _LOOK_AT_THE_CLOCK)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _learn(self, row: Row) -> None:
        """Take a row in, unless we have recorded ourselves what comes after it."""
        known = self._known.get(row["name"])
        if known is not None and known.version >= row["version"]:
            return
        try:
            new = Known.of(row)
        except ValidationError as problem:
            _logger.error("schedule %s cannot be read here and rests: %s", row["name"], problem)  # noqa: TRY400
            self._forget(row["name"])
            return
        if problems := wrong_with(new.schedule):
            _logger.error("schedule %s rests: %s", row["name"], problems[0])
            self._forget(row["name"])
            return
        self._known[new.name] = new
        self._plan(new.name, new.wakes)

    def _forget(self, name: Name) -> None:
        self._known.pop(name, None)
        self._agenda.drop(name)

    def _plan(self, name: Name, when: datetime | None) -> None:
        if when is None:
            self._agenda.drop(name)
        else:
            self._agenda.put(name, when, name)
            self._wake.set()

    async def _attend(self, name: Name) -> None:
        """Record one thing about it, or find out when there will be one to record."""
        known = self._known.get(name)
        if known is None:
            return
        if known.last_task is not None:  # before we ask: its end may come while we do
            self._waiting[known.last_task] = name
        now = self._clock()
        firing = what_now(known, await self._last(known), now)
        if firing is not None:
            await self._record(known, firing)
        elif known.wakes is not None and known.wakes > now:
            self._plan(name, known.wakes)
        else:
            return  # the end of its last task will be heard
        if known.last_task is not None:
            self._waiting.pop(known.last_task, None)

    async def _last(self, known: Known) -> Last:
        rows = await self._log.read_stream(known.last_task) if known.last_task is not None else []
        if not rows:
            return Last()
        end = entry_of(rows[-1].position, rows[-1].state)
        return Last(ended=datetime.fromisoformat(end.at)) if end.type in ENDS else Last(open=True)

    async def _record(self, known: Known, firing: Firing) -> None:
        """Commit what becomes of the moment; whoever was first with that stream or task is heard, and we look again."""
        try:
            begun = None if firing.skipped else await self._request(known, firing)
        except CannotBegin as why:
            begun, firing = None, Firing(firing.due, skipped=str(why)[:_LONGEST_REASON])
        try:
            await self._committer.commit(
                [*_begins(known, begun), _fired(known, firing, begun), *await self._stop(known, firing)]
            )
        except VersionConflict:
            await self._look_again(known, firing, begun)
        except Overloaded:
            self._plan(known.name, self._clock() + _LATER)
        except Refused as refused:
            await self._record(known, Firing(firing.due, skipped=str(refused)[:_LONGEST_REASON]))
        else:
            self._go_on(known.fired(firing.due, begun.task_id if begun else None))

    async def _request(self, known: Known, firing: Firing) -> TaskRequested:
        request, playbook = await self._playbooks.task(known, firing.due)
        try:
            return self._complete(request, playbook, known.tenant)
        except Refused as refused:
            raise CannotBegin(str(refused)) from refused

    async def _stop(self, known: Known, firing: Firing) -> list[NewEvent]:
        """Ask the task that gives way to stop, unless it has just ended."""
        rows = await self._log.read_stream(firing.stops) if firing.stops is not None else []
        if not rows or entry_of(rows[-1].position, rows[-1].state).type in ENDS:
            return []
        context = Context(schedule_stream(known.name), tenant=known.tenant, correlation=rows[0].stream)
        request = TaskCancellationRequested(reason="the schedule's next moment came")
        return [NewEvent(rows[0].stream, rows[-1].version + 1, request, context)]

    async def _look_again(self, known: Known, firing: Firing, begun: TaskRequested | None) -> None:
        """Fold what the schedule's stream says by now; if nothing new, the task itself was in the way."""
        row: Row | None = _row_of(known)
        rows = await self._log.read_stream(schedule_stream(known.name), known.version)
        for stored in rows:
            row = evolve(row, entry_of(stored.position, stored.state))
        if row is None:
            self._forget(known.name)
        elif rows:
            self._learn(row)
        elif begun is not None and await self._log.read_stream(begun.task_id):
            await self._record(known, Firing(firing.due, skipped=f"{begun.task_id} was begun before"))
        else:
            self._plan(known.name, self._clock())

    def _go_on(self, known: Known) -> None:
        """Believe what we have recorded."""
        self._known[known.name] = known
        self._plan(known.name, known.wakes)


def _begins(known: Known, begun: TaskRequested | None) -> list[NewEvent]:
    if begun is None:
        return []
    cause = f"{schedule_stream(known.name)}@{known.version + 1}"
    context = Context(schedule_stream(known.name), tenant=known.tenant, correlation=begun.task_id, causation=cause)
    return [NewEvent(begun.task_id, 1, begun, context)]


def _fired(known: Known, firing: Firing, begun: TaskRequested | None) -> NewEvent:
    stream = schedule_stream(known.name)
    event = ScheduleFired(
        name=known.name, due=firing.due, task_id=begun.task_id if begun else None, skipped=firing.skipped
    )
    cause = f"{stream}@{known.version}"
    context = Context(schedule_stream(known.name), tenant=known.tenant, correlation=stream, causation=cause)
    return NewEvent(stream, known.version + 1, event, context)


def _row_of(known: Known) -> Row:
    return {
        "name": known.name,
        "tenant": known.tenant,
        "version": known.version,
        "schedule": known.schedule.model_dump(mode="json"),
        "paused": known.paused,
        "after": known.after.isoformat(),
        "last_task": known.last_task,
    }
