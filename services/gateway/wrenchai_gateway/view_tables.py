"""The tables of the view, and the rows of those that say differently what a step or an event says. Pure."""

from typing import Any

from wrenchai_chassis.projection import Entry, Row, Table

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
        "passed": "int",
        "progress": "float8",
        "at_work": "int",
        "open_waits": "int",
        "attempts": "int",
        "failed_attempts": "int",
        "waiting_seconds": "float8",
        "working_seconds": "float8",
        "total_seconds": "float8",
        "spent_calls": "bigint",
        "spent_tokens": "bigint",
        "spent_micros": "bigint",
        "spent_seconds": "float8",
        "paused": "boolean",
        "held": "boolean",
        "priority": "int",
        "deadline": "timestamptz",
        "metadata": "jsonb",
        "inputs": "json",
        "forked_from": "json",
        "roles": "json",
        "tools": "json",
        "budget": "json",
        "outline": "json",
        "unknown_lists": "json",
        "waiting_for": "json",
        "result_from": "json",
        "result": "json",
        "quality": "json",
        "parked": "json",
        "undone": "json",
        "not_undone": "json",
        "kind": "text",
        "reason": "text",
    },
    key=("task_id",),
    loaded_by="task_id",
    once=frozenset({"description", "inputs", "metadata", "forked_from"}),
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
        "type": "text",
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
        "gathered": "boolean",
        "evidence": "json",
        "artifacts": "json",
        "count": "int",
        "round": "int",
        "verdict": "json",
        "wait": "json",
        "due": "timestamptz",
        "effect": "json",
        "undoes": "text",
        "reused_from": "text",
        "judged": "json",
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

APPROVALS = Table(
    name="approval",
    columns={
        "position": "bigint",
        "task_id": 'text COLLATE "C"',
        "tenant": "text",
        "step": "text",
        "playbook": "text",
        "title": "text",
        "details": "json",
        "digest": "text",
        "need": "int",
        "of": "json",
        "requester_may": "boolean",
        "requested_position": "bigint",
        "asked_at": "timestamptz",
        "due": "timestamptz",
        "state": "text",
        "decided": "json",
        "decided_at": "timestamptz",
    },
    key=("position",),
    loaded_by="task_id",
    indexes=("(tenant, state, position)", "(task_id)"),
)

EFFECTS = Table(
    name="effect",
    columns={
        "key": 'text COLLATE "C"',
        "position": "bigint",
        "task_id": 'text COLLATE "C"',
        "tenant": "text",
        "journey": "text",
        "step": "text",
        "tool": "text",
        "target": "text",
        "digest": "text",
        "attempt": "int",
        "state": "text",
        "by": "text",
        "resolution": "text",
        "claimed_at": "timestamptz",
        "settled_at": "timestamptz",
    },
    key=("key",),
    loaded_by="task_id",
    indexes=("(tenant, state, position)", "(task_id)"),
)

SCHEDULES = Table(
    name="schedule",
    columns={
        "name": 'text COLLATE "C"',
        "stream": "text",
        "tenant": "text",
        "schedule": "json",
        "paused": "boolean",
        "deleted": "boolean",
        "reason": "text",
        "set_at": "timestamptz",
        "last_due": "timestamptz",
        "last_task": "text",
        "last_skipped": "text",
        "position": "bigint",
    },
    key=("name",),
    loaded_by="stream",
    indexes=("(stream)",),
)

JUDGEMENTS = Table(
    name="judgement",
    columns={
        "task_id": 'text COLLATE "C"',
        "path": 'text COLLATE "C"',
        "tenant": "text",
        "playbook": "text",
        "position": "bigint",
        "at": "timestamptz",
        "quality": "float8",
        "low": "float8",
        "high": "float8",
        "decision": "text",
        "asked": "int",
        "expected": "float8",
        "false_accept": "float8",
        "wants": "text",
        "said": "text",
    },
    key=("task_id", "path"),
    loaded_by="task_id",
    indexes=(
        "(tenant, at)",
        "(tenant, position) WHERE wants IS NOT NULL AND said IS NULL",
    ),
)

CHOICES = Table(
    name="choice",
    columns={
        "task_id": 'text COLLATE "C"',
        "step": 'text COLLATE "C"',
        "kind": "text",
        "tenant": "text",
        "position": "bigint",
        "at": "timestamptz",
        "options": "jsonb",
    },
    key=("task_id", "step", "kind"),
    loaded_by="task_id",
    indexes=("(tenant, at)",),
)

_APPROVAL_STATES = {"waiting": "waiting", "completed": "approved", "failed": "rejected"}


def approval_of(header: Row, step: Row) -> Row | None:
    """The row of an approval that a step waits or waited for; None if it waits for something else, or nothing."""
    wait = step["wait"]
    if wait is None or wait["waits_for"] != "approval":
        return None
    rule = wait.get("approval") or {}
    state = "expired" if wait.get("kind") == "approval_expired" else _APPROVAL_STATES.get(step["status"], "void")
    return {
        "position": step["known_at"],
        "task_id": step["task_id"],
        "tenant": header["tenant"],
        "step": step["journey"],
        "playbook": header["playbook"],
        "title": wait.get("title") or rule.get("title", ""),
        "details": wait.get("details", {}),
        "digest": wait.get("digest"),
        "need": rule.get("need", 1),
        "of": rule.get("of", []),
        "requester_may": rule.get("requester_may", False),
        "requested_position": header["created_position"],
        "asked_at": step["dispatched_at"],
        "due": step["due"],
        "state": state,
        "decided": wait["decided"],
        "decided_at": step["ended_at"],
    }


def effect_of(header: Row, step: Row) -> Row | None:
    """The row of what a step does outside; None if it does nothing there."""
    effect = step["effect"]
    if effect is None:
        return None
    place = {"task_id": step["task_id"], "tenant": header["tenant"], "journey": step["journey"], "step": step["step"]}
    return {**effect, **place}


def parked_row(entry: Entry, data: dict[str, Any]) -> Row:
    """The row of an event that was set aside."""
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


def schedule_row(entry: Entry, before: Row | None) -> Row:
    """The row of a schedule that was made or changed; what it did before stays."""
    row = before or {"last_due": None, "last_task": None, "last_skipped": None}
    deleted_before = before is None or before["deleted"]
    return row | {
        "name": entry.data["name"],
        "stream": entry.stream,
        "tenant": entry.tenant,
        "schedule": entry.data["schedule"],
        "paused": False if deleted_before else row["paused"],
        "deleted": False,
        "reason": "" if deleted_before else row["reason"],
        "set_at": entry.at,
        "position": entry.position,
    }


def follow_schedule(row: Row, entry: Entry) -> None:
    """Bring a schedule's row up to what happened to it."""
    data = entry.data
    row["position"] = entry.position
    match entry.type:
        case "SchedulePaused" | "ScheduleResumed":
            row["paused"], row["reason"] = entry.type == "SchedulePaused", data.get("reason", "")
        case "ScheduleDeleted":
            row["deleted"], row["reason"] = True, data.get("reason", "")
        case "ScheduleFired" if not data.get("backfill"):
            row["last_due"] = data["due"]
            row["last_task"] = data.get("task_id") or row["last_task"]
            row["last_skipped"] = data.get("skipped")
        case _:
            pass
