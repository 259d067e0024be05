"""A durable reader of events: hands each one to a handler, acknowledges after the handler's commit, parks poison.

The bus may deliver an event twice, late, out of order or to two replicas at once. A handler therefore decides from
the log, and the version check of its commit is what makes a second delivery harmless.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.errors import LogUnavailable, Overloaded
from wrenchai_contracts.events import EventParked, EventRedriven
from wrenchai_contracts.subjects import every, parked_stream

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.bus import Bus, BusUnavailable, Consumer, Message
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import EventLog, VersionConflict
from wrenchai_chassis.telemetry import Telemetry

Handle = Callable[[Recorded, bool], Awaitable[None]]
"""`handle(event, first)`: `first` says that this is probably the first delivery, so reading the log may be saved."""


class LeftToAnother(Exception):  # noqa: N818  # a noun with its facts
    """A handler steps back because another worker has taken the same event over: neither done nor failed here."""


CRASH_TRIES = 25
"""Deliveries after which an event is parked unseen: each earlier one ended with the worker's death."""

_CHECKPOINT_EVERY = 5.0
_REDRIVEN = every(EventRedriven).partition("*")[0]


class Checkpoints(Protocol):
    """Where subscriptions stand, kept outside the bus, which may lose everything."""

    async def read(self, reader: str) -> int:
        """The last position that `reader` finished; 0 if it is new."""

    async def write(self, reader: str, position: int) -> None:
        """Remember it."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One row of a service's table: which events it reacts to, and with what."""

    name: str
    subjects: tuple[str, ...]
    handle: Handle
    tries: int = 5
    ack_wait: float = 4.0
    max_in_flight: int = 1000

    def consumer(self) -> Consumer:
        """The durable consumer on the bus; re-driven events come to it too."""
        return Consumer(self.name, (*self.subjects, every(EventRedriven)), self.ack_wait, self.max_in_flight)


@dataclass(slots=True)
class Parts:
    """What a subscription runs with."""

    log: EventLog
    bus: Bus
    committer: Committer
    checkpoints: Checkpoints
    context: Context
    telemetry: Telemetry
    report: Callable[[str], None]


@dataclass(slots=True)
class _Taken:
    """A delivery in hand, and what it is about: itself, or the event that an operator sends again by it."""

    message: Message
    event: Recorded | None = None
    about: Message | Rung = field(init=False)

    def __post_init__(self) -> None:
        self.about = self.message


class SubscriptionRunner:
    """Runs one subscription in one process."""

    def __init__(self, subscription: Subscription, parts: Parts) -> None:
        self._subscription, self._parts = subscription, parts
        self._in_flight: dict[asyncio.Task[None], tuple[Message, float]] = {}
        self._acknowledged_any = False
        self._accepting = True

    async def run(self) -> None:
        """Consume for ever: begin, keep long work alive, keep the checkpoint, begin again when the bus lost us."""
        await self._begin()
        self._parts.bus.on_reconnect(self._begin)
        beat, since_checkpoint = self._subscription.ack_wait / 3, 0.0
        while True:
            await asyncio.sleep(beat)
            await self._keep_alive(older_than=beat)
            since_checkpoint += beat
            if since_checkpoint >= _CHECKPOINT_EVERY and self._parts.bus.connected:
                since_checkpoint = 0.0
                await self._checkpoint()

    async def drain(self, patience: float) -> None:
        """Take nothing new; wait for what is in hand, then leave the rest to be delivered again elsewhere."""
        self._accepting = False
        if self._in_flight:
            await asyncio.wait(list(self._in_flight), timeout=patience)
        for task in list(self._in_flight):
            task.cancel()

    @property
    def in_flight(self) -> int:
        """How many events are being handled now."""
        return len(self._in_flight)

    async def _begin(self) -> None:
        reader = f"sub/{self._subscription.name}"
        while True:
            try:
                after = await self._parts.checkpoints.read(reader)
                await self._parts.checkpoints.write(reader, after)
                await self._parts.bus.consume(self._subscription.consumer(), self._receive, after=after)
            except (BusUnavailable, LogUnavailable):
                await asyncio.sleep(0.1)
            else:
                return

    def _receive(self, message: Message) -> None:
        if self._accepting:
            task = asyncio.get_running_loop().create_task(self._deliver(message))
            self._in_flight[task] = (message, asyncio.get_running_loop().time())
            task.add_done_callback(lambda done: self._in_flight.pop(done, None))

    async def _deliver(self, message: Message) -> None:
        """Handle one delivery to its end. The process's one broad `except` is here: it parks what nobody answers."""
        fault_point("received")
        taken = _Taken(message)
        if message.deliveries > CRASH_TRIES:
            await self._park(taken, "every worker that took it died")
            return
        try:
            await self._until_log_is_back(taken)
        except Undecodable as problem:
            await self._park(taken, problem.reason)
        except LeftToAnother:
            return
        except Exception as problem:  # noqa: BLE001  # the outermost loop of this process
            await self._again_or_park(taken, f"{type(problem).__name__}: {problem}")
        else:
            await self._acknowledge(message)

    async def _until_log_is_back(self, taken: "_Taken") -> None:
        first, delay = taken.message.deliveries == 1, 0.05
        while True:
            try:
                return await self._handle(taken, first=first)
            except (LogUnavailable, Overloaded):
                first, delay = False, min(delay * 2, 2.0)
                await asyncio.sleep(delay)

    async def _handle(self, taken: "_Taken", *, first: bool) -> None:
        """Handle what was delivered, or what an operator sent again by it; that may be for another subscription."""
        if taken.message.subject.startswith(_REDRIVEN):
            order = unseal(taken.message.position, taken.message.state).event
            if not isinstance(order, EventRedriven) or order.consumer != self._subscription.name:
                return
            taken.about = from_row((await self._parts.log.read(order.position - 1, 1))[0])
        taken.event = unseal(taken.about.position, taken.about.state)
        with self._parts.telemetry.handling(taken.event, self._subscription.name):
            await self._subscription.handle(taken.event, first)

    async def _acknowledge(self, message: Message) -> None:
        await message.ack()
        self._acknowledged_any = True
        fault_point("acknowledged")

    async def _again_or_park(self, taken: "_Taken", reason: str) -> None:
        message = taken.message
        self._parts.report(f"{self._subscription.name}: event {taken.about.position} failed: {reason}")
        if message.deliveries >= self._subscription.tries:
            await self._park(taken, reason)
        else:
            await message.nak(min(0.1 * 4 ** (message.deliveries - 1), 10.0))

    async def _park(self, taken: "_Taken", reason: str) -> None:
        """Record that we gave up, with reason and bytes; then acknowledge, so that the next ones go on."""
        message, about = taken.message, taken.about
        stream = parked_stream(self._subscription.name, about.position)
        parked = EventParked(
            consumer=self._subscription.name,
            position=about.position,
            subject=about.subject,
            reason=reason[:2000],
            deliveries=message.deliveries,
            payload=base64.b64encode(about.state[:150_000]).decode(),
        )
        ours = self._parts.context
        context = ours.caused_by(taken.event) if taken.event else replace(ours, correlation=stream)
        try:
            version = len(await self._parts.log.read_stream(stream)) + 1
            await self._parts.committer.commit([NewEvent(stream, version, parked, context)])
        except (VersionConflict, LogUnavailable, Overloaded):
            await message.nak(1.0)
        else:
            await self._acknowledge(message)

    async def _keep_alive(self, older_than: float) -> None:
        now = asyncio.get_running_loop().time()
        for message, since in list(self._in_flight.values()):
            if now - since >= older_than:
                await message.in_progress()

    async def _checkpoint(self) -> None:
        """Keep the bus's word on what is done; if it no longer knows us, begin again behind the last such word."""
        try:
            progress = await self._parts.bus.progress(self._subscription.name)
            if progress is None:
                await self._begin()
            elif self._acknowledged_any:
                self._acknowledged_any = False
                await self._parts.checkpoints.write(f"sub/{self._subscription.name}", progress.done)
        except (BusUnavailable, LogUnavailable):
            self._acknowledged_any = True
