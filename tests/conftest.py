"""What tests share: one real Postgres and one real NATS for the run, a fresh database and stream for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError
from wrenchai_contracts.subjects import EVENT_STREAM

from tests.servers import Database, PostgresCluster, open_directory, open_nats, running_nats, running_postgres


@pytest.fixture
def open_path() -> Iterator[Path]:
    """An empty directory that any user of the machine may enter; pytest's own are closed to others."""
    with open_directory() as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_cluster() -> AsyncIterator[PostgresCluster]:
    """A real Postgres with durability on, as `wrenchai up` runs it."""
    with open_directory() as root:
        async with running_postgres(root / "data") as server:
            yield PostgresCluster.with_template(server)


@pytest.fixture
def database(postgres_cluster: PostgresCluster) -> Database:
    """A migrated, empty database of the test's own."""
    return postgres_cluster.migrated()


@pytest.fixture
def postgres_url(database: Database) -> str:
    """Its address for a service: least rights."""
    return database.service


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nats_server() -> AsyncIterator[str]:
    """The address of a real NATS with JetStream that asks for no password."""
    with open_directory() as root:
        server = open_nats(root / "data")
        async with running_nats(server):
            yield server.url


@pytest.fixture
async def nats_url(nats_server: str) -> str:
    """Address of a NATS without streams or consumers."""
    client = await nats.connect(nats_server)
    try:
        await client.jetstream().delete_stream(EVENT_STREAM)
    except NotFoundError:
        pass
    finally:
        await client.close()
    return nats_server
