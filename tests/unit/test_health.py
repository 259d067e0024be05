"""Health is told in time, whatever hangs."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from wrenchai_chassis.health import Check, answered, bus_health, consumer_health, health_of, log_health
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.views import DependencyHealth

from tests.samples import story

UP = DependencyHealth(status="up")


def check_of(question: Callable[[], Awaitable[object]]) -> Check:
    async def check() -> DependencyHealth:
        return await answered(question(), lambda _: UP)

    return check


async def health_of_a_consumer(bus: MemoryBus) -> DependencyHealth:
    return await consumer_health(bus, "journey")


async def test_all_dependencies_are_asked_at_once() -> None:
    all_are_asked = asyncio.Barrier(3)
    checks = {name: check_of(all_are_asked.wait) for name in ("log", "bus", "view")}
    health = await asyncio.wait_for(health_of("gateway", "1", checks), 5)
    assert (health.ready, list(health.dependencies)) == (True, ["log", "bus", "view"])


async def test_what_does_not_even_give_up_in_time_is_down() -> None:
    thawed = asyncio.Event()

    async def frozen() -> None:
        while not thawed.is_set():
            try:
                await thawed.wait()
            except asyncio.CancelledError:
                continue

    found = await asyncio.wait_for(answered(frozen(), lambda _: UP, patience=0.01), 5)
    assert (found.status, found.detail) == ("down", "no answer within 0.01 s")
    thawed.set()


async def test_one_that_is_down_makes_the_service_not_ready_and_says_why() -> None:
    async def away() -> None:
        raise LogUnavailable("connection refused")

    health = await health_of("gateway", "1", {"log": check_of(away), "bus": check_of(lambda: asyncio.sleep(0))})
    assert not health.ready
    assert health.dependencies["log"] == DependencyHealth(status="down", detail="connection refused")
    assert health.dependencies["bus"].status == "up"


async def test_whoever_answers_is_told_with_its_latency() -> None:
    log, bus = MemoryLog(), MemoryBus()
    await log.append(story(3))
    told = [await log_health(log), await bus_health(bus)]
    assert [(one.status, one.latency_ms is not None) for one in told] == [("up", True)] * 2
    assert told[0].detail == "head at position 3"


class LostBus(MemoryBus):
    """A bus whose connection is gone; whoever asks it waits for ever."""

    connected = False

    async def progress(self, _: str) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("check", [bus_health, lambda bus: consumer_health(bus, "journey")])
async def test_a_bus_that_is_not_connected_is_not_asked(
    check: Callable[[MemoryBus], Awaitable[DependencyHealth]],
) -> None:
    found = await asyncio.wait_for(check(LostBus()), 0.5)
    assert found == DependencyHealth(status="down", detail="reconnecting")
