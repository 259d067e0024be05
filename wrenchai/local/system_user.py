"""The ordinary user that Postgres and NATS run as when root starts them; Postgres refuses root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wrenchai.local.errors import SystemUserMissing

_NAME_SETTING = "WRENCHAI_SYSTEM_USER"
_DEFAULT_NAME = "wrenchai"


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user of this machine, by name and numbers."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> Self:
        """The user called `name`; KeyError if there is none."""
        entry = pwd.getpwnam(name)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @classmethod
    def owning(cls, path: Path) -> Self | None:
        """Who owns `path`, unless that is root or a user without a name."""
        try:
            entry = pwd.getpwuid(path.stat().st_uid)
        except (FileNotFoundError, KeyError):
            return None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid) if entry.pw_uid else None

    def obstacle_on(self, path: Path) -> Path | None:
        """The first directory on the way to `path` (itself included) that this user may not enter."""
        ways = [*reversed(path.parents), path]
        return next((way for way in ways if way.is_dir() and not self._may_enter(way)), None)

    def own(self, path: Path) -> None:
        """Make `path` belong to this user."""
        os.chown(path, self.uid, self.gid)

    def _may_enter(self, directory: Path) -> bool:
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def user_for_servers(cluster: Path) -> SystemUser | None:
    """Who shall run the servers: None (ourselves) unless we are root; an existing cluster keeps its owner.

    Raises:
        SystemUserMissing: we are root and no such user can be found or made.
    """
    if os.geteuid() != 0:
        return None
    return SystemUser.owning(cluster) or _ordinary(os.environ.get(_NAME_SETTING, _DEFAULT_NAME))


def _ordinary(name: str) -> SystemUser:
    try:
        user = SystemUser.named(name)
    except KeyError:
        _make(name)
        user = SystemUser.named(name)
    if user.uid == 0:
        raise SystemUserMissing(name, "it is root itself")
    return user


def _make(name: str) -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise SystemUserMissing(name, "there is no useradd on this machine")
    command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemUserMissing(name, done.stderr.strip())
