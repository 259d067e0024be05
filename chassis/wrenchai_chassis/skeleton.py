"""FastStream's ASGI skeleton around a service without routes of its own: lifespan, /health, AsyncAPI document.

The connection is FastStream's broker's. Hot deliveries do not pass through its subscribers (58-65 us a message here
against 11 us; see docs/decisions/0003): they come to the chassis' own runtime, and FastStream documents them.
"""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import uvicorn
from faststream.asgi import AsgiFastStream, AsgiResponse, get
from faststream.nats import NatsBroker
from faststream.security import SASLPlaintext
from nats.errors import Error as NatsError

from wrenchai_chassis.asyncapi import specification
from wrenchai_chassis.health import health_of
from wrenchai_chassis.logging_setup import set_up_logging
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.service import Runtime, Service, bus_of, bus_password, running
from wrenchai_chassis.serving import serve_until_told_to_go
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.version import VERSION

_JSON = {"content-type": "application/json"}


def application(service: Service, settings: ServiceSettings) -> AsgiFastStream:
    """The service as an ASGI application: /health, /health/live, /health/ready, /asyncapi."""
    bus = bus_of(service.name, settings)
    broker = _broker(service, settings, bus)
    runtimes: list[Runtime] = []
    at_work = AsyncExitStack()

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        bus.attach(await broker.connect())
        async with at_work:
            runtimes.append(await at_work.enter_async_context(running(service, settings, bus)))
            yield

    async def drain() -> None:
        """End the work while the bus still carries it: FastStream closes the connection before it leaves `lifespan`."""
        await at_work.aclose()

    @get(include_in_schema=False)
    async def live(_: dict[str, Any]) -> AsgiResponse:
        return AsgiResponse(b'{"live":true}', 200, _JSON)

    @get(include_in_schema=False)
    async def ready(_: dict[str, Any]) -> AsgiResponse:
        health = await health_of(service.name, VERSION, runtimes[-1].checks)
        return AsgiResponse(json.dumps(health.model_dump(mode="json")).encode(), 200 if health.ready else 503, _JSON)

    return AsgiFastStream(
        broker,
        logger=None,
        lifespan=lifespan,
        on_shutdown=(drain,),
        asgi_routes=[("/health", ready), ("/health/live", live), ("/health/ready", ready)],
        specification=specification(service),
        asyncapi_path="/asyncapi",
    )


def serve(service: Service, settings: ServiceSettings | None = None) -> None:
    """Run the service until SIGTERM or SIGINT. A free port is taken when none is set."""
    chosen = settings or service.settings()
    listener = socket.create_server((chosen.health_host, chosen.health_port))
    config = uvicorn.Config(
        application(service, chosen),
        log_config=None,
        access_log=False,
        loop="uvloop",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    serve_until_told_to_go(config, listener)


class _Broker(NatsBroker):
    async def stop(self, *problem: Any) -> None:
        """Leave, also while the bus is away: then there is nothing to take leave of."""
        with suppress(NatsError):
            await super().stop(*problem)


def _broker(service: Service, settings: ServiceSettings, bus: NatsBus) -> NatsBroker:
    logger = set_up_logging(service.name, settings.log_level)
    options = bus.options(bus_password(settings), logger.warning)
    user, password = options.pop("user"), options.pop("password")
    security = SASLPlaintext(user, password) if password else None
    return _Broker(settings.nats_url, logger=None, security=security, **options)
