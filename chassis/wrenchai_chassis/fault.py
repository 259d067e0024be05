"""Named places on the path of an event where a test may kill the process. Off in production: one dict look-up.

`WRENCHAI_FAULT=committed:3` sends SIGKILL to this process the third time it passes the point `committed`.
`WRENCHAI_FAULT_FILE` names a file that says so; it is removed when it is read: the next life is whole.
"""

import os
import signal
from pathlib import Path

FAULT_POINTS = (
    "received",  # an event reached a handler, nothing was decided
    "decided",  # the handler knows what to record, nothing is recorded
    "appended",  # the batch is committed, nobody was told
    "rung",  # the doorbell rang, the caller does not know yet
    "committed",  # the caller knows, the event that caused it is not acknowledged
    "acknowledged",  # the bus was told that the event is done
    "published",  # the relay put events on the bus, its own position is not moved
    "tool_started",  # an attempt begins: StepStarted is recorded (unless the tool is pure), the tool was not called
    "tool_done",  # the tool has finished, nothing of it is recorded
    "view_written",  # the projector's transaction is committed, its position in memory is not moved
)

_passes_left: dict[str, int] = {}


def arm(setting: str) -> None:
    """Set the point at which this process dies: `name` or `name:nth`."""
    name, _, nth = setting.partition(":")
    if name not in FAULT_POINTS:
        message = f"no fault point is called {name!r}; known: {', '.join(FAULT_POINTS)}"
        raise ValueError(message)
    _passes_left[name] = int(nth or 1)


def fault_point(name: str) -> None:
    """Die here if a test asked for it."""
    if _passes_left and name in _passes_left:
        _passes_left[name] -= 1
        if _passes_left[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm_from_environment() -> None:
    if "WRENCHAI_FAULT" in os.environ:
        arm(os.environ["WRENCHAI_FAULT"])
    file = Path(os.environ.get("WRENCHAI_FAULT_FILE", os.devnull))
    if file.is_file():
        setting = file.read_text().strip()
        file.unlink()
        arm(setting)


_arm_from_environment()
