"""Traces by OpenTelemetry, when an exporter is configured; otherwise nothing is loaded and next to nothing spent."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from wrenchai_contracts.envelope import Recorded

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


class Telemetry:
    """Spans for answered requests and handled events; each joins the trace that the request or the event carries."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        self._tracer = tracer

    @property
    def enabled(self) -> bool:
        """Whether spans go anywhere."""
        return self._tracer is not None

    def handling(self, event: Recorded, consumer: str) -> AbstractContextManager[None]:
        """A span around the handling of one event."""
        return nullcontext() if self._tracer is None else self._span(event, consumer)

    def answering(self, name: str, trace: str | None, attributes: Mapping[str, str]) -> AbstractContextManager["Span"]:
        """A span around the answering of one request; only if spans are `enabled`."""
        return self._started(name, trace, attributes, "SERVER")

    @contextmanager
    def _span(self, event: Recorded, consumer: str) -> Iterator[None]:
        attributes = {"messaging.system": "nats", "messaging.consumer": consumer, "wrenchai.stream": event.stream}
        with self._started(f"{consumer} {event.type}", event.trace, attributes, "INTERNAL"):
            yield

    def _started(
        self, name: str, trace: str | None, attributes: Mapping[str, str], kind: str
    ) -> AbstractContextManager["Span"]:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415  # only when used
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        assert self._tracer is not None  # noqa: S101  # whoever calls has looked
        parent = TraceContextTextMapPropagator().extract({"traceparent": trace} if trace else {})
        return self._tracer.start_as_current_span(name, context=parent, kind=SpanKind[kind], attributes=attributes)


def new_trace() -> str:
    """A W3C traceparent that begins a trace, marked as sampled: services that trace follow what it says."""
    chance = os.urandom(24).hex()
    return f"00-{chance[:32]}-{chance[32:]}-01"


def trace_of(span: "Span") -> str:
    """The W3C traceparent of what happens within `span`."""
    place = span.get_span_context()
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"


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
