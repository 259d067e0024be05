"""Every bus there is, for the suite that all of them must pass."""

from collections.abc import AsyncIterator

import pytest
from wrenchai_chassis.jetstream import Retention
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.nats_bus import NatsBus

from tests.whole_bus import Replicas, WholeBus


@pytest.fixture(params=["memory", "nats"])
def bus_url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("nats_url")) if request.param == "nats" else None


@pytest.fixture
async def replicas(bus_url: str | None) -> AsyncIterator[Replicas]:
    if bus_url is None:
        memory = MemoryBus()
        yield Replicas(memory, memory)
        return
    both = [await NatsBus.connect(bus_url, user="test") for _ in range(2)]
    yield Replicas(*both)
    for bus in both:
        await bus.close()


@pytest.fixture
async def bus(replicas: Replicas) -> WholeBus:
    """A bus whose stream holds nothing yet and begins at position 1."""
    assert await replicas.first.last(start_after=0) == 0
    return replicas.first


@pytest.fixture
async def small_bus(bus_url: str | None) -> AsyncIterator[WholeBus]:
    """A bus that holds far fewer than a hundred events."""
    if bus_url is None:
        memory = MemoryBus(most_events=20)
        await memory.last(start_after=0)
        yield memory
        return
    bus = NatsBus("test", Retention(max_bytes=10_000))
    await bus.open(bus_url, None, print)
    await bus.last(start_after=0)
    yield bus
    await bus.close()
