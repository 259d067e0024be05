"""What consumers and handlers were handed in a test."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wrenchai_chassis.bus import Message
from wrenchai_contracts.envelope import Recorded

from tests.samples import until


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
