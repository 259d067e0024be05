"""The view of all tasks: a small header row for each, a row for each step, and the events that were set aside."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from wrenchai_chassis.projection import UNREADABLE, Entry, Row, Table

from wrenchai_gateway.event_view import SET_ASIDE
from wrenchai_gateway.task_fold import begin, evolve
from wrenchai_gateway.task_state import TaskFold

TASKS = Table(
    name="task",
    columns={
        "task_id": 'text COLLATE "C"',
        "tenant": "text",
        "status": "text",
        "phase": "text",
        "playbook": "text",
        "playbook_digest": "text",
        "plan_digest": "text",
        "description": "text",
        "message": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "created_position": "bigint",
        "position": "bigint",
        "events": "int",
        "steps_total": "int",
        "steps_completed": "int",
        "attempts": "int",
        "failed_attempts": "int",
        "waiting_seconds": "float8",
        "working_seconds": "float8",
        "total_seconds": "float8",
        "metadata": "jsonb",
        "inputs": "json",
        "roles": "json",
        "tools": "json",
        "result_from": "json",
        "result": "json",
        "quality": "json",
        "parked": "json",
        "reason": "text",
    },
    key=("task_id",),
    loaded_by="task_id",
    once=frozenset({"description", "inputs", "metadata"}),
    indexes=(
        "(tenant, created_position)",
        "(tenant, status, created_position)",
        "(tenant, playbook, created_position)",
        "USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}'",
    ),
)

STEPS = Table(
    name="step",
    columns={
        "task_id": 'text COLLATE "C"',
        "journey": 'text COLLATE "C"',
        "step": 'text COLLATE "C"',
        "known_at": "bigint",
        "place": "int",
        "role": "text",
        "tool": "text",
        "status": "text",
        "attempt": "int",
        "worker": "text",
        "index": "int",
        "in_group": "text",
        "dispatched_at": "timestamptz",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
        "waiting_seconds": "float8",
        "working_seconds": "float8",
        "reason": "text",
        "output": "json",
        "evidence": "json",
        "artifacts": "json",
    },
    key=("task_id", "known_at", "place"),
    loaded_by="task_id",
)

PARKED = Table(
    name="parked",
    columns={
        "consumer": 'text COLLATE "C"',
        "position": "bigint",
        "stream": "text",
        "tenant": "text",
        "task_id": "text",
        "subject": "text",
        "reason": "text",
        "deliveries": "int",
        "parked_at": "timestamptz",
        "redriven_at": "timestamptz",
    },
    key=("consumer", "position"),
    loaded_by="stream",
    indexes=("(tenant, position) WHERE redriven_at IS NULL", "(stream)"),
)

_MOST_REMEMBERED = 20_000
_OF_NO_TASK = frozenset({"PlaybookRegistered", "ToolRegistered", "IdempotencyKeyClaimed", UNREADABLE})


class TaskProjection:
    """Remembers the tasks in play; those that have ended are dropped, and the longest known if there are too many."""

    name = "tasks"
    shape = 1
    tables: tuple[Table, ...] = (TASKS, STEPS, PARKED)

    def __init__(self) -> None:
        self._tasks: dict[str, TaskFold] = {}
        self._parked: dict[str, Row] = {}
        self._headers: dict[str, Row] = {}
        self._steps: dict[tuple[str, int, int], Row] = {}
        self._complaints: list[str] = []

    def missing(self, entries: Sequence[Entry]) -> Mapping[str, Collection[str]]:
        """See `Projection.missing`."""
        born = {entry.stream for entry in entries if entry.type == "TaskRequested"}
        tasks = {task_of(entry) for entry in entries if entry.type not in _OF_NO_TASK}
        unknown = tasks - born - self._tasks.keys()
        parked = {entry.stream for entry in entries if entry.type in SET_ASIDE} - self._parked.keys()
        found = {"task": unknown, "step": unknown, "parked": parked}
        return {table: values for table, values in found.items() if values}

    def remember(self, table: str, rows: Sequence[Row]) -> None:
        """See `Projection.remember`; a task's header comes before its steps."""
        if table == "task":
            self._tasks |= {row["task_id"]: TaskFold(row) for row in rows}
        elif table == "step":
            for row in rows:
                self._tasks[row["task_id"]].remember((row,))
        else:
            self._parked |= {row["stream"]: row for row in rows}

    def fold(self, entries: Sequence[Entry]) -> None:
        """See `Projection.fold`. An entry of a task that nobody requested changes nothing."""
        for entry in entries:
            try:
                self._follow(entry)
            except (AttributeError, LookupError, TypeError, ValueError) as problem:
                self._complaints.append(f"event {entry.position} ({entry.type}) fits nothing known: {problem!r}")

    def complaints(self) -> Sequence[str]:
        """See `Projection.complaints`."""
        said, self._complaints = self._complaints, []
        return said

    def changes(self) -> Mapping[str, Sequence[Row]]:
        """See `Projection.changes`."""
        parked = [row for row in self._parked.values() if row]
        return {"task": list(self._headers.values()), "step": list(self._steps.values()), "parked": parked}

    def settle(self) -> None:
        """See `Projection.settle`."""
        for task_id, header in self._headers.items():
            for column in TASKS.once:
                header.pop(column, None)
            if self._tasks[task_id].ended:
                del self._tasks[task_id]
        while len(self._tasks) > _MOST_REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        self._headers, self._steps, self._parked = {}, {}, {}

    def forget(self) -> None:
        """See `Projection.forget`."""
        self.__init__()  # type: ignore[misc]  # as new

    def _follow(self, entry: Entry) -> None:
        if entry.type == "TaskRequested":
            born = self._tasks[entry.stream] = begin(entry)
            self._headers[entry.stream] = born.header
            return
        if entry.type in SET_ASIDE:
            self._set_aside(entry)
        task = self._tasks.get(task_of(entry))
        if task is not None:
            self._headers[task.header["task_id"]] = task.header
            for row in evolve(task, entry):
                self._steps[row["task_id"], row["known_at"], row["place"]] = row

    def _set_aside(self, entry: Entry) -> None:
        data = entry.data
        if entry.type == "EventParked":
            self._parked[entry.stream] = _parked_row(entry, data)
        elif entry.stream in self._parked:
            self._parked[entry.stream]["redriven_at"] = entry.at


def task_of(entry: Entry) -> str:
    """The task that an entry tells of; one that was set aside tells of the task whose story it belongs to."""
    return entry.correlation if entry.type in SET_ASIDE else entry.stream.partition("/")[0]


def _parked_row(entry: Entry, data: dict[str, Any]) -> Row:
    return {
        "consumer": data["consumer"],
        "position": data["position"],
        "stream": entry.stream,
        "tenant": entry.tenant,
        "task_id": entry.correlation,
        "subject": data["subject"],
        "reason": data["reason"],
        "deliveries": data["deliveries"],
        "parked_at": entry.at,
        "redriven_at": None,
    }
