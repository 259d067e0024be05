"""Keeps a worker's disk from filling: removes what ended tasks, killed attempts and old builds leave behind.

Every worker does it for the data directory it uses; several on one directory do the same work twice and no harm.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wrenchai_chassis.log import EventLog
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.events import TASK_ENDS

from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.step_directory import sweep_steps

EVERY = 60.0
"""Seconds from one round to the next."""

ABANDONED_AFTER = 3600.0
"""Seconds without a change after which what has only a hidden name yet was left by somebody who was killed."""

_ENDS = {event_type.__name__ for event_type in TASK_ENDS}


@dataclass(slots=True)
class Housekeeping:
    """Goes round one data directory. A task's workspace stays until the log says that the task has ended."""

    log: EventLog
    settings: JourneySettings
    report: Callable[[str], None]
    _read: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Go round at once and then for ever; what cannot be done now is tried in the next round."""
        while True:
            try:
                await self.sweep(time.time())
            except (LogUnavailable, OSError) as problem:
                self.report(f"housekeeping: {problem}; next try in {EVERY:g} s")
            await asyncio.sleep(EVERY)

    async def sweep(self, now: float) -> None:
        """One round; `now` in seconds since 1970, as files are dated."""
        await asyncio.to_thread(self._sweep_files, now)
        tasks = await asyncio.to_thread(_names_in, self.settings.workspace_dir)
        self._read = {task_id: self._read.get(task_id, 0) for task_id in tasks}
        for task_id in tasks:
            if await self._has_ended(task_id):
                await asyncio.to_thread(self._remove, self.settings.workspace_dir / task_id)

    async def _has_ended(self, task_id: str) -> bool:
        """Whether the log says so; only what was added since the last round is read. Unknown tasks have not ended."""
        rows = await self.log.read_stream(task_id, self._read[task_id])
        if any(row.topic in _ENDS for row in rows):
            return True
        self._read[task_id] = rows[-1].version if rows else self._read[task_id]
        return False

    def _remove(self, workspace: Path) -> None:
        shutil.rmtree(workspace, ignore_errors=True)
        if workspace.exists():
            self.report(f"housekeeping: {workspace} belongs to an ended task and cannot be removed")

    def _sweep_files(self, now: float) -> None:
        shared = self.settings.shared_dir
        sweep_steps(self.settings.step_dir)
        for directory in (self.settings.artifact_dir, shared / "builds", shared / "sites"):
            remove_abandoned(directory, now)
        keep_newest(shared / "builds", self.settings.kept_builds)
        keep_newest(shared / "sites", self.settings.kept_sites)


def keep_newest(directory: Path, count: int) -> None:
    """Remove all but `count` trees of `directory`, those that were used longest ago, each with the note beside it.

    A tree was used when it, or its note `<tree>.json`, was last written; one that goes is first hidden, then removed.
    """
    trees = [path for path in _entries(directory) if path.is_dir() and not path.name.startswith(".")]
    for tree in sorted(trees, key=_used_at, reverse=True)[count:]:
        _note(tree).unlink(missing_ok=True)
        hidden = tree.with_name(f".{tree.name}.gone")
        shutil.rmtree(hidden, ignore_errors=True)
        with suppress(FileNotFoundError):  # another worker was faster
            tree.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)


def remove_abandoned(directory: Path, now: float) -> None:
    """Remove what somebody began to make under a hidden name and never finished."""
    for path in _entries(directory):
        if not path.name.startswith(".") or now - _changed_at(path, unknown=now) < ABANDONED_AFTER:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _note(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.json")


def _used_at(tree: Path) -> float:
    for path in (_note(tree), tree):
        with suppress(FileNotFoundError):
            return path.stat().st_mtime
    return 0.0


def _changed_at(path: Path, *, unknown: float) -> float:
    """When it got its name or an entry: its inode's date, since copying a tree sets the other one back."""
    with suppress(FileNotFoundError):
        return path.lstat().st_ctime
    return unknown


def _names_in(directory: Path) -> list[str]:
    return [path.name for path in _entries(directory)]


def _entries(directory: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from list(directory.iterdir())
