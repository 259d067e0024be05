"""Signals that ask us to stop, as calls inside the event loop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def on_stop_signals(asked: Callable[[], None]) -> Iterator[None]:
    """Within the block, `asked` is called at each SIGINT, SIGTERM and SIGHUP instead of what they do else."""
    loop = asyncio.get_running_loop()
    for number in _ASKING:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in _ASKING:
            loop.remove_signal_handler(number)
