"""Events made up for tests, and waiting for something to become true."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from wrenchai_chassis.bell import Rung
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, seal
from wrenchai_contracts.events import TaskCancellationRequested, TaskRequested
from wrenchai_contracts.subjects import subject_of

AT = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
TASK = "task_01jd3k0000"


def fact(stream: str = TASK, version: int = 1, note: str = "") -> NewEvent:
    """An event that says no more than `note`."""
    return NewEvent(stream, version, TaskCancellationRequested(reason=note), Context("test", correlation=stream))


def request(task: str = TASK) -> NewEvent:
    """The first event of a task."""
    return NewEvent(task, 1, TaskRequested(task_id=task), Context("test", correlation=task))


def sealed(stream: str = TASK, version: int = 1, note: str = "") -> Sealed:
    """`fact` as the bytes that log and bus carry."""
    return seal(fact(stream, version, note), AT)


def story(length: int, stream: str = TASK) -> list[Sealed]:
    """The first `length` events of a stream."""
    return [sealed(stream, version) for version in range(1, length + 1)]


def rungs(first: int, last: int) -> list[Rung]:
    """Events as the relay puts them on the bus, at positions `first` to `last`, each in a task of its own."""
    made = [(position, sealed(f"task_{position:08}")) for position in range(first, last + 1)]
    return [Rung(position, subject_of(event), event.state) for position, event in made]


async def until(true: Callable[[], object] | Callable[[], Awaitable[object]], within: float = 10.0) -> None:
    """Ask again and again until it is so.

    Raises:
        TimeoutError: it was not so within that many seconds.
    """
    async with asyncio.timeout(within):
        while True:
            answer = true()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(0.005)
