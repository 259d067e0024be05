"""Simulated processes: each has its own wire to the log and to the bus, and loses all it holds when it is killed."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.bus import Consumer, Deliver, Listener, Message, Progress
from wrenchai_chassis.log import EventLog, Guard, LogUnavailable, Stored
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_contracts.envelope import Sealed


@dataclass(slots=True)
class DistantLog:
    """A log at the end of a wire: questions and answers take time, and some are lost, so that nobody knows."""

    log: EventLog
    chance: random.Random
    loss: float = 0.0
    slowest: float = 0.003

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        await self._wire()
        position = await self.log.append(events, guards)
        await self._wire()
        return position

    async def read(self, after: int, limit: int) -> list[Stored]:
        await self._wire()
        return await self.log.read(after, limit)

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        await self._wire()
        return await self.log.read_stream(stream, after_version)

    async def read_family(self, root: str, after: int = 0, *, without: Sequence[str] = ()) -> list[Stored]:
        await self._wire()
        return await self.log.read_family(root, after, without=without)

    async def head(self) -> int:
        await self._wire()
        return await self.log.head()

    async def _wire(self) -> None:
        await asyncio.sleep(self.chance.random() * self.slowest)
        if self.chance.random() < self.loss:
            raise LogUnavailable("the wire was cut")


class Connection:
    """One process's connection to the memory bus. Once cut, nothing goes out or comes in."""

    def __init__(self, bus: MemoryBus, context: Context) -> None:
        self._bus, self._context = bus, context
        self._members: dict[str, Deliver] = {}
        self._when_back: list[Callable[[], Awaitable[None]]] = []
        self.connected = True

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._when_back.append(callback)

    def come_back(self) -> None:
        """The bus was away and is here again, in whatever state."""
        for callback in self._when_back:
            self._context.run(asyncio.create_task, _answered(callback))

    async def ring(self, events: list[Rung]) -> None:
        await self._bus.ring(events)

    async def publish(self, subject: str, payload: bytes) -> None:
        await self._bus.publish(subject, payload)

    async def listen(self, subject: str, listener: Listener) -> None:
        def heard(on: str, payload: bytes) -> None:
            if self.connected:
                self._context.run(listener, on, payload)

        await self._bus.listen(subject, heard)

    async def consume(self, consumer: Consumer, deliver: Deliver, *, after: int) -> None:
        def delivered(message: Message) -> None:
            if self.connected:
                self._context.run(deliver, message)

        member = self._members.setdefault(consumer.name, delivered)
        await self._bus.consume(consumer, member, after=after)

    async def leave(self, consumer: Consumer, deliver: Deliver) -> None:  # noqa: ARG002  # the shape of a `Bus`
        self._lose(consumer.name)

    async def oldest(self) -> int:
        return await self._bus.oldest()

    async def progress(self, consumer: str) -> Progress | None:
        return await self._bus.progress(consumer)

    def cut(self) -> None:
        self.connected = False
        for name in list(self._members):
            self._lose(name)

    def _lose(self, consumer: str) -> None:
        member = self._members.pop(consumer, None)
        if member is not None:
            self._bus.lose(consumer, member)


async def _answered(callback: Callable[[], Awaitable[None]]) -> None:
    await callback()


class Process:
    """One life of a service. `kill` ends it as SIGKILL would, at whatever it waits for; nothing it held survives."""

    def __init__(self, name: str, bus: MemoryBus) -> None:
        self.name = name
        self.context = copy_context()
        self.context.run(_OWNER.set, self)
        self.connection = Connection(bus, self.context)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.ended: list[str] = []
        self.drains: list[Callable[[float], Awaitable[None]]] = []

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Keep `coroutine` running; a real process would die if it ended, so its end is noted."""
        task = self.context.run(asyncio.create_task, coroutine)
        task.add_done_callback(self._note_end)

    def kill(self) -> None:
        self.connection.cut()
        for task in list(self.tasks):
            task.cancel()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self.ended.append(f"{self.name} died: {task.exception()!r}")


_OWNER: ContextVar[Process | None] = ContextVar("owner", default=None)


def tasks_with_owners(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """A task factory: every task belongs to the process that made it."""
    task = asyncio.Task(coroutine, loop=loop, **options)
    if (owner := _OWNER.get()) is not None:
        owner.tasks.add(task)
        task.add_done_callback(owner.tasks.discard)
    return task
