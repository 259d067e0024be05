"""One trace for each task, from its acceptance on: the client's if it has one, else one that begins here."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from wrenchai_chassis.log import events_of
from wrenchai_chassis.telemetry import Telemetry
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import EventParked
from wrenchai_contracts.subjects import parked_stream

from tests.gateway_in_process import GatewayInProcess

TASKS = "/api/v1/tasks"
ASK = {"playbook": "book"}
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def trace_id(traceparent: str | None) -> str:
    version, trace, span, _ = str(traceparent).split("-")
    assert (version, len(trace), len(span)) == ("00", 32, 16)
    assert int(trace, 16)
    assert int(span, 16)
    return trace


async def recorded_after(gateway: GatewayInProcess, position: int) -> list[Recorded]:
    return events_of(await gateway.gateway.runtime.log.read(position, 100))


@pytest.fixture
def spans(gateway: GatewayInProcess) -> InMemorySpanExporter:
    """Telemetry is on, and its spans come here."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    gateway.gateway.runtime.telemetry = Telemetry(provider.get_tracer("test"))
    return exporter


async def test_a_task_keeps_the_trace_that_the_client_has_begun(gateway: GatewayInProcess) -> None:
    head = await gateway.gateway.runtime.log.head()
    await gateway.client.post(TASKS, json=ASK, headers={"traceparent": GIVEN})
    assert [event.trace for event in await recorded_after(gateway, head)] == [GIVEN]


@pytest.mark.parametrize(
    "bad", [None, "", "nonsense", GIVEN.upper(), f"00-{'0' * 32}-00f067aa0ba902b7-01", f"{GIVEN[:36]}{'0' * 16}-01"]
)
async def test_without_a_trace_of_the_client_s_one_begins_here(gateway: GatewayInProcess, bad: str | None) -> None:
    head = await gateway.gateway.runtime.log.head()
    headers = {"Idempotency-Key": "k"} | ({} if bad is None else {"traceparent": bad})
    await gateway.client.post(TASKS, json=ASK, headers=headers)
    await gateway.client.post(TASKS, json=ASK)
    requested, claimed, other = [trace_id(event.trace) for event in await recorded_after(gateway, head)]
    assert requested == claimed != other


@pytest.mark.parametrize("telemetry", ["on", "off"])
async def test_what_an_operator_does_with_a_task_belongs_to_the_task_s_trace(
    gateway: GatewayInProcess, request: pytest.FixtureRequest, telemetry: str
) -> None:
    if telemetry == "on":
        request.getfixturevalue("spans")
    head = await gateway.gateway.runtime.log.head()
    accepted = (await gateway.client.post(TASKS, json=ASK)).json()
    requested = (await recorded_after(gateway, head))[0]
    parked = EventParked(consumer="journey", position=head + 1, subject="ev.x", reason="bad", deliveries=5, payload="")
    await gateway.record(parked_stream("journey", head + 1), parked, cause=requested)
    await gateway.client.post(f"/api/v1/parked/journey/{head + 1}/redrive")
    await gateway.client.post(accepted["links"]["cancel"])
    told = await recorded_after(gateway, head)
    assert [event.type for event in told[1:]] == ["EventParked", "EventRedriven", "TaskCancellationRequested"]
    assert len({trace_id(event.trace) for event in told}) == 1


@pytest.mark.parametrize("given", [None, GIVEN])
async def test_with_telemetry_the_task_s_trace_is_that_of_a_span_around_its_acceptance(
    gateway: GatewayInProcess, spans: InMemorySpanExporter, given: str | None
) -> None:
    head = await gateway.gateway.runtime.log.head()
    await gateway.client.post(TASKS, json=ASK, headers={"traceparent": given} if given else {})
    await gateway.client.get(TASKS)
    (span,) = spans.get_finished_spans()
    (requested,) = await recorded_after(gateway, head)
    assert (span.name, trace_id(requested.trace)) == ("gateway submit", f"{span.context.trace_id:032x}")
    assert str(requested.trace).split("-")[2] == f"{span.context.span_id:016x}"
    assert (span.parent is not None, trace_id(requested.trace) == trace_id(GIVEN)) == (given is not None,) * 2


async def test_a_span_is_named_after_what_was_asked_not_after_whom_it_is_about(
    gateway: GatewayInProcess, spans: InMemorySpanExporter
) -> None:
    await gateway.client.post(f"{TASKS}/task_01jd3k0000/cancel")
    await gateway.client.post("/nowhere")
    assert [span.name for span in spans.get_finished_spans()] == ["gateway cancel", "gateway"]
