"""Traces by OpenTelemetry, when an exporter is configured; otherwise nothing is loaded and nothing is spent."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from wrenchai_contracts.envelope import Recorded

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class Telemetry:
    """Spans for handled events; each joins the trace that its event carries."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        self._tracer = tracer

    @property
    def enabled(self) -> bool:
        """Whether spans go anywhere."""
        return self._tracer is not None

    def handling(self, event: Recorded, consumer: str) -> AbstractContextManager[None]:
        """A span around the handling of one event."""
        return nullcontext() if self._tracer is None else self._span(event, consumer)

    @contextmanager
    def _span(self, event: Recorded, consumer: str) -> Iterator[None]:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415  # only when used

        assert self._tracer is not None  # noqa: S101  # `handling` has looked
        parent = TraceContextTextMapPropagator().extract({"traceparent": event.trace} if event.trace else {})
        attributes = {"messaging.system": "nats", "messaging.consumer": consumer, "wrenchai.stream": event.stream}
        with self._tracer.start_as_current_span(f"{consumer} {event.type}", context=parent, attributes=attributes):
            yield


def telemetry_from_environment(service: str) -> Telemetry:
    """Telemetry as the standard `OTEL_EXPORTER_OTLP_ENDPOINT` asks for it; a silent one without."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return Telemetry()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # only when used
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"wrenchai-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Telemetry(provider.get_tracer("wrenchai"))
