"""What can go wrong at a local start; each error says what to do about it.

LocalStartError
├── DataDirectoryUnusable      not writable, not ours, or not a directory
│   ├── DataDirectoryNewer     made by a later version
│   ├── PathClosed             the system user that runs Postgres cannot enter it
│   └── DiskNearlyFull
├── SystemUserMissing          started by root, and no ordinary user to run servers as
├── AlreadyRunning             another `up` holds this data directory
├── NotRunning                 nothing to attach to
├── ForeignServer              another program answers at our address
├── ProgramFailed              a program that should end well did not (initdb)
├── SecretLost                 a password was deleted while the data that needs it was kept
├── NotReady                   processes that did not become ready
└── StartInterrupted           a signal ended the start
"""

# ruff: noqa: N818  # errors are nouns with their facts

from collections.abc import Sequence
from pathlib import Path

from wrenchai_contracts.errors import WrenchError


class LocalStartError(WrenchError):
    """Base of all."""


class DataDirectoryUnusable(LocalStartError):
    """The directory cannot hold a local installation."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"cannot keep data in {path}: {reason}")
        self.path, self.reason = path, reason


class DataDirectoryNewer(DataDirectoryUnusable):
    """A later version made it; this one could damage it."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        reason = (
            f"it was made by a newer WrenchAI (layout {found}, this version knows {known}). "
            "Update with `pip install -U wrenchai`, or choose another directory with WRENCHAI_HOME"
        )
        super().__init__(path, reason)
        self.found, self.known = found, known


class PathClosed(DataDirectoryUnusable):
    """Postgres refuses to run as root, and the user it runs as cannot reach the directory."""

    def __init__(self, path: Path, user: str, obstacle: Path) -> None:
        reason = (
            f"Postgres must run as the system user {user!r}, who may not enter {obstacle}. "
            f"Choose a directory under /var/lib with WRENCHAI_HOME, or allow it with `chmod o+x {obstacle}`"
        )
        super().__init__(path, reason)
        self.user, self.obstacle = user, obstacle


class DiskNearlyFull(DataDirectoryUnusable):
    """Too little space to start a database."""

    def __init__(self, path: Path, free_megabytes: int, needed_megabytes: int) -> None:
        reason = f"only {free_megabytes} MB are free on its disk; free some space, at least {needed_megabytes} MB"
        super().__init__(path, reason)
        self.free_megabytes, self.needed_megabytes = free_megabytes, needed_megabytes


class SystemUserMissing(LocalStartError):
    """Postgres refuses root, and no ordinary user could be found or made."""

    def __init__(self, user: str, reason: str) -> None:
        super().__init__(
            f"Postgres refuses to run as root, and the system user {user!r} could not be made ({reason}). "
            "Start as an ordinary user, or name an existing user in WRENCHAI_SYSTEM_USER"
        )
        self.user, self.reason = user, reason


class AlreadyRunning(LocalStartError):
    """One data directory serves one `up` at a time."""

    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process that is just starting"
        super().__init__(
            f"{who} already runs WrenchAI on {path}. See it with `wrenchai status`, "
            "stop it with `wrenchai down`, or choose another directory with WRENCHAI_HOME"
        )
        self.path, self.pid = path, pid


class NotRunning(LocalStartError):
    """Nobody runs WrenchAI on this data directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"no WrenchAI runs on {path}; start it with `wrenchai up`")
        self.path = path


class ForeignServer(LocalStartError):
    """Something answers at our address, but it is not what we started."""

    def __init__(self, what: str, address: str) -> None:
        super().__init__(f"another program answers at {address}, where our {what} should; stop it and try again")
        self.what, self.address = what, address


class ProgramFailed(LocalStartError):
    """A program that has to succeed before anything can start did not."""

    def __init__(self, program: str, exit_code: int, output: str) -> None:
        super().__init__(f"{program} failed with exit code {exit_code}: {output}")
        self.program, self.exit_code, self.output = program, exit_code, output


class SecretLost(LocalStartError):
    """The data is there, the password that opens it is not the one on file."""

    def __init__(self, what: str, secrets: Path) -> None:
        super().__init__(
            f"{what} refuses the password in {secrets}: the secrets do not belong to this data. "
            f"Put the original files back into {secrets}, or start with an empty data directory"
        )
        self.what, self.secrets = what, secrets


class NotReady(LocalStartError):
    """Some processes did not become ready; each with its reason and the end of its log."""

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{name} is not ready: {reason}" for name, reason in reasons))
        self.reasons = tuple(reasons)


class StartInterrupted(LocalStartError):
    """Someone asked to stop while the start was under way."""

    def __init__(self) -> None:
        super().__init__("the start was interrupted; everything was stopped again")
