"""A worker with scripted attempts, its log, and a hand to write into the log behind its back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import Guard, LogUnavailable, Stored
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Sealed, seal, unseal_all
from wrenchai_contracts.events import Event, StepStarted
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.shape import JsonObject
from wrenchai_journey.effects import Effects, Happened, NotHappened
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Outcome, Succeeded
from wrenchai_journey.registry import AnyTool
from wrenchai_journey.stops import Stops
from wrenchai_journey.worker import Worker

from tests.samples import TASK
from tests.simulation.seeded_time import seeded, virtual_now
from wrenchai.invariants import step_violations

STREAM = f"{TASK}/a"


class LogOfCommits(MemoryLog):
    """Remembers what was appended together. `behind` happens once, after the next append; `away` counts refusals."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[list[str]] = []
        self.behind: Callable[[], Awaitable[None]] | None = None
        self.away = self.reads = 0

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        self.reads += 1
        return await super().read_stream(stream, after_version)

    async def append(self, events: Sequence[Sealed], guards: Sequence[Guard] = ()) -> int:
        if self.away:
            self.away -= 1
            raise LogUnavailable("the log is away")
        position = await super().append(events, guards)
        self.commits.append([event.topic.partition(".")[0] for event in events])
        behind, self.behind = self.behind, None
        if behind is not None:
            await behind()
        return position


Script = dict[tuple[str, int], Outcome | Callable[[asyncio.Event], Awaitable[Outcome]]]


@dataclass(slots=True)
class ScriptedAttempts:
    """Ends each attempt as the script says; what it does not mention succeeds."""

    script: Script
    ran: list[tuple[str, int]] = field(default_factory=list)
    pure_tools: frozenset[str] = frozenset()
    answers: list[JsonObject | None] = field(default_factory=list)
    seen: Happened | NotHappened | None = None
    looked: int = 0

    def is_pure(self, step: PlannedStep) -> bool:
        return step.tool in self.pure_tools

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:  # noqa: ARG002  # the real signature
        self.ran.append((started.step, started.attempt))
        self.answers.append(journey.answer)
        scripted = self.script.get((started.step, started.attempt), Succeeded({"by": started.step}, 0.5))
        return await scripted(stop) if callable(scripted) else scripted

    async def probe(self, cause: Recorded, journey: Journey) -> Happened | NotHappened | None:  # noqa: ARG002  # the real signature
        self.looked += 1
        return self.seen


@dataclass(slots=True)
class Workshop:
    """Makes workers for one log."""

    log: LogOfCommits
    committer: Committer
    stops: Stops

    def worker(
        self, script: Script | None = None, name: str = "w1", tools: Sequence[AnyTool] = ()
    ) -> tuple[Worker, ScriptedAttempts]:
        attempts = ScriptedAttempts(script or {})
        parts = (name, self.log, self.committer, Context(name), attempts, self.stops, virtual_now, seeded(1))
        return Worker(*parts, effects=Effects({tool.name: tool for tool in tools})), attempts

    async def tell(self, *events: Event) -> None:
        """Record in the task's own stream, and let the worker hear of it at once."""
        await self.record(*events, stream=TASK)
        await self.stops.look(TASK)

    async def tell_behind(self, *events: Event) -> None:
        """The same from inside of an append, where nobody commits."""
        now, context = virtual_now(), Context("other")
        new = [NewEvent(TASK, version, event, context) for version, event in enumerate(events, 1)]
        await self.log.append([seal(event, now) for event in new])
        await self.stops.look(TASK)

    async def last(self) -> Recorded:
        """The latest event of the journey."""
        return (await self.recorded())[-1]

    async def record(self, *events: Event, stream: str = STREAM) -> Recorded:
        """Record as somebody else would; the first event of the stream comes back."""
        version = len(await self.log.read_stream(stream))
        new = [NewEvent(stream, version + n, event, Context("other")) for n, event in enumerate(events, 1)]
        await self.committer.commit(new)
        return (await self.recorded(stream))[0]

    async def recorded(self, stream: str = STREAM) -> list[Recorded]:
        return unseal_all((row.position, row.state) for row in await self.log.read_stream(stream))

    async def events(self) -> list[Event]:
        return [recorded.event for recorded in await self.recorded()]

    async def story(self) -> list[str]:
        """The stream in short: types, with step and attempt where there is one. Nothing of it is out of turn."""
        assert step_violations(await self.recorded()) == []
        told = [(type(e).__name__, getattr(e, "step", ""), getattr(e, "attempt", "")) for e in await self.events()]
        return [" ".join(map(str, words)).strip() for words in told]


@asynccontextmanager
async def workshop() -> AsyncIterator[Workshop]:
    log = LogOfCommits()

    async def ring(_: object) -> None:
        """Nobody listens."""

    committer = Committer(log, ring, clock=virtual_now)
    running = asyncio.create_task(committer.run())
    yield Workshop(log, committer, Stops(log))
    running.cancel()
