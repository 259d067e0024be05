"""What a worker records when its task is paused, resumed, or some of its journeys are stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyPaused,
    JourneyResumed,
    JourneysStopped,
    LimitsExtended,
    PlanAborted,
    StepInterrupted,
    StepRetryRequested,
    StepStarted,
    TaskCancellationRequested,
    TaskPaused,
    TaskRequested,
    TaskResumed,
)
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.told import TaskTold

from tests.samples import AT, TASK
from tests.unit.workshop import Workshop, workshop
from tests.virtual_time import in_virtual_time

REQUESTED = TaskRequested(task_id=TASK)
NOW, BOUNDARY = TaskPaused(at="now"), TaskPaused(at="boundary")
RESUMED = JourneyResumed(journey="a")
BROKE = Failed("it broke", "broken", retryable=True)


def dispatched(*steps: str, retry: RetryPolicy | None = None, undoes: str | None = None) -> JourneyDispatched:
    planned = tuple(PlannedStep(id=step, tool="noop", retry=retry or RetryPolicy()) for step in steps)
    return JourneyDispatched(journey="a", role="worker", steps=planned, undoes=undoes)


def while_it_runs(shop: Workshop, *events: Event) -> Callable[[asyncio.Event], Awaitable[Outcome]]:
    """An attempt during which something is told; it ends as stopped if it must, else well."""

    async def attempt(stop: asyncio.Event) -> Outcome:
        await shop.tell(REQUESTED, *events)
        return Stopped("cancelled while it ran", 2.0) if stop.is_set() else Succeeded({"by": "a"}, 1.0)

    return attempt


@in_virtual_time
async def test_a_pause_at_the_boundary_lets_the_attempt_end_and_no_other_begin() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"))
        worker, attempts = shop.worker({("a", 1): while_it_runs(shop, BOUNDARY)})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1)]
        assert await shop.story() == [
            "JourneyDispatched", "StepStarted a 1", "StepCompleted a 1", "JourneyPaused b",
        ]  # fmt: skip
        assert (await shop.last()).event == JourneyPaused(journey="a", step="b", why="paused")


@in_virtual_time
async def test_a_pause_now_ends_the_attempt_and_does_not_count_it_as_a_failure() -> None:
    once = RetryPolicy(max_attempts=1)
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", retry=once))
        worker, attempts = shop.worker({("a", 1): while_it_runs(shop, NOW)})
        await worker.attend(cause, first=True)
        *_, interrupted, paused = await shop.events()
        assert interrupted == StepInterrupted(step="a", attempt=1, reason="the task is paused", seconds=2.0)
        assert paused == JourneyPaused(journey="a", step="a", why="paused")

        await shop.tell(TaskResumed())
        await shop.record(RESUMED)
        await worker.attend(await shop.last(), first=True)
        assert attempts.ran == [("a", 1), ("a", 2)], "its number is used up"
        assert isinstance((await shop.last()).event, JourneyCompleted)


@in_virtual_time
async def test_a_journey_goes_on_at_its_first_unfinished_step_with_whatever_worker_hears_of_it() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", "b"))
        worker, _ = shop.worker({("a", 1): while_it_runs(shop, BOUNDARY)})
        await worker.attend(cause, first=True)
        await shop.tell(TaskResumed())
        await shop.record(RESUMED)
        other, attempts = shop.worker(name="w2")
        await other.attend(await shop.last(), first=True)
        assert attempts.ran == [("b", 1)]
        assert isinstance((await shop.last()).event, JourneyCompleted)


@pytest.mark.parametrize("first", [True, False])
def test_a_dispatch_that_is_delivered_again_finds_the_journey_paused_and_does_nothing(*, first: bool) -> None:
    @in_virtual_time
    async def nothing_is_done() -> None:
        async with workshop() as shop:
            cause = await shop.record(dispatched("a", "b"), JourneyPaused(journey="a", step="a", why="paused"))
            worker, attempts = shop.worker()
            await worker.attend(cause, first=first)
            assert (attempts.ran, len(await shop.events())) == ([], 2)

    nothing_is_done()


@in_virtual_time
async def test_a_dispatch_that_is_delivered_again_leaves_what_was_resumed_to_the_resumption_s_delivery() -> None:
    async with workshop() as shop:
        paused = JourneyPaused(journey="a", step="a", why="paused")
        running = StepStarted(step="a", attempt=1, tool="noop", worker="w2")
        cause = await shop.record(dispatched("a", "b"), paused, RESUMED, running)
        worker, attempts = shop.worker()
        await worker.attend(cause, first=False)
        assert (attempts.ran, len(await shop.events())) == ([], 4), "nobody is overtaken"


@in_virtual_time
async def test_a_journey_whose_task_was_paused_before_it_came_begins_nothing() -> None:
    async with workshop() as shop:
        await shop.tell(REQUESTED, BOUNDARY)
        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker()
        await worker.attend(cause, first=True)
        assert attempts.ran == []
        assert await shop.story() == ["JourneyDispatched", "JourneyPaused a"]


@in_virtual_time
async def test_an_attempt_that_a_dead_worker_has_left_ends_with_the_pause() -> None:
    async with workshop() as shop:
        await shop.tell(REQUESTED, BOUNDARY)
        left = StepStarted(step="a", attempt=1, tool="noop", worker="w0")
        cause = await shop.record(dispatched("a"), left)
        worker, attempts = shop.worker()
        await worker.attend(cause, first=False)
        assert attempts.ran == []
        assert (await shop.story())[2:] == ["StepInterrupted a 1", "JourneyPaused a"]


@in_virtual_time
async def test_an_attempt_on_record_whose_tool_was_not_touched_yet_is_not_begun_in_a_pause() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker()
        shop.log.behind = lambda: shop.tell_behind(REQUESTED, BOUNDARY)
        await worker.attend(cause, first=True)
        assert attempts.ran == []
        assert (await shop.story())[1:] == ["StepStarted a 1", "StepInterrupted a 1", "JourneyPaused a"]


@in_virtual_time
async def test_a_pause_that_is_over_before_the_tool_was_gone_costs_one_attempt_and_no_more() -> None:
    async with workshop() as shop:

        async def paused_and_resumed(stop: asyncio.Event) -> Outcome:
            await shop.tell(REQUESTED, NOW)
            assert stop.is_set()
            await shop.tell(TaskResumed())
            return Stopped("cancelled while it ran")

        cause = await shop.record(dispatched("a"))
        worker, attempts = shop.worker({("a", 1): paused_and_resumed})
        await worker.attend(cause, first=True)
        assert attempts.ran == [("a", 1), ("a", 2)]
        assert (await shop.story())[2:] == [
            "StepInterrupted a 1", "StepStarted a 2", "StepCompleted a 2", "JourneyCompleted",
        ]  # fmt: skip


@in_virtual_time
async def test_a_wait_for_the_next_try_ends_with_a_pause() -> None:
    slow = RetryPolicy(first_delay=3600, max_delay=3600)
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", retry=slow))
        worker, _ = shop.worker({("a", 1): BROKE})
        attending = asyncio.create_task(worker.attend(cause, first=True))
        await asyncio.sleep(1)
        await shop.tell(REQUESTED, BOUNDARY)
        await attending
        assert (await shop.story())[-2:] == ["StepFailed a 1", "JourneyPaused a"]


@in_virtual_time
async def test_a_last_step_that_ends_in_a_pause_ends_the_journey() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a"))
        worker, _ = shop.worker({("a", 1): while_it_runs(shop, BOUNDARY)})
        await worker.attend(cause, first=True)
        assert isinstance((await shop.last()).event, JourneyCompleted)


@in_virtual_time
async def test_a_paused_journey_whose_task_is_cancelled_ends_when_it_is_woken() -> None:
    async with workshop() as shop:
        await shop.record(REQUESTED, BOUNDARY, TaskCancellationRequested(), stream=TASK)
        await shop.record(dispatched("a"), JourneyPaused(journey="a", step="a", why="paused"), RESUMED)
        worker, attempts = shop.worker()
        await worker.attend(await shop.last(), first=True)
        assert attempts.ran == []
        assert isinstance((await shop.last()).event, JourneyCancelled)


@in_virtual_time
async def test_a_journey_that_is_not_needed_any_more_stops_and_its_neighbour_goes_on() -> None:
    async with workshop() as shop:
        enough = JourneysStopped(journeys=("a",), reason="enough have ended well")
        cause = await shop.record(dispatched("a", "b"))
        worker, _ = shop.worker({("a", 1): while_it_runs(shop, enough)})
        await worker.attend(cause, first=True)
        assert (await shop.last()).event == JourneyCancelled(journey="a", reason="cancelled while it ran")

        neighbour = dispatched("a").model_copy(update={"journey": "b"})
        await worker.attend(await shop.record(neighbour, stream=f"{TASK}/b"), first=False)
        assert isinstance((await shop.recorded(f"{TASK}/b"))[-1].event, JourneyCompleted)


@pytest.mark.parametrize("event", [TaskCancellationRequested(), PlanAborted(journey="b", reason=""), NOW, BOUNDARY])
def test_a_journey_that_takes_an_effect_back_is_carried_to_its_end(event: Event) -> None:
    @in_virtual_time
    async def it_ends_well() -> None:
        async with workshop() as shop:
            await shop.tell(REQUESTED, event)
            cause = await shop.record(dispatched("a", "b", undoes="send"))
            worker, attempts = shop.worker({("a", 1): while_it_runs(shop, event)})
            await worker.attend(cause, first=False)
            assert attempts.ran == [("a", 1), ("b", 1)]
            assert isinstance((await shop.last()).event, JourneyCompleted)

    it_ends_well()


@in_virtual_time
async def test_who_wants_the_next_attempt_at_once_does_not_wait_for_its_turn() -> None:
    async with workshop() as shop:
        cause = await shop.record(dispatched("a", retry=RetryPolicy(first_delay=3000.0, max_delay=3000.0)))
        broke = asyncio.Event()

        async def attempt(_: asyncio.Event) -> Outcome:
            broke.set()
            return BROKE

        worker, attempts = shop.worker({("a", 1): attempt, ("a", 2): Succeeded({"by": "a"}, 1.0)})
        working = asyncio.create_task(worker.attend(cause, first=True))
        await broke.wait()
        await shop.tell(REQUESTED, StepRetryRequested(step="a"))
        async with asyncio.timeout(60):
            await working
        assert attempts.ran == [("a", 1), ("a", 2)]


def test_a_deadline_that_was_moved_gives_the_next_attempt_its_time() -> None:
    soon, later = AT + timedelta(seconds=30), AT + timedelta(hours=1)
    journey = Journey()
    journey.note(dispatched("a").model_copy(update={"deadline": soon}), AT, 1)
    assert journey.seconds_left(AT) == 30
    told = TaskTold()
    told.note(LimitsExtended(deadline=later), 5)
    told.note(LimitsExtended(deadline=soon), 6)
    journey.extended = told.tells("a").deadline
    assert journey.seconds_left(AT) == PlannedStep(id="a", tool="noop").timeout
