"""What the events of a journey do to the task they belong to. Pure; each returns the step rows that it changed."""

from collections.abc import Sequence

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai_gateway.task_state import NOT_YET_JUDGED, NOTHING, JourneyFold, TaskFold, journey_of, seconds_between

_UNENDED = frozenset({"pending", "running", "retrying"})


def dispatched(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Its steps are known from now on, and wait."""
    data = entry.data
    steps = [_pending(entry, place, planned["id"], planned["tool"]) for place, planned in enumerate(data["steps"])]
    task.journeys[data["journey"]] = JourneyFold({row["step"]: row for row in steps}, entry.at)
    if data.get("index") is not None:  # the plan counted the steps of a for_each not at all
        task.header["steps_total"] += len(steps)
    return steps


def _pending(dispatched: Entry, place: int, step: str, tool: str) -> Row:
    data = dispatched.data
    return {
        "task_id": dispatched.stream.partition("/")[0],
        "journey": data["journey"],
        "step": step,
        "known_at": dispatched.position,
        "place": place,
        "role": data["role"],
        "tool": tool,
        "status": StepStatus.PENDING.value,
        "attempt": 0,
        "worker": None,
        "index": data.get("index"),
        "in_group": data.get("group"),
        "dispatched_at": dispatched.at,
        "started_at": None,
        "ended_at": None,
        "waiting_seconds": 0.0,
        "working_seconds": 0.0,
        "reason": None,
        "output": None,
        "evidence": [],
        "artifacts": [],
    }


def step_started(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt begins. One that seemed to run still was lost with its worker: its time was working time."""
    journey, row = _journey_and_row(task, entry)
    attempt, header = entry.data["attempt"], task.header
    if row["status"] == StepStatus.RUNNING.value:
        _add_seconds(task, row, "working_seconds", seconds_between(row["started_at"], entry.at))
        header["failed_attempts"] += 1
    else:
        _add_seconds(task, row, "waiting_seconds", seconds_between(journey.idle_since, entry.at))
    row["status"], row["attempt"], row["worker"] = StepStatus.RUNNING.value, attempt, entry.data["worker"]
    row["started_at"], row["ended_at"] = entry.at, None
    header["attempts"] += 1
    if header["phase"] in NOT_YET_JUDGED:
        again = f", attempt {attempt}" if attempt > 1 else ""
        task.enter(TaskStatus.RUNNING, f"{row['step']} is running{again}")
    return (row,)


def step_completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt ended well, and with it the step."""
    row = _end_attempt(task, entry)
    row["status"], row["output"], row["reason"] = StepStatus.COMPLETED.value, entry.data["output"], None
    task.header["steps_completed"] += 1
    task.say(f"{row['step']} is done")
    return (row,)


def step_failed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt ended badly; another one may follow."""
    row, reason = _end_attempt(task, entry), entry.data["reason"]
    row["status"] = (StepStatus.FAILED if entry.data["retry_in"] is None else StepStatus.RETRYING).value
    row["reason"] = reason
    task.header["failed_attempts"] += 1
    task.say(f"{row['step']} failed: {reason}")
    return (row,)


def journey_completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """The final one goes to the inspector at once."""
    if entry.data["final"] and task.header["phase"] in NOT_YET_JUDGED:
        task.enter(TaskStatus.EVALUATING, "the result is being judged")
    return NOTHING


def journey_stopped(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """What had not ended will not run any more."""
    journey, reason = task.journeys.get(journey_of(entry)), entry.data["reason"]
    unended = [row for row in journey.steps.values() if row["status"] in _UNENDED] if journey else []
    for row in unended:
        row["status"], row["reason"], row["ended_at"] = StepStatus.CANCELLED.value, reason, entry.at
    return unended


def _end_attempt(task: TaskFold, entry: Entry) -> Row:
    data = entry.data
    journey, row = _journey_and_row(task, entry)
    _add_seconds(task, row, "working_seconds", data["seconds"])
    journey.idle_since = row["ended_at"] = entry.at
    row["attempt"], row["evidence"], row["artifacts"] = data["attempt"], data["evidence"], data["artifacts"]
    return row


def _add_seconds(task: TaskFold, row: Row, kind: str, seconds: float) -> None:
    row[kind] += seconds
    task.header[kind] += seconds


def _journey_and_row(task: TaskFold, entry: Entry) -> tuple[JourneyFold, Row]:
    journey = task.journeys[journey_of(entry)]
    return journey, journey.steps[entry.data["step"]]
