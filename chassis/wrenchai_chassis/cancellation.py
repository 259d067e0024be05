"""Cancellation that is not forgotten by what is waited on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heeding_cancellation() -> Iterator[None]:
    """End in `CancelledError` if this task was cancelled inside, even if what it waited for came at that moment.

    Up to Python 3.11 `asyncio.wait_for` then gives what came and forgets that it was cancelled. Libraries wait by it; a
    loop around them would go on for ever, and whoever waits for its end with it.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # only a task waits
    before = task.cancelling()
    try:
        yield
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError
