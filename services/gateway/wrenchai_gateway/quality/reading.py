"""Asks what was learnt from a tenant's results: folded when somebody first asks, and carried on from then."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from wrenchai_chassis.log import Stored

if TYPE_CHECKING:
    from wrenchai_gateway.quality.known import Known

AT_ONCE = 200
"""Events that are folded between two looks of the loop at what else there is to do."""

View = TypeVar("View")


class Learnt(Protocol):
    """The stream of what was learnt from one tenant's results."""

    async def learnt(self, tenant: str, after_version: int, limit: int) -> list[Stored]:
        """Its next events, in order."""


class Fold(Protocol):
    """What is made of the stream."""

    def fold(self, rows: Sequence[Stored]) -> None:
        """Carry on over the next events."""


class QualityReader:
    """One fold per tenant, in threads: nobody else waits for it longer than a thread may hold the interpreter.

    Whoever never asks pays nothing: numpy and the judgement's arithmetic are imported with the first question. That one
    waits for the whole stream, half a millisecond for each event; those behind it only for what is new.
    """

    def __init__(self, log: Learnt) -> None:
        self._log = log
        self._known: dict[str, Known] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._replaying = asyncio.Semaphore(1)

    async def ask(self, tenant: str, question: "Callable[[Known], View]") -> View:
        """What `question` makes of all that is known by now, in a thread; it must not keep what it is given."""
        async with self._asking.setdefault(tenant, asyncio.Lock()):
            known = await self._carried_on(tenant)
            return await asyncio.to_thread(question, known)

    async def replay(self, tenant: str, fold: Fold) -> None:
        """Fold the whole stream once more, into something else. One replay at a time."""
        async with self._replaying:
            async for rows in self._after(tenant, 0):
                await asyncio.to_thread(fold.fold, rows)

    async def _carried_on(self, tenant: str) -> "Known":
        """All that is known by now. A fold that was cut off is left to its thread, and the next one begins anew."""
        known = self._known.pop(tenant, None)
        if known is None:
            known = await asyncio.to_thread(_nothing, tenant)
        async for rows in self._after(tenant, known.version):
            await asyncio.to_thread(known.fold, rows)
        self._known[tenant] = known
        return known

    async def _after(self, tenant: str, version: int) -> AsyncIterator[list[Stored]]:
        while rows := await self._log.learnt(tenant, version, AT_ONCE):
            yield rows
            version = rows[-1].version
            if len(rows) < AT_ONCE:
                return


def _nothing(tenant: str) -> "Known":
    from wrenchai_gateway.quality.known import Known  # noqa: PLC0415  # numpy, for who asks

    return Known(tenant)
