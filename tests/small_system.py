"""Log, committer, relay and bus of memory in one process: events go their real way from a commit to a handler."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from wrenchai_chassis.checkpoints import MemoryCheckpoints
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.relay import carry
from wrenchai_chassis.subscription import Parts, Subscription, SubscriptionRunner
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.telemetry import Telemetry
from wrenchai_contracts.envelope import Context, Recorded, unseal_all

from tests.samples import AT

Handler = Callable[[Recorded, bool], Awaitable[None]]


@dataclass(slots=True)
class SmallSystem:
    """Everything but services. Enter `running` first."""

    log: MemoryLog = field(default_factory=MemoryLog)
    bus: MemoryBus = field(default_factory=MemoryBus)
    checkpoints: MemoryCheckpoints = field(default_factory=MemoryCheckpoints)
    committer: Committer = field(init=False)
    reports: list[str] = field(default_factory=list)
    running_tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    refill_after: int = 0

    def __post_init__(self) -> None:
        self.committer = Committer(self.log, self.bus.ring, clock=lambda: AT)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SmallSystem"]:
        """The committer and the relay at work."""
        tail = LogTail(self.log, self.bus)
        await tail.listen()
        self.run(self.committer.run())
        self.run(carry(self.log, tail, self.bus, self._refill_after))
        try:
            yield self
        finally:
            for task in self.running_tasks:
                task.cancel()
            await asyncio.gather(*self.running_tasks, return_exceptions=True)

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run `coroutine` as long as the system runs."""
        self.running_tasks.append(asyncio.create_task(coroutine))

    def parts(self) -> Parts:
        """What a subscription runs with."""
        return Parts(
            log=self.log,
            bus=self.bus,
            committer=self.committer,
            checkpoints=self.checkpoints,
            context=Context(actor="service/1"),
            telemetry=Telemetry(),
            report=self.reports.append,
        )

    async def subscribe(self, subscription: Subscription) -> SubscriptionRunner:
        """Run `subscription` in this system."""
        runner = SubscriptionRunner(subscription, self.parts())
        self.run(runner.run())
        await asyncio.sleep(0)
        return runner

    async def recorded(self, stream: str) -> Sequence[Recorded]:
        """The events of a stream."""
        return unseal_all((row.position, row.state) for row in await self.log.read_stream(stream))

    async def _refill_after(self) -> int:
        return self.refill_after
