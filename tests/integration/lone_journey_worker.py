"""`python -m tests.integration.lone_journey_worker URL DIRECTORY STREAM`: a worker that carries one journey, no more.

It takes the delivery that the journey's stream asks for last, and hears of stops by looking at the log.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.clock import utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, events_of
from wrenchai_chassis.memory_bus import MemoryBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import Event, JourneyDispatched, JourneyResumed
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.effects import Effects
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops
from wrenchai_journey.tool import Tool
from wrenchai_journey.worker import Worker

from tests.integration import hostile_tools
from tests.simulation.seeded_time import seeded

TOOLS: dict[str, Tool[Any, Any]] = {made.name: made for made in vars(hostile_tools).values() if isinstance(made, Tool)}


async def nobody_listens(_: object) -> None:
    """A doorbell without anybody behind the door."""


@asynccontextmanager
async def running_committer(log: EventLog) -> AsyncIterator[Committer]:
    committer = Committer(log, nobody_listens)
    running = asyncio.create_task(committer.run())
    try:
        yield committer
    finally:
        running.cancel()


def worker_on(log: PostgresLog, committer: Committer, directory: Path, name: str) -> Worker:
    """A journey worker with our tools, all of its files in `directory`."""
    settings = JourneySettings(postgres_url=SecretStr(""), data_dir=directory, tool_slots=2)
    stops, store = Stops(log), ArtifactStore(log, directory / "artifacts")
    attempts = Attempts(TOOLS, store, MemoryBus(), stops, settings, utc_now)
    parts = (name, log, committer, Context(name), attempts, stops, utc_now, seeded(1))
    return Worker(*parts, effects=Effects(TOOLS))


async def latest_leg(log: EventLog, stream: str) -> Recorded:
    """The delivery that carries the journey now."""
    events = events_of(await log.read_stream(stream))
    return [e for e in events if isinstance(e.event, JourneyDispatched | JourneyResumed)][-1]


async def record(committer: Committer, log: EventLog, stream: str, *events: Event) -> None:
    """As somebody else would."""
    version = len(await log.read_stream(stream))
    await committer.commit([NewEvent(stream, version + n, e, Context("other")) for n, e in enumerate(events, 1)])


async def start_lone_journey_worker(
    url: str, directory: Path, stream: str, **environment: str
) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.integration.lone_journey_worker", url, str(directory), stream]
    return await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment})


async def main(url: str, directory: Path, stream: str) -> None:
    async with PostgresLog(url, application_name="lone-worker") as log, running_committer(log) as committer:
        worker = worker_on(log, committer, directory, f"w-{os.getpid()}")
        await worker.attend(await latest_leg(log, stream), first=False)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
