"""Events that the bus threw away before a subscription was done with them: delivered from the log instead."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.bus import Consumer, Deliver
from wrenchai_chassis.log import EventLog

_CHUNK = 1000


async def hand_out(log: EventLog, consumer: Consumer, deliver: Deliver, *, after: int, before: int) -> None:
    """Deliver what `consumer` wants of the events between these positions; return when all of it is acknowledged.

    Other replicas may do the same at the same time, and some of it may have been handled before.

    Raises:
        LogUnavailable: begin again later.
    """
    out = _Out()
    try:
        async for event in _wanted(log, consumer, after, before):
            await out.fewer_than(consumer.max_in_flight)
            MissedMessage(event, deliver, consumer.ack_wait, out).come()
        await out.fewer_than(1)
    finally:
        for message in list(out.messages):
            message.forget()


async def _wanted(log: EventLog, consumer: Consumer, after: int, before: int) -> AsyncIterator[Rung]:
    while after + 1 < before and (rows := await log.read(after, min(_CHUNK, before - after - 1))):
        after = rows[-1].position
        for event in map(from_row, rows):
            if consumer.wants(event.subject):
                yield event


class _Out:
    """Messages that were delivered and are not acknowledged."""

    def __init__(self) -> None:
        self.messages: set[MissedMessage] = set()
        self.changed = asyncio.Event()

    async def fewer_than(self, count: int) -> None:
        while len(self.messages) >= count:
            self.changed.clear()
            await self.changed.wait()


@dataclass(slots=True, eq=False)
class MissedMessage:
    """A `Message` out of the log. It comes again if nothing is said about it within `ack_wait`, as from the bus.

    Each delivery says that it is the second: the bus may have delivered the event before, so a handler must look into
    the log; and coming again while another worker is at work on it says nothing against it.
    """

    event: Rung
    deliver: Deliver
    ack_wait: float
    out: _Out
    deliveries: int = 2
    patience: asyncio.TimerHandle | None = field(default=None, init=False)

    @property
    def position(self) -> int:
        """See `Message.position`."""
        return self.event.position

    @property
    def subject(self) -> str:
        """See `Message.subject`."""
        return self.event.subject

    @property
    def state(self) -> bytes:
        """See `Message.state`."""
        return self.event.state

    def come(self) -> None:
        """Be delivered."""
        self.out.messages.add(self)
        self._come_again(self.ack_wait)
        self.deliver(self)

    async def ack(self) -> None:
        """See `Message.ack`."""
        self.forget()
        self.out.changed.set()

    async def nak(self, delay: float) -> None:
        """See `Message.nak`."""
        self._come_again(delay)

    async def in_progress(self) -> None:
        """See `Message.in_progress`."""
        self._come_again(self.ack_wait)

    def forget(self) -> None:
        """Never come again."""
        self.out.messages.discard(self)
        if self.patience is not None:
            self.patience.cancel()

    def _come_again(self, after: float) -> None:
        if self.patience is not None:
            self.patience.cancel()
        if self in self.out.messages:
            self.patience = asyncio.get_running_loop().call_later(after, self.come)
