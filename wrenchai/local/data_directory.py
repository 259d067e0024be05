"""The one directory that holds a local installation: its layout, its version, and the checks before use."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wrenchai.local.directory_lock import DirectoryLock
from wrenchai.local.errors import DataDirectoryNewer, DataDirectoryUnusable, DiskNearlyFull, PathClosed
from wrenchai.local.secret_files import SecretFiles, write_private
from wrenchai.local.system_user import SystemUser, user_for_servers

LAYOUT = 1
"""Raised when an older version could no longer use what a newer one wrote."""

HOME_SETTING = "WRENCHAI_HOME"
API_KEY = "api-key"
DISK_WARNING_MEGABYTES = 500
DISK_REFUSAL_MEGABYTES = 200
_MEGABYTE = 1024 * 1024
_NOBODYS = {"lost+found", ".VERSION.new"}
_LAYOUT_MODES = {
    "artifacts": 0o700,
    "workspaces": 0o700,
    "shared": 0o700,
    "logs": 0o700,
    "secrets": 0o700,
    "run": 0o711,  # Postgres' socket lies in it, and Postgres may be another user
}


def default_home(environment: Mapping[str, str], *, is_root: bool) -> Path:
    """$WRENCHAI_HOME, else the user's data directory; for root a place that Postgres' user can reach."""
    if chosen := environment.get(HOME_SETTING):
        return Path(chosen).expanduser().absolute()
    if is_root:
        return Path("/var/lib/wrenchai")
    shared = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(shared).expanduser().absolute() / "wrenchai"


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Paths under one root; `open` makes them and refuses a directory that must not be used."""

    root: Path

    @classmethod
    def at(cls, root: Path | None = None) -> Self:
        """The directory to use, unchecked; None takes the default of this user."""
        return cls(root.absolute() if root else default_home(os.environ, is_root=os.geteuid() == 0))

    def open(self) -> SystemUser | None:
        """Make and check everything; who shall run the servers (None: ourselves).

        Raises:
            DataDirectoryUnusable: with what to do, one subclass for each reason.
            SystemUserMissing: see `user_for_servers`.
        """
        try:
            self._claim()
            self._check_disk()
            self._make_layout()
        except OSError as problem:
            reason = f"{problem.strerror} ({problem.filename}); make it writable for this user or set {HOME_SETTING}"
            raise DataDirectoryUnusable(self.root, reason) from problem
        user = user_for_servers(self.postgres)
        self._check_reach(user)
        return user

    def lock(self) -> DirectoryLock:
        """The lock that keeps two `up` apart; not yet taken."""
        return DirectoryLock(self.lock_file)

    @property
    def secrets(self) -> SecretFiles:
        """Generated passwords and the API key."""
        return SecretFiles(self.root / "secrets")

    @property
    def free_megabytes(self) -> int:
        """Free space on the disk, as an ordinary user may use it."""
        return shutil.disk_usage(self.root).free // _MEGABYTE

    @property
    def lock_file(self) -> Path:
        """Held by the running `up`."""
        return self.root / "lock"

    @property
    def version_file(self) -> Path:
        """The layout's number."""
        return self.root / "VERSION"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.root / "postgres"

    @property
    def nats(self) -> Path:
        """NATS' configuration and its JetStream store."""
        return self.root / "nats"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What is true only while it runs, and the remembered ports."""
        return self.root / "run"

    @property
    def status_file(self) -> Path:
        """What a running `up` tells about its processes."""
        return self.run / "status.json"

    @property
    def ports_file(self) -> Path:
        """Ports by name, kept over restarts."""
        return self.run / "ports.json"

    @property
    def programs(self) -> Path:
        """Copies of servers that the system user could not reach elsewhere."""
        return self.root / "programs"

    def _claim(self) -> None:
        """Write VERSION into an empty directory, or check the one that is there."""
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self.version_file.exists():
            self._check_version(self.version_file.read_text().strip())
        elif {entry.name for entry in self.root.iterdir()} - _NOBODYS:
            raise DataDirectoryUnusable(self.root, "it holds files that are not WrenchAI's; choose an empty directory")
        else:
            write_private(self.version_file, f"{LAYOUT}\n")

    def _check_version(self, found: str) -> None:
        if not found.isdecimal():
            raise DataDirectoryUnusable(self.root, f"its VERSION file says {found!r}, which no WrenchAI wrote")
        if int(found) > LAYOUT:
            raise DataDirectoryNewer(self.root, int(found), LAYOUT)

    def _check_disk(self) -> None:
        if self.free_megabytes < DISK_REFUSAL_MEGABYTES:
            raise DiskNearlyFull(self.root, self.free_megabytes, DISK_WARNING_MEGABYTES)

    def _make_layout(self) -> None:
        for name, mode in _LAYOUT_MODES.items():
            directory = self.root / name
            directory.mkdir(mode=mode, exist_ok=True)
            if not os.access(directory, os.W_OK | os.X_OK):
                raise PermissionError(13, "permission denied", str(directory))

    def _check_reach(self, user: SystemUser | None) -> None:
        if user is None:
            return
        self.root.chmod(self.root.stat().st_mode | 0o111)
        if obstacle := user.obstacle_on(self.root):
            raise PathClosed(self.root, user.name, obstacle)
