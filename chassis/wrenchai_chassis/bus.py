"""The bus as services see it: a fan-out of the log with durable consumers, a doorbell, and beats that may be lost."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wrenchai_chassis.bell import Rung


class Message(Protocol):
    """One delivery of one event to one consumer."""

    @property
    def position(self) -> int:
        """The event's position in the log, which is its sequence on the bus."""

    @property
    def subject(self) -> str:
        """Where the relay published it."""

    @property
    def state(self) -> bytes:
        """The event's bytes, as sealed."""

    @property
    def deliveries(self) -> int:
        """How often it was delivered to this consumer, this time included. After the bus lost data it counts anew."""

    async def ack(self) -> None:
        """Done; never deliver it again."""

    async def nak(self, delay: float) -> None:
        """Deliver it again after `delay` seconds."""

    async def in_progress(self) -> None:
        """Still at work; start the consumer's `ack_wait` anew."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A durable reader that all replicas of a service share: each event goes to one of them."""

    name: str
    subjects: tuple[str, ...]
    ack_wait: float = 5.0
    max_in_flight: int = 1000

    def wants(self, subject: str) -> bool:
        """Whether an event that was published there is for it."""
        return any(matches(subject, pattern) for pattern in self.subjects)


def matches(subject: str, pattern: str) -> bool:
    """As NATS has it: `*` stands for one token, a last `>` for one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted.pop()
        given = given[: len(wanted)] if len(given) > len(wanted) else []
    return len(wanted) == len(given) and all(one in ("*", other) for one, other in zip(wanted, given, strict=True))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a consumer is: done with everything up to position `done`, `waiting` more events for it on the bus.

    What the bus itself threw away (see `Bus.oldest`) counts as done here, whether or not anybody had handled it.
    """

    done: int
    waiting: int


Deliver = Callable[[Message], None]
Listener = Callable[[str, bytes], None]


class Bus(Protocol):
    """Two implementations, one contract suite: NATS, and memory for tests and simulation."""

    @property
    def connected(self) -> bool:
        """Whether messages flow just now."""

    async def ring(self, events: list[Rung]) -> None:
        """Tell relay and gateway what was just committed. Loses it silently if the bus is away."""

    async def publish(self, subject: str, payload: bytes) -> None:
        """Send a beat: at most once, to whoever listens now."""

    async def listen(self, subject: str, listener: Listener) -> None:
        """Call `listener(subject, payload)` for each message, until the bus is closed."""

    async def consume(self, consumer: Consumer, deliver: Deliver, *, after: int) -> None:
        """Begin or resume `consumer`; one that the bus does not know starts behind position `after`.

        Raises:
            BusUnavailable: try again later.
        """

    async def leave(self, consumer: Consumer, deliver: Deliver) -> None:
        """Have `consumer` deliver nothing more by `deliver`; when this returns, all that was under way has come."""

    async def oldest(self) -> int:
        """Position of the oldest event that the bus still holds; of the next one if it holds none.

        Raises:
            BusUnavailable: try again later.
        """

    async def progress(self, consumer: str) -> Progress | None:
        """How far `consumer` is; None if the bus does not know it.

        Raises:
            BusUnavailable: try again later.
        """

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` whenever the connection came back, or came to be after we had begun without it."""


class BusUnavailable(Exception):  # noqa: N818  # a noun with its facts
    """The bus did not answer, or refused; try again in a moment."""


class NotThere(BusUnavailable):
    """The stream or consumer is not (or no longer) on the bus."""


class OutOfOrder(Exception):  # noqa: N818  # a noun with its facts
    """The bus refused events because its last sequence is not what the relay thought: look again and go on."""


class EventCache(Protocol):
    """The relay's end of the bus: the stream whose sequence is the log's position."""

    async def last(self, *, start_after: int) -> int:
        """Position of the last event on the bus. A missing stream is made, to hold what follows `start_after`.

        Raises:
            BusUnavailable: try again later.
        """

    async def event(self, position: int) -> Rung | None:
        """The event that it holds at `position`; None if it holds none there.

        Raises:
            BusUnavailable: try again later.
        """

    async def drop(self) -> None:
        """Throw all of it away; `last` makes it anew."""

    async def put(self, events: Sequence[Rung]) -> None:
        """Add consecutive events: all of them, or a prefix and then `OutOfOrder`; none is ever there twice.

        Raises:
            OutOfOrder: they do not join the stream's last event, or the bus did not confirm.
        """
