"""A journey as its events tell it, and when its next attempt may begin."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    StepCompleted,
    StepFailed,
    StepStarted,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_journey.journey import Journey, retry_delay

from tests.samples import AT
from tests.simulation.seeded_time import seeded

STEPS = (PlannedStep(id="a", tool="noop"), PlannedStep(id="b", tool="noop"))
DISPATCHED = JourneyDispatched(journey="a", role="worker", steps=STEPS, final=True, sole=True, accept_above=0.9)
FACT = Evidence(judge="links", dimension="links", passed=1, tried=1)


def started(step: str, attempt: int = 1) -> StepStarted:
    return StepStarted(step=step, attempt=attempt, tool="noop", worker="w1")


def folded(*events: Event) -> Journey:
    journey = Journey()
    for version, event in enumerate([DISPATCHED, *events], 1):
        journey.note(event, AT, version)
    return journey


def test_a_new_journey_begins_with_its_first_step() -> None:
    journey = folded()
    assert journey.next_step == STEPS[0]
    assert journey.start_of(STEPS[0], "w1") == started("a")
    assert journey.version == 1


def test_a_completed_step_is_followed_by_the_first_that_is_not() -> None:
    journey = folded(started("a"), StepCompleted(step="a", attempt=1, output={"n": 1}, evidence=(FACT,)))
    assert (journey.next_step, journey.running) == (STEPS[1], None)
    assert (journey.outputs, journey.evidence) == ({"a": {"n": 1}}, [FACT])


def test_a_second_attempt_follows_one_that_was_begun_whoever_began_it() -> None:
    journey = folded(started("a"))
    assert journey.running == started("a")
    assert journey.start_of(STEPS[0], "w2").attempt == 2


def test_a_failed_attempt_is_waited_for_and_counted() -> None:
    journey = folded(started("a"), StepFailed(step="a", attempt=1, reason="", kind="x", retry_in=2.5, evidence=(FACT,)))
    assert journey.seconds_to_wait(AT) == 2.5
    assert journey.seconds_to_wait(AT + timedelta(seconds=3)) < 0
    assert (journey.failures, journey.evidence) == ({"a": 1}, []), "what a failed try measured is not the result's"
    journey.note(started("a", 2), AT, 4)
    assert journey.seconds_to_wait(AT) == 0


def test_what_a_step_measured_that_failed_for_good_counts() -> None:
    journey = folded(started("a"), StepFailed(step="a", attempt=1, reason="", kind="x", evidence=(FACT,)))
    assert journey.evidence == [FACT]


@pytest.mark.parametrize(
    "end",
    [
        JourneyCompleted(journey="a", outputs={}),
        JourneyFailed(journey="a", step="a", reason="", kind="x"),
        JourneyCancelled(journey="a"),
    ],
)
def test_an_ended_journey_says_so(end: Event) -> None:
    assert folded(end).ended


def test_the_completion_holds_everything_a_reader_needs() -> None:
    done = [
        started("a"), StepFailed(step="a", attempt=1, reason="", kind="x", retry_in=0), started("a", 2),
        StepCompleted(step="a", attempt=2, output={"n": 1}, evidence=(FACT,)),
        started("b"), StepCompleted(step="b", attempt=1, output={"n": 2}),
    ]  # fmt: skip
    assert folded(*done).completion() == JourneyCompleted(
        journey="a", outputs={"a": {"n": 1}, "b": {"n": 2}}, evidence=(FACT,), attempts=3, final=True, sole=True,
        accept_above=0.9, reject_below=0.2,
    )  # fmt: skip


def test_looking_ahead_changes_nothing() -> None:
    journey = folded(started("a"))
    after = journey.after(StepCompleted(step="a", attempt=1, output={"n": 1}, evidence=(FACT,)))
    assert (after.next_step, after.evidence) == (STEPS[1], [FACT])
    assert (journey.next_step, journey.evidence) == (STEPS[0], [])


POLICIES = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 100),
    first_delay=st.floats(0, 3600),
    factor=st.floats(1, 10),
    max_delay=st.floats(0, 86400),
)


@given(POLICIES, st.integers(1, 120), st.integers())
def test_a_delay_lies_between_half_and_all_of_the_capped_back_off_and_tries_run_out(
    policy: RetryPolicy, failures: int, seed: int
) -> None:
    delay = retry_delay(policy, failures, seeded(seed))
    if failures >= policy.max_attempts:
        assert delay is None
    else:
        full = min(policy.first_delay * policy.factor ** (failures - 1), policy.max_delay)
        assert delay is not None
        assert full / 2 <= delay <= full <= policy.max_delay


def test_jitter_spreads_the_tries_of_many_workers() -> None:
    delays = {retry_delay(RetryPolicy(first_delay=1), 1, seeded(seed)) for seed in range(100)}
    assert len(delays) == 100
