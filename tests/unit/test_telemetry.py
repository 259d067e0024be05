"""Spans join the trace that a request or an event carries; traces that begin here are ones that others take."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from wrenchai_chassis.telemetry import Telemetry, new_trace, trace_of
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, seal, unseal
from wrenchai_contracts.events import TaskRequested

from tests.samples import AT, TASK


def requested(trace: str | None) -> Recorded:
    event = NewEvent(TASK, 1, TaskRequested(task_id=TASK), Context("test", correlation=TASK, trace=trace))
    return unseal(1, seal(event, AT).state)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(exporter: InMemorySpanExporter) -> Telemetry:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Telemetry(provider.get_tracer("test"))


def test_a_trace_that_begins_here_is_one_that_every_tracer_takes() -> None:
    traces = {new_trace() for _ in range(100)}
    taken = {str(TraceContextTextMapPropagator().extract({"traceparent": trace})) for trace in traces}
    assert (len(traces), len(taken)) == (100, 100)
    assert "{}" not in taken


def test_a_handled_event_s_span_belongs_to_the_event_s_trace(
    telemetry: Telemetry, exporter: InMemorySpanExporter
) -> None:
    trace = new_trace()
    with telemetry.handling(requested(trace), "orchestrator"):
        pass
    (span,) = exporter.get_finished_spans()
    assert (span.name, f"{span.context.trace_id:032x}") == ("orchestrator TaskRequested", trace.split("-")[1])


def test_an_event_without_a_trace_is_handled_within_one_of_its_own(
    telemetry: Telemetry, exporter: InMemorySpanExporter
) -> None:
    for _ in range(2):
        with telemetry.handling(requested(None), "orchestrator"):
            pass
    assert len({span.context.trace_id for span in exporter.get_finished_spans()}) == 2


def test_what_an_answered_request_records_belongs_to_its_span(
    telemetry: Telemetry, exporter: InMemorySpanExporter
) -> None:
    trace = new_trace()
    with telemetry.answering("gateway", trace, {"url.path": "/"}) as span:
        told = trace_of(span)
    (ended,) = exporter.get_finished_spans()
    assert told == f"{trace[:36]}{ended.context.span_id:016x}-01"


def test_without_an_exporter_there_are_no_spans() -> None:
    silent = Telemetry()
    assert not silent.enabled
    with silent.handling(requested(new_trace()), "orchestrator") as span:
        assert span is None
