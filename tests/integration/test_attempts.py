"""An attempt of a tool with a process of its own, as a worker runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from wrenchai_chassis.clock import utc_now
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, seal
from wrenchai_contracts.events import JourneyDispatched, TaskPaused
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.spending import Spending
from wrenchai_contracts.subjects import progress_subject
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops

from tests.integration import hostile_tools
from tests.integration.lone_worker import disk_store
from tests.samples import AT, TASK, until

TOOLS = {tool.name: tool for tool in (hostile_tools.hurry, hostile_tools.hang, hostile_tools.post)}


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def attempts(bus: MemoryBus, log: MemoryLog, tmp_path: Path) -> Attempts:
    settings = JourneySettings(postgres_url=SecretStr(""), data_dir=tmp_path, tool_slots=1)
    return Attempts(TOOLS, disk_store(tmp_path), bus, Stops(log), settings, utc_now)


async def run(
    attempts: Attempts,
    tool: str,
    stop: asyncio.Event | None = None,
    *,
    heartbeat: float | None = None,
    reserved: Spending | None = None,
    **inputs: str,
) -> Outcome:
    step = PlannedStep(id="work", tool=tool, inputs=inputs, heartbeat=heartbeat)
    dispatched = JourneyDispatched(
        journey="work", role="worker", steps=(step,), tools=(f"{tool}@1",), reserved=reserved
    )
    journey = Journey()
    journey.note(dispatched, AT, 1)
    cause = Recorded(1, f"{TASK}/work", 1, "default", "", TASK, "", None, AT, dispatched)
    return await attempts.run(cause, journey, journey.start_of(step, "worker-1"), stop or asyncio.Event())


async def test_progress_reaches_the_bus_a_few_times_a_second_and_the_last_word_always(
    attempts: Attempts, bus: MemoryBus
) -> None:
    beats: list[bytes] = []
    await bus.listen(progress_subject("default", TASK), lambda _, payload: beats.append(payload))
    outcome = await run(attempts, "hurry")
    assert isinstance(outcome, Succeeded)
    assert 2 <= len(beats) <= outcome.seconds * 10 + 2, "1,000 reports would be too many"
    said = json.loads(beats[-1])
    assert said == {"journey": "work", "step": "work", "attempt": 1, "fraction": 1.0, "message": "1000 of 1000"}


async def test_an_attempt_that_is_cancelled_while_it_waits_for_its_turn_never_begins(attempts: Attempts) -> None:
    stop_first, stop_second = asyncio.Event(), asyncio.Event()
    first = asyncio.ensure_future(run(attempts, "hang", stop_first))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(run(attempts, "hang", stop_second))
    await asyncio.sleep(0)
    stop_second.set()
    assert await second == Stopped("cancelled before it began")
    assert not first.done(), "the one before it goes on"
    stop_first.set()
    assert isinstance(await first, Stopped)


async def test_who_waits_for_a_slot_gives_way_to_a_pause_that_lets_the_others_end(
    attempts: Attempts, log: MemoryLog, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    first = asyncio.ensure_future(run(attempts, "hang", stop))
    await until(lambda: [*tmp_path.rglob("pids")], within=20)
    second = asyncio.ensure_future(run(attempts, "hang"))
    await asyncio.sleep(0)
    await log.append([seal(NewEvent(TASK, 1, TaskPaused(at="boundary"), Context("test")), AT)])
    await attempts.stops.look(TASK)
    assert await second == Stopped("cancelled before it began")
    assert not first.done()
    stop.set()
    assert isinstance(await first, Stopped)


async def test_a_tool_with_an_effect_is_not_touched_without_a_claim_on_record(
    attempts: Attempts, tmp_path: Path
) -> None:
    outcome = await run(attempts, "post", book=str(tmp_path / "book"))
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("unclaimed", False)
    assert not (tmp_path / "book").exists()


async def test_an_attempt_may_take_no_longer_than_the_seconds_that_were_reserved(attempts: Attempts) -> None:
    outcome = await run(attempts, "hang", reserved=Spending(seconds=2))
    assert isinstance(outcome, Failed)
    assert outcome.reason == "hang did not end within 2 s and was stopped"


async def test_a_silent_tool_is_stopped_by_its_step_s_heartbeat(attempts: Attempts) -> None:
    outcome = await run(attempts, "hang", heartbeat=3)
    assert isinstance(outcome, Failed)
    assert outcome.kind == "heartbeat"
