"""Frames about an event that a service gave up on: on a stream of its own, told to whoever follows its task."""

from typing import Any

from tests.live_frames import TASK, Recording


def parked(recording: Recording, seconds: float, consumer: str, position: int, *, reason: str) -> Recording:
    """The service gave up on it."""
    facts = {"subject": f"evt.PlanCreated.default.1.{TASK}", "deliveries": 5, "payload": "e30="}
    return _aside(recording.event(seconds, "EventParked", consumer=consumer, position=position, reason=reason, **facts))


def redriven(recording: Recording, seconds: float, consumer: str, position: int) -> Recording:
    """An operator sent it to its service again."""
    return _aside(recording.event(seconds, "EventRedriven", consumer=consumer, position=position))


def _aside(recording: Recording) -> Recording:
    frame: Any = recording.frames[-1]
    stream = f"parked/{frame.data['consumer']}/{frame.data['position']}"
    recording.frames[-1] = frame.model_copy(update={"stream": stream})
    return recording
