"""What a worker records of a journey, whoever fails, dies or interferes."""

import asyncio

import pytest
from wrenchai_chassis.subscription import LeftToAnother
from wrenchai_contracts.events import (
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    Question,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
    TaskCancellationRequested,
    TaskRequested,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_contracts.spending import Spending
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES, Asked, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.stops import LOOK_EVERY

from tests.samples import TASK
from tests.unit.workshop import workshop
from tests.virtual_time import in_virtual_time

RETRY = RetryPolicy(max_attempts=3, first_delay=10, factor=2)
FACT = Evidence(judge="links", dimension="links", passed=1, tried=2)
BROKE = Failed("it broke", "broken", retryable=True, evidence=(FACT,))


def dispatched(*steps: str, retry: RetryPolicy = RETRY) -> JourneyDispatched:
    planned = tuple(PlannedStep(id=step, tool="noop", retry=retry) for step in steps)
    return JourneyDispatched(journey="a", role="worker", steps=planned)


def started(step: str, attempt: int = 1, worker: str = "w1") -> StepStarted:
    return StepStarted(step=step, attempt=attempt, tool="noop", worker=worker)


def completed(step: str, attempt: int = 1) -> StepCompleted:
    return StepCompleted(step=step, attempt=attempt, output={"by": step})


@in_virtual_time
async def test_a_step_s_end_and_the_next_one_s_start_are_recorded_together() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"))
        worker, _ = shop.worker()
        await worker.attend(cause, first=True)
        assert shop.log.commits[1:] == [
            ["StepStarted"], ["StepCompleted", "StepStarted"], ["StepCompleted", "JourneyCompleted"],
        ]  # fmt: skip
        assert (await shop.events())[-1] == JourneyCompleted(
            journey="a", outputs={"a": {"by": "a"}, "b": {"by": "b"}}, attempts=2
        )


@in_virtual_time
async def test_a_journey_goes_on_at_its_first_unfinished_step_and_runs_no_other() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b", "c"), started("a"), completed("a"), started("b"))
        worker, attempts = shop.worker(name="w2")
        await worker.attend(cause, first=False)
        assert attempts.ran == [("b", 2), ("c", 1)]
        last = (await shop.events())[-1]
        assert isinstance(last, JourneyCompleted)
        assert last.outputs == {"a": {"by": "a"}, "b": {"by": "b"}, "c": {"by": "c"}}


@in_virtual_time
async def test_a_worker_that_believes_to_be_first_learns_from_the_log_that_it_is_not() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"), started("a"), completed("a"))
        worker, attempts = shop.worker()
        await worker.attend(cause, first=True)
        assert attempts.ran == [("b", 1)]


@in_virtual_time
async def test_a_journey_that_ended_is_left_as_it_is() -> None:
    async with workshop() as shop:
        cause = await shop.record(
            dispatched("a"), started("a"), completed("a"), JourneyCompleted(journey="a", outputs={})
        )
        worker, attempts = shop.worker()
        await worker.attend(cause, first=False)
        await worker.attend(cause, first=True)
        assert attempts.ran == []
        assert len(await shop.events()) == 4


@in_virtual_time
async def test_a_worker_steps_back_for_another_one_s_later_attempt() -> None:
    async with workshop() as shop:

        async def overtaken(_: asyncio.Event) -> Outcome:
            await shop.record(started("a", 2, "w2"))
            return Succeeded({"by": "too late"}, 1)

        cause = await shop.record(dispatched("a", "b"))
        worker, _ = shop.worker({("a", 1): overtaken})
        with pytest.raises(LeftToAnother):
            await worker.attend(cause, first=True)
        assert await shop.story() == ["JourneyDispatched", "StepStarted a 1", "StepStarted a 2"]


@in_virtual_time
async def test_a_worker_that_was_overtaken_to_the_very_end_is_done() -> None:
    async with workshop() as shop:

        async def overtaken(_: asyncio.Event) -> Outcome:
            await shop.record(started("a", 2, "w2"), completed("a", 2), JourneyCompleted(journey="a", outputs={}))
            return Succeeded({"by": "too late"}, 1)

        cause = await shop.record(dispatched("a"))
        worker, _ = shop.worker({("a", 1): overtaken})
        await worker.attend(cause, first=True)
        assert sum(isinstance(event, StepCompleted) for event in await shop.events()) == 1


@in_virtual_time
async def test_a_second_delivery_to_the_worker_at_work_is_left_to_it() -> None:
    async with workshop() as shop:

        async def redelivered(_: asyncio.Event) -> Outcome:
            with pytest.raises(LeftToAnother):
                await worker.attend(cause, first=False)
            return Succeeded({}, 0)

        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker({("a", 1): redelivered})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1)]


@in_virtual_time
async def test_a_failed_attempt_is_tried_again_after_a_growing_delay() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a"))
        worker, _ = shop.worker({("a", 1): BROKE, ("a", 2): BROKE})
        await worker.attend(cause, first=True)
        assert await shop.story() == [
            "JourneyDispatched", "StepStarted a 1", "StepFailed a 1", "StepStarted a 2", "StepFailed a 2",
            "StepStarted a 3", "StepCompleted a 3", "JourneyCompleted",
        ]  # fmt: skip
        recorded = await shop.recorded()
        first, second = (recorded[n + 1].at - recorded[n].at for n in (2, 4))
        assert 5 <= first.total_seconds() <= 10 <= second.total_seconds() <= 20


@in_virtual_time
async def test_when_the_tries_are_used_up_the_journey_fails_with_what_was_measured() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"))
        worker, attempts = shop.worker({("a", n): BROKE for n in (1, 2, 3)})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1), ("a", 2), ("a", 3)]
        *_, failed, last = await shop.events()
        assert isinstance(failed, StepFailed)
        assert failed.retry_in is None
        assert last == JourneyFailed(journey="a", step="a", reason="it broke", kind="broken", evidence=(FACT,))


@in_virtual_time
async def test_tries_of_a_worker_that_died_count_on() -> None:
    async with workshop() as shop:
        gone = StepFailed(step="a", attempt=1, reason="", kind="x", retry_in=0)
        cause = await shop.record(dispatched("a"), started("a"), gone, started("a", 2))
        worker, attempts = shop.worker({("a", 3): BROKE, ("a", 4): BROKE})
        await worker.attend(cause, first=False)
        assert attempts.ran == [("a", 3), ("a", 4)], "attempt 2 was begun and lost: no failure of the step"
        assert isinstance((await shop.events())[-1], JourneyFailed)


@in_virtual_time
async def test_what_cannot_be_cured_is_not_tried_again() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker({("a", 1): Failed("no such page", "not_found", retryable=False)})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1)]
        assert await shop.story() == ["JourneyDispatched", "StepStarted a 1", "StepFailed a 1", "JourneyFailed a"]


@in_virtual_time
async def test_a_task_cancelled_before_its_journey_begins_runs_no_step() -> None:
    async with workshop() as shop:
        await shop.record(TaskRequested(task_id=TASK), TaskCancellationRequested(), stream=TASK)
        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker()
        await worker.attend(cause, first=False)
        assert attempts.ran == []
        assert (await shop.events())[-1] == JourneyCancelled(journey="a", reason="cancelled between steps")


@in_virtual_time
async def test_a_cancellation_between_two_steps_is_heeded_before_the_next_is_run() -> None:
    async with workshop() as shop:

        async def cancelled_meanwhile(_: asyncio.Event) -> Outcome:
            await shop.record(TaskRequested(task_id=TASK), TaskCancellationRequested(), stream=TASK)
            await shop.stops.look(TASK)
            return Succeeded({}, 0)

        cause = await shop.record(dispatched("a", "b"))
        worker, attempts = shop.worker({("a", 1): cancelled_meanwhile})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1)]
        assert isinstance((await shop.events())[-1], JourneyCancelled)


@in_virtual_time
async def test_a_stopped_attempt_ends_the_journey_as_cancelled() -> None:
    async with workshop() as shop:

        async def cancelled(stop: asyncio.Event) -> Outcome:
            await shop.tell(TaskRequested(task_id=TASK), TaskCancellationRequested())
            assert stop.is_set()
            return Stopped("cancelled while it ran")

        cause = await shop.record(dispatched("a", "b"))
        worker, _ = shop.worker({("a", 1): cancelled})
        await worker.attend(cause, first=True)
        assert (await shop.events())[-1] == JourneyCancelled(journey="a", reason="cancelled while it ran")


@in_virtual_time
async def test_a_wait_for_the_next_try_ends_with_a_cancellation_even_if_the_bus_was_away() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", retry=RetryPolicy(first_delay=3600, max_delay=3600)))
        worker, attempts = shop.worker({("a", 1): BROKE})
        attending = asyncio.create_task(worker.attend(cause, first=True))
        await asyncio.sleep(1)
        await shop.record(TaskRequested(task_id=TASK), TaskCancellationRequested(), stream=TASK)
        await asyncio.sleep(LOOK_EVERY)
        assert attending.done()
        assert attempts.ran == [("a", 1)]
        assert isinstance((await shop.events())[-1], JourneyCancelled)


@in_virtual_time
async def test_outputs_that_are_too_large_together_fail_the_journey_and_not_the_worker() -> None:
    large = Succeeded({"text": "x" * (MAX_OUTPUT_BYTES - 100)}, 0)
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b", "c", "d", "e"))
        worker, _ = shop.worker({(step, 1): large for step in "abcde"})
        await worker.attend(cause, first=True)
        last = (await shop.events())[-1]
        assert isinstance(last, JourneyFailed)
        assert (last.kind, last.step) == ("output_too_large", "e")


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Succeeded({"text": "x" * MAX_OUTPUT_BYTES}, 0), "output_too_large"),
        (Succeeded({}, 0, evidence=(FACT,) * 5000), "evidence_too_large"),
        (Failed("it broke", "broken", retryable=True, evidence=(FACT,) * 5000), "evidence_too_large"),
        (Failed("x" * 1_000_000, "broken", retryable=False), "broken"),
    ],
)
def test_no_outcome_is_so_large_that_it_cannot_be_recorded(outcome: Outcome, kind: str) -> None:
    @in_virtual_time
    async def the_journey_fails_at_once() -> None:
        async with workshop() as shop:
            cause = await shop.record(dispatched("a"))
            worker, attempts = shop.worker({("a", 1): outcome})
            await worker.attend(cause, first=True)
            assert attempts.ran == [("a", 1)]
            last = (await shop.events())[-1]
            assert isinstance(last, JourneyFailed)
            assert last.kind == kind

    the_journey_fails_at_once()


@in_virtual_time
async def test_what_many_steps_measured_never_makes_a_failure_too_large_to_record() -> None:
    measured = Succeeded({}, 0, evidence=(FACT.model_copy(update={"summary": "x" * 450}),) * 90)
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b", "c", "d"))
        worker, _ = shop.worker(
            {
                ("a", 1): measured,
                ("b", 1): measured,
                ("c", 1): measured,
                ("d", 1): Failed("", "x", retryable=False, evidence=measured.evidence),
            }
        )
        await worker.attend(cause, first=True)
        assert isinstance((await shop.events())[-1], JourneyFailed)


@in_virtual_time
async def test_a_tool_s_question_lets_go_of_the_journey_and_its_answer_takes_it_up_again() -> None:
    question = Question(title="Which one?", form={"type": "object"})
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b", retry=RetryPolicy(max_attempts=1)))
        worker, attempts = shop.worker({("a", 1): Asked(question, 0.5)})
        await worker.attend(cause, first=True)
        interrupted = StepInterrupted(step="a", attempt=1, reason="asks", seconds=0.5)
        assert (await shop.events())[-2:] == [
            interrupted, JourneyPaused(journey="a", step="a", why="question", question=question),
        ]  # fmt: skip
        await shop.record(JourneyResumed(journey="a", answer={"which": "that"}))
        await worker.attend(await shop.last(), first=True)
        assert attempts.ran == [("a", 1), ("a", 2), ("b", 1)]
        assert attempts.answers == [None, {"which": "that"}, None], "the next step has not asked"


@in_virtual_time
async def test_a_journey_without_budget_costs_no_more_events_and_no_look_at_the_log() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"))
        worker, attempts = shop.worker()
        attempts.pure_tools = frozenset({"noop"})
        shop.log.reads = 0
        await worker.attend(cause, first=True)
        assert shop.log.reads == 0
        assert shop.log.commits[1:] == [
            ["StepStarted", "StepCompleted", "StepStarted"], ["StepCompleted", "JourneyCompleted"],
        ]  # fmt: skip
        assert all(getattr(event, "spent", None) is None for event in await shop.events())


@in_virtual_time
async def test_a_journey_that_spent_what_was_reserved_waits_for_more_and_then_goes_on() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b").model_copy(update={"reserved": Spending(calls=2)}))
        worker, attempts = shop.worker({("a", 1): BROKE})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1), ("a", 2)]
        paused = (await shop.last()).event
        assert paused == JourneyPaused(journey="a", step="b", why="budget", spent=Spending(calls=2, seconds=0.5))
        await shop.record(JourneyResumed(journey="a", reserved=Spending(calls=3)))
        await worker.attend(await shop.last(), first=True)
        assert attempts.ran[2:] == [("b", 1)]
        last = (await shop.last()).event
        assert isinstance(last, JourneyCompleted)
        assert last.spent == Spending(calls=3, seconds=1.0)
