"""What we ask of JetStream: one stream, a durable push consumer for each subscription; and how its deliveries read."""

from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from wrenchai_contracts.subjects import EVENT_STREAM, EVENTS

from wrenchai_chassis.bus import Consumer
from wrenchai_chassis.settings import BUS_MAX_AGE, BUS_MAX_BYTES

_ACK_TOKENS = 9


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of the log the bus holds, `max_age` in seconds, and on how many of its servers.

    Little is enough: who falls further behind reads the log. And NATS keeps an index of all subjects in memory, about
    700 bytes for each event it holds, so 4 GiB on disk would be several in memory.
    """

    max_bytes: int = BUS_MAX_BYTES
    max_age: float = BUS_MAX_AGE
    replicas: int = 1


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
        """See `Message.in_progress`. While the bus is away nobody hears it, and what is said piles up unsent."""
        if self.raw._client.is_connected:  # noqa: SLF001  # the one that it came by
            await self.raw.in_progress()


def delivery(message: Msg) -> NatsMessage:
    """`message` as a subscription takes it."""
    tokens = message.reply.split(".")
    shift = 0 if len(tokens) == _ACK_TOKENS else 2
    return NatsMessage(message, position=int(tokens[5 + shift]), deliveries=int(tokens[4 + shift]))


def new_stream(retention: Retention, start_after: int) -> StreamConfig:
    """A stream for what follows position `start_after`."""
    return StreamConfig(
        name=EVENT_STREAM,
        subjects=[EVENTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=retention.max_age,
        max_bytes=retention.max_bytes,
        num_replicas=retention.replicas,
        duplicate_window=0.1,
        deny_delete=True,
        first_seq=start_after + 1,
    )


def changed_stream(known: StreamConfig, retention: Retention) -> StreamConfig | None:
    """What a stream that is there must become to hold as much as `retention` says; None if it does already."""
    wanted = known.evolve(max_bytes=retention.max_bytes, max_age=retention.max_age, num_replicas=retention.replicas)
    return wanted if wanted != known else None


def new_consumer(consumer: Consumer, deliver_subject: str, after: int) -> ConsumerConfig:
    """A durable consumer that begins behind position `after`."""
    return ConsumerConfig(
        durable_name=consumer.name,
        deliver_subject=deliver_subject,
        deliver_group=consumer.name,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=after + 1,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=consumer.ack_wait,
        max_deliver=-1,
        max_ack_pending=consumer.max_in_flight,
        filter_subjects=list(consumer.subjects),
    )


def changed_consumer(known: ConsumerConfig, consumer: Consumer) -> ConsumerConfig | None:
    """What a consumer that another release made must become to be `consumer`, where it began kept; None if it is."""
    same_subjects = set(known.filter_subjects or ()) == set(consumer.subjects)
    wanted = known.evolve(
        ack_wait=consumer.ack_wait,
        max_ack_pending=consumer.max_in_flight,
        filter_subjects=known.filter_subjects if same_subjects else list(consumer.subjects),
    )
    return wanted if wanted != known else None
