"""What follows in a journey, as tables: what it was told, what it may spend, how long it may wait."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from wrenchai_contracts.events import Event, JourneyDispatched, JourneyFailed, JourneyPaused, ResourceSample, StepFailed
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_contracts.spending import Spending
from wrenchai_journey.journey import Journey
from wrenchai_journey.next_events import Moment, follows, onward
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES, Failed, Outcome, Stopped, Succeeded, within_limits
from wrenchai_journey.spent import exceeds
from wrenchai_journey.told import Told

from tests.samples import AT
from tests.simulation.seeded_time import seeded

FREE, STOPPED, NOW, BOUNDARY = Told(), Told(stopped=True), Told(paused="now"), Told(paused="boundary")
WELL, BROKE = Succeeded({"n": 1}, 2.0), Failed("it broke", "broken", retryable=True, seconds=2.0)
HALTED = Stopped("cancelled while it ran", 2.0)


def moment(told: Told = FREE, seconds: float = 0) -> Moment:
    return Moment("w1", AT + timedelta(seconds=seconds), told, lambda _journey, _begun: None)


def journey(*steps: str, retry: RetryPolicy | None = None, most: Spending | None = None, **facts: Any) -> Journey:
    planned = [
        PlannedStep(id=step, tool="noop", retry=retry or RetryPolicy(), most=most or Spending()) for step in steps
    ]
    made = Journey()
    made.note(JourneyDispatched(journey="a", role="worker", steps=tuple(planned), **facts), AT, 1)
    return made


def after(outcome: Outcome, told: Told = FREE, *steps: str, **facts: Any) -> list[Event]:
    """What follows the first attempt of the first step."""
    made = journey(*(steps or ("a",)), **facts)
    assert made.next_step is not None
    begun = made.start_of(made.next_step, "w1")
    made.note(begun, AT, 2)
    return follows(made, begun, outcome, moment(told), chance=seeded(1))


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.parametrize(
    ("outcome", "told", "steps", "follow"),
    [
        (WELL, FREE, "a", ["StepCompleted", "JourneyCompleted"]),
        (WELL, STOPPED, "a", ["StepCompleted", "JourneyCompleted"]),
        (WELL, BOUNDARY, "a", ["StepCompleted", "JourneyCompleted"]),
        (WELL, FREE, "ab", ["StepCompleted", "StepStarted"]),
        (WELL, STOPPED, "ab", ["StepCompleted", "JourneyCancelled"]),
        (WELL, NOW, "ab", ["StepCompleted", "JourneyPaused"]),
        (WELL, BOUNDARY, "ab", ["StepCompleted", "JourneyPaused"]),
        (BROKE, FREE, "a", ["StepFailed"]),
        (BROKE, STOPPED, "a", ["StepFailed"]),
        (BROKE, BOUNDARY, "a", ["StepFailed"]),
        (HALTED, STOPPED, "a", ["JourneyCancelled"]),
        (HALTED, NOW, "a", ["StepInterrupted", "JourneyPaused"]),
        (HALTED, FREE, "a", ["StepInterrupted", "StepStarted"]),
    ],
)
def test_what_follows_an_attempt(outcome: Outcome, told: Told, steps: str, follow: list[str]) -> None:
    assert names(after(outcome, told, *steps)) == follow


@pytest.mark.parametrize(
    ("kind", "non_retryable", "again"),
    [
        ("heartbeat", (), True),
        ("timeout", (), True),
        ("timeout", ("bad_input",), True),
        ("timeout", ("timeout",), False),
        ("heartbeat", ("timeout", "heartbeat"), False),
    ],
)
def test_a_kind_of_failure_that_another_try_cannot_mend_is_not_tried_again(
    kind: str, non_retryable: tuple[str, ...], *, again: bool
) -> None:
    failed = Failed("", kind, retryable=True)
    events = after(failed, FREE, "a", retry=RetryPolicy(non_retryable=non_retryable))
    assert isinstance(events[0], StepFailed)
    assert (events[0].retry_in is not None) is again
    assert names(events[1:]) == ([] if again else ["JourneyFailed"])


def test_a_journey_that_no_worker_took_in_time_fails_before_its_first_step() -> None:
    waiting = journey("a", schedule_to_start=60.0)
    assert names(onward(waiting, moment(seconds=59))) == ["StepStarted"]
    late = JourneyFailed(journey="a", step="a", reason="no worker took the journey in time", kind="schedule_to_start")
    assert onward(waiting, moment(seconds=61)) == [late]


S = Spending


@pytest.mark.parametrize(
    ("reserved", "spent", "call", "too_much"),
    [
        (S(), S(calls=9, tokens=9, micros=9), S(), False),
        (S(calls=2), S(calls=1), S(), False),
        (S(calls=2), S(calls=2), S(), True),
        (S(calls=2), S(calls=1), S(calls=2), True),
        (S(), S(calls=1), S(calls=1), True),
        (S(tokens=100), S(calls=5, tokens=50), S(tokens=50), False),
        (S(tokens=100), S(calls=5, tokens=51), S(tokens=50), True),
        (S(tokens=100), S(tokens=101), S(), True),
        (S(micros=100), S(tokens=999, micros=40), S(micros=60), False),
        (S(micros=100), S(micros=41), S(micros=60), True),
        (S(seconds=10), S(seconds=4), S(seconds=6), False),
        (S(seconds=10), S(seconds=4.5), S(seconds=6), True),
        (S(seconds=10), S(seconds=10), S(), True),
        (S(seconds=10), S(seconds=9.9), S(), False),
    ],
)
def test_a_kind_is_limited_that_the_reservation_or_the_call_names(
    reserved: Spending, spent: Spending, call: Spending, *, too_much: bool
) -> None:
    assert exceeds(reserved, spent=spent, call=call) is too_much


def test_the_first_call_was_reserved_for_and_the_next_one_waits_for_more() -> None:
    tried = journey("a", reserved=S(calls=1), most=S(calls=1))
    assert names(onward(tried, moment())) == ["StepStarted"]
    begun = tried.start_of(PlannedStep(id="a", tool="noop"), "w1")
    tried.note(begun, AT, 2)
    for event in follows(tried, begun, BROKE, moment(), chance=seeded(1)):
        tried.note(event, AT, tried.version + 1)
    spent = S(calls=1, seconds=2.0)
    assert onward(tried, moment()) == [JourneyPaused(journey="a", step="a", why="budget", spent=spent)]


COSTLY = Succeeded({}, 2.0, spent=S(tokens=10, micros=5))


@pytest.mark.parametrize(
    ("outcome", "reserved", "spent"),
    [
        (WELL, None, None),
        (WELL, S(tokens=100), S(calls=1, seconds=2)),
        (COSTLY, None, S(calls=1, tokens=10, micros=5, seconds=2)),
        (COSTLY, S(tokens=100), S(calls=1, tokens=10, micros=5, seconds=2)),
    ],
)
def test_what_was_spent_is_on_record_where_anything_counts_or_somebody_budgets(
    outcome: Outcome, reserved: Spending | None, spent: Spending | None
) -> None:
    done, ended = after(outcome, reserved=reserved)
    assert (getattr(done, "spent", 0), getattr(ended, "spent", 0)) == (spent, spent)


SAMPLE = ResourceSample(seconds=2, cpu_seconds=1.5, peak_rss=2**20)


@pytest.mark.parametrize("sample", [SAMPLE, None])
@pytest.mark.parametrize("outcome", [WELL, BROKE])
def test_what_an_attempt_has_used_is_told_with_its_end_if_it_was_measured(
    outcome: Succeeded | Failed, sample: ResourceSample | None
) -> None:
    ended = after(replace(outcome, resources=sample))[0]
    assert getattr(ended, "resources", 0) == sample


def test_an_output_that_is_too_large_has_used_what_it_used() -> None:
    refused = within_limits(Succeeded({"text": "x" * MAX_OUTPUT_BYTES}, 2.0, resources=SAMPLE))
    assert isinstance(refused, Failed)
    assert refused.resources == SAMPLE


@pytest.mark.parametrize(("outcome", "told"), [(BROKE, FREE), (HALTED, STOPPED), (HALTED, NOW)])
def test_a_journey_that_ends_badly_or_pauses_tells_what_it_has_cost(outcome: Outcome, told: Told) -> None:
    events = after(outcome, told, reserved=S(tokens=9), retry=RetryPolicy(max_attempts=1))
    assert getattr(events[-1], "spent", None) == S(calls=1, seconds=2)


def test_an_attempt_that_was_lost_is_counted_as_what_a_call_costs_at_most() -> None:
    tried = journey("a", reserved=S(tokens=100), most=S(tokens=30, seconds=9))
    for attempt in (1, 2):
        begun = tried.start_of(PlannedStep(id="a", tool="noop"), "w1")
        assert begun.attempt == attempt
        tried.note(begun, AT, tried.version + 1)
    assert tried.spent == S(calls=2, tokens=30), "the second one runs still, and time is known to nobody"
    interrupted, paused = onward(tried, moment(BOUNDARY))
    assert getattr(interrupted, "spent", None) == S(calls=1, tokens=30)
    assert getattr(paused, "spent", None) == S(calls=2, tokens=60)
