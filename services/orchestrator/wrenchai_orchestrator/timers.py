"""The timers of one task that are open, folded from its events. Pure, whatever the events were cut into.

A timer is set by an event and named by that event's version: `StepOpened` with `due`; `PlanCreated` and
`LimitsExtended`, the task's deadline; `JourneyDispatched` with `schedule_to_start`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.paths import belongs_to
from wrenchai_contracts.plan import Plan

DEADLINE = "_deadline"
"""The path under which a task's deadline is kept. It has a row from the request to the end, with or without a time."""

_DEADLINE_BY_DEFAULT = Plan.model_fields["deadline"].default


@dataclass(slots=True)
class OpenTimers:
    """Rows by path: of those that have one in the table (`stored`), and of those that are new or other (`changed`)."""

    rows: dict[str, Row] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def put(self, row: Row) -> None:
        """Set a timer, in place of what its path had."""
        self.rows[row["path"]] = row
        self.changed.add(row["path"])

    def close(self, path: str) -> None:
        """The timer of that path waits no more."""
        if self.rows.pop(path, None) is not None:
            self.changed.add(path)

    def settled(self) -> None:
        """The table has it all."""
        self.stored = set(self.rows)
        self.changed.clear()


def begin(requested: Entry) -> OpenTimers:
    """The timers of a task that was just requested: its deadline, whose time the plan will tell."""
    timers = OpenTimers()
    timers.put(_row(requested, DEADLINE, "deadline", None) | {"since": requested.at})
    return timers


def evolve(timers: OpenTimers, entry: Entry) -> None:
    """Fold one event of the task."""
    follow = _BY_TYPE.get(entry.type)
    if follow is not None and timers.rows:
        follow(timers, entry)


def _planned(timers: OpenTimers, entry: Entry) -> None:
    since = timers.rows[DEADLINE]["since"]
    _move_deadline(timers, entry, _later(since, entry.data["plan"].get("deadline", _DEADLINE_BY_DEFAULT)))


def _extended(timers: OpenTimers, entry: Entry) -> None:
    if (due := entry.data.get("deadline")) is not None:
        _move_deadline(timers, entry, due)


def _move_deadline(timers: OpenTimers, entry: Entry, due: str | None) -> None:
    timers.put(timers.rows[DEADLINE] | {"n": entry.version, "due": due})


def _opened(timers: OpenTimers, entry: Entry) -> None:
    if (due := entry.data.get("due")) is not None:
        timers.put(_row(entry, entry.data["step"], "step", due))


def _closed_with_all_inside(timers: OpenTimers, entry: Entry) -> None:
    """A step that is settled or repeated, whatever go it is, takes along what waits inside it."""
    step = entry.data["step"]
    for path in [path for path in timers.rows if belongs_to(path, step)]:
        timers.close(path)


def _dispatched(timers: OpenTimers, entry: Entry) -> None:
    if (patience := entry.data.get("schedule_to_start")) is not None:
        timers.put(_row(entry, entry.data["journey"], "journey", _later(entry.at, patience)))


def _under_way(timers: OpenTimers, entry: Entry) -> None:
    journey = entry.stream.partition("/")[2]
    if timers.rows.get(journey, {}).get("kind") == "journey":
        timers.close(journey)


def _fired(timers: OpenTimers, entry: Entry) -> None:
    path = entry.data.get("step") or DEADLINE
    row = timers.rows.get(path)
    if row is None or row["n"] != int(entry.stream.rpartition("/")[2]):
        return
    if path == DEADLINE:
        timers.put(row | {"due": None})
    else:
        timers.close(path)


def _ended(timers: OpenTimers, _: Entry) -> None:
    for path in list(timers.rows):
        timers.close(path)


def _row(entry: Entry, path: str, kind: str, due: str | None) -> Row:
    task = entry.stream.partition("/")[0]
    return {
        "task_id": task,
        "path": path,
        "kind": kind,
        "n": entry.version,
        "due": due,
        "since": None,
        "tenant": entry.tenant,
    }


def _later(at: str, seconds: float) -> str:
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


_BY_TYPE: dict[str, Callable[[OpenTimers, Entry], None]] = {
    "PlanCreated": _planned,
    "LimitsExtended": _extended,
    "StepOpened": _opened,
    "StepSettled": _closed_with_all_inside,
    "StepRepeated": _closed_with_all_inside,
    "JourneyDispatched": _dispatched,
    "StepStarted": _under_way,
    "JourneyCompleted": _under_way,
    "JourneyFailed": _under_way,
    "JourneyCancelled": _under_way,
    "TimerFired": _fired,
    "TaskCompleted": _ended,
    "TaskFailed": _ended,
    "TaskCancelled": _ended,
}

TYPES = frozenset({"TaskRequested", *_BY_TYPE})
"""The events that set or close timers."""

ENDS = frozenset({"TaskCompleted", "TaskFailed", "TaskCancelled"})
