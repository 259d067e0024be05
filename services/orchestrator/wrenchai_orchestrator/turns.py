"""One at a time for each key; who comes while one works shares the next turn."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Work = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Turn:
    work: Work
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None


class Turns:
    """Each turn does the work of whoever joined it last, and so sees what all of them saw."""

    def __init__(self) -> None:
        self._working: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, _Turn] = {}

    async def take(self, key: str, work: Work, *, patience: float = 0.0) -> None:
        """Return when a piece of work that began after this call has ended; its failure is everybody's.

        It begins when somebody without `patience` joins, at the latest after that many seconds.
        """
        turn = self._next.get(key)
        if turn is None:
            turn = self._next[key] = _Turn(work)
            turn.task = asyncio.create_task(self._run(key, turn, patience))
        turn.work = work
        if not patience:
            turn.hurry.set()
        assert turn.task is not None  # noqa: S101  # set in the same breath
        await asyncio.shield(turn.task)

    async def _run(self, key: str, turn: _Turn, patience: float) -> None:
        if patience and not turn.hurry.is_set():
            await asyncio.wait([hurried := asyncio.ensure_future(turn.hurry.wait())], timeout=patience)
            hurried.cancel()
        before = self._working.get(key)
        if before is not None:
            await asyncio.wait([before])
        del self._next[key]
        mine = self._working[key] = _current()
        try:
            await turn.work()
        finally:
            if self._working.get(key) is mine:
                del self._working[key]


def _current() -> "asyncio.Task[None]":
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # a turn is always a task
    return task
