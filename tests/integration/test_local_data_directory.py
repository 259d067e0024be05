"""Directories that may not be used, and the lock that keeps two starts apart."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wrenchai.local.attached import attach
from wrenchai.local.data_directory import LAYOUT, DataDirectory
from wrenchai.local.errors import (
    AlreadyRunning,
    DataDirectoryNewer,
    DataDirectoryUnusable,
    DiskNearlyFull,
    NotRunning,
    PathClosed,
)
from wrenchai.local.system_user import user_for_servers

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do what this needs")

HOLD_THE_LOCK = """
import sys, pathlib
from wrenchai.local.directory_lock import DirectoryLock
DirectoryLock(pathlib.Path(sys.argv[1])).take() or print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(open_path: Path) -> Path:
    return open_path / "data"


@pytest.fixture
def lock_holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    directory = DataDirectory.at(home)
    directory.open()
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(directory.lock_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def test_a_new_directory_gets_its_layout_and_may_be_opened_again(home: Path) -> None:
    DataDirectory.at(home).open()
    DataDirectory.at(home).open()
    assert (home / "VERSION").read_text() == f"{LAYOUT}\n"
    assert {"artifacts", "shared", "workspaces", "logs", "run", "secrets"} <= {entry.name for entry in home.iterdir()}
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: Path) -> None:
    DataDirectory.at(home).open()
    first = DataDirectory.at(home).secrets.get("api-key")
    assert first == DataDirectory.at(home).secrets.get("api-key")
    assert len(first) == 32
    assert (home / "secrets/api-key").stat().st_mode & 0o777 == 0o600


def test_a_directory_of_a_newer_version_is_refused_with_what_to_do(home: Path) -> None:
    DataDirectory.at(home).open()
    (home / "VERSION").write_text(f"{LAYOUT + 1}\n")
    with pytest.raises(DataDirectoryNewer, match=r"pip install -U wrenchai.*WRENCHAI_HOME"):
        DataDirectory.at(home).open()


def test_a_directory_with_somebody_elses_files_is_left_alone(home: Path) -> None:
    home.mkdir()
    (home / "thesis.doc").touch()
    with pytest.raises(DataDirectoryUnusable, match="not WrenchAI's"):
        DataDirectory.at(home).open()
    assert [entry.name for entry in home.iterdir()] == ["thesis.doc"]


def test_a_path_below_a_file_is_refused(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(DataDirectoryUnusable, match="WRENCHAI_HOME"):
        DataDirectory.at(home / "below").open()


@root_only
def test_a_directory_that_this_user_may_not_write_is_refused_with_what_to_do(home: Path) -> None:
    ordinary = user_for_servers(home)
    assert ordinary is not None
    os.seteuid(ordinary.uid)
    try:
        with pytest.raises(DataDirectoryUnusable, match=r"Permission denied.*make it writable"):
            DataDirectory.at(home).open()
    finally:
        os.seteuid(0)


@root_only
def test_root_is_told_when_the_database_user_could_not_enter(home: Path) -> None:
    home.parent.chmod(0o700)
    with pytest.raises(PathClosed, match="chmod o\\+x"):
        DataDirectory.at(home).open()


@root_only
def test_a_nearly_full_disk_is_refused(home: Path) -> None:
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(home)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(DiskNearlyFull, match=r"only 6\d MB are free"):
            DataDirectory.at(home).open()
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_a_second_start_is_told_who_runs_it(home: Path, lock_holder: subprocess.Popen[str]) -> None:
    with pytest.raises(AlreadyRunning, match=r"wrenchai status.*wrenchai down") as refusal:
        DataDirectory.at(home).lock().take()
    assert refusal.value.pid == lock_holder.pid
    assert attach(home).supervisor.pid == lock_holder.pid


def test_the_lock_of_a_killed_process_is_taken_over(home: Path, lock_holder: subprocess.Popen[str]) -> None:
    lock_holder.send_signal(signal.SIGKILL)
    lock_holder.wait()
    with pytest.raises(NotRunning):
        attach(home)
    lock = DataDirectory.at(home).lock()
    lock.take()
    assert attach(home).supervisor.pid == os.getpid()
    lock.release()


def test_a_lock_note_that_names_a_reused_pid_names_nobody(home: Path) -> None:
    directory = DataDirectory.at(home)
    directory.open()
    directory.lock_file.write_text(f'{{"pid": {os.getpid()}, "started": "another boot"}}')
    with pytest.raises(NotRunning):
        attach(home)
