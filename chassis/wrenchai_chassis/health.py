"""Whether a service lives, and whether it can work: each dependency with its latency and how far behind it is."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from wrenchai_contracts.errors import Unavailable
from wrenchai_contracts.views import DependencyHealth, Health

from wrenchai_chassis.bus import Bus, BusUnavailable, Progress
from wrenchai_chassis.log import EventLog

Check = Callable[[], Awaitable[DependencyHealth]]
Answer = TypeVar("Answer")

PATIENCE = 1.0
"""Seconds in which a dependency must answer; whoever asks for our health waits hardly longer."""

_NOBODY = "health"
"""A consumer that the bus does not know: that it says so is answer enough."""


async def log_health(log: EventLog) -> DependencyHealth:
    """Whether the log answers, and how fast."""
    return await answered(log.head(), lambda head: DependencyHealth(status="up", detail=f"head at position {head}"))


async def bus_health(bus: Bus) -> DependencyHealth:
    """Whether the bus answers, and how fast."""
    if not bus.connected:
        return _reconnecting()
    return await answered(bus.progress(_NOBODY), lambda _: DependencyHealth(status="up"))


async def consumer_health(bus: Bus, consumer: str) -> DependencyHealth:
    """Whether the bus knows our consumer, and how many events wait for it."""
    if not bus.connected:
        return _reconnecting()
    return await answered(bus.progress(consumer), _of_consumer)


async def answered(
    question: Awaitable[Answer], told: Callable[[Answer], DependencyHealth], *, patience: float = PATIENCE
) -> DependencyHealth:
    """What `told` makes of the answer, with its latency; `down` if there is none within `patience` seconds."""
    started = time.perf_counter()
    asking = asyncio.ensure_future(question)
    asking.add_done_callback(_take_note)
    await asyncio.wait((asking,), timeout=patience)
    if not asking.done():
        asking.cancel()  # and not awaited: what hangs may take its time to give up, too
        return DependencyHealth(status="down", detail=f"no answer within {patience:g} s")
    try:
        found = told(asking.result())
    except (Unavailable, BusUnavailable) as problem:
        return DependencyHealth(status="down", detail=str(problem))
    return found.model_copy(update={"latency_ms": round((time.perf_counter() - started) * 1000, 2)})


async def health_of(service: str, version: str, checks: Mapping[str, Check]) -> Health:
    """All checks at once; ready when each says `up` or is only `degraded`."""
    found = await asyncio.gather(*(check() for check in checks.values()))
    ready = all(one.status != "down" for one in found)
    dependencies = dict(zip(checks, found, strict=True))
    return Health(service=service, version=version, live=True, ready=ready, dependencies=dependencies)


def _of_consumer(progress: Progress | None) -> DependencyHealth:
    if progress is None:
        return DependencyHealth(status="down", detail="the bus does not know this consumer yet")
    return DependencyHealth(status="up", lag=progress.waiting, detail=f"done up to position {progress.done}")


def _reconnecting() -> DependencyHealth:
    return DependencyHealth(status="down", detail="reconnecting")


def _take_note(asked: "asyncio.Future[Any]") -> None:
    """An answer that comes too late is no fault that anybody must hear of."""
    if not asked.cancelled():
        asked.exception()
