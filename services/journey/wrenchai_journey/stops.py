"""Which tasks must stop: told by the bus at once, and by the log when the bus was not listening."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from wrenchai_chassis.bus import Bus
from wrenchai_chassis.log import EventLog
from wrenchai_contracts.events import PlanAborted, TaskCancellationRequested
from wrenchai_contracts.subjects import every, task_of

_STOPPING = (TaskCancellationRequested, PlanAborted)
_REMEMBERED = 10_000

LOOK_EVERY = 5.0
"""Seconds after which whoever works or waits long asks the log, in case the bus was away."""


class Stops:
    """Sets an `asyncio.Event` for each running journey whose task is cancelled or aborted."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._watched: dict[str, set[asyncio.Event]] = {}
        self._stopped: OrderedDict[str, None] = OrderedDict()

    async def listen(self, bus: Bus) -> None:
        """Hear of every stop from now on."""
        for event_type in _STOPPING:
            await bus.listen(every(event_type), lambda subject, _: self._stop(task_of(subject.rsplit(".", 1)[1])))

    @contextmanager
    def watch(self, task_id: str) -> Iterator[asyncio.Event]:
        """An event that is set once the task must stop; set already if it must."""
        stop = asyncio.Event()
        if task_id in self._stopped:
            stop.set()
        watchers = self._watched.setdefault(task_id, set())
        watchers.add(stop)
        try:
            yield stop
        finally:
            watchers.discard(stop)
            if not watchers:
                self._watched.pop(task_id, None)

    async def look(self, task_id: str) -> None:
        """Ask the log whether the task must stop, in case the bus was away when it was said."""
        names = {event_type.__name__ for event_type in _STOPPING}
        if any(row.topic in names for row in await self._log.read_stream(task_id)):
            self._stop(task_id)

    async def overtaken(self, stream: str, version: int) -> bool:
        """Whether somebody has recorded more of a journey than its worker, which believes to be at `version`."""
        return bool(await self._log.read_stream(stream, version))

    def _stop(self, task_id: str) -> None:
        self._stopped[task_id] = None
        if len(self._stopped) > _REMEMBERED:
            self._stopped.popitem(last=False)
        for stop in self._watched.get(task_id, ()):
            stop.set()
