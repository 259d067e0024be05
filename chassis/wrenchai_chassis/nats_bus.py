"""The bus over NATS: core subjects for bell and beats, one JetStream stream as a cache of the log."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError
from wrenchai_contracts.subjects import BELL, EVENT_STREAM, EVENTS

from wrenchai_chassis.bell import Rung, bell_payloads
from wrenchai_chassis.bus import BusUnavailable, Consumer, Deliver, Listener, NotThere, OutOfOrder, Progress

Report = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NatsMessage:
    """A JetStream delivery; its reply subject says which position it is and how often it was delivered."""

    raw: Msg
    position: int
    deliveries: int

    @property
    def subject(self) -> str:
        """See `Message.subject`."""
        return self.raw.subject

    @property
    def state(self) -> bytes:
        """See `Message.state`."""
        return self.raw.data

    async def ack(self) -> None:
        """See `Message.ack`."""
        await self.raw.ack()

    async def nak(self, delay: float) -> None:
        """See `Message.nak`."""
        await self.raw.nak(delay=delay)

    async def in_progress(self) -> None:
        """See `Message.in_progress`."""
        await self.raw.in_progress()


class NatsBus:
    """`Bus` and `EventCache` over one NATS connection that reconnects for ever."""

    def __init__(self, user: str) -> None:
        self._user = user
        self.attach(Client())
        self._on_reconnect: list[Callable[[], Awaitable[None]]] = []
        self._delivering: set[str] = set()

    @classmethod
    async def connect(cls, url: str, *, user: str, password: str | None = None, report: Report = print) -> Self:
        """Connect; afterwards the connection comes back by itself, however long it is away.

        Raises:
            nats.errors.NoServersError: nobody answers at `url`.
        """
        bus = cls(user)
        await bus.client.connect(url, **bus.options(password, report))
        return bus

    def attach(self, client: Client) -> None:
        """Speak through `client`, which was (or will be) connected with our `options`."""
        self.client = client
        self._jetstream: JetStreamContext = client.jetstream(timeout=5)

    def options(self, password: str | None, report: Report) -> dict[str, Any]:
        """How every connection of ours is made: own inbox, endless reconnects, what happens told to `report`."""

        async def reconnected() -> None:
            report("bus connection is back")
            for callback in self._on_reconnect:
                await callback()

        async def disconnected() -> None:
            report("bus connection lost")

        async def failed(problem: Exception) -> None:
            report(f"bus: {problem or type(problem).__name__}")

        return {
            "name": self._user,
            "user": self._user if password else None,
            "password": password,
            "inbox_prefix": f"_INBOX_{self._user}".encode(),
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0.2,
            "reconnected_cb": reconnected,
            "disconnected_cb": disconnected,
            "error_cb": failed,
            "ping_interval": 20,
            "pending_size": 16 * 1024 * 1024,
        }

    async def close(self) -> None:
        """Send what is buffered and leave."""
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

        await self.client.subscribe(subject, cb=received)
        for _ in range(2):  # the server knows it afterwards; the client's first PING may overtake what it still holds
            await self.client.flush()

    async def consume(self, consumer: Consumer, deliver: Deliver, *, after: int) -> None:
        """See `Bus.consume`. Call it again after a reconnect: it makes the consumer anew if the bus has lost it."""
        config = self._consumer_config(consumer, after)
        if await self.progress(consumer.name) is None:
            await self._answer(self._jetstream.add_consumer(EVENT_STREAM, config))

        async def received(message: Msg) -> None:
            deliver(_parse(message))

        if consumer.name not in self._delivering:
            self._delivering.add(consumer.name)
            await self.client.subscribe(str(config.deliver_subject), queue=consumer.name, cb=received)

    async def progress(self, consumer: str) -> Progress | None:
        """See `Bus.progress`."""
        try:
            info = await self._answer(self._jetstream.consumer_info(EVENT_STREAM, consumer))
        except NotThere:
            return None
        done = info.ack_floor.stream_seq if info.ack_floor else 0
        return Progress(done, (info.num_pending or 0) + (info.num_ack_pending or 0))

    async def last(self, *, start_after: int) -> int:
        """See `EventCache.last`."""
        try:
            return int((await self._answer(self._jetstream.stream_info(EVENT_STREAM))).state.last_seq)
        except NotThere:
            await self._answer(self._jetstream.add_stream(_stream_config(start_after)))
            return start_after

    async def drop(self) -> None:
        """See `EventCache.drop`."""
        await self._answer(self._jetstream.delete_stream(EVENT_STREAM))

    async def _answer(self, request: Awaitable[T]) -> T:
        """The server's answer, its errors as ours."""
        try:
            return await request
        except NotFoundError as problem:
            raise NotThere(str(problem)) from problem
        except (NatsError, APIError, TimeoutError) as problem:
            raise BusUnavailable(str(problem) or type(problem).__name__) from problem

    async def put(self, events: Sequence[Rung]) -> None:
        """See `EventCache.put`: each message names the sequence it must follow, only the last asks for an ack."""
        try:
            for position, subject, state in events[:-1]:
                await self.client.publish(subject, state, headers={_FOLLOWS: str(position - 1)})
            position, subject, state = events[-1]
            await self._jetstream.publish(subject, state, headers={_FOLLOWS: str(position - 1)}, timeout=2)
        except (NatsError, APIError, TimeoutError) as problem:
            raise OutOfOrder(str(problem) or type(problem).__name__) from problem

    def _consumer_config(self, consumer: Consumer, after: int) -> ConsumerConfig:
        return ConsumerConfig(
            durable_name=consumer.name,
            deliver_subject=f"dlv.{self._user}.{consumer.name}",
            deliver_group=consumer.name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=consumer.ack_wait,
            max_deliver=-1,
            max_ack_pending=consumer.max_in_flight,
            filter_subjects=list(consumer.subjects),
        )


_FOLLOWS = "Nats-Expected-Last-Sequence"
_ACK_TOKENS = 9
_WEEK = 7 * 86400.0


def _stream_config(start_after: int) -> StreamConfig:
    return StreamConfig(
        name=EVENT_STREAM,
        subjects=[EVENTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=_WEEK,
        max_bytes=4 * 1024**3,
        duplicate_window=0.1,
        deny_delete=True,
        first_seq=start_after + 1,
    )


def _parse(message: Msg) -> NatsMessage:
    tokens = message.reply.split(".")
    shift = 0 if len(tokens) == _ACK_TOKENS else 2
    return NatsMessage(message, position=int(tokens[5 + shift]), deliveries=int(tokens[4 + shift]))
