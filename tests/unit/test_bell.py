"""The doorbell: what was rung is what is heard, in messages that fit on the bus."""

from hypothesis import given
from hypothesis import strategies as st
from wrenchai_chassis.bell import Rung, bell_payloads, from_row, read_bell, rung
from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import MAX_EVENT_BYTES

from tests.samples import rungs, sealed, story

BUS_LIMIT = 1024 * 1024

events = st.builds(
    Rung,
    position=st.integers(0, 2**64 - 1),
    subject=st.text(max_size=300).filter(lambda text: text.isprintable()),
    state=st.binary(max_size=500),
)


@given(st.lists(events, max_size=20))
def test_what_is_rung_is_heard_in_order(rung_events: list[Rung]) -> None:
    heard = [event for payload in bell_payloads(rung_events) for event in read_bell(payload)]
    assert heard == rung_events


def test_ringing_nothing_sends_one_empty_message_that_says_look() -> None:
    assert list(bell_payloads([])) == [b""]
    assert list(read_bell(b"")) == []


def test_many_of_the_largest_events_go_out_in_messages_that_the_bus_takes() -> None:
    large = [event._replace(state=b"x" * MAX_EVENT_BYTES) for event in rungs(1, 20)]
    payloads = list(bell_payloads(large))
    assert max(map(len, payloads)) <= BUS_LIMIT
    assert [event for payload in payloads for event in read_bell(payload)] == large


def test_many_small_events_go_out_in_messages_that_the_bus_takes() -> None:
    small = rungs(1, 60_000)
    payloads = list(bell_payloads(small))
    assert max(map(len, payloads)) <= BUS_LIMIT
    assert sum(len(list(read_bell(payload))) for payload in payloads) == 60_000


def test_an_event_is_rung_as_it_is_read_from_the_log() -> None:
    appended = story(3)
    read = [Stored(7 + i, e.stream, e.version, e.topic, e.tenant, e.state) for i, e in enumerate(appended)]
    assert rung(7, appended) == list(map(from_row, read))


def test_the_subject_says_type_routing_tenant_and_stream() -> None:
    (event,) = rung(1, [sealed("task_1/build")])
    assert event.subject == "ev.TaskCancellationRequested.-.default.task_1/build"
