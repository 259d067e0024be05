"""Runs a service: connects it to log and bus, runs its subscriptions and core coroutines, answers /health, drains.

Every service is a `Service`: a name and one function that says what runs in it. The relay, the orchestrator, the
journey worker and the inspector are served by FastStream's ASGI skeleton; the gateway, which has routes of its own,
enters `running` in its lifespan.
"""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from wrenchai_contracts.envelope import Context
from wrenchai_contracts.events import Event

from wrenchai_chassis.checkpoints import PostgresCheckpoints
from wrenchai_chassis.clock import Clock, new_id, utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.health import Check, bus_health, consumer_health, log_health
from wrenchai_chassis.jetstream import Retention
from wrenchai_chassis.logging_setup import set_up_logging
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.subscription import Parts, Subscription, SubscriptionRunner
from wrenchai_chassis.telemetry import Telemetry, telemetry_from_environment

DEAD_CORE = 70
"""Exit code of a process one of whose core coroutines died: it would only swallow messages."""

_BUS_WITHIN = 2.0
"""Seconds that a service with a bus of its own waits for it before it goes on without."""


@dataclass(slots=True)
class Runtime:
    """What a service is given: the log, the bus, a committer, and what differs between replicas and tests."""

    name: str
    settings: ServiceSettings
    log: PostgresLog
    bus: NatsBus
    committer: Committer
    telemetry: Telemetry
    logger: logging.Logger
    context: Context
    clock: Clock = utc_now
    new_id: Callable[[], str] = new_id
    checks: dict[str, Check] = field(default_factory=dict)

    def core(self, coroutine: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        """Run `coroutine` for as long as the process lives; should it end, the process ends at once."""
        task = asyncio.create_task(coroutine, name=name)
        task.add_done_callback(self._core_ended)
        return task

    def _core_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self.logger.critical(
                "core coroutine %s died; this process ends", task.get_name(), exc_info=task.exception()
            )
            logging.shutdown()
            os._exit(DEAD_CORE)


@dataclass(slots=True)
class Assembly:
    """What runs in a service."""

    subscriptions: tuple[Subscription, ...] = ()
    coroutines: dict[str, Coroutine[Any, Any, None]] = field(default_factory=dict)
    on_drain: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service by name, how it is put together, and what it takes from and adds to the log."""

    name: str
    assemble: Callable[[Runtime], Awaitable[Assembly]]
    settings: type[ServiceSettings] = ServiceSettings
    subjects: tuple[str, ...] = ()
    emits: tuple[type[Event], ...] = ()


@asynccontextmanager
async def connected(name: str, settings: ServiceSettings, bus: NatsBus | None = None) -> AsyncIterator[Runtime]:
    """A runtime connected to log and bus, its committer running. A `bus` that is given is connected already.

    Without one it connects by itself, in the background if nobody answers at once: whoever only records needs no bus.
    """
    logger = set_up_logging(name, settings.log_level)
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(
            PostgresLog(settings.postgres_url.get_secret_value(), application_name=f"wrenchai-{name}")
        )
        if bus is None:
            bus = bus_of(name, settings)
            stack.push_async_callback(bus.close)
            await bus.open(settings.nats_url, bus_password(settings), logger.warning, within=_BUS_WITHIN)
        runtime = _runtime(name, settings, log, bus)
        stack.push_async_callback(bus.ring, [])  # the committer may leave before it has told of its last events
        for core in (runtime.core(runtime.committer.run(), "committer"), runtime.core(bus.closed(), "bus")):
            stack.callback(core.cancel)
        bus.on_reconnect(lambda: bus.ring([]))  # what was committed while only we were away, nobody was told of
        await bus.ring([])  # whoever died between commit and bell left something behind: look now
        yield runtime


def bus_of(name: str, settings: ServiceSettings) -> NatsBus:
    """The bus as this service speaks to it, not connected yet."""
    retention = Retention(settings.bus_max_bytes, settings.bus_max_age, settings.bus_replicas)
    return NatsBus(settings.nats_user or name, retention)


def bus_password(settings: ServiceSettings) -> str | None:
    """Our password there, if the bus wants one."""
    return settings.nats_password.get_secret_value() if settings.nats_password else None


def _runtime(name: str, settings: ServiceSettings, log: PostgresLog, bus: NatsBus) -> Runtime:
    return Runtime(
        name=name,
        settings=settings,
        log=log,
        bus=bus,
        committer=Committer(log, bus.ring),
        telemetry=telemetry_from_environment(name),
        logger=logging.getLogger(f"wrenchai.{name}"),
        context=Context(actor=f"{name}/{settings.instance}"),
        checks={"log": lambda: log_health(log), "bus": lambda: bus_health(bus)},
    )


@asynccontextmanager
async def running(service: Service, settings: ServiceSettings, bus: NatsBus | None = None) -> AsyncIterator[Runtime]:
    """The service at work; on exit it takes nothing new, ends what it has in hand, and leaves."""
    async with connected(service.name, settings, bus) as runtime:
        assembly = await service.assemble(runtime)
        limited = [replace(one, max_in_flight=settings.max_in_flight) for one in assembly.subscriptions]
        runners = [SubscriptionRunner(subscription, _parts(runtime)) for subscription in limited]
        cores = [runtime.core(runner.run(), f"subscription {i}") for i, runner in enumerate(runners)]
        cores += [runtime.core(coroutine, name) for name, coroutine in assembly.coroutines.items()]
        for subscription in assembly.subscriptions:
            runtime.checks[f"consumer {subscription.name}"] = _consumer_check(runtime, subscription.name)
        _collect_garbage_seldom()
        try:
            yield runtime
        finally:
            await asyncio.gather(*(runner.drain(settings.drain_seconds) for runner in runners))
            if assembly.on_drain is not None:
                await assembly.on_drain()
            for core in cores:
                core.cancel()


def _collect_garbage_seldom() -> None:
    """What was loaded stays for ever, and what follows lives for milliseconds: a quarter less CPU for each journey."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _consumer_check(runtime: Runtime, consumer: str) -> Check:
    return lambda: consumer_health(runtime.bus, consumer)


def _parts(runtime: Runtime) -> Parts:
    return Parts(
        log=runtime.log,
        bus=runtime.bus,
        committer=runtime.committer,
        checkpoints=PostgresCheckpoints(runtime.log),
        context=runtime.context,
        telemetry=runtime.telemetry,
        report=runtime.logger.warning,
    )
