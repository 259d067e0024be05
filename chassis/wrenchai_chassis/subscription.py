"""A durable reader of events: hands each one to a handler, acknowledges after the handler's commit, parks poison.

The bus may deliver an event twice, late, out of order or to two replicas at once. A handler therefore decides from
the log, and the version check of its commit is what makes a second delivery harmless.
"""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.errors import LogUnavailable, Overloaded
from wrenchai_contracts.events import EventParked, EventRedriven
from wrenchai_contracts.subjects import every, parked_stream, task_of

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.bus import Bus, BusUnavailable, Consumer, Message
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import EventLog, VersionConflict
from wrenchai_chassis.missed import hand_out
from wrenchai_chassis.telemetry import Telemetry

Handle = Callable[[Recorded, bool], Awaitable[None]]
"""`handle(event, first)`: `first` says that this is probably the first delivery, so reading the log may be saved."""


class LeftToAnother(Exception):  # noqa: N818  # a noun with its facts
    """A handler steps back because another worker has taken the same event over: neither done nor failed here."""


CRASH_TRIES = 25
"""Deliveries after which an event is parked unseen: each earlier one ended with the worker's death."""

NEWER_TRIES = 20
"""Tries for an event whose story holds one that this release cannot read: about three minutes of a rolling upgrade."""

_CHECKPOINT_EVERY = 5.0
"""Seconds, while nothing happens; while much happens at each beat, so that the bus drops nothing behind our back."""

_PAUSES = (0.1, 0.4, 1.6, 6.4, 10.0)
_MOST_FAILING = 10_000
_REDRIVEN = every(EventRedriven).partition("*")[0]
_PARKED = parked_stream("", 0).partition("/")[0] + "/"


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
        self._consumer, self._reader = subscription.consumer(), f"sub/{subscription.name}"
        self._in_flight: dict[asyncio.Task[None], tuple[Message, float]] = {}
        self._failures: OrderedDict[int, int] = OrderedDict()
        self._place = 0
        self._catching_up: asyncio.Task[None] | None = None
        self._accepting = True

    async def run(self) -> None:
        """Consume for ever: begin, keep long work alive, keep the checkpoint, begin again when the bus lost us."""
        await self._begin()
        self._parts.bus.on_reconnect(self._begin)
        beat, since_checkpoint = self._subscription.ack_wait / 3, _CHECKPOINT_EVERY
        while True:
            await asyncio.sleep(beat)
            await self._keep_alive(older_than=beat)
            since_checkpoint += beat
            if since_checkpoint >= _CHECKPOINT_EVERY and self._parts.bus.connected:
                before = self._place
                await self._keep_place()
                since_checkpoint = 0.0 if self._place == before else _CHECKPOINT_EVERY

    async def drain(self, patience: float) -> None:
        """Take nothing new; wait for what is in hand, then leave the rest to be delivered again elsewhere."""
        self._accepting = False
        if self._catching_up is not None:
            self._catching_up.cancel()
        await self._parts.bus.leave(self._consumer, self._receive)
        if self._in_flight:
            await asyncio.wait(list(self._in_flight), timeout=patience)
        for task in list(self._in_flight):
            task.cancel()

    @property
    def in_flight(self) -> int:
        """How many events are being handled now."""
        return len(self._in_flight)

    async def _begin(self) -> None:
        """Take up the consumer, or make it anew behind our checkpoint."""
        bus, checkpoints = self._parts.bus, self._parts.checkpoints
        while self._accepting:
            try:
                self._place = await checkpoints.read(self._reader)
                await checkpoints.write(self._reader, self._place)
                await bus.consume(self._consumer, self._receive, after=self._place)
            except (BusUnavailable, LogUnavailable):
                await asyncio.sleep(0.1)
            else:
                return

    def _receive(self, message: Message) -> None:
        coroutine = self._deliver(message) if self._accepting else message.nak(0)
        task = asyncio.get_running_loop().create_task(coroutine)
        self._in_flight[task] = (message, asyncio.get_running_loop().time())
        task.add_done_callback(lambda done: self._in_flight.pop(done, None))

    async def _deliver(self, message: Message) -> None:
        """Handle one delivery to its end. The process's one broad `except` is here: it parks what nobody answers."""
        fault_point("received")
        taken = _Taken(message)
        if message.deliveries > CRASH_TRIES and message.position not in self._failures:  # what failed here kills nobody
            await self._park(taken, "every worker that took it died")
            return
        try:
            await self._until_log_is_back(taken)
        except Undecodable as problem:
            if taken.event is None:
                await self._park(taken, problem.reason)
            else:
                await self._again_or_park(taken, str(problem), NEWER_TRIES)
        except LeftToAnother:
            return
        except Exception as problem:  # noqa: BLE001  # the outermost loop of this process
            await self._again_or_park(taken, f"{type(problem).__name__}: {problem}", self._subscription.tries)
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
        if self._failures:
            self._failures.pop(message.position, None)
        fault_point("acknowledged")

    async def _again_or_park(self, taken: "_Taken", reason: str, tries: int) -> None:
        """Only what failed counts as a try: an event is also delivered again because the bus or a worker went away."""
        failures = self._failed_again(taken.message.position)
        self._parts.report(f"{self._subscription.name}: event {taken.about.position} failed: {reason}")
        if failures >= tries:
            await self._park(taken, reason)
        else:
            await taken.message.nak(_PAUSES[min(failures, len(_PAUSES)) - 1])

    def _failed_again(self, position: int) -> int:
        """How often that event has failed in this process, as far as it remembers."""
        failures = self._failures[position] = self._failures.pop(position, 0) + 1
        if len(self._failures) > _MOST_FAILING:
            self._failures.popitem(last=False)
        return failures

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
        context = ours.caused_by(taken.event) if taken.event else _in_story_of(about.subject, ours)
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

    async def _keep_place(self) -> None:
        """Keep the bus's word on what is done; if it no longer knows us, begin again behind the last such word."""
        try:
            progress = await self._parts.bus.progress(self._subscription.name)
            if progress is None:
                await self._begin()
            elif self._is_catching_up():
                return
            elif await self._parts.bus.oldest() > self._place + 1:
                await self._catch_up()
            elif progress.done > self._place:
                await self._move_to(progress.done)
        except (BusUnavailable, LogUnavailable):
            return

    async def _catch_up(self) -> None:
        """Handle from the log what the bus threw away; it says that this is done, and only we know that it is not."""
        self._place = await self._parts.checkpoints.read(self._reader)
        oldest = await self._parts.bus.oldest()
        if oldest > self._place + 1 and self._accepting:
            lost = f"events {self._place + 1} to {oldest - 1} are no longer on the bus"
            self._parts.report(f"{self._subscription.name}: {lost}; what of them is ours comes from the log")
            self._catching_up = asyncio.create_task(self._handle_missed(oldest))

    async def _handle_missed(self, before: int) -> None:
        try:
            await hand_out(self._parts.log, self._consumer, self._receive, after=self._place, before=before)
            await self._move_to(before - 1)
        except LogUnavailable:
            return

    def _is_catching_up(self) -> bool:
        """An error that nobody foresaw ends the process, as it does everywhere."""
        if self._catching_up is not None and self._catching_up.done():
            ended, self._catching_up = self._catching_up, None
            if not ended.cancelled():
                ended.result()
        return self._catching_up is not None

    async def _move_to(self, position: int) -> None:
        await self._parts.checkpoints.write(self._reader, position)
        self._place = position


def _in_story_of(subject: str, ours: Context) -> Context:
    """The context of an event that nobody has read: its subject tells tenant and stream."""
    _, _, _, tenant, stream = subject.split(".", 4)
    return replace(ours, tenant=tenant, correlation=stream if stream.startswith(_PARKED) else task_of(stream))
