"""The gateway's web application: routes, the layers around them, and its life."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from wrenchai_chassis.service import Assembly, Runtime, running
from wrenchai_chassis.version import VERSION
from wrenchai_contracts.errors import WrenchError

from wrenchai_gateway import (
    artifact_routes,
    control_routes,
    operation_routes,
    playbook_routes,
    quality_routes,
    schedule_routes,
    socket_routes,
    task_routes,
    verdict_routes,
    waiting_routes,
)
from wrenchai_gateway.access import Access
from wrenchai_gateway.docs_page import add_docs_page
from wrenchai_gateway.documentation import DESCRIPTION, describe
from wrenchai_gateway.http_answers import POSITION_HEADER
from wrenchai_gateway.limits import MEBIBYTE, BodyLimit
from wrenchai_gateway.problems import tell_bad_parameters, tell_failure, tell_http_error, tell_wrench_error
from wrenchai_gateway.service import GATEWAY, assembly_of, open_gateway
from wrenchai_gateway.settings import GatewaySettings
from wrenchai_gateway.tracing import Tracing

API = "/api/v1"
_ROUTES = (
    task_routes,
    control_routes,
    waiting_routes,
    verdict_routes,
    quality_routes,
    schedule_routes,
    playbook_routes,
    artifact_routes,
    operation_routes,
)
_LARGER_BODIES = {f"{API}/tasks/batch": 8 * MEBIBYTE}


def application(settings: GatewaySettings) -> FastAPI:
    """The ASGI application; it is connected to log and bus while its lifespan lasts."""
    app = FastAPI(
        title="WrenchAI",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=_life(settings),
        middleware=_layers(settings),
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.router.routes.insert(0, task_routes.SUBMIT_ROUTE)
    for routes in _ROUTES:
        app.include_router(routes.router, prefix=API)
    app.include_router(operation_routes.health_router)
    app.include_router(socket_routes.router)
    app.mount(f"{API}/sites", artifact_routes.Sites(directory=settings.sites_dir, html=True, check_dir=False))
    add_docs_page(app)
    app.add_exception_handler(WrenchError, tell_wrench_error)
    app.add_exception_handler(HTTPException, tell_http_error)
    app.add_exception_handler(RequestValidationError, tell_bad_parameters)
    app.add_exception_handler(Exception, tell_failure)
    describe(app)
    return app


def _life(settings: GatewaySettings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async def assemble(runtime: Runtime) -> Assembly:
            app.state.gateway = await open_gateway(runtime)
            return assembly_of(app.state.gateway)

        async with running(replace(GATEWAY, assemble=assemble), settings):
            yield

    return life


def _layers(settings: GatewaySettings) -> list[Middleware]:
    """From the outside in: cross-origin rules, the key, the size of bodies, the trace."""
    layers = [
        Middleware(Access, api_key=settings.api_key.get_secret_value(), origins=settings.cors_origins),
        Middleware(BodyLimit, larger=_LARGER_BODIES),
        Middleware(Tracing),
    ]
    if settings.cors_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "Actor",
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "Prefer",
                "Range",
                "traceparent",
            ],
            expose_headers=[POSITION_HEADER, "Location", "ETag", "Content-Range", "Retry-After"],
        )
        layers.insert(0, cors)
    return layers
