"""A live connection that survives its breaks: it goes on behind the last position seen, and tells each event once."""

from collections.abc import Callable, Collection

from wrenchai_contracts.views import TaskView

from wrenchai.client import endpoints
from wrenchai.client.actions import Dial, Disconnected, Flow, Give, Hear, Pause
from wrenchai.client.exchange import exchange
from wrenchai.client.frames import EndFrame, EventFrame, Frame, read_frame
from wrenchai.client.patience import Patience
from wrenchai.client.problems import TookTooLong, Unreachable

Remaining = Callable[[], float | None]


def for_ever() -> None:
    """No deadline."""


def everything(types: Collection[str]) -> str:
    """Where all events are told, or only those of some types if any are named."""
    return f"/ws/events?types={','.join(types)}" if types else "/ws/events"


def following(path: str, patience: Patience, *, after: int = 0, remaining: Remaining = for_ever) -> Flow[int]:
    """Give each frame once, in order, until the end; then the position of the last event seen.

    Raises:
        Unreachable: the connection could not be had again within `patience`.
        TookTooLong: `remaining()` seconds passed without a word.
        ServerFault: what came is no frame; a kind of frame that this client does not know is passed over.
    """
    seen, pauses = after, patience.pauses()
    while True:
        try:
            yield Dial(f"{path}{'&' if '?' in path else '?'}from={seen}")
            while True:
                frame = read_frame((yield Hear(remaining())))
                pauses = patience.pauses()
                if isinstance(frame, EndFrame):
                    yield Give(frame)
                    return max(seen, frame.position)
                if frame is not None and _is_news(frame, seen):
                    yield Give(frame)
                    seen = frame.position if isinstance(frame, EventFrame) else seen
        except TimeoutError:
            message = "the time given has passed; the task goes on"
            raise TookTooLong(message) from None
        except Disconnected as lost:
            pause = next(pauses, None)
            if pause is None:
                message = f"the live connection broke and could not be had again: {lost}"
                raise Unreachable(message) from lost
            yield Pause(pause)


def waiting(task_id: str, patience: Patience, remaining: Remaining) -> Flow[TaskView]:
    """The task's view once it has ended and the view holds its last event."""
    position = yield from following(f"/ws/tasks/{task_id}", patience, remaining=remaining)
    return (yield from exchange(endpoints.task(task_id, min_position=position), patience))


def countdown(seconds: float | None, clock: Callable[[], float]) -> Remaining:
    """How many of `seconds` are left, from now on by `clock`; None counts nothing."""
    if seconds is None:
        return for_ever
    end = clock() + seconds
    return lambda: max(0.0, end - clock())


def _is_news(frame: Frame, seen: int) -> bool:
    return not isinstance(frame, EventFrame) or frame.position > seen
