"""The bus in memory: for tests and simulation. Passes the same contract suite as the NATS bus.

With `Chaos` it delivers twice, out of order and loses bells, all decided by one seed, thousands of runs in seconds.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wrenchai_contracts.subjects import BELL

from wrenchai_chassis.bell import Rung, bell_payloads
from wrenchai_chassis.bus import Consumer, Deliver, Listener, NotThere, OutOfOrder, Progress, matches


@dataclass(frozen=True, slots=True)
class Chaos:
    """How often (0..1) a delivery is doubled or delayed and a bell is lost."""

    seed: int = 0
    double: float = 0.0
    delay: float = 0.0
    lose_bell: float = 0.0


@dataclass(slots=True)
class MemoryMessage:
    """One delivery to one member of a consumer; delivered again if nothing is said about it within `ack_wait`."""

    position: int
    subject: str
    state: bytes
    deliveries: int
    consumer: "_MemoryConsumer"
    patience: asyncio.TimerHandle | None = None

    async def ack(self) -> None:
        """See `Message.ack`."""
        self.consumer.finish(self)

    async def nak(self, delay: float) -> None:
        """See `Message.nak`; the delay only asks the loop to run others first."""
        self.consumer.again(self, 0.001 if delay else 0)

    async def in_progress(self) -> None:
        """See `Message.in_progress`."""
        self.consumer.again(self, self.consumer.spec.ack_wait)


@dataclass(slots=True)
class _MemoryConsumer:
    """A durable reader shared by `members`: each delivery goes to one of them."""

    spec: Consumer
    chance: random.Random
    members: list[Deliver] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    deliveries: Counter[int] = field(default_factory=Counter)
    dropped: bool = False

    def wants(self, subject: str) -> bool:
        return any(_matches(subject, pattern) for pattern in self.spec.subjects)

    def offer(self, event: Rung) -> None:
        """Deliver `event` unless it is done; without a member it waits until there is one."""
        if self.dropped or event.position in self.done:
            return
        self.deliveries[event.position] += bool(self.members)
        message = MemoryMessage(*event, self.deliveries[event.position], self)
        self.again(message, self.spec.ack_wait)
        if self.members:
            self.chance.choice(self.members)(message)

    def again(self, message: MemoryMessage, delay: float) -> None:
        """Deliver anew after `delay` seconds, and not before."""
        self._forget(message)
        event = Rung(message.position, message.subject, message.state)
        message.patience = asyncio.get_running_loop().call_later(delay, self.offer, event)

    def finish(self, message: MemoryMessage) -> None:
        self._forget(message)
        self.done.add(message.position)

    def _forget(self, message: MemoryMessage) -> None:
        if message.patience is not None:
            message.patience.cancel()


class MemoryBus:
    """`Bus` and `EventCache` in one process. It holds at most `most_events`, and throws away the oldest."""

    def __init__(self, chaos: Chaos | None = None, *, most_events: int | None = None) -> None:
        self._chaos, self._most_events = chaos or Chaos(), most_events
        self._random = random.Random(self._chaos.seed)  # noqa: S311  # a simulation, seeded on purpose
        self._events: list[Rung] = []
        self._start_after: int | None = None
        self._consumers: dict[str, _MemoryConsumer] = {}
        self._listeners: list[tuple[str, Listener]] = []

    @property
    def connected(self) -> bool:
        """See `Bus.connected`."""
        return True

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """See `Bus.on_reconnect`; memory is never away."""

    async def ring(self, events: list[Rung]) -> None:
        """See `Bus.ring`."""
        if self._random.random() >= self._chaos.lose_bell:
            for payload in bell_payloads(events):
                await self.publish(BELL, payload)

    async def publish(self, subject: str, payload: bytes) -> None:
        """See `Bus.publish`."""
        for pattern, listener in self._listeners:
            if _matches(subject, pattern):
                listener(subject, payload)

    async def listen(self, subject: str, listener: Listener) -> None:
        """See `Bus.listen`."""
        self._listeners.append((subject, listener))

    async def consume(self, consumer: Consumer, deliver: Deliver, *, after: int) -> None:
        """See `Bus.consume`; a second `deliver` is another replica's, and shares the work."""
        known = self._consumers.get(consumer.name)
        if known is None:
            known = self._consumers[consumer.name] = _MemoryConsumer(consumer, self._random)
            for event in self._events:
                if event.position > after:
                    self._offer(known, event)
        known.spec = consumer
        if deliver not in known.members:
            known.members.append(deliver)

    async def leave(self, consumer: Consumer, deliver: Deliver) -> None:
        """See `Bus.leave`; what is not acknowledged is delivered to others when its `ack_wait` is over."""
        self.lose(consumer.name, deliver)

    def lose(self, consumer: str, deliver: Deliver) -> None:
        """The same for a process that died."""
        if known := self._consumers.get(consumer):
            known.members = [member for member in known.members if member != deliver]

    async def oldest(self) -> int:
        """See `Bus.oldest`."""
        if self._start_after is None:
            message = "there is no stream"
            raise NotThere(message)
        return self._events[0].position if self._events else self._start_after + 1

    async def progress(self, consumer: str) -> Progress | None:
        """See `Bus.progress`."""
        known = self._consumers.get(consumer)
        if known is None:
            return None
        wanted = [event.position for event in self._events if known.wants(event.subject)]
        waiting = [position for position in wanted if position not in known.done]
        done = [position for position in wanted if not waiting or position < waiting[0]]
        gone = self._events[0].position - 1 if self._events else self._start_after or 0
        return Progress(done[-1] if done else gone, len(waiting))

    async def last(self, *, start_after: int) -> int:
        """See `EventCache.last`."""
        if self._start_after is None:
            self._start_after = start_after
        return self._events[-1].position if self._events else self._start_after

    async def event(self, position: int) -> Rung | None:
        """See `EventCache.event`."""
        return next((event for event in reversed(self._events) if event.position == position), None)

    async def drop(self) -> None:
        """See `EventCache.drop`."""
        self._events, self._start_after = [], None
        for consumer in self._consumers.values():
            consumer.dropped = True
        self._consumers.clear()

    async def put(self, events: Sequence[Rung]) -> None:
        """See `EventCache.put`."""
        for event in events:
            last = self._events[-1].position if self._events else self._start_after
            if last is None or event.position != last + 1:
                message = f"{event.position} does not follow {last}"
                raise OutOfOrder(message)
            self._events.append(event)
            for consumer in self._consumers.values():
                self._offer(consumer, event)
            for subject, listener in self._listeners:
                if subject != BELL and _matches(event.subject, subject):
                    listener(event.subject, event.state)
            self._throw_away()

    def _throw_away(self) -> None:
        """As JetStream does: nobody is asked, and to a consumer what is gone is as good as acknowledged."""
        while self._most_events is not None and len(self._events) > self._most_events:
            gone = self._events.pop(0)
            for consumer in self._consumers.values():
                consumer.done.add(gone.position)

    def _offer(self, consumer: _MemoryConsumer, event: Rung) -> None:
        if consumer.wants(event.subject):
            for _ in range(2 if self._random.random() < self._chaos.double else 1):
                self._later(consumer, event)

    def _later(self, consumer: _MemoryConsumer, event: Rung) -> None:
        loop = asyncio.get_running_loop()
        if self._random.random() < self._chaos.delay:
            loop.call_later(self._random.random() * 0.005, consumer.offer, event)
        else:
            loop.call_soon(consumer.offer, event)


@lru_cache(maxsize=10_000)
def _matches(subject: str, pattern: str) -> bool:
    return matches(subject, pattern)
