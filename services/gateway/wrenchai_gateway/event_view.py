"""An event as clients are shown it: as REST lists it and as a WebSocket tells it. Pure."""

from typing import Any

from pydantic_core import from_json, to_json
from wrenchai_chassis.projection import UNREADABLE, NoEvent, envelope_of
from wrenchai_contracts.subjects import task_of

ENDS = {"TaskCompleted": "completed", "TaskFailed": "failed", "TaskCancelled": "cancelled"}
"""Events that end a task, and the status it then has."""

SET_ASIDE = frozenset({"EventParked", "EventRedriven"})
"""Events on streams of their own that tell of the task whose story they belong to."""

_NO_EVENT = dict.fromkeys(("id", "stream", "task_id", "tenant", "actor", "correlation", "causation"), "") | {
    "type": UNREADABLE,
    "version": 0,
    "at": "1970-01-01T00:00:00.000000+00:00",
    "data": {},
}
"""What is told of bytes that are no event of ours, beside their place; whoever parked them kept them."""


def event_view(position: int, state: bytes) -> dict[str, Any]:
    """The fields of `views.EventView`, its data in today's shape; of bytes that are no event of ours, their place."""
    try:
        return _view(position, envelope_of(state))
    except NoEvent:
        return _NO_EVENT | {"position": position}


def _view(position: int, head: dict[str, Any]) -> dict[str, Any]:
    stream, version, kind = head["stream"], head["version"], head["type"]
    return {
        "position": position,
        "id": f"{stream}@{version}",
        "type": kind,
        "stream": stream,
        "version": version,
        "task_id": head["correlation"] if kind in SET_ASIDE else task_of(stream),
        "tenant": head["tenant"],
        "actor": head["actor"],
        "correlation": head["correlation"],
        "causation": head["causation"],
        "at": head["at"],
        "data": head["data"],
    }


def event_frame(view: dict[str, Any]) -> str:
    """An event's view as a WebSocket message."""
    return to_json({"kind": "event"} | view).decode()


def end_frame(task_id: str, status: str, position: int) -> str:
    """The last message about a task: its status, and the position of the event that ended it."""
    return to_json({"kind": "end", "task_id": task_id, "status": status, "position": position}).decode()


def progress_frame(task_id: str, beat: bytes) -> str | None:
    """How far a running step is; None if the beat is not of a shape that we tell on."""
    try:
        said = from_json(beat)
    except ValueError:
        return None
    return to_json({"kind": "progress", "task_id": task_id, **said}).decode() if isinstance(said, dict) else None
