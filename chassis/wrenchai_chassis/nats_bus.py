"""The bus over NATS: core subjects for bell and beats, one JetStream stream as a cache of the log."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError
from wrenchai_contracts.subjects import BELL, EVENT_STREAM

from wrenchai_chassis.bell import Rung, bell_payloads
from wrenchai_chassis.bus import BusUnavailable, Consumer, Deliver, Listener, NotThere, OutOfOrder, Progress
from wrenchai_chassis.cancellation import heeding_cancellation
from wrenchai_chassis.jetstream import Retention, changed_consumer, changed_stream, delivery, new_consumer, new_stream

Report = Callable[[str], None]
Received = Callable[[Msg], Awaitable[None]]
T = TypeVar("T")


class NatsBus:
    """`Bus` and `EventCache` over one NATS connection that reconnects for ever."""

    def __init__(self, user: str, retention: Retention = Retention()) -> None:  # noqa: B008  # it is frozen
        self._user, self._retention = user, retention
        self.attach(Client())
        self._on_reconnect: list[Callable[[], Awaitable[None]]] = []
        self._delivering: dict[str, Subscription] = {}
        self._not_yet_heard: list[tuple[str, Received]] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._gone_for_good = asyncio.Event()

    @classmethod
    async def connect(cls, url: str, *, user: str, password: str | None = None, report: Report = print) -> Self:
        """A bus that is connected; afterwards its connection comes back by itself, however long it is away."""
        bus = cls(user)
        await bus.open(url, password, report)
        return bus

    async def open(self, url: str, password: str | None, report: Report, *, within: float | None = None) -> None:
        """Connect; after `within` seconds, if given, go on with that behind our caller's back."""
        self._not_yet_heard = []
        self._connecting = asyncio.create_task(self._connect(url, self.options(password, report)))
        self._connecting.add_done_callback(self._note_failure)
        await asyncio.wait((self._connecting,), timeout=within)
        if self._connecting.done():
            self._connecting.result()

    def attach(self, client: Client) -> None:
        """Speak through `client`, which was (or will be) connected with our `options`."""
        self.client = client
        self._jetstream: JetStreamContext = client.jetstream(timeout=5)

    async def _connect(self, url: str, options: dict[str, Any]) -> None:
        await self.client.connect(url, **options)
        wanted, self._not_yet_heard = self._not_yet_heard or [], None
        await self._hear(wanted)
        await self._came_back()

    def _note_failure(self, connecting: "asyncio.Task[None]") -> None:
        if not connecting.cancelled() and connecting.exception() is not None:
            self._gone_for_good.set()

    def options(self, password: str | None, report: Report) -> dict[str, Any]:
        """How every connection of ours is made: own inbox, endless reconnects, what happens told to `report`."""

        async def reconnected() -> None:
            report("bus connection is back")
            told.clear()
            await self._came_back()

        async def disconnected() -> None:
            report("bus connection lost")

        async def closed() -> None:
            self._gone_for_good.set()

        async def failed(problem: Exception) -> None:
            text = str(problem) or type(problem).__name__
            if text not in told:
                report(f"bus: {text}")
            told[:] = [text]

        told: list[str] = []

        return {
            "name": self._user,
            "user": self._user if password else None,
            "password": password,
            "inbox_prefix": f"_INBOX_{self._user}".encode(),
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0.2,
            "reconnected_cb": reconnected,
            "disconnected_cb": disconnected,
            "closed_cb": closed,
            "error_cb": failed,
            "ping_interval": 20,
            "pending_size": 16 * 1024 * 1024,
        }

    async def _came_back(self) -> None:
        for callback in self._on_reconnect:
            await callback()

    async def closed(self) -> None:
        """Return when the server has refused us for good, so that nothing will ever come again, or we have left."""
        await self._gone_for_good.wait()

    async def close(self) -> None:
        """Send what is buffered and leave."""
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
            return
        if self.client.is_connected:
            await self.client.flush(timeout=2)
        await self.client.close()

    @property
    def connected(self) -> bool:
        """See `Bus.connected`."""
        return bool(self.client.is_connected)

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """See `Bus.on_reconnect`."""
        self._on_reconnect.append(callback)

    async def ring(self, events: list[Rung]) -> None:
        """See `Bus.ring`."""
        if self.client.is_connected:
            for payload in bell_payloads(events):
                await self.client.publish(BELL, payload)

    async def publish(self, subject: str, payload: bytes) -> None:
        """See `Bus.publish`."""
        if self.client.is_connected:
            await self.client.publish(subject, payload)

    async def listen(self, subject: str, listener: Listener) -> None:
        """See `Bus.listen`."""

        async def received(message: Msg) -> None:
            listener(message.subject, message.data)

        if self._not_yet_heard is None:
            await self._hear([(subject, received)])
        else:
            self._not_yet_heard.append((subject, received))

    async def _hear(self, wanted: list[tuple[str, Received]]) -> None:
        for subject, received in wanted:
            await self.client.subscribe(subject, cb=received)
        with heeding_cancellation():
            for _ in range(2):  # the server knows it afterwards; a first PING may overtake what is unsent
                await self.client.flush()

    async def consume(self, consumer: Consumer, deliver: Deliver, *, after: int) -> None:
        """See `Bus.consume`. Call it again after a reconnect: it makes the consumer anew if the bus has lost it.

        One that was made by another release is changed to what this one wants; it goes on from where it stands.
        """
        try:
            known = (await self._answer(self._jetstream.consumer_info(EVENT_STREAM, consumer.name))).config
            wanted = changed_consumer(known, consumer)
        except NotThere:
            wanted = new_consumer(consumer, self._deliveries_of(consumer), after)
        if wanted is not None:
            await self._answer(self._jetstream.add_consumer(EVENT_STREAM, wanted))
        if consumer.name not in self._delivering:
            await self._take_deliveries(consumer, deliver)

    async def _take_deliveries(self, consumer: Consumer, deliver: Deliver) -> None:
        async def received(message: Msg) -> None:
            deliver(delivery(message))

        subject = self._deliveries_of(consumer)
        self._delivering[consumer.name] = await self.client.subscribe(subject, queue=consumer.name, cb=received)

    def _deliveries_of(self, consumer: Consumer) -> str:
        """The subject that the server delivers to; nobody but this user may listen there."""
        return f"dlv.{self._user}.{consumer.name}"

    async def leave(self, consumer: Consumer, deliver: Deliver) -> None:  # noqa: ARG002  # one process, one `deliver`
        """See `Bus.leave`."""
        delivering = self._delivering.pop(consumer.name, None)
        if delivering is not None:
            with suppress(NatsError, TimeoutError):
                async with asyncio.timeout(_LEAVE_WITHIN):
                    await (delivering.drain() if self.connected else delivering.unsubscribe())  # type: ignore[no-untyped-call]

    async def oldest(self) -> int:
        """See `Bus.oldest`."""
        return int((await self._answer(self._jetstream.stream_info(EVENT_STREAM))).state.first_seq)

    async def progress(self, consumer: str) -> Progress | None:
        """See `Bus.progress`."""
        try:
            info = await self._answer(self._jetstream.consumer_info(EVENT_STREAM, consumer))
        except NotThere:
            return None
        done = info.ack_floor.stream_seq if info.ack_floor else 0
        return Progress(done, (info.num_pending or 0) + (info.num_ack_pending or 0))

    async def last(self, *, start_after: int) -> int:
        """See `EventCache.last`. A stream that holds less or more than our retention says is changed to that."""
        try:
            info = await self._answer(self._jetstream.stream_info(EVENT_STREAM))
        except NotThere:
            await self._answer(self._jetstream.add_stream(new_stream(self._retention, start_after)))
            return start_after
        if (changed := changed_stream(info.config, self._retention)) is not None:
            await self._answer(self._jetstream.update_stream(changed))
        return int(info.state.last_seq)

    async def event(self, position: int) -> Rung | None:
        """See `EventCache.event`."""
        if position == 0:  # to JetStream it would mean: any
            return None
        try:
            message = await self._answer(self._jetstream.get_msg(EVENT_STREAM, position))
        except NotThere:
            return None
        return Rung(position, str(message.subject), bytes(message.data or b""))

    async def drop(self) -> None:
        """See `EventCache.drop`."""
        await self._answer(self._jetstream.delete_stream(EVENT_STREAM))

    async def _answer(self, request: Coroutine[Any, Any, T]) -> T:
        """The server's answer, its errors as ours; nothing is asked of a server that is away."""
        if not self.client.is_connected:
            request.close()
            raise BusUnavailable(_AWAY)
        try:
            with heeding_cancellation():
                return await request
        except NotFoundError as problem:
            raise NotThere(str(problem)) from problem
        except (NatsError, APIError, TimeoutError) as problem:
            raise BusUnavailable(str(problem) or type(problem).__name__) from problem

    async def put(self, events: Sequence[Rung]) -> None:
        """See `EventCache.put`: each message names the sequence it must follow, only the last asks for an ack."""
        if not self.client.is_connected:
            raise OutOfOrder(_AWAY)
        try:
            for position, subject, state in events[:-1]:
                await self.client.publish(subject, state, headers={_FOLLOWS: str(position - 1)})
            position, subject, state = events[-1]
            with heeding_cancellation():
                await self._jetstream.publish(subject, state, headers={_FOLLOWS: str(position - 1)}, timeout=2)
        except (NatsError, APIError, TimeoutError) as problem:
            raise OutOfOrder(str(problem) or type(problem).__name__) from problem


_FOLLOWS = "Nats-Expected-Last-Sequence"
_LEAVE_WITHIN = 2.0
_AWAY = "the bus is away"
