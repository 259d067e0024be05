"""A directory for each attempt, locked while its worker lives, so that what a killed one left is known as left.

The kernel frees a lock when its process dies, whatever the other workers on this data directory do meanwhile.
"""

import asyncio
import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

_LOCK = "lock"


@asynccontextmanager
async def step_directory(steps: Path) -> AsyncIterator[Path]:
    """A new directory below `steps` for the block; should this process die in it, `sweep_steps` removes it.

    Raises:
        OSError: it cannot be made, the disk being full for instance.
    """
    directory, lock = _claim(steps)
    with lock:
        try:
            yield directory
        finally:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


def sweep_steps(steps: Path) -> None:
    """Remove the directories of attempts whose worker is dead. Safe beside workers that begin and end attempts."""
    if not steps.is_dir():
        return
    with _locked(steps / _LOCK, fcntl.LOCK_EX):
        left = [directory for directory in steps.glob("step-*") if not _is_held(directory)]
    for directory in left:
        shutil.rmtree(directory, ignore_errors=True)


def _claim(steps: Path) -> tuple[Path, IO[str]]:
    """Make a directory and lock it, with no sweep in between."""
    steps.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(steps / _LOCK, fcntl.LOCK_SH):
        directory = Path(tempfile.mkdtemp(prefix="step-", dir=steps))
        return directory, _locked(directory / _LOCK, fcntl.LOCK_EX)


def _locked(path: Path, how: int) -> IO[str]:
    """The file `path`, locked until it is closed."""
    file = path.open("a")
    fcntl.flock(file, how)
    return file


def _is_held(directory: Path) -> bool:
    try:
        with (directory / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
