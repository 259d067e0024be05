"""What running journeys are told: by the bus at once, and by the log when the bus was not listening."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wrenchai_chassis.bus import Bus
from wrenchai_chassis.log import EventLog, events_of
from wrenchai_contracts.envelope import Recorded, Undecodable, unseal
from wrenchai_contracts.subjects import every, task_of

from wrenchai_journey.told import NOTHING_TOLD, TELLING, TaskTold, Told

_REMEMBERED = 10_000
_TOPICS = frozenset(event_type.__name__ for event_type in TELLING)

LOOK_EVERY = 5.0
"""Seconds after which whoever works or waits long asks the log, in case the bus was away."""


class Watch:
    """What one journey in this worker's hands is told, now and from now on.

    `halt` is set while no attempt of it may run, `heard` while it must not even go on to its next step.
    """

    def __init__(self) -> None:
        self.told, self.halt, self.heard = NOTHING_TOLD, asyncio.Event(), asyncio.Event()
        self.changed = asyncio.Event()
        self._hurried = 0

    def tell(self, told: Told) -> None:
        """From now on it is `told`."""
        self.told = told
        self.changed.set()
        for event, on in ((self.halt, told.halts), (self.heard, told.anything)):
            if on:
                event.set()
            else:
                event.clear()

    def takes_hurry(self) -> bool:
        """Whether somebody wants the next attempt at once; true once for each time that was asked."""
        hurries, self._hurried = self.told.hurries > self._hurried, self.told.hurries
        return hurries


class Stops:
    """Tells each running journey whether it must stop for good, or until it is resumed."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._watched: dict[str, set[tuple[str, Watch]]] = {}
        self._tasks: OrderedDict[str, TaskTold] = OrderedDict()

    async def listen(self, bus: Bus) -> None:
        """Hear of every stop, pause and resumption from now on."""
        for event_type in TELLING:
            await bus.listen(every(event_type), self._hear)

    @contextmanager
    def watch(self, task_id: str, journey: str = "", *, immune: bool = False) -> Iterator[Watch]:
        """What `journey` is told, by what was heard already too. One that is `immune` is never told anything."""
        watch = Watch()
        if immune:
            yield watch
            return
        if task_id in self._tasks:
            watch.tell(self._tasks[task_id].tells(journey))
        watchers = self._watched.setdefault(task_id, set())
        watchers.add((journey, watch))
        try:
            yield watch
        finally:
            watchers.discard((journey, watch))
            if not watchers:
                self._watched.pop(task_id, None)

    async def look(self, task_id: str) -> None:
        """Ask the log what the task was told, in case the bus was away when it was said."""
        rows = [row for row in await self._log.read_stream(task_id) if row.topic.partition(".")[0] in _TOPICS]
        self._note(task_id, events_of(rows))

    async def overtaken(self, stream: str, version: int) -> bool:
        """Whether somebody has recorded more of a journey than its worker, which believes to be at `version`."""
        return bool(await self._log.read_stream(stream, version))

    def _hear(self, _: str, payload: bytes) -> None:
        """What this release cannot read, the next look at the log says loudly."""
        with suppress(Undecodable):
            recorded = unseal(0, payload)
            self._note(task_of(recorded.stream), [recorded])

    def _note(self, task_id: str, events: list[Recorded]) -> None:
        if not events:
            return
        task = self._tasks.pop(task_id, None) or TaskTold()
        self._tasks[task_id] = task
        if len(self._tasks) > _REMEMBERED:
            self._tasks.popitem(last=False)
        for recorded in events:
            task.note(recorded.event, recorded.version)
        for journey, watch in self._watched.get(task_id, ()):
            watch.tell(task.tells(journey))
