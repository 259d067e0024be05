"""Waiting for whichever comes first."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def first_of(*awaitables: Awaitable[object], within: float | None = None) -> None:
    """Return when one of them is done or `within` seconds are over; plain coroutines are cancelled then.

    Futures and tasks that were given are left alone: their owner awaits them.
    """
    futures = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    ours = [future for future, given in zip(futures, awaitables, strict=True) if future is not given]
    try:
        await asyncio.wait(futures, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(*ours)


async def cancel(*futures: asyncio.Future[Any]) -> None:
    """Cancel them and wait until they have ended; what they raised is not of interest any more."""
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
