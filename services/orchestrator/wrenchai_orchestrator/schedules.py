"""Schedules: what their events say of them, and what is to be done about one now. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.events import Schedule
from wrenchai_contracts.shape import Name, TaskId
from wrenchai_language.schedule_moments import last_moment, next_moment, put_off

TYPES = frozenset({"ScheduleSet", "SchedulePaused", "ScheduleResumed", "ScheduleDeleted", "ScheduleFired"})

_A_SECOND = timedelta(seconds=1)


def name_of(stream: str) -> Name:
    """The schedule that a stream is of."""
    return stream.partition("/")[2]


# --- the fold --------------------------------------------------------------------------------------------


def evolve(row: Row | None, entry: Entry) -> Row | None:
    """A schedule's row after one more event; None if there is no such schedule (any more).

    `after`: the moments up to then are done with. `last_task`: what it began last, backfill apart.
    """
    if entry.type == "ScheduleSet":
        return _set(row, entry)
    if row is None or entry.type == "ScheduleDeleted":
        return None
    return row | {"version": entry.version} | _CHANGE[entry.type](row, entry)


def _set(row: Row | None, entry: Entry) -> Row:
    return {
        "name": name_of(entry.stream),
        "tenant": entry.tenant,
        "version": entry.version,
        "schedule": entry.data["schedule"],
        "paused": row is not None and row["paused"],
        "after": entry.at,
        "last_task": row["last_task"] if row is not None else None,
    }


def _fired(row: Row, entry: Entry) -> Row:
    if entry.data.get("backfill"):
        return {}
    due, task = entry.data["due"], entry.data.get("task_id")
    later = datetime.fromisoformat(due) > datetime.fromisoformat(row["after"])
    return {"after": due if later else row["after"], "last_task": task or row["last_task"]}


_CHANGE: dict[str, Callable[[Row, Entry], Row]] = {
    "SchedulePaused": lambda _row, _: {"paused": True},
    "ScheduleResumed": lambda _row, entry: {"paused": False, "after": entry.at},
    "ScheduleFired": _fired,
}


# --- what to do ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A schedule as it stands at `version` of its stream."""

    name: Name
    tenant: str
    version: int
    schedule: Schedule
    paused: bool
    after: datetime
    last_task: TaskId | None

    @classmethod
    def of(cls, row: Row) -> "Known":
        """From its row.

        Raises:
            ValidationError: a newer release has made it.
        """
        spec, after = Schedule.model_validate(row["schedule"]), datetime.fromisoformat(row["after"])
        return cls(row["name"], row["tenant"], row["version"], spec, row["paused"], after, row["last_task"])

    @property
    def wakes(self) -> datetime | None:
        """When something is to be done about it next; None while it rests, or if it never comes again."""
        due = None if self.paused else next_moment(self.schedule, self.after)
        return due and put_off(self.schedule, self.name, due)

    def fired(self, due: datetime, task: TaskId | None) -> "Known":
        """After we ourselves recorded what became of a moment."""
        return replace(self, version=self.version + 1, after=max(due, self.after), last_task=task or self.last_task)


class Last(NamedTuple):
    """The task that a schedule began last: whether it is still open, or when it ended."""

    open: bool = False
    ended: datetime | None = None


class Firing(NamedTuple):
    """One moment is to be recorded: a task begins, or why none does. `stops`: the task that gives way to it."""

    due: datetime
    skipped: str | None = None
    stops: TaskId | None = None


def what_now(known: Known, last: Last, now: datetime) -> Firing | None:
    """What is to be recorded next; None if it is not time, or the moment waits for the last task's end.

    Moments missed by more than `catch_up` are recorded as skipped, all together as the last of them. While a moment
    waits it is not missed; if another comes meanwhile, the newer one waits instead.
    """
    if known.wakes is None or known.wakes > now:
        return None
    passed_over = _missed(known, last, now) or _waited_in_vain(known, last, now)
    if passed_over is not None:
        return passed_over
    due = next_moment(known.schedule, known.after)
    return None if due is None else _overlapping(known, last, due)


def _overlapping(known: Known, last: Last, due: datetime) -> Firing | None:
    if not last.open:
        return Firing(due)
    match known.schedule.overlap:
        case "allow":
            return Firing(due)
        case "cancel_other":
            return Firing(due, stops=known.last_task)
        case "skip":
            return Firing(due, skipped=f"the task before, {known.last_task}, has not ended")
        case _:
            return None


def _missed(known: Known, last: Last, now: datetime) -> Firing | None:
    """The last moment that is too old to be made up for."""
    edge = now - timedelta(seconds=known.schedule.catch_up)
    if _kept_waiting(known, last, edge):
        return None
    due = last_moment(known.schedule, known.after, _surely_by(known, edge) - _A_SECOND)
    return None if due is None else Firing(due, skipped=f"missed by more than {known.schedule.catch_up:g} seconds")


def _waited_in_vain(known: Known, last: Last, now: datetime) -> Firing | None:
    """The last moment but one of those that waited for the same task."""
    if known.schedule.overlap != "wait" or not (last.open or last.ended):
        return None
    newest = last_moment(known.schedule, known.after, _surely_by(known, now if last.open else last.ended or now))
    due = newest and last_moment(known.schedule, known.after, newest - _A_SECOND)
    return None if due is None else Firing(due, skipped="a newer moment waited for the same task to end")


def _kept_waiting(known: Known, last: Last, edge: datetime) -> bool:
    """Whether it was the last task that held the moments up, and no absence of ours."""
    return known.schedule.overlap == "wait" and (last.open or (last.ended is not None and last.ended >= edge))


def _surely_by(known: Known, now: datetime) -> datetime:
    """Moments up to then are over by `now`, however far they were put off."""
    return now - timedelta(seconds=known.schedule.jitter)
