"""Subscriptions: every event is handled, set aside with its reason, or left for another; none holds up others."""

import asyncio
import base64

from wrenchai_chassis.bell import Rung, rung
from wrenchai_chassis.memory_bus import MemoryMessage
from wrenchai_chassis.subscription import CRASH_TRIES, NEWER_TRIES, LeftToAnother, Subscription
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Sealed, Undecodable
from wrenchai_contracts.errors import LogUnavailable, Overloaded
from wrenchai_contracts.events import EventParked, EventRedriven
from wrenchai_contracts.subjects import parked_stream

from tests.deliveries import NAME, SUBJECTS, Judge, broken
from tests.samples import fact, sealed, until
from tests.small_system import SmallSystem
from tests.virtual_time import in_virtual_time


def rung_of(stream: str) -> Rung:
    return rung(1, [sealed(stream)])[0]


async def idle(system: SmallSystem) -> bool:
    """Whether all that is recorded is on the bus, and nothing there waits for us."""
    progress = await system.bus.progress(NAME)
    carried = await system.bus.last(start_after=0) == await system.log.head()
    return carried and progress is not None and progress.waiting == 0


@in_virtual_time
async def test_every_event_is_handled_once_and_acknowledged() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        await system.subscribe(handler.subscription())
        for n in range(10):
            await system.committer.commit([fact(f"task_{n}")])
        await until(lambda: len(handler.done) == 10)
        await until(lambda: idle(system))
    assert handler.handed == [(f"task_{n}", True) for n in range(10)]


@in_virtual_time
async def test_a_poison_event_is_parked_after_its_tries_with_reason_and_bytes() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(broken("poison"))
        await system.subscribe(handler.subscription(tries=3))
        await system.committer.commit([fact("poison")])
        await until(lambda: idle(system))
        (event,) = await system.recorded(parked_stream(NAME, 1))
    assert handler.handed == [("poison", True), ("poison", False), ("poison", False)]
    parked = event.event
    assert isinstance(parked, EventParked)
    assert (parked.consumer, parked.position, parked.deliveries) == (NAME, 1, 3)
    assert parked.reason == "ZeroDivisionError: cannot divide this"
    assert base64.b64decode(parked.payload) == sealed("poison").state
    assert parked.subject == "ev.TaskCancellationRequested.-.default.poison"
    assert (event.correlation, event.causation) == ("poison", "poison@1")


@in_virtual_time
async def test_a_poison_event_does_not_hold_up_the_next() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(broken("poison"))
        await system.subscribe(handler.subscription(tries=1000))
        await system.committer.commit([fact("poison"), fact("healthy")])
        await until(lambda: handler.done == ["healthy"])


@in_virtual_time
async def test_what_fails_at_first_and_then_succeeds_is_not_parked() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda _, time: RuntimeError("not yet") if time < 3 else None)
        await system.subscribe(handler.subscription(tries=3))
        await system.committer.commit([fact("late")])
        await until(lambda: idle(system))
        assert await system.recorded(parked_stream(NAME, 1)) == []
    assert handler.done == ["late"]
    assert system.reports == [f"{NAME}: event 1 failed: RuntimeError: not yet"] * 2


@in_virtual_time
async def test_what_cannot_be_decoded_is_parked_at_once_without_asking_the_handler() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        await system.subscribe(handler.subscription(tries=5))
        garbage = Sealed("task_1/build.2", 1, "TaskCancellationRequested", "default", b"\xff{no event")
        await system.log.append([garbage])
        await system.bus.ring([])
        await until(lambda: idle(system))
        (event,) = await system.recorded(parked_stream(NAME, 1))
    assert handler.handed == []
    assert (event.correlation, event.tenant) == ("task_1", "default")
    assert isinstance(event.event, EventParked)
    assert event.event.deliveries == 1
    assert base64.b64decode(event.event.payload) == garbage.state


@in_virtual_time
async def test_only_failures_count_as_tries_however_often_the_bus_delivered_before() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda _, time: RuntimeError("not yet") if time < 3 else None)
        runner = await system.subscribe(handler.subscription(tries=3))
        await until(lambda: NAME in system.bus._consumers)
        runner._receive(
            MemoryMessage(1, rung_of("late").subject, rung_of("late").state, 20, system.bus._consumers[NAME])
        )
        await until(lambda: handler.done)
        assert await system.recorded(parked_stream(NAME, 1)) == []
    assert handler.times("late") == 3


@in_virtual_time
async def test_a_story_that_a_newer_release_goes_on_with_is_left_for_it_and_not_parked_at_once() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda _, time: Undecodable(99, "KeyError: 'Tomorrow'") if time < NEWER_TRIES else None)
        await system.subscribe(handler.subscription(tries=1))
        await system.committer.commit([fact("ahead")])
        await until(lambda: idle(system), within=600)
        assert await system.recorded(parked_stream(NAME, 1)) == []
    assert handler.done == ["ahead"]
    assert set(system.reports) == {f"{NAME}: event 1 failed: event at position 99 cannot be read: KeyError: 'Tomorrow'"}


@in_virtual_time
async def test_a_story_that_nobody_can_read_is_parked_in_the_end() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda *_: Undecodable(99, "no JSON"))
        await system.subscribe(handler.subscription(tries=1))
        await system.committer.commit([fact("broken")])
        await until(lambda: idle(system), within=600)
        (event,) = await system.recorded(parked_stream(NAME, 1))
    assert len(handler.handed) == NEWER_TRIES
    assert isinstance(event.event, EventParked)
    assert event.event.reason == "event at position 99 cannot be read: no JSON"


@in_virtual_time
async def test_an_unavailable_log_or_a_full_committer_counts_as_no_try_and_is_waited_for() -> None:
    async with SmallSystem().running() as system:
        problems = [LogUnavailable("away"), Overloaded("full")] * 5
        handler = Judge(lambda *_: problems.pop() if problems else None)
        await system.subscribe(handler.subscription(tries=1))
        await system.committer.commit([fact("patient")])
        await until(lambda: idle(system), within=60)
        assert await system.recorded(parked_stream(NAME, 1)) == []
    assert handler.done == ["patient"]
    assert handler.handed == [("patient", True), *[("patient", False)] * 10]


@in_virtual_time
async def test_an_event_that_killed_every_worker_is_parked_unseen() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        runner = await system.subscribe(handler.subscription())
        await system.committer.commit([fact("harmless")])
        await until(lambda: idle(system))
        consumer = system.bus._consumers[NAME]
        runner._receive(MemoryMessage(7, "ev.X.-.acme.task_7/build", b"killer", CRASH_TRIES + 1, consumer))
        await until(lambda: system.recorded(parked_stream(NAME, 7)))
        (event,) = await system.recorded(parked_stream(NAME, 7))
    assert handler.done == ["harmless"]
    assert (event.correlation, event.tenant) == ("task_7", "acme")
    assert isinstance(event.event, EventParked)
    assert event.event.reason == "every worker that took it died"


@in_virtual_time
async def test_an_event_that_another_worker_took_over_is_neither_acknowledged_nor_parked() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda *_: LeftToAnother())
        await system.subscribe(handler.subscription(tries=1))
        await system.committer.commit([fact("taken over")])
        await asyncio.sleep(60)
        progress = await system.bus.progress(NAME)
        assert await system.log.head() == 1
    assert progress is not None
    assert progress.waiting == 1


# --- sent again ------------------------------------------------------------------------------------------


async def redrive(system: SmallSystem, consumer: str, position: int) -> None:
    stream = parked_stream(consumer, position)
    version = len(await system.log.read_stream(stream)) + 1
    order = EventRedriven(consumer=consumer, position=position)
    await system.committer.commit([NewEvent(stream, version, order, Context("operator", correlation=stream))])


@in_virtual_time
async def test_an_event_sent_again_by_an_operator_reaches_the_handler_as_itself() -> None:
    async with SmallSystem().running() as system:
        mended: list[bool] = []
        handler = Judge(lambda *_: None if mended else ZeroDivisionError("broken"))
        await system.subscribe(handler.subscription(tries=2))
        await system.committer.commit([fact("poison")])
        await until(lambda: system.recorded(parked_stream(NAME, 1)))
        mended.append(True)
        await redrive(system, NAME, 1)
        await until(lambda: handler.done)
        await until(lambda: idle(system))
    assert handler.done == ["poison"]


@in_virtual_time
async def test_an_event_sent_again_that_fails_again_is_parked_again_in_the_same_story() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(broken("poison"))
        await system.subscribe(handler.subscription(tries=2))
        await system.committer.commit([fact("poison")])
        await until(lambda: system.recorded(parked_stream(NAME, 1)))
        await redrive(system, NAME, 1)
        await until(lambda: idle(system))
        story = await system.recorded(parked_stream(NAME, 1))
    assert [event.type for event in story] == ["EventParked", "EventRedriven", "EventParked"]
    first, again = story[0].event, story[2].event
    assert isinstance(first, EventParked)
    assert isinstance(again, EventParked)
    assert (again.position, again.payload, again.subject) == (first.position, first.payload, first.subject)


@in_virtual_time
async def test_an_event_sent_again_to_another_subscription_is_none_of_ours() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        await system.subscribe(handler.subscription())
        await system.committer.commit([fact("seen")])
        await redrive(system, "somebody else", 1)
        await until(lambda: idle(system))
    assert handler.done == ["seen"]


# --- standing and leaving --------------------------------------------------------------------------------


@in_virtual_time
async def test_a_new_subscription_leaves_its_mark_before_it_has_done_anything() -> None:
    written: list[tuple[str, int]] = []

    async with SmallSystem().running() as system:
        keep = system.checkpoints.write

        async def write(reader: str, position: int) -> None:
            written.append((reader, position))
            await keep(reader, position)

        system.checkpoints.write = write  # type: ignore[method-assign]  # watched, not replaced
        await system.subscribe(Judge().subscription())
        await asyncio.sleep(1)
    assert written == [(f"sub/{NAME}", 0)]


@in_virtual_time
async def test_the_checkpoint_follows_what_is_done() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        await system.subscribe(handler.subscription())
        for n in range(5):
            await system.committer.commit([fact(f"task_{n}")])
        await asyncio.sleep(10)
        assert await system.checkpoints.read(f"sub/{NAME}") == 5


@in_virtual_time
async def test_the_checkpoint_stays_before_an_event_that_is_not_done() -> None:
    async with SmallSystem().running() as system:
        handler = Judge(lambda event, _: LeftToAnother() if event.stream == "stuck" else None)
        await system.subscribe(handler.subscription())
        await system.committer.commit([fact("a"), fact("b"), fact("stuck"), fact("c")])
        await asyncio.sleep(10)
        assert await system.checkpoints.read(f"sub/{NAME}") == 2


@in_virtual_time
async def test_a_consumer_that_the_bus_lost_begins_again_behind_its_checkpoint() -> None:
    async with SmallSystem().running() as system:
        handler = Judge()
        await system.subscribe(handler.subscription())
        await system.committer.commit([fact(f"task_{n}") for n in range(3)])
        await asyncio.sleep(10)
        system.refill_after = 1
        await system.bus.drop()
        await system.committer.commit([fact("after the loss")])
        await until(lambda: "after the loss" in handler.done, within=30)
    assert handler.done == ["task_0", "task_1", "task_2", "after the loss"]


@in_virtual_time
async def test_a_draining_subscription_ends_what_it_has_and_takes_nothing_new() -> None:
    async with SmallSystem().running() as system:
        done: list[str] = []

        async def slow(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
            await asyncio.sleep(1)
            done.append(event.stream)

        runner = await system.subscribe(Subscription(NAME, SUBJECTS, slow))
        await system.committer.commit([fact("in hand")])
        await until(lambda: runner.in_flight == 1)
        draining = asyncio.create_task(runner.drain(5))
        await asyncio.sleep(0)
        await system.committer.commit([fact("too late")])
        await draining
        assert done == ["in hand"]
        await asyncio.sleep(5)
    assert done == ["in hand"]


@in_virtual_time
async def test_what_still_reaches_a_draining_subscription_is_given_back_at_once() -> None:
    async with SmallSystem().running() as system:
        leaving, staying = Judge(), Judge()
        runner = await system.subscribe(leaving.subscription())
        await until(lambda: NAME in system.bus._consumers)
        await runner.drain(1)
        await system.subscribe(staying.subscription())
        event, consumer = rung_of("late"), system.bus._consumers[NAME]
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        runner._receive(MemoryMessage(*event, 1, consumer))
        await until(lambda: staying.done == ["late"])
        assert asyncio.get_running_loop().time() - began < 0.1
    assert leaving.handed == []


@in_virtual_time
async def test_what_does_not_end_in_time_is_left_to_be_delivered_again() -> None:
    async with SmallSystem().running() as system:

        async def endless(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
            await asyncio.Event().wait()

        runner = await system.subscribe(Subscription(NAME, SUBJECTS, endless))
        await system.committer.commit([fact("endless")])
        await until(lambda: runner.in_flight == 1)
        await runner.drain(2)
        await until(lambda: runner.in_flight == 0)
        progress = await system.bus.progress(NAME)
    assert progress is not None
    assert progress.waiting == 1
