"""What ends an attempt from outside, and what does not."""

import asyncio
from collections.abc import Callable

from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import JourneyDispatched
from wrenchai_contracts.plan import PlannedStep
from wrenchai_journey.lookout import Lookout
from wrenchai_journey.stops import LOOK_EVERY, Stops

from tests.samples import AT, TASK, sealed
from tests.virtual_time import in_virtual_time

STREAM = f"{TASK}/work"
DISPATCHED = JourneyDispatched(journey="work", role="worker", steps=(PlannedStep(id="work", tool="noop"),))
CAUSE = Recorded(1, STREAM, 1, "default", "", TASK, "", None, AT, DISPATCHED)


def lookout(log: MemoryLog, stop: asyncio.Event, is_late: Callable[[], bool] = lambda: False) -> Lookout:
    """Of a worker that has recorded version 2 of its journey."""
    return Lookout(Stops(log), CAUSE, 2, stop, is_late=is_late)


async def log_of(versions: int) -> MemoryLog:
    log = MemoryLog()
    await log.append([sealed(STREAM, version) for version in range(1, versions + 1)])
    return log


@in_virtual_time
async def test_a_task_that_must_stop_halts_its_attempt_at_once() -> None:
    stop = asyncio.Event()
    looking = lookout(await log_of(2), stop)
    keeping = asyncio.create_task(looking.keep())
    await asyncio.sleep(1)
    stop.set()
    await keeping
    assert asyncio.get_running_loop().time() == 1
    assert (looking.halt.is_set(), looking.overtaken) == (True, False)


@in_virtual_time
async def test_a_worker_that_another_one_has_overtaken_learns_it_from_the_log() -> None:
    looking = lookout(await log_of(3), asyncio.Event())
    await looking.keep()
    assert asyncio.get_running_loop().time() == LOOK_EVERY
    assert looking.overtaken


@in_virtual_time
async def test_what_this_worker_has_recorded_itself_overtakes_nobody() -> None:
    stop = asyncio.Event()
    looking = lookout(await log_of(2), stop)
    keeping = asyncio.create_task(looking.keep())
    await asyncio.sleep(10 * LOOK_EVERY)
    assert not looking.halt.is_set()
    stop.set()
    await keeping


@in_virtual_time
async def test_an_attempt_does_not_wait_beyond_its_deadline() -> None:
    loop = asyncio.get_running_loop()
    looking = lookout(await log_of(2), asyncio.Event(), is_late=lambda: loop.time() > 7)
    await looking.keep()
    assert loop.time() == 2 * LOOK_EVERY
    assert looking.halt.is_set()
