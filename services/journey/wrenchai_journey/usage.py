"""What a tool's process and all that it began have used: the kernel's account at each end, and looks in between.

What a process has used is added to its parent's account when the parent asks for its end, however short its life was.
So only the end of one whom nobody asks for, between two looks, is missed. Memory is resident memory: what processes
share counts in each. Bytes are those that went to a disk or came from one, not those that a cache had.
"""

import json
import os
import resource
import sys
import threading
from contextlib import suppress
from pathlib import Path

from wrenchai_contracts.events import ResourceSample

Measured = dict[str, float]
"""By the field of `ResourceSample`; what could not be measured is not in it."""

_PEAK = "peak_rss"
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def added(one: Measured, other: Measured) -> Measured:
    """Both together."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in one | other}


def greatest(one: Measured, other: Measured) -> Measured:
    """Of each the greater: what was used never grows less, so who says less has overlooked something."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in one | other}


class Meter:
    """Adds up what is used, and tells the sum in a file; two threads may use it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._ended: Measured = {}
        self._told: Measured = {}

    def alive(self, now: Measured) -> None:
        """Those that run have used so much so far."""
        with self._lock:
            self._tell(added(self._ended, now))

    def ended(self, whole: Measured) -> None:
        """One has ended, and has used so much in its whole life, those included for whose end it had asked."""
        with self._lock:
            self._ended = added(self._ended, {name: much for name, much in whole.items() if name != _PEAK})
            self._tell(whole | self._ended)

    def _tell(self, used: Measured) -> None:
        """Whole or not at all; on a full disk the last word stands."""
        self._told = greatest(self._told, used)
        partial = self._file.with_suffix(".partial")
        with suppress(OSError):
            partial.write_text(json.dumps(self._told))
            partial.replace(self._file)


def sample_in(file: Path, *, seconds: float, tokens: int | None) -> ResourceSample:
    """An attempt's sample: what a meter has told in `file`, as far as it could, and what the worker knows itself."""
    known = {"seconds": round(seconds, 6), "tokens": tokens}
    with suppress(OSError, ValueError, TypeError):
        return ResourceSample.model_validate({**json.loads(file.read_bytes()), **known})
    return ResourceSample.model_validate(known)


def used_by_descendants() -> Measured:
    """What those below this process have used that run now, and those before them for whose end they had asked.

    Parents are asked before their children: who ends in between is overlooked, and not counted twice.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415  # most tools end before anybody looks

    used: Measured = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times, memory = process.cpu_times(), process.memory_info()
            cpu = times.user + times.system + times.children_user + times.children_system
            used = added(used, {"cpu_seconds": cpu, _PEAK: memory.rss, **moved_by(process.pid)})
    return used


def used_until_end(usage: resource.struct_rusage, moved: Measured) -> Measured:
    """What a process has used that has ended, by the kernel's account of it."""
    cpu = usage.ru_utime + usage.ru_stime
    return {"cpu_seconds": cpu, _PEAK: usage.ru_maxrss * _MAXRSS_UNIT, **moved}


def moved_by(pid: int) -> Measured:
    """Bytes that a process has read and written, if its account is open to us; also after its end, until it is reaped.

    Source: Linux' `/proc/PID/io`, whose figures include those of children that were reaped.
    """
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
        said = dict(line.split(": ") for line in lines)
        return {"read_bytes": int(said["read_bytes"]), "written_bytes": int(said["write_bytes"])}
    return {}


def next_ended() -> tuple[int, int, Measured]:
    """Wait until a child ends: its process id, its wait status, and what it has used."""
    ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT) if sys.platform == "linux" else None
    moved = moved_by(ended.si_pid) if ended else {}
    pid, status, usage = os.wait4(ended.si_pid if ended else -1, 0)
    return pid, status, used_until_end(usage, moved)
