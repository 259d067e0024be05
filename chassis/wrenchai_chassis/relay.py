"""The relay: carries the log to the bus, in order, each event once, its sequence there being its position here.

Any number of replicas may run; the one that holds the advisory lock works, and the expected-sequence header fences a
second one. The relay keeps no position of its own: the bus itself says what it has.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.views import DependencyHealth

from wrenchai_chassis.bell import from_row
from wrenchai_chassis.bus import BusUnavailable, EventCache, OutOfOrder
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.health import answered
from wrenchai_chassis.leadership import RELAY_LOCK, Candidate
from wrenchai_chassis.log import EventLog
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.tail import LogTail

Report = Callable[[str], None]
StartAfter = Callable[[], Awaitable[int]]

_BATCH = 512
_PAUSES = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


async def carry(
    log: EventLog, tail: LogTail, cache: EventCache, start_after: StartAfter, *, report: Report = lambda _: None
) -> None:
    """Put everything behind the cache's last event into it, for ever; begin again from its last event on any doubt.

    What the cache refuses again and again is offered less and less often.
    """
    await find_place(log, tail, cache, start_after, report=report)
    in_vain = 0
    async for batch in tail.batches():
        try:
            for at in range(0, len(batch), _BATCH):
                await cache.put(batch[at : at + _BATCH])
                fault_point("published")
            in_vain = 0
        except OutOfOrder as refusal:
            report(f"the bus refused what follows position {batch[0].position - 1}: {refusal}")
            await find_place(log, tail, cache, start_after, report=report)
            in_vain = in_vain + 1 if tail.position == batch[0].position - 1 else 0
            await asyncio.sleep(_PAUSES[min(in_vain, len(_PAUSES) - 1)])


async def find_place(
    log: EventLog, tail: LogTail, cache: EventCache, start_after: StartAfter, *, report: Report = lambda _: None
) -> None:
    """Go on behind the cache's last event, wherever that is now; a bus that came back may have lost everything."""
    tail.go_on_after(await _last(log, cache, start_after, report))


async def _last(log: EventLog, cache: EventCache, start_after: StartAfter, report: Report) -> int:
    """Where the cache stands. One that holds another log's events is thrown away."""
    told = ""
    while True:
        try:
            last = await cache.last(start_after=await start_after())
            if await _is_of(log, cache, last):
                return last
            report("the bus holds another log's events; it is emptied and filled again")
            await cache.drop()
        except (BusUnavailable, LogUnavailable) as problem:
            if str(problem) != told:
                told = str(problem)
                report(f"waiting to learn where the bus stands: {told}")
            await asyncio.sleep(0.1)


async def _is_of(log: EventLog, cache: EventCache, last: int) -> bool:
    """Whether the cache's last event is the log's, byte for byte; after a restored backup it may be another one."""
    held = await cache.event(last)
    if held is None:
        return last <= await log.head()
    return [held] == [from_row(row) for row in await log.read(last - 1, 1)]


async def lowest_tracked(log: PostgresLog) -> int:
    """The position behind which a new stream must begin: the lowest that some subscription has not passed."""
    async with log.reader() as connection:
        cursor = await connection.execute(
            "SELECT coalesce(min(position), 0) FROM wrenchai.tracking WHERE reader ^@ 'sub/'"
        )
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


@dataclass(slots=True)
class Replica:
    """One of the relays: it leads, or stands by until the one that does is gone."""

    runtime: Runtime
    tail: LogTail
    candidate: Candidate = field(init=False)

    def __post_init__(self) -> None:
        url = self.runtime.settings.postgres_url.get_secret_value()
        self.candidate = Candidate(url, "wrenchai-relay-leader", RELAY_LOCK, self._carry, self.runtime.logger)

    async def run(self) -> None:
        """Carry while the lead is ours, for ever."""
        self.runtime.bus.on_reconnect(self._look_again)
        await self.candidate.run()

    async def health(self) -> DependencyHealth:
        """Whether it leads, and how many events the bus does not have yet; who stands by is as ready."""
        if not self.candidate.leads:
            return DependencyHealth(status="up", detail="stands by; another replica leads")
        return await answered(self.runtime.log.head(), self._behind)

    def _behind(self, head: int) -> DependencyHealth:
        position = self.tail.position
        return DependencyHealth(status="up", lag=max(head - position, 0), detail=f"leads, at position {position}")

    async def _carry(self) -> None:
        runtime = self.runtime
        await carry(runtime.log, self.tail, runtime.bus, self._lowest_tracked, report=runtime.logger.warning)

    async def _look_again(self) -> None:
        if self.candidate.leads:
            report = self.runtime.logger.warning
            await find_place(self.runtime.log, self.tail, self.runtime.bus, self._lowest_tracked, report=report)

    async def _lowest_tracked(self) -> int:
        return await lowest_tracked(self.runtime.log)


async def _assemble(runtime: Runtime) -> Assembly:
    tail = LogTail(runtime.log, runtime.bus)
    await tail.listen()
    replica = Replica(runtime, tail)
    runtime.checks["relay"] = replica.health
    return Assembly(coroutines={"relay": replica.run()})


RELAY = Service("relay", _assemble)
