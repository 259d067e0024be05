"""The view that admission begins from: every task that was held and has not ended. Any other leaves no row in it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import Entry, Row, Table

from wrenchai_orchestrator.admission import Admission
from wrenchai_orchestrator.admission_lanes import Held, Share
from wrenchai_orchestrator.timers import ENDS

_ALL = "all"

HELD_TASKS = Table(
    name="held_task",
    columns={
        "task_id": 'text COLLATE "C"',
        "known": "text",
        "tenant": "text",
        "priority": "int",
        "at": "text",
        "shares": "json",
        "admitted": "text",
        "ended": "boolean",
    },
    key=("task_id",),
    loaded_by="known",
    vanishing=True,
)


class AdmissionProjection:
    """Knows all rows, once it has loaded them: which ends are of interest is decided before anything is parsed.

    A row outlasts its task while the task counts for a rate.
    """

    name = "admission"
    shape = 1
    tables: tuple[Table, ...] = (HELD_TASKS,)

    def __init__(self) -> None:
        self._complaints: list[str] = []
        self.forget()

    def wanted(self, batch: Sequence[Rung]) -> Sequence[Rung]:
        """See `Selective.wanted`."""
        wanted, held = [], set[str]()
        for event in batch:
            _, event_type, routing, _, stream = event.subject.split(".", 4)
            if event_type not in _BY_TYPE:
                continue
            if event_type == "TaskRequested" and routing == "held":
                held.add(stream)
            if event_type == "TasksAdmitted" or stream in held or not self._loaded or stream in self._rows:
                wanted.append(event)
        return wanted

    def missing(self, entries: Sequence[Entry]) -> Mapping[str, Collection[str]]:
        """See `Projection.missing`: everything, once."""
        return {"held_task": (_ALL,)} if entries and not self._loaded else {}

    def remember(self, table: str, rows: Sequence[Row]) -> None:  # noqa: ARG002  # there is one table
        """See `Projection.remember`."""
        self._loaded = True
        self._rows |= {row["task_id"]: row for row in rows}
        self._stored |= self._rows.keys()
        for row in rows:
            self._expire_later(row)

    def fold(self, entries: Sequence[Entry]) -> None:
        """See `Projection.fold`."""
        for entry in entries:
            try:
                _BY_TYPE[entry.type](self, entry)
            except (AttributeError, LookupError, TypeError, ValueError) as problem:
                self._complaints.append(f"event {entry.position} ({entry.type}) fits nothing known: {problem!r}")

    def complaints(self) -> Sequence[str]:
        """See `Projection.complaints`."""
        said, self._complaints = self._complaints, []
        return said

    def changes(self) -> Mapping[str, Sequence[Row]]:
        """See `Projection.changes`. What came and went since the last `settle` needs no row."""
        here = [self._rows[task] for task in self._touched if task in self._rows]
        gone: list[Row] = [{"task_id": task} for task in self._touched if task in self._stored - self._rows.keys()]
        return {"held_task": [*here, *gone]}

    def settle(self) -> None:
        """See `Projection.settle`."""
        for task in self._touched:
            (self._stored.add if task in self._rows else self._stored.discard)(task)
        self._touched.clear()

    def forget(self) -> None:
        """See `Projection.forget`."""
        self._loaded = False
        self._rows: dict[str, Row] = {}
        self._stored: set[str] = set()
        self._touched: dict[str, None] = {}
        self._expiring: list[tuple[datetime, str]] = []

    def requested(self, entry: Entry) -> None:
        """A task that is held."""
        if entry.data.get("held"):
            self._put(row_of(entry))

    def prioritised(self, entry: Entry) -> None:
        """It matters more or less."""
        if (row := self._rows.get(entry.stream)) is not None:
            self._put(row | {"priority": entry.data["priority"]})

    def admitted(self, entry: Entry) -> None:
        """The turn of some has come; of others, that have ended, nothing need be known any more."""
        for task in entry.data["tasks"]:
            row = self._rows.get(task)
            if row is not None and row["admitted"] is None:
                self._put(row | {"admitted": entry.at})
        while self._expiring and self._expiring[0][0] <= datetime.fromisoformat(entry.at):
            self._drop(heappop(self._expiring)[1])

    def task_ended(self, entry: Entry) -> None:
        """Forgotten, unless it counts for a rate still."""
        row = self._rows.get(entry.stream)
        if row is None:
            return
        ended = row | {"ended": True}
        if self._expire_later(ended):
            self._put(ended)
        else:
            self._drop(entry.stream)

    def _put(self, row: Row) -> None:
        self._rows[row["task_id"]] = row
        self._touched[row["task_id"]] = None

    def _drop(self, task: str) -> None:
        if self._rows.pop(task, None) is not None:
            self._touched[task] = None

    def _expire_later(self, row: Row) -> bool:
        spans = [within for _, _, within in row["shares"] if within is not None]
        lasts = bool(row["ended"] and row["admitted"] and spans)
        if lasts:
            until = datetime.fromisoformat(row["admitted"]) + timedelta(seconds=max(spans))
            heappush(self._expiring, (until, row["task_id"]))
        return lasts


_BY_TYPE: dict[str, Callable[[AdmissionProjection, Entry], None]] = {
    "TaskRequested": AdmissionProjection.requested,
    "TaskPrioritised": AdmissionProjection.prioritised,
    "TasksAdmitted": AdmissionProjection.admitted,
    **dict.fromkeys(ENDS, AdmissionProjection.task_ended),
}


def row_of(requested: Entry) -> Row:
    """The row of a task that has just been requested, and is held."""
    shares = requested.data.get("shares") or ()
    return {
        "task_id": requested.stream,
        "known": _ALL,
        "tenant": requested.tenant,
        "priority": requested.data.get("priority") or 0,
        "at": requested.at,
        "shares": [[share["name"], share["most"], share.get("within")] for share in shares],
        "admitted": None,
        "ended": False,
    }


def held_of(row: Row) -> Held:
    """The task that a row is about."""
    shares = tuple(Share(name, most, within) for name, most, within in row["shares"])
    return Held(row["task_id"], row["tenant"], row["priority"], row["at"], shares)


def begin_from(rows: Iterable[Row], admission: Admission) -> None:
    """Let `admission` know what the view knows."""
    for row in rows:
        held = held_of(row)
        if row["admitted"] is None:
            admission.hold(held)
        elif not row["ended"]:
            admission.began(held, datetime.fromisoformat(row["admitted"]))
        else:
            for share in held.shares:
                if share.within is not None:
                    admission.paced(share, datetime.fromisoformat(row["admitted"]))
