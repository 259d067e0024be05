"""What people asked of a running task, as far as its view shows it. Pure; each returns the rows that it changed."""

from collections.abc import Sequence

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.views import TaskStatus

from wrenchai_gateway.task_state import NOTHING, TaskFold

_STATES = {"happened": "done", "retry": "not_done", "compensate": "done"}


def cancellation_requested(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """What runs is told to stop."""
    task.header["reason"] = entry.data["reason"] or None
    task.enter(TaskStatus.CANCELLING, "cancellation was requested")
    return NOTHING


def paused(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Nothing new begins."""
    task.header["paused"] = True
    why = entry.data.get("reason") or ""
    task.say(f"paused{': ' if why else ''}{why}; resume it to go on")
    return NOTHING


def resumed(task: TaskFold, _: Entry) -> Sequence[Row]:
    """It goes on."""
    task.header["paused"] = False
    task.say("goes on")
    return NOTHING


def prioritised(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Beside others it matters so much now."""
    task.header["priority"] = entry.data["priority"]
    return NOTHING


def extended(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Its limits are wider; what has no limit keeps none."""
    header, more = task.header, entry.data.get("more") or {}
    header["budget"] = {kind: most + (more.get(kind) or 0) for kind, most in header["budget"].items()}
    header["deadline"] = entry.data.get("deadline") or header["deadline"]
    return NOTHING


def approval_decided(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """One more person has said yes or no. Who, is in the event's envelope: its position leads there."""
    data, row = entry.data, task.waits.get(entry.data["step"])
    if row is None or row["wait"].get("digest") != data["digest"]:
        return NOTHING
    said = {"position": entry.position, "decision": data["decision"], "at": entry.at}
    row["wait"] = row["wait"] | {"decided": [*row["wait"]["decided"], said]}
    task.say(f"{data['step']}: {_DECISIONS[data['decision']]}")
    return (row,)


_DECISIONS = {"approve": "approved", "reject": "rejected", "change": "approved with a change"}


def effect_resolved(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Somebody said what became of an effect in doubt."""
    data = entry.data
    _, journey, step = data["key"].split("/", 2)
    row = task.journeys[journey].steps[step]
    if row["effect"] is not None:
        found = {"state": _STATES[data["resolution"]], "settled_at": entry.at, "by": "person"}
        row["effect"] = row["effect"] | found | {"resolution": data["resolution"]}
    return (row,)


def admitted(task: TaskFold, _: Entry) -> Sequence[Row]:
    """Its turn has come."""
    task.header["held"] = False
    task.say("waits to be planned")
    return NOTHING
