"""What every store of checkpoints promises: the one in Postgres and the one in memory."""

from collections.abc import AsyncIterator

import pytest
from wrenchai_chassis.checkpoints import MemoryCheckpoints, PostgresCheckpoints
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.subscription import Checkpoints


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None


@pytest.fixture
async def checkpoints(url: str | None) -> AsyncIterator[Checkpoints]:
    if url is None:
        yield MemoryCheckpoints()
        return
    async with PostgresLog(url, application_name="test") as log:
        yield PostgresCheckpoints(log)


async def test_a_reader_that_never_wrote_stands_at_zero(checkpoints: Checkpoints) -> None:
    assert await checkpoints.read("sub/new") == 0


async def test_what_was_written_is_read_by_its_reader_only(checkpoints: Checkpoints) -> None:
    await checkpoints.write("sub/a", 7)
    await checkpoints.write("sub/b", 3)
    assert [await checkpoints.read(f"sub/{name}") for name in "abc"] == [7, 3, 0]


async def test_a_position_only_grows_whoever_writes_it(checkpoints: Checkpoints) -> None:
    for position in (5, 9, 4, 9):
        await checkpoints.write("sub/a", position)
    assert await checkpoints.read("sub/a") == 9


async def test_a_mark_at_zero_may_be_left(checkpoints: Checkpoints) -> None:
    await checkpoints.write("sub/a", 0)
    assert await checkpoints.read("sub/a") == 0
