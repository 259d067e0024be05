"""Looking at a stack that another process runs, and asking it to stop."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from wrenchai.local.data_directory import API_KEY, DataDirectory
from wrenchai.local.directory_lock import holder_of
from wrenchai.local.errors import DataDirectoryUnusable, NotRunning
from wrenchai.local.leftovers import gone
from wrenchai.local.process_identity import ProcessIdentity
from wrenchai.local.status import StackStatus, read_status


@dataclass(frozen=True, slots=True)
class RunningStack:
    """The stack on `directory` as its supervisor tells it."""

    directory: DataDirectory
    supervisor: ProcessIdentity

    def status(self) -> StackStatus | None:
        """The latest status; None in the first moments of a start."""
        status = read_status(self.directory.status_file)
        return status if status and status.supervisor == self.supervisor else None

    @property
    def api_key(self) -> str:
        """The key of its gateway."""
        return self.directory.secrets.get(API_KEY)

    async def request_down(self, *, within: float = 60.0) -> bool:
        """Ask it to drain and stop; whether it has ended within the time."""
        if self.supervisor.alive:
            os.kill(self.supervisor.pid, signal.SIGTERM)
        return await gone([self.supervisor], within=within)


def attach(root: Path | None = None) -> RunningStack:
    """The stack that runs on this data directory (None: the default one).

    Raises:
        NotRunning: there is none.
        DataDirectoryUnusable: it belongs to another user.
    """
    directory = DataDirectory.at(root)
    try:
        holder = holder_of(directory.lock_file)
    except PermissionError as problem:
        raise DataDirectoryUnusable(directory.root, "it belongs to another user; ask as that user") from problem
    if holder is None:
        raise NotRunning(directory.root)
    return RunningStack(directory, holder)
