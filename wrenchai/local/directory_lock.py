"""One `up` per data directory: a kernel lock that dies with its holder, and a note that says who holds it."""

import fcntl
import os
from pathlib import Path

from pydantic import ValidationError

from wrenchai.local.errors import AlreadyRunning
from wrenchai.local.process_identity import ProcessIdentity


class DirectoryLock:
    """Held from `take` to `release`, or until this process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Become the only holder.

        Raises:
            AlreadyRunning: with the pid of the holder.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            holder = holder_of(self._path)
            raise AlreadyRunning(self._path.parent, holder.pid if holder else None) from None
        self._descriptor = descriptor
        me = ProcessIdentity.of(os.getpid())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, me.model_dump_json().encode() if me else b"", 0)

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(path: Path) -> ProcessIdentity | None:
    """Who wrote the lock file, if that process still runs."""
    try:
        holder = ProcessIdentity.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return holder if holder.alive else None
