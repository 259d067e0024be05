"""Artifacts: what was put is what is got, under its hash, in parts or whole, small or big."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.postgres_log import PostgresLog

INLINE = 1000
SMALL, BIG = b"small" * 100, os.urandom(700_000)
CONTENTS = [pytest.param(SMALL, id="small"), pytest.param(BIG, id="big")]

DIE_WHILE_PUTTING = """
import os, signal, sys
from pathlib import Path
from wrenchai_chassis.artifacts import ArtifactStore
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
ArtifactStore(None, Path(sys.argv[1]))._put_on_disk(Path(sys.argv[2]))
"""


@pytest.fixture
async def log(postgres_url: str) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(postgres_url, application_name="test") as opened:
        yield opened


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def store(log: PostgresLog, directory: Path) -> ArtifactStore:
    return ArtifactStore(log, directory, inline_bytes=INLINE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def die_while_putting(directory: Path, source: Path) -> int:
    command = [sys.executable, "-c", DIE_WHILE_PUTTING, str(directory), str(source)]
    return subprocess.run(command, check=False, timeout=30).returncode


async def got(store: ArtifactStore, name: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in store.read(name, start, end)])


@pytest.mark.parametrize("content", [*CONTENTS, pytest.param(b"", id="empty")])
async def test_what_was_put_is_got_under_its_hash(store: ArtifactStore, source: Path, content: bytes) -> None:
    write(source, content)
    assert await store.put(source) == (sha256(content), len(content))
    assert await store.size(sha256(content)) == len(content)
    assert await got(store, sha256(content), 0, len(content)) == content


@pytest.mark.parametrize("size", [INLINE - 1, INLINE, INLINE + 1])
async def test_small_ones_lie_in_the_database_and_big_ones_on_disk(
    store: ArtifactStore, source: Path, directory: Path, size: int
) -> None:
    write(source, b"x" * size)
    name, _ = await store.put(source)
    assert files_in(directory) == ([name] if size > INLINE else [])
    assert await got(store, name, 0, size) == b"x" * size


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (7, 123), (400, 10**9), (10**9, 10**9 + 1)])
async def test_any_part_can_be_got(store: ArtifactStore, source: Path, content: bytes, start: int, end: int) -> None:
    write(source, content)
    name, _ = await store.put(source)
    assert await got(store, name, start, end) == content[start:end]


async def test_a_big_one_comes_in_chunks_that_memory_can_hold(store: ArtifactStore, source: Path) -> None:
    write(source, BIG)
    name, _ = await store.put(source)
    assert max([len(chunk) async for chunk in store.read(name, 0, len(BIG))]) <= 256 * 1024


@pytest.mark.parametrize("content", CONTENTS)
async def test_the_same_content_is_stored_once(
    store: ArtifactStore, log: PostgresLog, source: Path, directory: Path, content: bytes
) -> None:
    write(source, content)
    assert await store.put(source) == await store.put(source)
    async with log.reader() as connection:
        row = await (await connection.execute("SELECT count(*) FROM wrenchai.artifact")).fetchone()
    assert row is not None
    assert row[0] + len(files_in(directory)) == 1


async def test_an_artifact_that_was_never_put_has_no_size_and_no_bytes(store: ArtifactStore) -> None:
    assert await store.size(sha256(b"never")) is None
    assert await got(store, sha256(b"never"), 0, 10) == b""


async def test_a_process_killed_while_it_puts_leaves_nothing_under_the_hash_and_nothing_in_the_way(
    store: ArtifactStore, source: Path, directory: Path
) -> None:
    write(source, BIG)
    assert die_while_putting(directory, source) == -signal.SIGKILL
    (left,) = files_in(directory)
    assert left.endswith(".partial")
    assert await store.size(sha256(BIG)) is None
    await store.put(source)
    assert await got(store, sha256(BIG), 0, len(BIG)) == BIG
