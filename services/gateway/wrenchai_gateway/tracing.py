"""A span around each request that may record something; what it records belongs to the trace of that span."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from wrenchai_chassis.telemetry import Telemetry, trace_of


class Tracing:
    """ASGI middleware, which only passes on while spans go nowhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within a span if there is to be one."""
        if scope["type"] == "http" and scope["method"] == "POST":
            telemetry: Telemetry = scope["app"].state.gateway.runtime.telemetry
            if telemetry.enabled:
                await self._within_a_span(telemetry, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _within_a_span(self, telemetry: Telemetry, scope: Scope, receive: Receive, send: Send) -> None:
        """The routes are told of the span as if the client had: by the header `traceparent`."""
        headers = MutableHeaders(raw=list(scope["headers"]))
        attributes = {"http.request.method": scope["method"], "url.path": scope["path"]}
        with telemetry.answering("gateway", headers.get("traceparent"), attributes) as span:
            headers["traceparent"] = trace_of(span)
            routed = dict(scope) | {"headers": headers.raw}
            await self._app(routed, receive, send)
            if "endpoint" in routed:
                span.update_name(f"gateway {routed['endpoint'].__name__}")
