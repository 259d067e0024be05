"""A worker's disk: what nobody needs any more goes, what somebody may still need stays."""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from wrenchai_chassis.log import LogUnavailable, Stored
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, seal
from wrenchai_contracts.events import (
    Event,
    JourneyCompleted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_journey.housekeeping import ABANDONED_AFTER, Housekeeping, keep_newest, remove_abandoned
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.step_directory import _claim, step_directory, sweep_steps

from tests.integration.lone_worker import start_lone_worker
from tests.samples import AT, TASK, until

ENDS = [TaskCompleted(), TaskFailed(reason="it broke"), TaskCancelled()]


def settings(directory: Path) -> JourneySettings:
    return JourneySettings(postgres_url=SecretStr(""), data_dir=directory, kept_builds=2, kept_sites=2)


def housekeeping(log: MemoryLog, directory: Path) -> Housekeeping:
    return Housekeeping(log, settings(directory), unexpected)


def unexpected(said: str) -> None:
    raise AssertionError(said)


async def record(log: MemoryLog, *events: Event, stream: str = TASK) -> None:
    version = len(await log.read_stream(stream))
    new = [NewEvent(stream, version + n, event, Context("test")) for n, event in enumerate(events, 1)]
    await log.append([seal(event, AT) for event in new])


def workspace(directory: Path, task_id: str = TASK) -> Path:
    made = directory / "workspaces" / task_id
    (made / "site").mkdir(parents=True)
    (made / "site" / "index.html").write_text("hello")
    return made


def tree(directory: Path, name: str, used_at: float, note: str | None = None) -> Path:
    """A kept tree that was written at that time, with its note if it has one."""
    made = directory / name
    made.mkdir(parents=True)
    (made / "index.html").write_text("hello")
    if note is not None:
        (directory / f"{name}.json").write_text(note)
        os.utime(directory / f"{name}.json", (used_at, used_at))
    os.utime(made, (used_at, used_at))
    return made


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("end", ENDS)
async def test_the_workspace_of_an_ended_task_goes(end: Event, tmp_path: Path) -> None:
    log, used = MemoryLog(), workspace(tmp_path)
    await record(log, TaskRequested(task_id=TASK), end)
    await housekeeping(log, tmp_path).sweep(time.time())
    assert not used.exists()


async def test_a_workspace_stays_until_its_task_has_ended_whatever_ends_before(tmp_path: Path) -> None:
    log, used = MemoryLog(), workspace(tmp_path)
    keeper = housekeeping(log, tmp_path)
    await record(log, TaskRequested(task_id=TASK))
    await record(log, JourneyCompleted(journey="a", outputs={}, final=True), stream=f"{TASK}/a")
    await keeper.sweep(time.time())
    await record(log, TaskCancellationRequested())
    await keeper.sweep(time.time())
    assert (used / "site" / "index.html").read_text() == "hello"
    await record(log, TaskCancelled())
    await keeper.sweep(time.time())
    assert not used.exists()


async def test_a_workspace_whose_task_the_log_does_not_know_stays(tmp_path: Path) -> None:
    used = workspace(tmp_path, "task_of_another_log")
    await housekeeping(MemoryLog(), tmp_path).sweep(time.time())
    assert used.exists()


async def test_a_late_tool_that_makes_the_workspace_anew_does_not_keep_it(tmp_path: Path) -> None:
    log = MemoryLog()
    keeper = housekeeping(log, tmp_path)
    await record(log, TaskRequested(task_id=TASK), TaskCancelled())
    for _ in range(2):
        used = workspace(tmp_path)
        await keeper.sweep(time.time())
        assert not used.exists()


async def test_workers_on_one_data_directory_may_clean_it_at_the_same_time(tmp_path: Path) -> None:
    log = MemoryLog()
    for number in range(20):
        workspace(tmp_path, f"task_{number:08}")
        tree(tmp_path / "shared" / "builds", f"{number:064}", used_at=number)
        await record(log, TaskRequested(task_id=f"task_{number:08}"), TaskCompleted(), stream=f"task_{number:08}")
    await asyncio.gather(*(housekeeping(log, tmp_path).sweep(time.time()) for _ in range(4)))
    assert names_in(tmp_path / "workspaces") == []
    assert names_in(tmp_path / "shared" / "builds") == [f"{18:064}", f"{19:064}"]


async def test_an_empty_data_directory_is_clean_and_costs_no_query(tmp_path: Path) -> None:
    await housekeeping(Unreachable(), tmp_path / "not" / "there").sweep(time.time())
    assert names_in(tmp_path) == []


class Unreachable(MemoryLog):
    """Postgres is away."""

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        raise LogUnavailable(stream, after_version)


async def test_a_log_that_is_away_ends_nothing_and_is_asked_again_later(tmp_path: Path) -> None:
    used, said = workspace(tmp_path), list[str]()
    running = asyncio.create_task(Housekeeping(Unreachable(), settings(tmp_path), said.append).run())
    await until(lambda: said)
    assert not running.done()
    assert "next try in 60 s" in said[0]
    assert used.exists()
    running.cancel()


async def test_what_a_killed_worker_s_attempt_left_goes_and_not_while_it_lives(tmp_path: Path) -> None:
    worker = await start_lone_worker("hang", tmp_path)
    await until((tmp_path / "workspace" / "pids").exists, within=20)
    (left,) = (tmp_path / "steps").glob("step-*")
    sweep_steps(tmp_path / "steps")
    assert (left / "step.log").exists()
    worker.kill()
    await worker.wait()
    sweep_steps(tmp_path / "steps")
    assert not left.exists()


async def test_no_attempt_that_begins_during_a_sweep_loses_its_directory(tmp_path: Path) -> None:
    steps, done = tmp_path / "steps", asyncio.Event()

    async def keep_sweeping() -> None:
        while not done.is_set():
            await asyncio.to_thread(sweep_steps, steps)

    sweeping = [asyncio.create_task(keep_sweeping()) for _ in range(2)]
    for _ in range(300):
        async with step_directory(steps) as directory:
            (directory / "step.log").write_text("hello")
            await asyncio.sleep(0)
            assert (directory / "step.log").exists()
    done.set()
    await asyncio.gather(*sweeping)
    assert names_in(steps) == ["lock"]


async def test_an_attempt_that_begins_waits_until_a_sweep_has_looked(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with lock.open("a") as sweeping:
        fcntl.flock(sweeping, fcntl.LOCK_EX)
        beginning = asyncio.create_task(asyncio.to_thread(_claim, tmp_path))
        await until(lambda: beginning.done() or somebody_waits_for(lock))
        assert names_in(tmp_path) == ["lock"]
    directory, own = await beginning
    with own:
        assert names_in(directory) == ["lock"]


def somebody_waits_for(lock: Path) -> bool:
    inode = str(lock.stat().st_ino)
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(inode == place.rpartition(":")[2] for words in waiting for place in words)


def test_the_trees_used_last_are_kept_and_the_others_go_with_their_notes(tmp_path: Path) -> None:
    for name, used_at in (("old", 10), ("new", 30), ("middle", 20)):
        tree(tmp_path, name, used_at, note="{}")
    keep_newest(tmp_path, 2)
    assert names_in(tmp_path) == ["middle", "middle.json", "new", "new.json"]


def test_a_site_that_was_published_again_is_as_good_as_new(tmp_path: Path) -> None:
    tree(tmp_path, "again", 40, note="{}")
    os.utime(tmp_path / "again", (10, 10))
    tree(tmp_path, "once", 20, note="{}")
    keep_newest(tmp_path, 1)
    assert names_in(tmp_path) == ["again", "again.json"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_was_begun_and_never_finished_goes_after_an_hour(make: Callable[[Path], None], tmp_path: Path) -> None:
    begun = tmp_path / ".begun"
    make(begun)
    os.utime(begun, (0, 0))
    (tmp_path / "finished").mkdir()
    began = begun.stat().st_ctime
    remove_abandoned(tmp_path, began + ABANDONED_AFTER - 1)
    assert names_in(tmp_path) == [".begun", "finished"]
    remove_abandoned(tmp_path, began + ABANDONED_AFTER + 1)
    assert names_in(tmp_path) == ["finished"]


async def test_a_round_cleans_builds_sites_and_artifacts(tmp_path: Path) -> None:
    for place in ("builds", "sites"):
        for used_at in (1, 2, 3):
            tree(tmp_path / "shared" / place, f"{used_at:064}", used_at)
    partial = tmp_path / "artifacts" / ".7-abc.partial"
    partial.parent.mkdir()
    partial.touch()
    await housekeeping(MemoryLog(), tmp_path).sweep(time.time() + ABANDONED_AFTER + 60)
    for place in ("builds", "sites"):
        assert names_in(tmp_path / "shared" / place) == [f"{2:064}", f"{3:064}"]
    assert names_in(tmp_path / "artifacts") == []
