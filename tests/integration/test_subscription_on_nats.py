"""Subscriptions over a real log and a real bus: long work, two replicas, a bus that forgets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from wrenchai_chassis.checkpoints import PostgresCheckpoints
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.relay import carry, lowest_tracked
from wrenchai_chassis.subscription import Parts, Subscription, SubscriptionRunner
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.telemetry import Telemetry
from wrenchai_contracts.envelope import Context, Recorded
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_contracts.subjects import every, parked_stream

from tests.samples import fact, until

NAME = "judge"
Handle = Callable[[Recorded, bool], Awaitable[None]]


@dataclass(slots=True)
class System:
    """Log, relay and as many replicas of one service as a test asks for."""

    postgres_url: str
    nats_url: str
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
        bus = await NatsBus.connect(self.nats_url, user="judge", report=lambda _: None)
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

    async def long(event: Recorded, first: bool) -> None:  # noqa: ARG001, FBT001  # the shape of `Handle`
        begun[event.stream] += 1
        await asyncio.sleep(2.5)
        done.append(event.stream)

    for _ in range(2):
        await system.replica(long, ack_wait=0.6)
    await system.committer.commit([fact(f"task_{n}") for n in range(5)])
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
    checkpoints = PostgresCheckpoints(system.log)

    async def kept() -> bool:
        return await checkpoints.read(f"sub/{NAME}") == 30

    await until(kept, within=20)
    await system.bus.drop()
    await system.committer.commit([fact(f"after_{n}") for n in range(30)])
    await until(lambda: len(done) == 60, within=20)
    assert set(done.values()) == {1}
