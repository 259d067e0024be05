"""A journey as its events tell it, and when its next attempt may begin."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    ResourceSample,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import Costs, Work
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_contracts.spending import Spending
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


def completed(*steps: StepCompleted, dispatched: JourneyDispatched = DISPATCHED) -> JourneyCompleted:
    journey = Journey()
    for version, event in enumerate([dispatched, *steps], 1):
        journey.note(event, AT, version)
    return journey.completion()


def test_the_completion_tells_what_the_attempt_that_ended_each_step_has_used_as_far_as_it_was_measured() -> None:
    waste, thrift = ResourceSample(seconds=9, cpu_seconds=8), ResourceSample(seconds=1, peak_rss=5)
    ends = [
        started("a"), StepFailed(step="a", attempt=1, reason="", kind="x", retry_in=0, resources=waste),
        started("a", 2), StepCompleted(step="a", attempt=2, resources=thrift),
        started("b"), StepCompleted(step="b", attempt=1),
    ]  # fmt: skip
    assert folded(*ends).completion().resources == {"a": thrift}


SOLE = DISPATCHED.model_copy(
    update={"playbook": "notes", "tools": ("noop@2026.1+x@y", "noop_too@7"), "costs": Costs(false_accept=99)}
)
DONE = [StepCompleted(step=step, attempt=1) for step in "ab"]


def test_the_sole_journey_s_completion_says_whose_work_its_result_is_and_what_mistakes_cost() -> None:
    end = completed(*DONE, dispatched=SOLE)
    assert end.work == Work(role="worker", tool="noop", version="2026.1+x@y", playbook="notes")
    assert end.costs == Costs(false_accept=99)


def test_a_journey_of_several_and_one_by_no_playbook_are_nobody_s_work_to_judge_alone() -> None:
    several = completed(*DONE, dispatched=SOLE.model_copy(update={"sole": False}))
    assert (several.work, several.costs) == (None, None)
    assert completed(*DONE, dispatched=SOLE.model_copy(update={"playbook": None})).work is None


@pytest.mark.parametrize(("tools", "version"), [((), ""), (("noop",), ""), (("noop@" + "9" * 99,), "9" * 40)])
def test_a_tool_that_was_allocated_without_a_version_has_none_and_a_long_one_is_cut(
    tools: tuple[str, ...], version: str
) -> None:
    work = completed(*DONE, dispatched=SOLE.model_copy(update={"tools": tools})).work
    assert work is not None
    assert work.version == version


def test_looking_ahead_changes_nothing() -> None:
    journey = folded(started("a"))
    completed = StepCompleted(step="a", attempt=1, output={"n": 1}, evidence=(FACT,), seconds=2)
    after = journey.with_next(completed, at=AT)
    assert (after.next_step, after.evidence) == (STEPS[1], [FACT])
    assert (after.version, after.sum.seconds) == (3, 2)
    assert (journey.next_step, journey.evidence, journey.version) == (STEPS[0], [], 2)
    assert journey.running == started("a")


PAUSED = JourneyPaused(journey="a", step="a", why="question")
CLAIM = EffectClaimed(key="k", step="a", attempt=1, tool="send", digest="0" * 64)


def test_an_interrupted_attempt_is_no_failure_but_its_number_is_used_up() -> None:
    journey = folded(started("a"), StepInterrupted(step="a", attempt=1, reason="the task is paused", seconds=2))
    assert (journey.failures, journey.running, journey.sum.seconds) == ({}, None, 2)
    assert journey.start_of(STEPS[0], "w1").attempt == 2


def test_a_resumption_is_a_leg_of_its_own_and_brings_what_was_missing() -> None:
    journey = folded(PAUSED)
    assert (journey.paused, journey.leg) == (PAUSED, 1)
    journey.note(JourneyResumed(journey="a", answer={"colour": "red"}, reserved=Spending(calls=9)), AT, 3)
    assert (journey.paused, journey.leg, journey.answer) == (None, 3, {"colour": "red"})
    assert journey.reserved == Spending(calls=9)
    journey.note(JourneyResumed(journey="a"), AT, 4)
    assert (journey.answer, journey.reserved) == ({"colour": "red"}, Spending(calls=9)), "nothing came instead"
    journey.note(started("a"), AT, 5)
    journey.note(StepCompleted(step="a", attempt=1), AT, 6)
    assert journey.answer is None, "the next step has not asked"


def test_a_claim_is_open_until_it_is_settled_whatever_becomes_of_its_attempt() -> None:
    failed = StepFailed(step="a", attempt=1, reason="", kind="timeout")
    journey = folded(started("a"), CLAIM, failed)
    assert (journey.claim, journey.has_failed) == (CLAIM, True)
    journey.note(EffectSettled(key="k", step="a", outcome="not_done", by="probe"), AT, 5)
    assert (journey.claim, journey.has_failed) == (None, True)


def test_a_person_s_word_on_an_effect_counts_once_and_only_while_it_is_in_doubt() -> None:
    retry = JourneyResumed(journey="a", resolution="retry")
    assert folded(PAUSED, retry).resumed is None, "nothing is in doubt"
    failed = StepFailed(step="a", attempt=1, reason="", kind="timeout")
    journey = folded(started("a"), CLAIM, failed, PAUSED, retry)
    assert journey.resumed == retry
    journey.note(EffectSettled(key="k", step="a", outcome="not_done", by="person"), AT, 7)
    assert (journey.resumed, journey.has_failed) == (None, False), "who says so wants it tried again"


@pytest.mark.parametrize(
    ("seconds", "attempts", "overdue"), [(59, 0, False), (60, 0, False), (61, 0, True), (61, 1, False)]
)
def test_only_who_waits_for_its_first_attempt_can_wait_too_long(seconds: int, attempts: int, *, overdue: bool) -> None:
    journey = Journey()
    journey.note(DISPATCHED.model_copy(update={"schedule_to_start": 60}), AT, 1)
    for attempt in range(attempts):
        journey.note(started("a", attempt + 1), AT, 2)
    assert journey.is_overdue(AT + timedelta(seconds=seconds)) is overdue


def test_the_wait_for_a_worker_begins_anew_when_a_pause_ends() -> None:
    journey = Journey()
    journey.note(DISPATCHED.model_copy(update={"schedule_to_start": 60}), AT, 1)
    journey.note(JourneyResumed(journey="a"), AT + timedelta(hours=1), 3)
    assert not journey.is_overdue(AT + timedelta(hours=1, seconds=59))
    assert journey.is_overdue(AT + timedelta(hours=1, seconds=61))


@pytest.mark.parametrize(
    ("timeout", "deadline", "reserved", "left"),
    [(300, None, None, 300), (300, 20, None, 20), (300, 20, 10, 7), (5, 20, 10, 5), (300, None, 0, 300)],
)
def test_an_attempt_may_take_as_long_as_the_shortest_of_its_limits(
    timeout: float, deadline: float | None, reserved: float | None, left: float
) -> None:
    facts = {
        "steps": (PlannedStep(id="a", tool="noop"), PlannedStep(id="b", tool="noop", timeout=timeout)),
        "deadline": AT + timedelta(seconds=deadline) if deadline is not None else None,
        "reserved": Spending(seconds=reserved) if reserved is not None else None,
    }
    journey = Journey()
    journey.note(DISPATCHED.model_copy(update=facts), AT, 1)
    journey.note(started("a"), AT, 2)
    journey.note(StepCompleted(step="a", attempt=1, seconds=3), AT, 3)
    assert journey.seconds_left(AT) == left


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
