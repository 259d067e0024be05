"""FastStream's ASGI skeleton around a service without routes of its own: lifespan, /health, AsyncAPI document.

The connection is FastStream's broker's. Hot deliveries do not pass through its subscribers (58-65 us a message here
against 11 us; see docs/decisions/0003): they come to the chassis' own runtime, and FastStream documents them.
"""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from faststream.asgi import AsgiFastStream, AsgiResponse, get
from faststream.nats import NatsBroker
from faststream.security import SASLPlaintext

from wrenchai_chassis.asyncapi import specification
from wrenchai_chassis.health import health_of
from wrenchai_chassis.logging_setup import set_up_logging
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.service import Runtime, Service, bus_password, bus_user, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.version import VERSION

_JSON = {"content-type": "application/json"}


def application(service: Service, settings: ServiceSettings) -> AsgiFastStream:
    """The service as an ASGI application: /health, /health/live, /health/ready, /asyncapi."""
    bus = NatsBus(bus_user(service.name, settings))
    broker = _broker(service, settings, bus)
    runtimes: list[Runtime] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        bus.attach(await broker.connect())
        async with running(service, settings, bus) as runtime:
            runtimes.append(runtime)
            yield

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
    uvicorn.Server(config).run(sockets=[listener])


def _broker(service: Service, settings: ServiceSettings, bus: NatsBus) -> NatsBroker:
    logger = set_up_logging(service.name, settings.log_level)
    options = bus.options(bus_password(settings), logger.warning)
    user, password = options.pop("user"), options.pop("password")
    security = SASLPlaintext(user, password) if password else None
    return NatsBroker(settings.nats_url, logger=None, security=security, **options)
