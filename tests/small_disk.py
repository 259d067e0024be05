"""A disk that is really small, for tests of what happens when it is full."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="FULL DISKS NOT TESTED: only root may mount a small one")


@contextmanager
def small_disk(place: Path, limit: str) -> Iterator[Callable[[], None]]:
    """`place` is a disk of its own for the block, `limit` a mount option; calling what is given makes it large."""
    place.mkdir(exist_ok=True)
    mounting = ("mount", "-t", "tmpfs", "-o", limit, "tmpfs", str(place))
    if subprocess.run(mounting, check=False).returncode != 0:
        pytest.skip("FULL DISKS NOT TESTED: this machine lets nobody mount")

    def make_room() -> None:
        subprocess.run(("mount", "-o", "remount,size=64m,nr_inodes=10000", str(place)), check=True)

    try:
        yield make_room
    finally:
        subprocess.run(("umount", str(place)), check=True)
