"""Rows of the view as the views that clients are shown. Pure."""

from collections.abc import Sequence
from typing import Any

from wrenchai_chassis.projection import Row
from wrenchai_contracts.views import TaskStatus

_SAME_IN_BOTH = (
    "task_id", "tenant", "status", "playbook", "description", "message", "created_at", "updated_at",
    "created_position", "position", "metadata", "quality",
)  # fmt: skip
_METRICS = (
    "total_seconds", "waiting_seconds", "working_seconds", "attempts", "failed_attempts", "steps_total",
    "steps_completed", "events",
)  # fmt: skip
_ONLY_IN_FULL = ("playbook_digest", "plan_digest", "inputs", "roles", "tools", "result")
_OF_A_STEP = (
    "journey", "step", "role", "tool", "status", "attempt", "worker", "index", "dispatched_at", "started_at",
    "ended_at", "waiting_seconds", "working_seconds", "reason", "output", "evidence", "artifacts",
)  # fmt: skip

SUMMARY_COLUMNS = (*_SAME_IN_BOTH, *_METRICS)
FULL_COLUMNS = (*SUMMARY_COLUMNS, *_ONLY_IN_FULL, "reason", "parked")
STEP_COLUMNS = (*_OF_A_STEP, "known_at")


def progress_of(header: Row) -> float:
    """Completed steps by known steps; 1 only when the task is completed."""
    if header["status"] == TaskStatus.COMPLETED.value:
        return 1.0
    known = header["steps_total"]
    return round(min(header["steps_completed"] / known, 0.99), 4) if known else 0.0


def summary_of(header: Row) -> dict[str, Any]:
    """The fields of `views.TaskSummary`."""
    shown = {name: header[name] for name in _SAME_IN_BOTH}
    shown["progress"] = progress_of(header)
    shown["metrics"] = {name: header[name] for name in _METRICS}
    return shown


def view_of(header: Row, steps: Sequence[Row]) -> dict[str, Any]:
    """The fields of `views.TaskView`."""
    shown = summary_of(header) | {name: header[name] for name in _ONLY_IN_FULL}
    shown["reason"] = header["reason"] or _why_parked(header)
    shown["steps"] = [_step_of(step) for step in steps]
    return shown


def _step_of(step: Row) -> dict[str, Any]:
    return {name: step[name] for name in _OF_A_STEP} | {"order": step["known_at"]}


def _why_parked(header: Row) -> str | None:
    said = [f"{event} was set aside: {reason}" for event, reason in header["parked"].items()]
    return "; ".join(said) or None
