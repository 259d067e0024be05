"""Which process exactly: a pid alone may be reused, a pid with its start time and boot is not."""

import subprocess
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

_PROC = Path("/proc")
_STATE_FIELD, _START_FIELD = 0, 19  # behind the command's closing bracket in /proc/PID/stat


class ProcessIdentity(BaseModel):
    """One process of one boot of one machine."""

    model_config = ConfigDict(frozen=True)

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process that has this pid now; None if there is none or it is only waiting to be reaped."""
        started = _started_by_proc(pid) if (_PROC / "self/stat").exists() else _started_by_ps(pid)
        return cls(pid=pid, started=started) if started else None

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self


def _started_by_proc(pid: int) -> str | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[_STATE_FIELD] in "ZX":
        return None
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[_START_FIELD]}"


def _started_by_ps(pid: int) -> str | None:
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None
