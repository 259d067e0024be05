"""The envelope: what is sealed is what is read, for every event there is, and nothing else is taken for an event."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json
from wrenchai_contracts.envelope import MAX_EVENT_BYTES, Context, NewEvent, Sealed, Undecodable, seal, unseal
from wrenchai_contracts.errors import PayloadTooLarge
from wrenchai_contracts.events import EVENT_TYPES, Event, JourneyCompleted, TaskCancellationRequested
from wrenchai_contracts.subjects import subject_of

from tests.any_message import any_event, contexts, instances, moments
from tests.samples import AT, fact, sealed

anything = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", EVENT_TYPES)
@anything
@given(data=st.data())
def test_what_was_sealed_is_what_is_read(name: str, data: st.DataObject) -> None:
    event = data.draw(instances(EVENT_TYPES[name]))
    assert isinstance(event, Event)
    context, at = data.draw(contexts()), data.draw(moments())
    read = unseal(7, seal(NewEvent("task_1/build", 3, event, context), at).state)
    assert read.event == event
    assert (read.position, read.stream, read.version, read.at) == (7, "task_1/build", 3, at)
    assert Context(read.actor, read.tenant, read.correlation, read.causation, read.trace) == context


@anything
@given(event=any_event(), context=contexts(), at=moments())
def test_sealing_twice_gives_the_same_bytes(event: Event, context: Context, at: datetime) -> None:
    new = NewEvent("task_1", 1, event, context)
    assert seal(new, at) == seal(new, at)


def test_the_bytes_are_one_json_object_with_the_event_under_data() -> None:
    assert from_json(sealed("task_1", 2, "why").state) == {
        "type": "TaskCancellationRequested",
        "schema": 1,
        "stream": "task_1",
        "version": 2,
        "tenant": "default",
        "actor": "test",
        "correlation": "task_1",
        "causation": "",
        "trace": None,
        "at": "2026-11-23T01:02:03.456789+00:00",
        "data": {"reason": "why"},
    }


def test_an_event_of_the_largest_size_is_sealed_and_one_byte_more_is_refused() -> None:
    room = MAX_EVENT_BYTES - len(sealed().state)
    assert len(sealed(note="x" * room).state) == MAX_EVENT_BYTES
    with pytest.raises(PayloadTooLarge, match=f"has {MAX_EVENT_BYTES + 1} bytes; the limit is {MAX_EVENT_BYTES}"):
        sealed(note="x" * (room + 1))


def test_the_topic_says_type_and_routing() -> None:
    final = JourneyCompleted(journey="build", outputs={}, final=True)
    topics = [seal(NewEvent("task_1", 1, event, Context("test")), AT).topic for event in (fact().event, final)]
    assert topics == ["TaskCancellationRequested", "JourneyCompleted.final"]


@pytest.mark.parametrize(
    ("topic", "subject"),
    [
        ("TaskRequested", "ev.TaskRequested.-.acme.task_1/build"),
        ("JourneyCompleted.final", "ev.JourneyCompleted.final.acme.task_1/build"),
    ],
)
def test_the_subject_has_a_token_for_type_routing_and_tenant(topic: str, subject: str) -> None:
    assert subject_of(Sealed("task_1/build", 1, topic, "acme", b"")) == subject


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"type":"TaskFailed"}', id="half an envelope"),
        pytest.param(sealed().state.replace(b"TaskCancellationRequested", b"TaskEnlarged"), id="unknown type"),
        pytest.param(sealed().state.replace(b'"reason":""', b'"reason":{}'), id="another shape"),
        pytest.param(sealed().state.replace(b"2026-", b"year-"), id="no time"),
        pytest.param(sealed().state[:-1], id="cut off"),
    ],
)
def test_bytes_that_are_no_event_are_undecodable_with_position_and_reason(state: bytes) -> None:
    with pytest.raises(Undecodable, match=r"event at position 9 cannot be read: .+") as refused:
        unseal(9, state)
    assert refused.value.position == 9


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(state: bytes) -> None:
    with pytest.raises(Undecodable):
        unseal(1, state)


@given(st.data())
def test_no_cut_or_changed_byte_of_an_event_breaks_the_reader(data: st.DataObject) -> None:
    state = bytearray(sealed("task_1", 1, "why").state)
    state[data.draw(st.integers(0, len(state) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = unseal(1, bytes(state[: data.draw(st.integers(0, len(state)))]))
    except Undecodable:
        return
    assert isinstance(read.event, TaskCancellationRequested)


def test_an_effect_keeps_its_causes_story_and_tenant_and_has_an_actor_of_its_own() -> None:
    cause = unseal(
        4, seal(NewEvent("task_1", 2, fact().event, Context("a", "acme", "task_1", "x@1", "00-t")), AT).state
    )
    assert Context("journey/1").caused_by(cause) == Context("journey/1", "acme", "task_1", "task_1@2", "00-t")


def test_a_field_that_a_newer_release_has_added_is_passed_over() -> None:
    newer = sealed().state.replace(b'"data":{', b'"data":{"added_later":1,')
    assert unseal(1, newer).event == unseal(1, sealed().state).event
