"""The clock and the chance of a simulation: both come out the same every time."""

import asyncio
import random
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.virtual_time import VirtualTimeLoop

Result = TypeVar("Result")

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def virtual_now() -> datetime:
    """A `Clock` that follows the running loop."""
    return BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())


def run_in_virtual_time(program: Coroutine[Any, Any, Result]) -> Result:
    """What `program` gives, without its waiting."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(program)


def seeded(seed: int | str) -> random.Random:
    """Chance that comes out the same every time."""
    return random.Random(seed)
