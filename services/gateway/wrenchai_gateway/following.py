"""Following from a position on: first what the log has, then what happens; no event missing, none twice, in order."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing

from wrenchai_chassis.log import Stored

from wrenchai_gateway.event_view import ENDS
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.live import Frame, Watcher, frame_of

_PAGE = 1000


async def follow_task(gateway: Gateway, task_id: str, watcher: Watcher, *, after: int = 0) -> AsyncGenerator[Frame]:
    """The task's events behind `after`, and its beats, up to the event that ended it.

    Of a task that had ended before, the only frame is that of its end, at or before `after`.
    """
    last, watcher.catching_up = after, True
    with gateway.live.telling(watcher, task_id):
        while watcher.catching_up:
            rows = await gateway.reader.story(task_id, after=last, limit=_PAGE)
            for last, state in rows:
                yield (frame := frame_of(last, state))
                if frame.ends is not None:
                    return
            if len(rows) < _PAGE:
                watcher.is_level()
        ended_before = await _end_recorded(gateway, task_id)
        if ended_before is not None and ended_before.position <= after:
            yield ended_before
            return
        while True:
            frame = await watcher.next()
            if frame.position == 0 or frame.position > last:
                yield frame
            if frame.ends is not None:
                return


async def _end_recorded(gateway: Gateway, task_id: str) -> Frame | None:
    """The event that ended the task, if it has; a task's own stream is short, however long its journeys are."""
    rows = await gateway.runtime.log.read_stream(task_id)
    return next((frame_of(row.position, row.state) for row in rows if row.topic in ENDS), None)


async def follow_everything(gateway: Gateway, watcher: Watcher, *, after: int = 0) -> AsyncGenerator[Frame]:
    """All events behind `after` that the watcher wants. It joins the live feed only near the log's end."""
    position = after
    while rows := await gateway.runtime.log.read(position, _PAGE):
        for frame in _wanted(watcher, rows):
            yield frame
        position = rows[-1].position
        if len(rows) < _PAGE:
            break
    watcher.catching_up = True
    with gateway.live.telling(watcher):
        while watcher.catching_up:
            told_before = gateway.live.position
            while position < told_before and (rows := await gateway.runtime.log.read(position, _PAGE)):
                for frame in _wanted(watcher, rows):
                    yield frame
                position = rows[-1].position
            watcher.is_level()
        while True:
            frame = await watcher.next()
            if frame.position > position:
                yield frame


def _wanted(watcher: Watcher, rows: Iterable[Stored]) -> Iterator[Frame]:
    for row in rows:
        if watcher.wants(row.topic.partition(".")[0]):
            yield frame_of(row.position, row.state)


async def end_of(gateway: Gateway, task_id: str, seconds: float) -> int | None:
    """Position of the event that ended the task; None if it has not ended after `seconds`."""
    try:
        async with asyncio.timeout(seconds), aclosing(follow_task(gateway, task_id, gateway.live.watcher())) as frames:
            async for frame in frames:
                if frame.ends is not None:
                    return frame.position
    except TimeoutError:
        return None
    return None
