"""Schedules: set, paused, resumed, deleted and made up for, each as an event in the schedule's own stream."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from pydantic import AwareDatetime, ConfigDict, Field
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.projection import Row, entry_of
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import FieldProblem, InputRejected, UnknownSchedule
from wrenchai_contracts.events import (
    Event,
    Schedule,
    ScheduleDeleted,
    ScheduleFired,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSet,
    TaskRequested,
)
from wrenchai_contracts.shape import Frozen
from wrenchai_contracts.subjects import schedule_stream
from wrenchai_language.schedule_check import wrong_with
from wrenchai_language.schedule_moments import next_moments
from wrenchai_language.scheduled_task import Moment, task_of_moment

from wrenchai_gateway.catalogue import KnownPlaybook
from wrenchai_gateway.claims import claim_of
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.submissions import Caller, digest_of
from wrenchai_gateway.view_tables import follow_schedule, schedule_row

MOST_MOMENTS = 1000
"""Moments that one backfill makes up for, in one commit."""


class Known(NamedTuple):
    """What a schedule's stream says: its row as the view keeps it, and how far the stream is."""

    row: Row | None
    version: int
    last: int

    @property
    def is_there(self) -> bool:
        """Whether it was set and not deleted since."""
        return self.row is not None and not self.row["deleted"]


class Backfill(Frozen):
    """Make up for the moments from one time to another, both counted in; at most 1,000."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


Decision = Callable[[Known], Sequence[Event]]
"""From what is known to the events that follow; none if it is as wanted already."""


async def set_schedule(gateway: Gateway, name: str, schedule: Schedule, caller: Caller) -> int:
    """Make or change a schedule; the position of the last event of its stream.

    Raises:
        UnknownPlaybook, PlaybookRejected
        InputRejected: its times or its inputs are wrong.
    """
    playbook = await gateway.catalogue.find(schedule.playbook)
    inputs = playbook.schema.completed(schedule.inputs)
    if problems := [*wrong_with(schedule), *playbook.schema.problems(inputs)]:
        raise InputRejected(problems)
    await gateway.catalogue.require_tools(playbook)
    wanted = schedule.model_dump(mode="json")

    def decide(known: Known) -> Sequence[Event]:
        same = known.is_there and known.row is not None and known.row["schedule"] == wanted
        return () if same else (ScheduleSet(name=name, schedule=schedule),)

    return await _record(gateway, name, decide, caller)


async def pause_schedule(gateway: Gateway, name: str, reason: str, caller: Caller) -> int:
    """Let it rest."""

    def decide(known: Known) -> Sequence[Event]:
        row = _require(known, name)
        return () if row["paused"] else (SchedulePaused(name=name, reason=reason),)

    return await _record(gateway, name, decide, caller)


async def resume_schedule(gateway: Gateway, name: str, reason: str, caller: Caller) -> int:
    """Let it go on."""

    def decide(known: Known) -> Sequence[Event]:
        row = _require(known, name)
        return (ScheduleResumed(name=name, reason=reason),) if row["paused"] else ()

    return await _record(gateway, name, decide, caller)


async def delete_schedule(gateway: Gateway, name: str, reason: str, caller: Caller) -> int:
    """End it; what it began goes on."""

    def decide(known: Known) -> Sequence[Event]:
        if known.row is None:
            raise UnknownSchedule(name)
        return (ScheduleDeleted(name=name, reason=reason),) if known.is_there else ()

    return await _record(gateway, name, decide, caller)


async def backfill(gateway: Gateway, name: str, wanted: Backfill, caller: Caller) -> tuple[int, int]:
    """Begin a task for each moment that is wanted; the position, and how many moments.

    Whether tasks overlap is not asked, nor whether the schedule rests. The first answer again if the caller's key is
    known.

    Raises:
        UnknownSchedule, InputRejected
        KeyReused: the key stands for another request.
    """
    asked = digest_of(f"backfill {name}", wanted)
    if wanted.end > gateway.runtime.clock():
        raise InputRejected([FieldProblem("to", "lies ahead; moments to come begin their tasks by themselves")])
    while True:
        if (first := await gateway.intake.first_answer(caller, asked)) is not None:
            return first.position, len(first.task_ids)
        known = await known_schedule(gateway, name)
        schedule = Schedule.model_validate(_require(known, name)["schedule"])
        due = _moments(schedule, wanted.start, wanted.end)
        playbook = await gateway.catalogue.find(schedule.playbook)
        begun = [_begun(name, moment, known.version + n, schedule, playbook) for n, moment in enumerate(due, 1)]
        requests = gateway.door.pass_through([(one.request, playbook) for one in begun], caller.tenant)
        begun = [one._replace(request=request) for one, request in zip(begun, requests, strict=True)]
        if not begun:
            return known.last, 0
        claim = claim_of(caller, asked, [one.request.task_id for one in begun])
        try:
            events = [*_all_events(name, known, begun, caller), *claim]
            return await gateway.runtime.committer.commit(events), len(begun)
        except VersionConflict:
            continue


async def known_schedule(gateway: Gateway, name: str) -> Known:
    """What the log says of it."""
    row: Row | None = None
    version = last = 0
    for stored in await gateway.runtime.log.read_stream(schedule_stream(name)):
        entry, version, last = entry_of(stored.position, stored.state), stored.version, stored.position
        if entry.type == "ScheduleSet":
            row = schedule_row(entry, row)
        elif row is not None:
            follow_schedule(row, entry)
    return Known(row, version, last)


async def _record(gateway: Gateway, name: str, decide: Decision, caller: Caller) -> int:
    stream = schedule_stream(name)
    context = Context(caller.actor, caller.tenant, correlation=stream, trace=caller.trace)
    while True:
        known = await known_schedule(gateway, name)
        events = decide(known)
        if not events:
            return known.last
        new = [NewEvent(stream, known.version + n, event, context) for n, event in enumerate(events, 1)]
        try:
            return await gateway.runtime.committer.commit(new)
        except VersionConflict:
            continue


def _require(known: Known, name: str) -> Row:
    if known.row is None or known.row["deleted"]:
        raise UnknownSchedule(name)
    return known.row


def _moments(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    found = list(islice(next_moments(schedule, start - timedelta(microseconds=1), end), MOST_MOMENTS + 1))
    if len(found) > MOST_MOMENTS:
        reason = f"more than {MOST_MOMENTS} moments lie between; ask for a shorter time"
        raise InputRejected([FieldProblem("to", reason)])
    return found


class _Begun(NamedTuple):
    fired: ScheduleFired
    request: TaskRequested


def _begun(name: str, due: datetime, version: int, schedule: Schedule, playbook: KnownPlaybook) -> _Begun:
    request = task_of_moment(Moment(name, due, again=version), schedule, playbook.playbook, playbook.digest)
    return _Begun(ScheduleFired(name=name, due=due, task_id=request.task_id, backfill=True), request)


def _all_events(name: str, known: Known, begun: Sequence[_Begun], caller: Caller) -> list[NewEvent]:
    stream = schedule_stream(name)
    context = Context(caller.actor, caller.tenant, correlation=stream, trace=caller.trace)
    fired = [NewEvent(stream, known.version + n, one.fired, context) for n, one in enumerate(begun, 1)]
    tasks = [_task(one.request, caller, cause) for one, cause in zip(begun, fired, strict=True)]
    return fired + tasks


def _task(request: TaskRequested, caller: Caller, cause: NewEvent) -> NewEvent:
    causation = f"{cause.stream}@{cause.version}"
    context = Context(caller.actor, caller.tenant, request.task_id, causation, caller.trace)
    return NewEvent(request.task_id, 1, request, context)
