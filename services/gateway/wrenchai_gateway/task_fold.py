"""One task folded from its events into a header row and step rows. Pure: no clock, no I/O, the same for ever."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.views import TaskStatus

from wrenchai_gateway import control_fold, journey_fold, quality_fold, step_fold
from wrenchai_gateway.plan_outline import certain_leaves, outline_of, unknown_lists
from wrenchai_gateway.task_result import result_of
from wrenchai_gateway.task_state import NOTHING, TaskFold, seconds_between


def begin(requested: Entry) -> TaskFold:
    """The task that a `TaskRequested` begins."""
    asked, held = requested.data, bool(requested.data.get("held", False))
    header = _NOTHING_YET | {
        "task_id": requested.stream,
        "tenant": requested.tenant,
        "status": TaskStatus.REQUESTED.value,
        "phase": TaskStatus.REQUESTED.value,
        "playbook": asked.get("playbook"),
        "playbook_digest": asked.get("playbook_digest"),
        "description": asked.get("description", ""),
        "inputs": asked.get("inputs", {}),
        "metadata": asked.get("metadata", {}),
        "priority": asked.get("priority"),
        "forked_from": asked.get("forked_from"),
        "held": held,
        "message": "waits for its turn" if held else "waits to be planned",
        "created_at": requested.at,
        "updated_at": requested.at,
        "created_position": requested.position,
        "position": requested.position,
        "waiting_for": {},
        "unknown_lists": [],
        "parked": {},
    }
    return TaskFold(header)


_NOTHING_YET: Row = {
    "events": 1,
    "steps_total": 0,
    "steps_completed": 0,
    "passed": 0,
    "progress": 0.0,
    "at_work": 0,
    "open_waits": 0,
    "attempts": 0,
    "failed_attempts": 0,
    "waiting_seconds": 0.0,
    "working_seconds": 0.0,
    "total_seconds": None,
    "spent_calls": 0,
    "spent_tokens": 0,
    "spent_micros": 0,
    "spent_seconds": 0.0,
    "paused": False,
    "budget": {},
    "deadline": None,
    "plan_digest": None,
    "outline": {},
    "result_from": (),
    "roles": {},
    "tools": {},
    "result": None,
    "reason": None,
    "kind": None,
    "undone": (),
    "not_undone": (),
    "quality": None,
}
"""What every task begins with; none of these is changed in its place."""


def evolve(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Fold one event into `task`; the step rows that it changed. The header always changes: it counts events."""
    header = task.header
    header["events"] += 1
    header["position"] = entry.position
    header["updated_at"] = entry.at
    follow = _BY_TYPE.get(entry.type)
    changed = NOTHING if follow is None else follow(task, entry)
    task.show()
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
    header["outline"], header["unknown_lists"] = outline_of(plan["nodes"]), unknown_lists(plan["nodes"])
    header["steps_total"] = certain_leaves(plan["nodes"])
    header["budget"] = {kind: most for kind, most in (plan.get("budget") or {}).items() if most is not None}
    header["deadline"] = _later(header["created_at"], plan.get("deadline", _DAY))
    task.enter(TaskStatus.PLANNED, f"planned: {header['steps_total']} steps")
    return NOTHING


_DAY = 86400.0


def _later(moment: str, seconds: float) -> str:
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def _plan_executed(task: TaskFold, _: Entry) -> Sequence[Row]:
    task.enter(TaskStatus.EVALUATING, "the result is being judged")
    return NOTHING


def _plan_aborted(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.say(f"stopping, because {entry.data['journey']} failed: {entry.data['reason']}")
    return NOTHING


def _undo_began(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.say(f"taking back what {len(entry.data['journeys'])} journeys did: {entry.data['reason']}")
    return NOTHING


def _completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["result"] = result_of(task)
    return _end(task, entry, TaskStatus.COMPLETED, "done")


def _failed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    header, data = task.header, entry.data
    header["reason"], header["kind"] = data["reason"], data.get("kind")
    return _end(task, entry, TaskStatus.FAILED, data["reason"])


def _cancelled(task: TaskFold, entry: Entry) -> Sequence[Row]:
    task.header["reason"] = entry.data["reason"] or task.header["reason"]
    return _end(task, entry, TaskStatus.CANCELLED, "cancelled")


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


def _end(task: TaskFold, entry: Entry, phase: TaskStatus, message: str) -> Sequence[Row]:
    header = task.header
    over = step_fold.all_over(task, entry)
    task.enter(phase, message)
    header["total_seconds"] = seconds_between(header["created_at"], entry.at)
    header["undone"], header["not_undone"] = entry.data.get("undone", []), entry.data.get("not_undone", [])
    return over


_BY_TYPE: dict[str, Callable[[TaskFold, Entry], Sequence[Row]]] = {
    "RolesAssigned": _roles_assigned,
    "ToolsAllocated": _tools_allocated,
    "PlanCreated": _plan_created,
    "PlanExecuted": _plan_executed,
    "PlanAborted": _plan_aborted,
    "StepOpened": step_fold.opened,
    "RoundEnded": step_fold.round_ended,
    "StepSettled": step_fold.settled,
    "StepRepeated": step_fold.repeated,
    "UndoBegan": _undo_began,
    "TaskCancellationRequested": control_fold.cancellation_requested,
    "TaskPaused": control_fold.paused,
    "TaskResumed": control_fold.resumed,
    "TaskPrioritised": control_fold.prioritised,
    "LimitsExtended": control_fold.extended,
    "ApprovalDecided": control_fold.approval_decided,
    "EffectResolved": control_fold.effect_resolved,
    "TasksAdmitted": control_fold.admitted,
    "TaskCompleted": _completed,
    "TaskFailed": _failed,
    "TaskCancelled": _cancelled,
    "JourneyDispatched": journey_fold.dispatched,
    "JourneyReused": journey_fold.reused,
    "StepStarted": journey_fold.step_started,
    "StepCompleted": journey_fold.step_completed,
    "StepFailed": journey_fold.step_failed,
    "StepInterrupted": journey_fold.step_interrupted,
    "EffectClaimed": journey_fold.effect_claimed,
    "EffectSettled": journey_fold.effect_settled,
    "JourneyPaused": journey_fold.journey_paused,
    "JourneyResumed": journey_fold.journey_resumed,
    "JourneyCompleted": journey_fold.journey_completed,
    "JourneyFailed": journey_fold.journey_stopped,
    "JourneyCancelled": journey_fold.journey_stopped,
    "ResultOffered": quality_fold.offered,
    "ChoiceDrawn": quality_fold.drawn,
    "ExecutionEvaluated": quality_fold.evaluated,
    "VerdictWeighed": quality_fold.weighed,
    "EventParked": _parked,
    "EventRedriven": _redriven,
}
