"""Rows of the view as the views that clients are shown. Pure."""

from collections.abc import Sequence
from typing import Any

from wrenchai_chassis.projection import Row
from wrenchai_contracts.views import TaskStatus

_SAME_IN_BOTH = (
    "task_id", "tenant", "status", "playbook", "description", "message", "created_at", "updated_at",
    "created_position", "position", "metadata", "quality", "paused", "open_waits", "held", "priority",
)  # fmt: skip
_METRICS = (
    "total_seconds", "waiting_seconds", "working_seconds", "attempts", "failed_attempts", "steps_total",
    "steps_completed", "events",
)  # fmt: skip
_SPENT = ("calls", "tokens", "micros", "seconds")
_ONLY_IN_FULL = (
    "playbook_digest", "plan_digest", "inputs", "roles", "tools", "result", "kind", "budget", "deadline", "forked_from",
    "undone", "not_undone",
)  # fmt: skip
_OF_A_STEP = (
    "journey", "step", "type", "role", "tool", "status", "attempt", "worker", "index", "dispatched_at", "started_at",
    "ended_at", "waiting_seconds", "working_seconds", "reason", "output", "evidence", "artifacts", "count", "round",
    "verdict", "wait", "due", "effect", "undoes", "reused_from", "judged",
)  # fmt: skip

SUMMARY_COLUMNS = (*_SAME_IN_BOTH, *_METRICS, "progress", *(f"spent_{kind}" for kind in _SPENT))
FULL_COLUMNS = (*SUMMARY_COLUMNS, *_ONLY_IN_FULL, "reason", "parked")
STEP_COLUMNS = (*_OF_A_STEP, "known_at")


def progress_of(header: Row) -> float:
    """Never beyond 1, and 1 only when the task is completed; it never goes back.

    Each leaf of the plan that is done with closes its part of what is left, whatever has become known by then.
    """
    if header["status"] == TaskStatus.COMPLETED.value:
        return 1.0
    return round(min(float(header["progress"]), 0.99), 4)


def summary_of(header: Row) -> dict[str, Any]:
    """The fields of `views.TaskSummary`."""
    shown = {name: header[name] for name in _SAME_IN_BOTH}
    shown["progress"] = progress_of(header)
    shown["metrics"] = {name: header[name] for name in _METRICS} | {"spent": spent_of(header)}
    return shown


def spent_of(header: Row) -> dict[str, Any]:
    """What the attempts that have ended cost."""
    return {kind: header[f"spent_{kind}"] for kind in _SPENT}


def view_of(header: Row, steps: Sequence[Row]) -> dict[str, Any]:
    """The fields of `views.TaskView`."""
    shown = summary_of(header) | {name: header[name] for name in _ONLY_IN_FULL}
    shown["reason"] = header["reason"] or _why_parked(header)
    shown["steps"] = [_step_of(step) for step in steps]
    return shown


def _step_of(step: Row) -> dict[str, Any]:
    output = step["output"]
    at_odds = {} if output is None or isinstance(output, dict) else {"output": None, "value": output}
    return {name: step[name] for name in _OF_A_STEP} | {"order": step["known_at"]} | at_odds


def _why_parked(header: Row) -> str | None:
    said = [f"{event} was set aside: {reason}" for event, reason in header["parked"].items()]
    return "; ".join(said) or None
