"""How much memory processes hold, each with its children; shared pages are counted once, by halves and thirds."""

import re
from pathlib import Path

_PROC = Path("/proc")
_PARENT_FIELD = 1  # behind the command's closing bracket in /proc/PID/stat
_KILOBYTES = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def memory_of(pid: int) -> int | None:
    """Bytes of the process and all below it; None where the system does not tell."""
    if not (_PROC / "self/stat").exists():
        return None
    children = _children()
    found, open_ends = 0, [pid]
    while open_ends:
        one = open_ends.pop()
        found += _own(one)
        open_ends += children.get(one, [])
    return found


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for directory in _PROC.iterdir():
        if directory.name.isdecimal():
            stat = _text(directory / "stat").rpartition(")")[2].split()
            if stat:
                found.setdefault(int(stat[_PARENT_FIELD]), []).append(int(directory.name))
    return found


def _own(pid: int) -> int:
    shared = _KILOBYTES.search(_text(_PROC / str(pid) / "smaps_rollup"))
    resident = shared or _RESIDENT.search(_text(_PROC / str(pid) / "status"))
    return int(resident[1]) * 1024 if resident else 0


def _text(file: Path) -> str:
    """What the file says; nothing when its process is gone or another user's."""
    try:
        return file.read_text()
    except OSError:
        return ""
