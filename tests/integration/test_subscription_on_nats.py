"""Subscriptions over a real log and a real bus: long work, two replicas, a bus that forgets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from wrenchai_chassis.checkpoints import PostgresCheckpoints
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.jetstream import Retention
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.relay import carry, lowest_tracked
from wrenchai_chassis.subscription import Parts, Subscription, SubscriptionRunner
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.telemetry import Telemetry
from wrenchai_contracts.envelope import Context, Recorded
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_contracts.subjects import every, parked_stream

from tests.deliveries import ack_waits
from tests.samples import fact, until

NAME = "judge"
Handle = Callable[[Recorded, bool], Awaitable[None]]


@dataclass(slots=True)
class System:
    """Log, relay and as many replicas of one service as a test asks for."""

    postgres_url: str
    nats_url: str
    retention: Retention = field(default_factory=Retention)
    log: PostgresLog = field(init=False)
    bus: NatsBus = field(init=False)
    committer: Committer = field(init=False)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    buses: list[NatsBus] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["System"]:
        async with PostgresLog(self.postgres_url, application_name="test") as self.log:
            self.bus = await self.connect()
            self.committer = Committer(self.log, self.bus.ring)
            tail = LogTail(self.log, self.bus)
            await tail.listen()
            self.tasks.append(asyncio.create_task(self.committer.run()))
            relay = carry(self.log, tail, self.bus, lambda: lowest_tracked(self.log))
            self.tasks.append(asyncio.create_task(relay))
            try:
                yield self
            finally:
                await self._stop()

    async def connect(self) -> NatsBus:
        bus = NatsBus("judge", self.retention)
        await bus.open(self.nats_url, None, lambda _: None)
        self.buses.append(bus)
        return bus

    async def replica(self, handle: Handle, **options: float) -> SubscriptionRunner:
        """One more process of the service."""
        parts = Parts(
            log=self.log,
            bus=await self.connect(),
            committer=self.committer,
            checkpoints=PostgresCheckpoints(self.log),
            context=Context(actor="judge/1"),
            telemetry=Telemetry(),
            report=lambda _: None,
        )
        subscription = Subscription(NAME, (every(TaskCancellationRequested),), handle, **options)  # type: ignore[arg-type]
        runner = SubscriptionRunner(subscription, parts)
        self.tasks.append(asyncio.create_task(runner.run()))
        return runner

    async def all_done(self) -> bool:
        progress = await self.bus.progress(NAME)
        return progress is not None and progress.waiting == 0

    async def stands_at(self, position: int) -> bool:
        return await PostgresCheckpoints(self.log).read(f"sub/{NAME}") == position

    async def _stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for bus in self.buses:
            await bus.close()


@pytest.fixture
async def system(postgres_url: str, nats_url: str) -> AsyncIterator[System]:
    async with System(postgres_url, nats_url).running() as made:
        yield made


async def test_work_far_longer_than_ack_wait_is_done_once(system: System) -> None:
    begun: Counter[str] = Counter()
    done: list[str] = []
    may_end = asyncio.Event()

    async def long(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        begun[event.stream] += 1
        await may_end.wait()
        done.append(event.stream)

    for _ in range(2):
        await system.replica(long, ack_wait=0.6)
    await system.committer.commit([fact(f"task_{n}") for n in range(5)])
    await until(lambda: len(begun) == 5)
    assert [n async for n in ack_waits(system.bus, 0.6, count=5)] == [1, 2, 3, 4, 5]
    may_end.set()
    await until(lambda: len(done) >= 5)
    await until(system.all_done)
    assert begun == dict.fromkeys((f"task_{n}" for n in range(5)), 1)


async def test_two_replicas_share_the_work_and_do_each_event_once(system: System) -> None:
    done: dict[int, list[str]] = {0: [], 1: []}

    def replica(number: int) -> Handle:
        async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
            done[number].append(event.stream)

        return handle

    for number in done:
        await system.replica(replica(number))
    await until(system.all_done)
    for n in range(100):
        await system.committer.commit([fact(f"task_{n}")])
    await until(lambda: len(done[0]) + len(done[1]) >= 100)
    assert sorted(done[0] + done[1]) == sorted(f"task_{n}" for n in range(100))


async def test_poison_is_parked_and_the_next_event_is_handled(system: System) -> None:
    done: list[str] = []

    async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        if event.stream == "poison":
            message = "cannot divide this"
            raise ZeroDivisionError(message)
        done.append(event.stream)

    await system.replica(handle, tries=2)
    await system.committer.commit([fact("poison"), fact("healthy")])
    await until(lambda: system.log.read_stream(parked_stream(NAME, 1)))
    await until(system.all_done)
    assert done == ["healthy"]


async def test_a_bus_that_forgot_stream_and_consumer_is_filled_and_consumed_again_without_loss(system: System) -> None:
    done: Counter[str] = Counter()

    async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        done[event.stream] += 1

    await system.replica(handle, ack_wait=1.0)
    await system.committer.commit([fact(f"before_{n}") for n in range(30)])
    await until(lambda: len(done) == 30)
    await until(lambda: system.stands_at(30), within=20)
    await system.bus.drop()
    await system.committer.commit([fact(f"after_{n}") for n in range(30)])
    await until(lambda: len(done) == 60, within=20)
    assert set(done.values()) == {1}


# --- a bus that holds only the newest events ---------------------------------------------------------------


@pytest.fixture
async def forgetful(postgres_url: str, nats_url: str) -> AsyncIterator[System]:
    """A system whose bus holds about thirty events."""
    async with System(postgres_url, nats_url, Retention(max_bytes=16_000)).running() as made:
        yield made


async def overflow(system: System, first: int, count: int) -> None:
    """Record so many events and have all of them pass over the bus."""
    for at in range(first, first + count, 100):
        await system.committer.commit([fact(f"task_{n}") for n in range(at, min(at + 100, first + count))])
    head = await system.log.head()

    async def carried() -> bool:
        return await system.bus.event(head) is not None

    await until(carried)
    assert await system.bus.oldest() > head - count + 1


async def test_a_new_subscription_handles_also_the_events_that_the_bus_no_longer_holds(forgetful: System) -> None:
    done: Counter[str] = Counter()

    async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        done[event.stream] += 1

    await overflow(forgetful, 0, 500)
    await forgetful.replica(handle, ack_wait=1.0)
    await until(lambda: len(done) == 500)
    await until(lambda: forgetful.stands_at(500), within=20)


async def test_a_subscription_that_fell_behind_what_the_bus_holds_loses_nothing_with_two_replicas(
    forgetful: System,
) -> None:
    done: Counter[str] = Counter()
    may_work = asyncio.Event()

    async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        await may_work.wait()
        done[event.stream] += 1

    for _ in range(2):
        await forgetful.replica(handle, ack_wait=1.0, max_in_flight=5)
    await until(forgetful.all_done)
    await overflow(forgetful, 0, 400)
    may_work.set()
    await until(lambda: len(done) == 400, within=20)
    await overflow(forgetful, 400, 100)
    await until(lambda: len(done) == 500, within=20)
    await until(lambda: forgetful.stands_at(500), within=20)


async def test_nothing_is_lost_when_the_only_replica_was_down_while_the_bus_forgot(forgetful: System) -> None:
    done: Counter[str] = Counter()

    async def handle(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        done[event.stream] += 1

    runner = await forgetful.replica(handle, ack_wait=1.0)
    await forgetful.committer.commit([fact(f"task_{n}") for n in range(20)])
    await until(lambda: len(done) == 20)
    await until(lambda: forgetful.stands_at(20), within=20)
    await runner.drain(1)
    await overflow(forgetful, 20, 300)
    await forgetful.replica(handle, ack_wait=1.0)
    await until(lambda: len(done) == 320, within=20)


# --- leaving -----------------------------------------------------------------------------------------------


async def test_while_one_replica_drains_the_other_gets_everything_and_each_event_is_begun_once(system: System) -> None:
    begun: Counter[str] = Counter()
    may_end = asyncio.Event()

    async def held(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        begun[event.stream] += 1
        await may_end.wait()

    async def quick(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        begun[event.stream] += 1

    leaving = await system.replica(held, ack_wait=30.0)
    await until(system.all_done)
    await system.committer.commit([fact(f"held_{n}") for n in range(10)])
    await until(lambda: leaving.in_flight == 10)
    await system.replica(quick, ack_wait=30.0)
    draining = asyncio.create_task(leaving.drain(20))
    await system.committer.commit([fact(f"quick_{n}") for n in range(200)])
    await until(lambda: len(begun) == 210)
    may_end.set()
    await asyncio.wait_for(draining, 5)
    await until(system.all_done)
    assert set(begun.values()) == {1}
