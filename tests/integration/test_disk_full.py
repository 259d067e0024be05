"""A disk without room, really: the attempt fails with what to do, leaves nothing half, and may succeed later."""

import asyncio
from pathlib import Path

import pytest
from wrenchai_journey.outcome import Failed, Outcome, Succeeded
from wrenchai_journey.process import Attempt

from tests.integration.lone_worker import attempt_of, disk_store, tool_process
from tests.small_disk import root_only, small_disk

MIB = 1024 * 1024
pytestmark = root_only


async def run(attempt: Attempt, artifacts: Path) -> Outcome:
    process = tool_process(attempt, artifacts)
    return await process.run(asyncio.Event())


def left_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("full", "tool", "limit"),
    [
        pytest.param("steps", "chatter", "size=1m", id="log"),
        pytest.param("steps", "hoard", "size=1m", id="spool"),
        pytest.param("steps", "hoard", "nr_inodes=3", id="no-inode-for-a-directory"),
        pytest.param("workspace", "hoard", "size=1m", id="workspace"),
        pytest.param("workspace", "copy_tree", "size=1m", id="many-files-at-once"),
        pytest.param("artifacts", "hoard", "size=1m", id="artifact-store"),
    ],
)
async def test_a_full_disk_fails_the_attempt_clearly_and_once_there_is_room_it_succeeds(
    full: str, tool: str, limit: str, tmp_path: Path
) -> None:
    attempt = attempt_of(tool, tmp_path, inputs={} if tool == "chatter" else {"size": 3 * MIB})
    with small_disk(tmp_path / full, limit) as make_room:
        failed = await run(attempt, tmp_path)
        assert isinstance(failed, Failed), failed
        assert (failed.kind, failed.retryable) == ("disk_full", True)
        assert "free some" in failed.reason
        assert set(left_in(tmp_path / "steps")) <= {"lock"}
        _nothing_is_half_kept(failed, tmp_path / "artifacts")

        make_room()
        assert isinstance(await run(attempt, tmp_path), Succeeded)
        assert set(left_in(tmp_path / "steps")) <= {"lock"}


def _nothing_is_half_kept(failed: Failed, artifacts: Path) -> None:
    """Every artifact that the failure names, in its evidence too, is there in full, and nothing else is."""
    named = {kept.sha256: kept.size for kept in failed.artifacts}
    assert {fact.artifact.sha256 for fact in failed.evidence if fact.artifact} <= set(named)
    assert {path.name: path.stat().st_size for path in artifacts.rglob("*") if path.is_file()} == named


async def test_a_put_that_finds_no_room_leaves_what_was_there_before(tmp_path: Path) -> None:
    small, big = tmp_path / "small", tmp_path / "big"
    small.write_bytes(b"small")
    big.write_bytes(b"." * 3 * MIB)
    with small_disk(tmp_path / "artifacts", "size=1m"):
        store = disk_store(tmp_path)
        name, size = await store.put(small)
        with pytest.raises(OSError, match="No space left on device"):
            await store.put(big)
        assert left_in(tmp_path / "artifacts") == [name]
        assert await store.size(name) == size


async def test_an_error_of_the_disk_that_is_not_for_want_of_room_is_nobody_s_to_answer(tmp_path: Path) -> None:
    (tmp_path / "steps").write_text("a file in the way")
    with pytest.raises(FileExistsError):
        await run(attempt_of("exit_3", tmp_path), tmp_path)
