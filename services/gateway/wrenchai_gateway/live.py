"""The live feed: one follower of the log in this process, fanned out to whoever watches; each event encoded once."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.bus import Bus
from wrenchai_chassis.tail import LogTail

from wrenchai_gateway.event_view import ENDS, SET_ASIDE, event_frame, event_view, progress_frame

EVERYTHING = ""
"""Watch this instead of a task to be told of all events."""

Sink = Callable[[list[Rung]], None]


class Frame(NamedTuple):
    """A message for watchers: an event's, or, at position 0, one that may be lost."""

    position: int
    text: str
    ends: str | None = None
    """The status that the task has for ever after this event."""
    state: bytes = b""
    """The event's own bytes."""


class FellBehind(Exception):  # noqa: N818  # a noun with its facts
    """A watcher did not take its frames in time."""


class Watcher:
    """One reader of the feed: a bounded queue of frames; of all types of event, or of some.

    While it is `catching_up` from the log, frames for which there is no room are dropped: it will find them there.
    """

    def __init__(self, most: int, types: frozenset[str] = frozenset()) -> None:
        self._types = types
        self._frames: deque[Frame] = deque()
        self._most = most
        self._wake = asyncio.Event()
        self._dropped = False
        self.catching_up = False
        self.fell_behind = asyncio.Event()

    def wants(self, event_type: str) -> bool:
        """Whether events of that type are for it."""
        return not self._types or event_type in self._types

    def put(self, frame: Frame) -> None:
        """Never waits. Beats are dropped when half of the room is taken; an event too many ends the watch."""
        if frame.position == 0 and len(self._frames) > self._most // 2:
            return
        if len(self._frames) >= self._most:
            self._overflow()
            return
        self._frames.append(frame)
        self._wake.set()

    def _overflow(self) -> None:
        if self.catching_up:
            self._dropped = True
        else:
            self.fell_behind.set()

    def is_level(self) -> bool:
        """Whether everything told since it began to watch is in its queue; if not, it must read the log once more."""
        if self._dropped:
            self._frames.clear()
        self.catching_up, self._dropped = self._dropped, False
        return not self.catching_up

    async def next(self) -> Frame:
        """The next frame, when there is one.

        Raises:
            FellBehind: the frames after those already given are lost.
        """
        while not self._frames:
            if self.fell_behind.is_set():
                raise FellBehind
            self._wake.clear()
            await self._wake.wait()
        return self._frames.popleft()


def frame_of(position: int, state: bytes) -> Frame:
    """The frame of an event."""
    view = event_view(position, state)
    return Frame(position, event_frame(view), ENDS.get(view["type"]), state)


class LiveFeed:
    """Follows the log and tells of it, before and whether or not any view is written."""

    def __init__(self, tail: LogTail, sinks: Sequence[Sink], *, most_waiting: int) -> None:
        self._tail, self._sinks, self._most_waiting = tail, sinks, most_waiting
        self._portion = max(most_waiting // 4, 1)
        self._watchers: dict[str, set[Watcher]] = {}

    @property
    def position(self) -> int:
        """Everything up to here was told."""
        return self._tail.position

    @property
    def watching(self) -> int:
        """How many watch now."""
        return sum(map(len, self._watchers.values()))

    async def listen(self, bus: Bus) -> None:
        """Hear the doorbell, and how far running steps are."""
        await self._tail.listen()
        await bus.listen("beat.progress.>", self._beat)

    async def run(self) -> None:
        """Tell of every event, for ever."""
        async for batch in self._tail.batches():
            for sink in self._sinks:
                sink(batch)
            for start in range(0, len(batch) if self._watchers else 0, self._portion):
                for event in batch[start : start + self._portion]:
                    self._tell(event)
                await asyncio.sleep(0)  # watchers send what they have; only a slow one is left with a full queue

    def watcher(self, types: frozenset[str] = frozenset()) -> Watcher:
        """A reader that is told of nothing yet; of events of some `types` only, if any are named."""
        return Watcher(self._most_waiting, types)

    @contextmanager
    def telling(self, watcher: Watcher, task_id: str = EVERYTHING) -> Iterator[None]:
        """Tell `watcher` of every event behind `position`, of one task or of all."""
        self._watchers.setdefault(task_id, set()).add(watcher)
        try:
            yield
        finally:
            self._watchers[task_id].discard(watcher)
            if not self._watchers[task_id]:
                del self._watchers[task_id]

    def _tell(self, event: Rung) -> None:
        _, event_type, _, _, stream = event.subject.split(".", 4)
        task_id = _story_of(event) if event_type in SET_ASIDE else stream.partition("/")[0]
        watchers = self._watchers.get(task_id, set()) | self._watchers.get(EVERYTHING, set())
        interested = [watcher for watcher in watchers if watcher.wants(event_type)]
        if interested:
            frame = frame_of(event.position, event.state)
            for watcher in interested:
                watcher.put(frame)

    def _beat(self, subject: str, payload: bytes) -> None:
        task_id = subject.rpartition(".")[2]
        interested = self._watchers.get(task_id)
        text = progress_frame(task_id, payload) if interested else None
        if interested and text is not None:
            for watcher in interested:
                watcher.put(Frame(0, text))


def _story_of(event: Rung) -> str:
    """The task whose story an event on another stream belongs to."""
    return str(event_view(event.position, event.state)["task_id"])
