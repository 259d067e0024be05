"""The view that time is kept by: the timers of every open task, and every schedule. Ended tasks leave no row in it."""

from collections.abc import Callable, Collection, Mapping, Sequence

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import Entry, Row, Table
from wrenchai_contracts.subjects import task_of

from wrenchai_orchestrator import schedules, timers
from wrenchai_orchestrator.timers import OpenTimers

TIMERS = Table(
    name="timer",
    columns={
        "task_id": 'text COLLATE "C"',
        "path": 'text COLLATE "C"',
        "kind": "text",
        "n": "bigint",
        "due": "timestamptz",
        "since": "timestamptz",
        "tenant": "text",
    },
    key=("task_id", "path"),
    loaded_by="task_id",
    indexes=("(due) WHERE due IS NOT NULL",),
    vanishing=True,
)

SCHEDULES = Table(
    name="schedule",
    columns={
        "name": 'text COLLATE "C"',
        "tenant": "text",
        "version": "bigint",
        "schedule": "json",
        "paused": "boolean",
        "after": "timestamptz",
        "last_task": "text",
    },
    key=("name",),
    loaded_by="name",
    vanishing=True,
)

Changes = Mapping[str, Sequence[Row]]

_MOST_REMEMBERED = 20_000
_TYPES = timers.TYPES | schedules.TYPES
_ONLY_WITH = {"JourneyDispatched": b'"schedule_to_start":', "StepOpened": b'"due":'}
"""Sparse events that set a timer only if they have this field."""


class TimerProjection:
    """Tells `hear` what has changed once that is durable; rows that are no more by their keys."""

    name = "timers"
    shape = 1
    tables: tuple[Table, ...] = (TIMERS, SCHEDULES)

    def __init__(self, hear: Callable[[Changes], None] = lambda _: None) -> None:
        self._hear = hear
        self._complaints: list[str] = []
        self.forget()

    def wanted(self, batch: Sequence[Rung]) -> Sequence[Rung]:
        """See `Selective.wanted`: a task that begins and ends within `batch` leaves nothing behind."""
        named = [(event, *_type_and_task(event.subject)) for event in batch]
        ours = [one for one in named if one[1] in _TYPES]
        begun = {task for _, event_type, task in ours if event_type == "TaskRequested"}
        brief = begun & {task for _, event_type, task in ours if event_type in timers.ENDS}
        return [event for event, event_type, task in ours if task not in brief and _matters(event_type, event.state)]

    def missing(self, entries: Sequence[Entry]) -> Mapping[str, Collection[str]]:
        """See `Projection.missing`."""
        born = {entry.stream for entry in entries if entry.type == "TaskRequested"}
        tasks = {task_of(entry.stream) for entry in entries if entry.type in timers.TYPES}
        names = {schedules.name_of(entry.stream) for entry in entries if entry.type in schedules.TYPES}
        found = {"timer": tasks - born - self._tasks.keys(), "schedule": names - self._schedules.keys()}
        return {table: values for table, values in found.items() if values}

    def remember(self, table: str, rows: Sequence[Row]) -> None:
        """See `Projection.remember`."""
        for row in rows:
            if table == "schedule":
                self._schedules[row["name"]] = row
            else:
                known = self._tasks.setdefault(row["task_id"], OpenTimers())
                known.rows[row["path"]] = row
                known.stored.add(row["path"])

    def fold(self, entries: Sequence[Entry]) -> None:
        """See `Projection.fold`. An entry of a task that is not open changes nothing."""
        for entry in entries:
            try:
                self._follow(entry)
            except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as problem:
                self._complaints.append(f"event {entry.position} ({entry.type}) fits nothing known: {problem!r}")

    def complaints(self) -> Sequence[str]:
        """See `Projection.complaints`."""
        said, self._complaints = self._complaints, []
        return said

    def changes(self) -> Changes:
        """See `Projection.changes`. What came and went since the last `settle` needs no row."""
        changed = [row for task in self._touched for row in _changed(task, self._tasks[task])]
        told = [self._schedules.get(name) or {"name": name} for name in self._told]
        return {"timer": changed, "schedule": told}

    def settle(self) -> None:
        """See `Projection.settle`."""
        self._hear(self.changes())
        for task in self._touched:
            self._tasks[task].settled()
            if not self._tasks[task].rows:
                del self._tasks[task]
        while len(self._tasks) > _MOST_REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        self._touched.clear()
        self._told.clear()

    def forget(self) -> None:
        """See `Projection.forget`."""
        self._tasks: dict[str, OpenTimers] = {}
        self._schedules: dict[str, Row] = {}
        self._touched: dict[str, None] = {}
        self._told: dict[str, None] = {}

    def _follow(self, entry: Entry) -> None:
        if entry.type in schedules.TYPES:
            self._follow_schedule(entry)
            return
        task = task_of(entry.stream)
        if entry.type == "TaskRequested":
            self._tasks[task] = timers.begin(entry)
        elif task in self._tasks:
            timers.evolve(self._tasks[task], entry)
        else:
            return
        self._touched[task] = None

    def _follow_schedule(self, entry: Entry) -> None:
        name = schedules.name_of(entry.stream)
        now = schedules.evolve(self._schedules.pop(name, None), entry)
        if now is not None:
            self._schedules[name] = now
        self._told[name] = None


def _changed(task: str, known: OpenTimers) -> list[Row]:
    here = [known.rows[path] for path in sorted(known.changed & known.rows.keys())]
    gone: list[Row] = [{"task_id": task, "path": path} for path in sorted(known.changed & known.stored)]
    return [*here, *(key for key in gone if key["path"] not in known.rows)]


def _type_and_task(subject: str) -> tuple[str, str]:
    _, event_type, _, _, stream = subject.split(".", 4)
    return event_type, task_of(stream)


def _matters(event_type: str, state: bytes) -> bool:
    needed = _ONLY_WITH.get(event_type)
    return needed is None or needed in state
