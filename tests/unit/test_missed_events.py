"""Events that the bus threw away before a subscription was done with them: handled all the same, from the log."""

import asyncio

from wrenchai_chassis.log import Stored
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.subscription import LeftToAnother, Subscription
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.subjects import parked_stream

from tests.deliveries import NAME, SUBJECTS, Judge, broken
from tests.samples import fact, request, until
from tests.small_system import SmallSystem
from tests.virtual_time import in_virtual_time

NAMES = [f"task_{n}" for n in range(40)]


class LogWithGaps(MemoryLog):
    """May be away for whoever reads on in it; what is put on the bus goes on coming from there."""

    away = False

    async def read(self, after: int, limit: int) -> list[Stored]:
        if self.away:
            message = "away"
            raise LogUnavailable(message)
        return await super().read(after, limit)


async def flooded(system: SmallSystem, names: list[str]) -> None:
    """Record these events and have all of them pass over the bus, which cannot hold them."""
    for name in names:
        await system.committer.commit([fact(name)])
    await until(lambda: carried(system))
    assert await system.bus.oldest() > 1


async def carried(system: SmallSystem) -> bool:
    return await system.bus.last(start_after=0) == await system.log.head()


def forgetful() -> SmallSystem:
    return SmallSystem(bus=MemoryBus(most_events=5))


@in_virtual_time
async def test_a_new_subscription_handles_also_what_the_bus_no_longer_holds() -> None:
    async with forgetful().running() as system:
        handler = Judge()
        await flooded(system, NAMES)
        await system.subscribe(handler.subscription())
        await until(lambda: len(handler.done) >= 40)
        await asyncio.sleep(10)
        assert await system.checkpoints.read(f"sub/{NAME}") == 40
    assert sorted(handler.handed, key=lambda handed: NAMES.index(handed[0])) == [
        (name, name in NAMES[-5:]) for name in NAMES
    ]
    told = "events 1 to 35 are no longer on the bus; what of them is ours comes from the log"
    assert system.reports == [f"{NAME}: {told}"]


@in_virtual_time
async def test_a_subscription_that_fell_behind_what_the_bus_holds_handles_it_all_the_same() -> None:
    async with forgetful().running() as system:
        handler, may_work = Judge(), asyncio.Event()

        async def slow(event: Recorded, first: bool) -> None:  # noqa: FBT001  # the shape of `Handle`
            await may_work.wait()
            await handler(event, first)

        await system.subscribe(Subscription(NAME, SUBJECTS, slow, max_in_flight=3))
        await flooded(system, NAMES)
        may_work.set()
        await until(lambda: set(handler.done) == set(NAMES), within=60)


@in_virtual_time
async def test_what_the_bus_does_not_know_of_waits_for_no_more_than_it_may_hold_at_once() -> None:
    async with forgetful().running() as system:
        most = 0

        async def slow(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
            nonlocal most
            most = max(most, runner.in_flight)
            await asyncio.sleep(1)
            done.append(event.stream)

        done: list[str] = []
        await flooded(system, NAMES[:30])
        runner = await system.subscribe(Subscription(NAME, SUBJECTS, slow, max_in_flight=4))
        await until(lambda: len(done) >= 30, within=60)
    assert most <= 4 + 5


@in_virtual_time
async def test_events_for_others_among_what_was_lost_are_passed_over() -> None:
    async with forgetful().running() as system:
        handler = Judge()
        await system.committer.commit([request()])
        await flooded(system, NAMES[:10])
        await system.subscribe(handler.subscription())
        await until(lambda: len(handler.done) >= 10)
        await asyncio.sleep(10)
        assert await system.checkpoints.read(f"sub/{NAME}") == 11
    assert sorted(handler.done) == NAMES[:10]


@in_virtual_time
async def test_the_checkpoint_stays_before_what_was_lost_until_it_is_done_and_it_is_tried_until_then() -> None:
    async with forgetful().running() as system:
        elsewhere = {"task_3"}
        handler = Judge(lambda event, _: LeftToAnother() if event.stream in elsewhere else None)
        await flooded(system, NAMES)
        await system.subscribe(handler.subscription())
        await until(lambda: len(handler.done) >= 39)
        await asyncio.sleep(300)
        assert await system.checkpoints.read(f"sub/{NAME}") == 0
        assert await system.log.head() == 40
        elsewhere.clear()
        await until(lambda: "task_3" in handler.done)
        await asyncio.sleep(10)
        assert await system.checkpoints.read(f"sub/{NAME}") == 40


@in_virtual_time
async def test_poison_among_what_was_lost_is_parked_after_its_tries_like_any_other() -> None:
    async with forgetful().running() as system:
        handler = Judge(broken("task_3"))
        await flooded(system, NAMES[:20])
        await system.subscribe(handler.subscription(tries=3))
        await until(lambda: system.recorded(parked_stream(NAME, 4)), within=60)
        await until(lambda: len(handler.done) == 19)
    assert handler.times("task_3") == 3


@in_virtual_time
async def test_a_log_that_is_away_while_the_lost_is_read_delays_it_only() -> None:
    async with SmallSystem(log=LogWithGaps(), bus=MemoryBus(most_events=5)).running() as system:
        handler = Judge()
        await flooded(system, NAMES)
        assert isinstance(system.log, LogWithGaps)
        system.log.away = True
        await system.subscribe(handler.subscription())
        await asyncio.sleep(30)
        assert sorted(handler.done) == sorted(NAMES[-5:])
        system.log.away = False
        await until(lambda: len(handler.done) >= 40, within=20)


@in_virtual_time
async def test_a_draining_subscription_leaves_the_rest_of_what_was_lost_to_another() -> None:
    async with forgetful().running() as system:
        await flooded(system, NAMES)
        first, second = Judge(lambda *_: LeftToAnother()), Judge()
        leaving = await system.subscribe(first.subscription())
        await until(lambda: len(first.handed) >= 40)
        await leaving.drain(1)
        handed = len(first.handed)
        await system.subscribe(second.subscription())
        await until(lambda: len(second.done) >= 40, within=60)
        assert len(first.handed) == handed
