"""One task folded from its events into a header row and step rows. Pure: no clock, no I/O, the same for ever."""

from collections.abc import Callable, Sequence
from typing import Any

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.views import TaskStatus

from wrenchai_gateway import journey_fold
from wrenchai_gateway.task_state import NOTHING, TaskFold, seconds_between


def begin(requested: Entry) -> TaskFold:
    """The task that a `TaskRequested` begins."""
    asked, at = requested.data, requested.at
    header = {
        "task_id": requested.stream,
        "tenant": requested.tenant,
        "status": TaskStatus.REQUESTED.value,
        "phase": TaskStatus.REQUESTED.value,
        "playbook": asked.get("playbook"),
        "playbook_digest": asked.get("playbook_digest"),
        "description": asked.get("description", ""),
        "inputs": asked.get("inputs", {}),
        "metadata": asked.get("metadata", {}),
        "message": "waits to be planned",
        "created_at": at,
        "updated_at": at,
        "created_position": requested.position,
        "position": requested.position,
        "events": 1,
        "steps_total": 0,
        "steps_completed": 0,
        "attempts": 0,
        "failed_attempts": 0,
        "waiting_seconds": 0.0,
        "working_seconds": 0.0,
        "total_seconds": None,
        "plan_digest": None,
        "result_from": [],
        "roles": {},
        "tools": {},
        "result": None,
        "reason": None,
        "quality": None,
        "parked": {},
    }
    return TaskFold(header)


def evolve(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Fold one event into `task`; the step rows that it changed. The header always changes: it counts events."""
    header = task.header
    header["events"] += 1
    header["position"] = entry.position
    header["updated_at"] = entry.at
    follow = _BY_TYPE.get(entry.type)
    changed = NOTHING if follow is None else follow(task, entry)
    header["status"] = TaskStatus.PARKED.value if header["parked"] and not task.ended else header["phase"]
    return changed


def fold_on(task: TaskFold | None, entry: Entry) -> TaskFold:
    """One task's first event, or its next one."""
    if task is None:
        return begin(entry)
    evolve(task, entry)
    return task


# --- the task's own events -------------------------------------------------------------------------------


def _roles_assigned(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["roles"] = entry.data["roles"]
    return NOTHING


def _tools_allocated(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["tools"] = entry.data["tools"]
    return NOTHING


def _plan_created(task: TaskFold, entry: Entry) -> Sequence[Row]:
    header, plan = task.header, entry.data["plan"]
    header["plan_digest"] = entry.data["digest"]
    header["playbook"] = plan["playbook"]
    header["playbook_digest"] = entry.data["playbook_digest"]
    header["result_from"] = plan.get("result_from", [])
    header["steps_total"] = sum(len(j["steps"]) for j in plan["journeys"] if j["for_each"] is None)
    task.enter(TaskStatus.PLANNED, f"planned: {header['steps_total']} steps")
    return NOTHING


def _plan_executed(task: TaskFold, _: Entry) -> Sequence[Row]:
    task.enter(TaskStatus.EVALUATING, "the result is being judged")
    return NOTHING


def _plan_aborted(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.say(f"stopping, because {entry.data['journey']} failed: {entry.data['reason']}")
    return NOTHING


def _cancellation_requested(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["reason"] = entry.data["reason"] or None
    task.enter(TaskStatus.CANCELLING, "cancellation was requested")
    return NOTHING


def _evaluated(task: TaskFold, entry: Entry) -> Sequence[Row]:
    judged = entry.data
    task.header["quality"] = {name: judged[name] for name in _QUALITY if name in judged}
    task.say(f"judged: {judged['decision']}")
    return NOTHING


_QUALITY = ("quality", "interval", "level", "decision", "reasons", "dimensions", "not_measured")


def _completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    wanted = task.header["result_from"]
    result: dict[str, Any] = {}
    for row in task.steps():
        name = row["in_group"] or row["step"]
        if name in wanted and row["output"] is not None:
            _put_output(result, name, row)
    task.header["result"] = result
    _end(task, entry, TaskStatus.COMPLETED, "done")
    return NOTHING


def _put_output(result: dict[str, Any], name: str, row: Row) -> None:
    """A step's output under its id; branches by their ids; those of a for_each in the order of their items."""
    if row["in_group"] is None:
        result[name] = row["output"]
    elif row["index"] is None:
        result.setdefault(name, {})[row["step"]] = row["output"]
    else:
        items = result.setdefault(name, [])
        items += [None] * (row["index"] + 1 - len(items))
        items[row["index"]] = row["output"]


def _failed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["reason"] = entry.data["reason"]
    _end(task, entry, TaskStatus.FAILED, entry.data["reason"])
    return NOTHING


def _cancelled(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["reason"] = entry.data["reason"] or task.header["reason"]
    _end(task, entry, TaskStatus.CANCELLED, "cancelled")
    return NOTHING


# --- parked events of the task ---------------------------------------------------------------------------


def _parked(task: TaskFold, entry: Entry) -> Sequence[Row]:
    data = entry.data
    task.header["parked"][f"{data['consumer']}/{data['position']}"] = data["reason"]
    task.say(f"{data['consumer']} gave up on event {data['position']}: {data['reason']}")
    return NOTHING


def _redriven(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["parked"].pop(f"{entry.data['consumer']}/{entry.data['position']}", None)
    task.say(f"event {entry.data['position']} was sent to {entry.data['consumer']} again")
    return NOTHING


def _end(task: TaskFold, entry: Entry, phase: TaskStatus, message: str) -> None:
    task.enter(phase, message)
    task.header["total_seconds"] = seconds_between(task.header["created_at"], entry.at)


_BY_TYPE: dict[str, Callable[[TaskFold, Entry], Sequence[Row]]] = {
    "RolesAssigned": _roles_assigned,
    "ToolsAllocated": _tools_allocated,
    "PlanCreated": _plan_created,
    "PlanExecuted": _plan_executed,
    "PlanAborted": _plan_aborted,
    "TaskCancellationRequested": _cancellation_requested,
    "TaskCompleted": _completed,
    "TaskFailed": _failed,
    "TaskCancelled": _cancelled,
    "JourneyDispatched": journey_fold.dispatched,
    "StepStarted": journey_fold.step_started,
    "StepCompleted": journey_fold.step_completed,
    "StepFailed": journey_fold.step_failed,
    "JourneyCompleted": journey_fold.journey_completed,
    "JourneyFailed": journey_fold.journey_stopped,
    "JourneyCancelled": journey_fold.journey_stopped,
    "ExecutionEvaluated": _evaluated,
    "EventParked": _parked,
    "EventRedriven": _redriven,
}
