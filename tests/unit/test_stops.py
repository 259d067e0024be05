"""How a running journey learns that it must stop, for good or until its task is resumed."""

import pytest
from wrenchai_chassis.bell import rung
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, seal
from wrenchai_contracts.events import (
    Event,
    JourneysStopped,
    PlanAborted,
    TaskCancellationRequested,
    TaskPaused,
    TaskRequested,
    TaskResumed,
)
from wrenchai_journey.stops import Stops
from wrenchai_journey.told import TaskTold, Told

from tests.samples import AT, TASK

STOPPED, FREE = Told(stopped=True), Told()
TELLING = [
    (TaskCancellationRequested(), STOPPED),
    (PlanAborted(journey="a", reason="b broke"), STOPPED),
    (JourneysStopped(journeys=("a", "b"), reason="enough"), STOPPED),
    (TaskPaused(at="now"), Told(paused="now")),
    (TaskPaused(), Told(paused="boundary")),
    (TaskResumed(), FREE),
    (TaskRequested(task_id=TASK), FREE),
]
OTHER = "task_0000other"


def told_by(event: Event, version: int = 1) -> Sealed:
    return seal(NewEvent(TASK, version, event, Context("test")), AT)


async def listening(log: MemoryLog | None = None) -> tuple[Stops, MemoryBus]:
    stops, bus = Stops(log or MemoryLog()), MemoryBus()
    await bus.last(start_after=0)
    await stops.listen(bus)
    return stops, bus


@pytest.mark.parametrize(("event", "told"), TELLING)
async def test_the_bus_tells_it_at_once(event: Event, told: Told) -> None:
    stops, bus = await listening()
    with stops.watch(TASK, "a") as watch, stops.watch(OTHER, "a") as unconcerned:
        await bus.put(rung(1, [told_by(event)]))
        assert watch.told == told
        assert unconcerned.told == FREE


@pytest.mark.parametrize(("event", "told"), TELLING)
async def test_the_log_tells_it_to_who_asks(event: Event, told: Told) -> None:
    log = MemoryLog()
    stops = Stops(log)
    with stops.watch(TASK, "a") as watch:
        await stops.look(TASK)
        assert watch.told == FREE
        await log.append([told_by(event)])
        await stops.look(TASK)
        assert watch.told == told


@pytest.mark.parametrize(("event", "told"), TELLING)
async def test_who_begins_afterwards_is_told_from_the_start(event: Event, told: Told) -> None:
    log = MemoryLog()
    stops = Stops(log)
    await log.append([told_by(event)])
    await stops.look(TASK)
    with stops.watch(TASK, "a") as watch:
        assert watch.told == told


@pytest.mark.parametrize(("event", "_told"), TELLING)
async def test_a_journey_that_takes_an_effect_back_is_told_nothing(event: Event, _told: Told) -> None:
    log = MemoryLog()
    stops = Stops(log)
    await log.append([told_by(event)])
    with stops.watch(TASK, "a", immune=True) as watch:
        await stops.look(TASK)
        assert watch.told == FREE


@pytest.mark.parametrize(
    ("told", "halt", "heard"),
    [
        (STOPPED, True, True),
        (Told(paused="now"), True, True),
        (Told(paused="boundary"), False, True),
        (FREE, False, False),
    ],
)
async def test_a_boundary_lets_the_attempt_end_and_a_resumption_lets_the_next_one_begin(
    told: Told, *, halt: bool, heard: bool
) -> None:
    with Stops(MemoryLog()).watch(TASK, "a") as watch:
        for before in (STOPPED, FREE):
            watch.tell(before)
            watch.tell(told)
            assert (watch.halt.is_set(), watch.heard.is_set()) == (halt, heard)


async def test_some_journeys_of_a_task_are_stopped_and_no_other() -> None:
    stops, bus = await listening()
    with stops.watch(TASK, "a") as stopped, stops.watch(TASK, "c") as unconcerned:
        await bus.put(rung(1, [told_by(JourneysStopped(journeys=("a", "b"), reason="enough"))]))
        assert (stopped.told, unconcerned.told) == (STOPPED, FREE)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_of_pauses_and_resumptions_the_latest_counts_in_whatever_order_they_are_heard(order: tuple[int, ...]) -> None:
    said = {1: TaskPaused(at="now"), 2: TaskResumed(), 3: TaskPaused(at="boundary")}
    task = TaskTold()
    for version in order:
        task.note(said[version], version)
    assert task.tells("a") == Told(paused="boundary")


def test_who_is_stopped_and_paused_is_stopped() -> None:
    task = TaskTold()
    task.note(TaskPaused(at="now"), 2)
    task.note(TaskCancellationRequested(), 3)
    assert task.tells("a") == STOPPED


async def test_what_nobody_can_read_on_the_bus_changes_nothing() -> None:
    stops, bus = await listening()
    with stops.watch(TASK, "a") as watch:
        event = told_by(TaskCancellationRequested())
        unreadable = Sealed(event.stream, 1, event.topic, event.tenant, b'{"type": "FromTheFuture"}')
        await bus.put(rung(1, [unreadable]))
        assert watch.told == FREE


async def test_nothing_is_kept_of_journeys_that_ended() -> None:
    stops = Stops(MemoryLog())
    with stops.watch(TASK, "a"), stops.watch(TASK, "b"):
        assert len(stops._watched[TASK]) == 2
    assert stops._watched == {}
