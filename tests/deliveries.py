"""What consumers and handlers were handed in a test."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from wrenchai_chassis.bus import Bus, Consumer, Message
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_contracts.subjects import EVENTS, every

from tests.samples import until

NAME = "judge"
SUBJECTS = (every(TaskCancellationRequested),)


class Inbox:
    """What a consumer was handed, in the order of delivery."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def positions(self) -> list[int]:
        return [message.position for message in self.messages]

    async def filled(self, count: int) -> list[Message]:
        await until(lambda: len(self.messages) >= count)
        return self.messages


async def ack_waits(bus: Bus, seconds: float, *, count: int) -> AsyncIterator[int]:
    """Let so many `ack_wait`s of `seconds` pass on the server, by neglecting the event at position 1."""
    inbox = Inbox()
    await bus.consume(Consumer("clock", (EVENTS,), seconds), inbox, after=0)
    for number in range(1, count + 1):
        await until(lambda number=number: inbox.positions.count(1) >= number)  # type: ignore[misc]
        yield number


@dataclass(slots=True)
class Handler:
    """Remembers what it was handed; fails for the events that `fails` names, for as long as it says."""

    fails: Callable[[Recorded, int], Exception | None] = lambda _event, _time: None
    handed: list[tuple[str, bool]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    async def __call__(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the shape of `Handle`
        self.handed.append((event.stream, first))
        problem = self.fails(event, self.times(event.stream))
        if problem is not None:
            raise problem
        self.done.append(event.stream)

    def times(self, stream: str) -> int:
        return sum(handed == stream for handed, _ in self.handed)


@dataclass(slots=True)
class Judge(Handler):
    """A handler with its subscription."""

    def subscription(self, tries: int = 3) -> Subscription:
        return Subscription(NAME, SUBJECTS, self, tries=tries)


def broken(stream: str) -> Callable[[Recorded, int], Exception | None]:
    """Fails for the events of that stream, always."""
    return lambda event, _: ZeroDivisionError("cannot divide this") if event.stream == stream else None
