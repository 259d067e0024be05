"""The first process of an attempt: it stays behind, runs nothing of the tool, and so no tool can keep it from its work.

It ends the whole process group when the worker dies or asks for it, and measures what the tool and its children use.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from wrenchai_journey.usage import Meter, next_ended, used_by_descendants

LOOK_EVERY = 1.0
"""Seconds. What ended before the first look is known from the kernel; only how much memory there was at once is not."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def leave_a_guardian(worker: int, used: Path) -> None:
    """Go on in a fork. What stays behind tells in the file `used` what is used, and at last ends as the tool has."""
    tool = os.fork()
    if tool == 0:
        return
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)  # whose parent ends without asking for their end, are ours to ask for
    if os.getppid() != worker:
        os.killpg(0, signal.SIGKILL)
    _end_as(_measured(tool, Meter(used)))


def _measured(tool: int, meter: Meter) -> int:
    """The tool's wait status at its end; until then it is looked at every now and then."""
    threading.Thread(target=_look_now_and_then, args=(meter,), daemon=True).start()
    while True:
        pid, status, used = next_ended()
        meter.ended(used)
        if pid == tool:
            return status


def _look_now_and_then(meter: Meter) -> None:
    while True:
        time.sleep(LOOK_EVERY)
        meter.alive(used_by_descendants())


def _end_as(status: int) -> None:
    exit_code = os.waitstatus_to_exitcode(status)
    if exit_code < 0:
        with suppress(OSError):  # SIGKILL has no handler to be reset
            signal.signal(-exit_code, signal.SIG_DFL)
        os.kill(os.getpid(), -exit_code)
    os._exit(exit_code)
