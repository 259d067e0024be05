"""How a running journey learns that its task must stop."""

import pytest
from wrenchai_chassis.bell import rung
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, seal
from wrenchai_contracts.events import Event, PlanAborted, TaskCancellationRequested, TaskRequested
from wrenchai_journey.stops import Stops

from tests.samples import AT, TASK

STOPPING = [TaskCancellationRequested(), PlanAborted(journey="a", reason="b broke")]
OTHER = "task_0000other"


async def record(log: MemoryLog, event: Event, stream: str = TASK) -> None:
    await log.append([seal(NewEvent(stream, 1, event, Context("test")), AT)])


@pytest.mark.parametrize("event", STOPPING)
async def test_the_bus_tells_it_at_once(event: Event) -> None:
    stops, bus = Stops(MemoryLog()), MemoryBus()
    await bus.last(start_after=0)
    await stops.listen(bus)
    with stops.watch(TASK) as stop, stops.watch(OTHER) as unconcerned:
        await bus.put(rung(1, [seal(NewEvent(TASK, 1, event, Context("test")), AT)]))
        assert stop.is_set()
        assert not unconcerned.is_set()


@pytest.mark.parametrize("event", STOPPING)
async def test_the_log_tells_it_to_who_asks(event: Event) -> None:
    log = MemoryLog()
    stops = Stops(log)
    with stops.watch(TASK) as stop:
        await stops.look(TASK)
        assert not stop.is_set()
        await record(log, event)
        await stops.look(TASK)
        assert stop.is_set()


async def test_who_begins_after_the_stop_is_stopped_from_the_start() -> None:
    log = MemoryLog()
    stops = Stops(log)
    await record(log, TaskCancellationRequested())
    await stops.look(TASK)
    with stops.watch(TASK) as stop:
        assert stop.is_set()


async def test_other_events_stop_nothing() -> None:
    log = MemoryLog()
    stops = Stops(log)
    await record(log, TaskRequested(task_id=TASK))
    with stops.watch(TASK) as stop:
        await stops.look(TASK)
        assert not stop.is_set()


async def test_nothing_is_kept_of_journeys_that_ended() -> None:
    stops = Stops(MemoryLog())
    with stops.watch(TASK), stops.watch(TASK):
        assert len(stops._watched[TASK]) == 2
    assert stops._watched == {}
