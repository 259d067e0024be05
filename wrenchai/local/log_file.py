"""A process's log: the process writes it itself, we keep it from growing without end."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

_TAIL_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of at most about `limit` bytes, with one older one beside it."""

    path: Path
    limit: int = 10 * 1024 * 1024

    def open(self) -> int:
        """A descriptor that appends, to be given to the child; the caller closes its own copy."""
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def rotate_if_large(self) -> bool:
        """Copy and empty it: the writer appends, so it goes on at the new beginning and needs to know nothing."""
        if not self.path.exists() or self.path.stat().st_size <= self.limit:
            return False
        shutil.copyfile(self.path, self.path.with_suffix(".log.1"))
        os.truncate(self.path, 0)
        return True

    def tail(self, lines: int = 12) -> str:
        """The last lines, for an error message."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
