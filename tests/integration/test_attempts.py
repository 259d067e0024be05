"""An attempt of a tool with a process of its own, as a worker runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from wrenchai_chassis.clock import utc_now
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import JourneyDispatched
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.subjects import progress_subject
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Outcome, Stopped, Succeeded
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops

from tests.integration import hostile_tools
from tests.integration.lone_worker import disk_store
from tests.samples import AT, TASK

TOOLS = {tool.name: tool for tool in (hostile_tools.hurry, hostile_tools.hang)}


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def attempts(bus: MemoryBus, tmp_path: Path) -> Attempts:
    settings = JourneySettings(postgres_url=SecretStr(""), data_dir=tmp_path, tool_slots=1)
    return Attempts(TOOLS, disk_store(tmp_path), bus, Stops(MemoryLog()), settings, utc_now)


async def run(attempts: Attempts, tool: str, stop: asyncio.Event | None = None) -> Outcome:
    step = PlannedStep(id="work", tool=tool)
    dispatched = JourneyDispatched(journey="work", role="worker", steps=(step,), tools=(f"{tool}@1",))
    journey = Journey(version=1, dispatched=dispatched)
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
