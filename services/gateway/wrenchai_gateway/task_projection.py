"""The view of all tasks: a small header row for each, a row for each step, and what must be found by other keys."""

from collections.abc import Collection, Mapping, Sequence

from wrenchai_chassis.projection import UNREADABLE, Entry, Row, Table

from wrenchai_gateway.event_view import SET_ASIDE
from wrenchai_gateway.quality_fold import JUDGED, choice_row, judgement_row
from wrenchai_gateway.task_fold import begin, evolve
from wrenchai_gateway.task_state import TaskFold
from wrenchai_gateway.view_tables import (
    APPROVALS,
    CHOICES,
    EFFECTS,
    JUDGEMENTS,
    PARKED,
    SCHEDULES,
    STEPS,
    TASKS,
    approval_of,
    effect_of,
    follow_schedule,
    parked_row,
    schedule_row,
)

_MOST_REMEMBERED = 20_000
_OF_SCHEDULES = frozenset({"ScheduleSet", "SchedulePaused", "ScheduleResumed", "ScheduleDeleted", "ScheduleFired"})
_OF_NO_TASK = _OF_SCHEDULES | {
    "PlaybookRegistered", "ToolRegistered", "ContestEnded", "IdempotencyKeyClaimed", UNREADABLE,
    "EvidenceLearned", "VerdictLearned", "DriftDetected", "InspectorPriorRefreshed", "InspectorPriorRefused",
}  # fmt: skip
_OFFER_SEVERAL = frozenset({"ChoiceOffered", "EntriesScored"})


class TaskProjection:
    """Remembers the tasks in play; those that have ended are dropped, and the longest known if there are too many."""

    name = "tasks"
    shape = 3
    tables: tuple[Table, ...] = (TASKS, STEPS, PARKED, APPROVALS, EFFECTS, SCHEDULES, JUDGEMENTS, CHOICES)

    def __init__(self) -> None:
        self._tasks: dict[str, TaskFold] = {}
        self._parked: dict[str, Row] = {}
        self._headers: dict[str, Row] = {}
        self._steps: dict[tuple[str, int, int], Row] = {}
        self._approvals: dict[int, Row] = {}
        self._effects: dict[str, Row] = {}
        self._schedules: dict[str, Row] = {}
        self._judgements: dict[tuple[str, str], Row] = {}
        self._choices: dict[tuple[str, str, str], Row] = {}
        self._complaints: list[str] = []

    def missing(self, entries: Sequence[Entry]) -> Mapping[str, Collection[str]]:
        """See `Projection.missing`."""
        born = {entry.stream for entry in entries if entry.type == "TaskRequested"}
        tasks = {task for entry in entries for task in tasks_of(entry)}
        unknown = tasks - born - self._tasks.keys()
        parked = {entry.stream for entry in entries if entry.type in SET_ASIDE} - self._parked.keys()
        schedules = {entry.stream for entry in entries if entry.type in _OF_SCHEDULES} - self._schedules.keys()
        found = {"task": unknown, "step": unknown, "parked": parked, "schedule": schedules}
        return {table: values for table, values in found.items() if values}

    def remember(self, table: str, rows: Sequence[Row]) -> None:
        """See `Projection.remember`; a task's header comes before its steps."""
        if table == "task":
            self._tasks |= {row["task_id"]: TaskFold(row) for row in rows}
        elif table == "step":
            for row in rows:
                self._tasks[row["task_id"]].remember((row,))
        elif table == "schedule":
            self._schedules |= {row["stream"]: row for row in rows}
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
        return {
            "task": list(self._headers.values()),
            "step": list(self._steps.values()),
            "parked": list(self._parked.values()),
            "approval": list(self._approvals.values()),
            "effect": list(self._effects.values()),
            "schedule": list(self._schedules.values()),
            "judgement": list(self._judgements.values()),
            "choice": list(self._choices.values()),
        }

    def settle(self) -> None:
        """See `Projection.settle`."""
        for task_id, header in self._headers.items():
            for column in TASKS.once:
                header.pop(column, None)
            if self._tasks[task_id].ended:
                del self._tasks[task_id]
        while len(self._tasks) > _MOST_REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        self._headers, self._steps, self._approvals, self._effects = {}, {}, {}, {}
        self._parked, self._schedules, self._judgements, self._choices = {}, {}, {}, {}

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
        if entry.type in _OF_SCHEDULES:
            self._schedule(entry)
        for task in filter(None, map(self._tasks.get, tasks_of(entry))):
            self._headers[task.header["task_id"]] = task.header
            for row in evolve(task, entry):
                self._note(task.header, row)
            self._note_quality(task, entry)

    def _note(self, header: Row, step: Row) -> None:
        """A step's row has changed, and with it what other tables say of it."""
        self._steps[step["task_id"], step["known_at"], step["place"]] = step
        if (approval := approval_of(header, step)) is not None:
            self._approvals[approval["position"]] = approval
        if (effect := effect_of(header, step)) is not None:
            self._effects[effect["key"]] = effect

    def _note_quality(self, task: TaskFold, entry: Entry) -> None:
        """What an entry says of a result, or offers beside each other, is found by other keys too."""
        if entry.type in JUDGED and (row := judgement_row(task, entry)) is not None:
            self._judgements[row["task_id"], row["path"]] = row
        elif entry.type in _OFFER_SEVERAL:
            choice = choice_row(task.header, entry)
            self._choices[choice["task_id"], choice["step"], choice["kind"]] = choice

    def _schedule(self, entry: Entry) -> None:
        known = self._schedules.get(entry.stream)
        if entry.type == "ScheduleSet":
            self._schedules[entry.stream] = schedule_row(entry, known)
        elif known is not None:
            follow_schedule(known, entry)

    def _set_aside(self, entry: Entry) -> None:
        data = entry.data
        if entry.type == "EventParked":
            self._parked[entry.stream] = parked_row(entry, data)
        elif entry.stream in self._parked:
            self._parked[entry.stream]["redriven_at"] = entry.at


def tasks_of(entry: Entry) -> Sequence[str]:
    """The tasks that an entry tells of; one that was set aside tells of the task whose story it belongs to."""
    if entry.type in _OF_NO_TASK:
        return ()
    if entry.type == "TasksAdmitted":
        named = entry.data.get("tasks")
        return [task for task in named if isinstance(task, str)] if isinstance(named, list) else ()
    return (entry.correlation if entry.type in SET_ASIDE else entry.stream.partition("/")[0],)
