"""What every store of snapshots promises: the one in Postgres and the one in memory."""

from collections.abc import AsyncIterator

import pytest
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.snapshots import MemorySnapshots, PostgresSnapshots, Snapshots


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None


@pytest.fixture
async def snapshots(url: str | None) -> AsyncIterator[Snapshots]:
    if url is None:
        yield MemorySnapshots()
        return
    async with PostgresLog(url, application_name="test") as log:
        yield PostgresSnapshots(log)


async def test_of_what_was_never_kept_there_is_none(snapshots: Snapshots) -> None:
    assert await snapshots.read("quality/new") is None


async def test_what_was_kept_is_read_by_its_name_only(snapshots: Snapshots) -> None:
    await snapshots.write("quality/a", 7, b"seven")
    await snapshots.write("quality/b", 3, b"three")
    assert [await snapshots.read(f"quality/{name}") for name in "abc"] == [b"seven", b"three", None]


async def test_bytes_come_back_as_they_were_whatever_they_are(snapshots: Snapshots) -> None:
    state = bytes(range(256)) * 8000
    await snapshots.write("quality/a", 1, state)
    assert await snapshots.read("quality/a") == state


async def test_an_older_state_never_takes_the_place_of_a_newer(snapshots: Snapshots) -> None:
    for version in (5, 9, 4):
        await snapshots.write("quality/a", version, b"%d" % version)
    assert await snapshots.read("quality/a") == b"9"


async def test_of_two_states_at_one_version_the_first_stays(snapshots: Snapshots) -> None:
    await snapshots.write("quality/a", 5, b"first")
    await snapshots.write("quality/a", 5, b"second")
    assert await snapshots.read("quality/a") == b"first"


async def test_a_state_of_the_very_beginning_may_be_kept(snapshots: Snapshots) -> None:
    await snapshots.write("quality/a", 0, b"")
    assert await snapshots.read("quality/a") == b""
