"""The checker finds what it is for, and nothing in a good log."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.invariants import Violation, bus_violations, log_violations
from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    Event,
    EventParked,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    RoundEvaluated,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepOpened,
    StepSettled,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskRequested,
    TaskResumed,
    VerdictGiven,
    VerdictWeighed,
    Wait,
)
from wrenchai_contracts.plan import PlannedStep

from tests.samples import AT, TASK, sealed
from wrenchai.invariants import step_violations, task_violations

DISPATCHED = JourneyDispatched(journey="a", role="worker", steps=(PlannedStep(id="a", tool="noop"),))


def rows(*places: tuple[int, str, int]) -> list[Stored]:
    made = [(position, sealed(stream, version)) for position, stream, version in places]
    return [Stored(position, s.stream, s.version, s.topic, s.tenant, s.state) for position, s in made]


GOOD = rows((1, "task_a", 1), (2, "task_b", 1), (3, "task_a", 2), (4, "task_a", 3))


class TestLog:
    def test_a_log_without_gaps_is_good(self) -> None:
        assert log_violations(GOOD) == []
        assert log_violations([]) == []

    @pytest.mark.parametrize(
        ("broken", "position", "what"),
        [
            (rows((2, "task_a", 1)), 2, "position 1 should come here"),
            (rows((1, "task_a", 1), (3, "task_a", 2)), 3, "position 2 should come here"),
            (rows((1, "task_a", 1), (1, "task_b", 1)), 1, "position 2 should come here"),
            (rows((1, "task_a", 2)), 1, "task_a is at 2, should be at 1"),
            (rows((1, "task_a", 1), (2, "task_a", 3)), 2, "task_a is at 3, should be at 2"),
            (rows((1, "task_a", 1), (2, "task_a", 1)), 2, "task_a is at 1, should be at 2"),
        ],
    )
    def test_a_gap_is_named_once_with_its_place(self, broken: list[Stored], position: int, what: str) -> None:
        assert log_violations(broken) == [Violation("I3", position, what)]


class TestBus:
    CARRIED = [from_row(row) for row in GOOD]  # noqa: RUF012  # never changed

    @pytest.mark.parametrize("begin", [0, 2, 4])
    def test_a_run_of_the_log_up_to_its_head_is_good(self, begin: int) -> None:
        assert bus_violations(GOOD, self.CARRIED[begin:], reached=4 if begin < 4 else 0) == []

    @pytest.mark.parametrize(
        ("carried", "position", "what"),
        [
            (CARRIED[:3], 3, "the bus ends here and should reach 4"),
            ([], 0, "the bus ends here and should reach 4"),
            ([CARRIED[0], *CARRIED[2:]], 3, "the bus goes on here after 1"),
            ([*CARRIED, Rung(5, "ev.x", b"x")], 5, "the bus holds an event that the log has not"),
            ([*CARRIED[:3], CARRIED[3]._replace(state=b"{}")], 4, "its bytes on the bus are not those of the log"),
            ([*CARRIED[:3], CARRIED[3]._replace(subject="ev.x")], 4,
             f"the bus has it as ev.x, the log as {CARRIED[3].subject}"),
        ],
    )  # fmt: skip
    def test_every_difference_is_named(self, carried: list[Rung], position: int, what: str) -> None:
        assert bus_violations(GOOD, carried, reached=4) == [Violation("I7", position, what)]

    def test_a_bus_of_another_log_is_found(self) -> None:
        other = [from_row(row) for row in rows((1, "task_x", 1), (2, "task_b", 1))]
        assert [violation.position for violation in bus_violations(GOOD, other)] == [1]


def told(*events: tuple[str, Event]) -> list[Recorded]:
    """Events of the streams named, each at its place."""
    recorded: list[Recorded] = []
    for position, (stream, event) in enumerate(events, 1):
        version = sum(r.stream == stream for r in recorded) + 1
        recorded.append(Recorded(position, stream, version, "default", "", TASK, "", None, AT, event))
    return recorded


REQUESTED, A = (TASK, TaskRequested(task_id=TASK)), f"{TASK}/a"
APPROVAL = StepOpened(step="agree", type="wait", wait=Wait(waits_for="approval"))


class TestTasks:
    @pytest.mark.parametrize("end", [TaskCompleted(), TaskFailed(reason=""), TaskCancelled()])
    def test_a_task_that_ends_once_is_good(self, end: Event) -> None:
        assert task_violations(told(REQUESTED, (A, DISPATCHED), (TASK, end)), settled=True) == []

    def test_a_judgement_of_a_round_may_come_when_the_task_has_ended(self) -> None:
        judged = RoundEvaluated(step="a", round=1, quality=0.5, interval=(0.4, 0.6), improves=0.5, delta=0.1)
        late = (f"{TASK}/_evaluation/a/1", judged)
        assert task_violations(told(REQUESTED, (TASK, TaskCancelled()), late), settled=True) == []

    def test_what_is_said_of_one_step_may_come_late_and_of_the_whole_may_not(self) -> None:
        ended = (TASK, TaskCancelled())
        of_a_step = ExecutionEvaluated(step="a", quality=0.5, interval=(0.4, 0.6), decision="accept")
        of_all = of_a_step.model_copy(update={"step": None})
        assert task_violations(told(REQUESTED, ended, (f"{TASK}/_evaluation/a", of_a_step)), settled=True) == []
        given, weighed = VerdictGiven(verdict="bad"), VerdictWeighed(by="ann", verdict="bad", before=0.5, after=0.1)
        spoken = told(REQUESTED, ended, (f"{TASK}/_verdict", given), (f"{TASK}/_verdict/3", weighed))
        assert task_violations(spoken, settled=True) == []
        assert len(task_violations(told(REQUESTED, ended, (f"{TASK}/_evaluation", of_all)), settled=True)) == 1

    def test_a_task_that_has_not_ended_is_only_wrong_when_everything_is_settled(self) -> None:
        events = told(REQUESTED, (A, DISPATCHED))
        assert task_violations(events, settled=False) == []
        (violation,) = task_violations(events, settled=True)
        assert (violation.invariant, violation.position) == ("I1", 1)
        assert "has not ended" in violation.what

    def test_a_task_with_a_parked_event_waits_for_a_person(self) -> None:
        parked = EventParked(consumer="journey", position=1, subject="", reason="poison", deliveries=5, payload="")
        assert task_violations(told(REQUESTED, ("parked/journey/1", parked)), settled=True) == []

    @pytest.mark.parametrize(
        ("said", "waits"),
        [
            ([(TASK, TaskPaused())], True),
            ([(TASK, TaskPaused()), (TASK, TaskResumed())], False),
            ([(TASK, APPROVAL)], True),
            ([(TASK, APPROVAL), (TASK, StepSettled(step="agree", outcome="completed"))], False),
            ([(TASK, StepOpened(step="loop", type="loop"))], False),
            ([(A, JourneyPaused(journey="a", step="a", why="question"))], True),
            ([(A, JourneyPaused(journey="a", step="a", why="in_doubt"))], True),
            ([(A, JourneyPaused(journey="a", step="a", why="budget")), (A, JourneyResumed(journey="a"))], False),
            ([(A, JourneyPaused(journey="a", step="a", why="paused"))], False),
            ([(TASK, TaskPaused()), (A, JourneyPaused(journey="a", step="a", why="paused"))], True),
        ],
    )
    def test_a_task_may_wait_for_ever_if_it_says_for_what(self, said: list[tuple[str, Event]], *, waits: bool) -> None:
        events = told(REQUESTED, (A, DISPATCHED), *said)
        assert (task_violations(events, settled=True) == []) is waits
        assert task_violations(events, settled=False) == []

    @pytest.mark.parametrize(
        "after", [(TASK, TaskFailed(reason="")), (A, DISPATCHED), (f"{TASK}/_evaluation", TaskRequested(task_id=TASK))]
    )
    def test_nothing_follows_the_end(self, after: tuple[str, Event]) -> None:
        found = task_violations(told(REQUESTED, (TASK, TaskCompleted()), after), settled=True)
        assert (found[0].invariant, found[0].position) == ("I1", 3)
        assert "follows the task's end (TaskCompleted at 2)" in found[0].what

    def test_an_end_without_a_beginning_is_found(self) -> None:
        (violation,) = task_violations(told((TASK, TaskCompleted())), settled=True)
        assert "ends and was not open" in violation.what


def started(attempt: int = 1) -> StepStarted:
    return StepStarted(step="a", attempt=attempt, tool="noop", worker="w1")


def completed(attempt: int = 1) -> StepCompleted:
    return StepCompleted(step="a", attempt=attempt, output={"n": 1})


FAILED = StepFailed(step="a", attempt=1, reason="", kind="x", retry_in=0)
ENDED = JourneyCompleted(journey="a", outputs={"a": {"n": 1}})
PAUSED, RESUMED = JourneyPaused(journey="a", step="a", why="paused"), JourneyResumed(journey="a")
INTERRUPTED = StepInterrupted(step="a", attempt=1, reason="the task is paused")
DONE = EffectSettled(key="k", step="a", outcome="done")


def claimed(attempt: int = 1, key: str = "k") -> EffectClaimed:
    return EffectClaimed(key=key, step="a", attempt=attempt, tool="send", digest="0" * 64)


class TestSteps:
    @pytest.mark.parametrize(
        "good",
        [
            [DISPATCHED, started(), completed(), ENDED],
            [DISPATCHED, started(), FAILED, started(2), completed(2), ENDED],
            [DISPATCHED, started(), started(2), completed(2), ENDED],
            [DISPATCHED, started(), JourneyCancelled(journey="a")],
            [JourneyCancelled(journey="a")],
            [DISPATCHED, PAUSED, RESUMED, started(), INTERRUPTED, PAUSED, RESUMED, started(2), completed(2), ENDED],
            [DISPATCHED, started(), claimed(), DONE, completed(), ENDED],
            [DISPATCHED, started(), claimed(), started(2), claimed(2), DONE, completed(2), ENDED],
            [DISPATCHED, started(), claimed(), FAILED, PAUSED, RESUMED, started(2), DONE, completed(2), ENDED],
            [DISPATCHED, started(), claimed(), JourneyCancelled(journey="a")],
            [DISPATCHED, PAUSED, JourneyCancelled(journey="a")],
            [DISPATCHED, PAUSED, JourneyFailed(journey="a", step="a", reason="", kind="compensated")],
        ],
    )
    def test_a_journey_whose_steps_end_once_is_good(self, good: Sequence[Event]) -> None:
        assert step_violations(told(*((A, event) for event in good))) == []

    @pytest.mark.parametrize(
        ("broken", "what"),
        [
            ([DISPATCHED, started(), completed(), completed()], "a was completed before"),
            ([DISPATCHED, started(), completed(), started(2)], "a begins again after it was completed"),
            ([DISPATCHED, started(), started(2), completed(1)], "attempt 1 of a was not running"),
            ([DISPATCHED, completed()], "attempt 1 of a was not running"),
            ([DISPATCHED, started(), FAILED, FAILED], "attempt 1 of a was not running"),
            ([DISPATCHED, started(), started()], "attempt 1 of a follows attempt 1"),
            ([DISPATCHED, started(3)], "attempt 3 of a follows attempt 0"),
            ([DISPATCHED, DISPATCHED], "a journey is dispatched again"),
            ([DISPATCHED, started(), completed(), ENDED, ENDED], "it follows the journey's end"),
            ([DISPATCHED, ENDED], "its outputs are not those of its steps"),
            ([DISPATCHED, started(), INTERRUPTED, INTERRUPTED], "attempt 1 of a was not running"),
            ([DISPATCHED, PAUSED, started()], "it follows the journey's pause"),
            ([DISPATCHED, PAUSED, PAUSED], "it follows the journey's pause"),
            ([DISPATCHED, started(), completed(), PAUSED, ENDED], "it follows the journey's pause"),
            ([DISPATCHED, RESUMED], "a journey is resumed that was not paused"),
            ([DISPATCHED, started(), PAUSED], "it is paused while an attempt runs"),
            ([DISPATCHED, started(), claimed(2)], "k is claimed by an attempt that does not run"),
            ([DISPATCHED, started(), claimed(), claimed(key="l")], "l is claimed while k is in doubt"),
            ([DISPATCHED, started(), DONE], "k was not claimed"),
            ([DISPATCHED, started(), claimed(), completed()], "a is completed while its effect k is in doubt"),
        ],
    )
    def test_what_is_recorded_twice_or_out_of_turn_is_named(self, broken: Sequence[Event], what: str) -> None:
        found = step_violations(told(*((A, event) for event in broken)))
        assert found
        assert {violation.invariant for violation in found} == {"I2"}
        assert found[-1].position == len(broken)
        assert any(what in violation.what for violation in found)

    def test_journeys_are_told_apart(self) -> None:
        both = [(stream, event) for event in (DISPATCHED, started(), completed()) for stream in (A, f"{TASK}/b")]
        assert step_violations(told(*both)) == []


def test_a_violation_reads_as_a_sentence() -> None:
    assert str(Violation("I3", 7, "a hole")) == "I3 at position 7: a hole"
    assert replace(Violation("I3", 7, "a hole"), position=8).position == 8
