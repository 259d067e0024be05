"""Whether a service lives, and whether it can work: each dependency with its latency and how far behind it is."""

import time
from collections.abc import Awaitable, Callable, Mapping

from wrenchai_contracts.errors import Unavailable
from wrenchai_contracts.views import DependencyHealth, Health

from wrenchai_chassis.bus import Bus, BusUnavailable
from wrenchai_chassis.log import EventLog

Check = Callable[[], Awaitable[DependencyHealth]]


async def log_health(log: EventLog) -> DependencyHealth:
    """Whether the log answers, and how fast."""
    started = time.perf_counter()
    try:
        head = await log.head()
    except Unavailable as problem:
        return DependencyHealth(status="down", detail=str(problem))
    return DependencyHealth(status="up", latency_ms=_milliseconds(started), detail=f"head at position {head}")


async def bus_health(bus: Bus) -> DependencyHealth:
    """Whether the connection to the bus stands."""
    return DependencyHealth(status="up" if bus.connected else "down", detail="" if bus.connected else "reconnecting")


async def consumer_health(bus: Bus, consumer: str) -> DependencyHealth:
    """Whether the bus knows our consumer, and how many events wait for it."""
    started = time.perf_counter()
    try:
        progress = await bus.progress(consumer)
    except BusUnavailable as problem:
        return DependencyHealth(status="down", detail=str(problem))
    if progress is None:
        return DependencyHealth(status="down", detail="the bus does not know this consumer yet")
    detail = f"done up to position {progress.done}"
    return DependencyHealth(status="up", latency_ms=_milliseconds(started), lag=progress.waiting, detail=detail)


async def health_of(service: str, version: str, checks: Mapping[str, Check]) -> Health:
    """All checks at once; ready when each says `up` or is only `degraded`."""
    results = {name: await check() for name, check in checks.items()}
    ready = all(result.status != "down" for result in results.values())
    return Health(service=service, version=version, live=True, ready=ready, dependencies=results)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
