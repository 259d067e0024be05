"""The whole system in one process and in virtual time: real services over a log and a bus that misbehave by seed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.bus import Consumer
from wrenchai_chassis.checkpoints import MemoryCheckpoints
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import LogUnavailable, Stored, VersionConflict
from wrenchai_chassis.memory_bus import Chaos, MemoryBus
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.relay import carry, find_place
from wrenchai_chassis.snapshots import MemorySnapshots
from wrenchai_chassis.subscription import Parts, Subscription, SubscriptionRunner
from wrenchai_chassis.tail import LogTail
from wrenchai_chassis.telemetry import Telemetry
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import TASK_ENDS, PlaybookRegistered, ScheduleDeleted, ScheduleSet, TaskRequested
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.subjects import CATALOGUE, EVENTS, schedule_stream
from wrenchai_gateway.submissions import Caller
from wrenchai_inspector import service as inspector
from wrenchai_journey import service as journey
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.effects import Effects
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops
from wrenchai_journey.worker import Worker
from wrenchai_orchestrator import service as orchestrator

from tests.simulation.outside import Outside
from tests.simulation.people import Asks, People
from tests.simulation.processes import DistantLog, Process, tasks_with_owners
from tests.simulation.random_outcomes import RandomOutcomes
from tests.simulation.seeded_time import seeded, virtual_now
from tests.simulation.simulated_tools import TOOLS
from tests.simulation.virtual_timers import VirtualTimekeeper

ENDS = {end.__name__ for end in TASK_ENDS}
ScheduleEvent = ScheduleSet | ScheduleDeleted
SETTINGS = JourneySettings(postgres_url=SecretStr(""))
PATIENCE = 300.0
"""Virtual seconds after the last fault within which everything must have ended."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How the world misbehaves: shares of 0..1, and how often something is killed or lost during a run."""

    double: float = 0.0
    delay: float = 0.0
    lose_bell: float = 0.0
    lose_answer: float = 0.0
    failing: float = 0.15
    kills: int = 0
    bus_losses: int = 0
    drains: int = 0
    most_on_bus: int | None = None
    replicas: int = 1
    slowest_wire: float = 0.003
    slowest_tool: float = 0.02


@dataclass(frozen=True, slots=True)
class Order:
    """A task that somebody will ask for, and perhaps call off, so many virtual seconds after the beginning.

    `inside`: playbooks that it has as steps; `asks`: what people ask of it and when; `meddled`: how often at random.
    """

    task_id: str
    playbook: Playbook
    inputs: JsonObject
    at: float = 0.0
    cancelled_at: float | None = None
    inside: tuple[Playbook, ...] = ()
    asks: tuple[Asks, ...] = ()
    meddled: int = 0


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left when everything has gone quiet."""

    rows: list[Stored]
    carried: list[Rung]
    deaths: list[str]
    outside: Outside


class WholeSystem:
    """One run, wholly decided by `seed`."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.seed, self.faults = seed, faults
        self.chance = seeded(seed)
        self.log, self.checkpoints = MemoryLog(), MemoryCheckpoints()
        self.bus = MemoryBus(Chaos(seed, faults.double, faults.delay, faults.lose_bell), most_events=faults.most_on_bus)
        self.processes: list[Process] = []
        self.deaths: list[str] = []
        self.outside = Outside()
        self._births: list[asyncio.Task[None]] = []
        self._services: dict[str, Callable[[int], Awaitable[None]]] = {
            "relay": self._relay,
            "timekeeper": self._timekeeper,
            "orchestrator": self._orchestrator,
            "journey": self._journey,
            "inspector": self._inspector,
        }

    async def run(self, orders: list[Order], schedules: Sequence[tuple[float, ScheduleEvent]] = ()) -> Aftermath:
        """What is left of `orders`, and of what was said about schedules at some moments."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(tasks_with_owners)
        gateway = self._born("gateway")
        committer = self._committer(gateway, loss=0.0)
        await self._fill_catalogue(committer, orders)
        people = People(self.log, committer, self.outside, seeded(f"people of {self.seed}"))
        for start in self._services.values():
            for number in range(self.faults.replicas):
                await start(number)
        actors = [asyncio.create_task(self._client(committer, people, order)) for order in orders]
        actors += [asyncio.create_task(self._schedule(committer, at, event)) for at, event in schedules]
        actors.append(asyncio.create_task(self._faults()))
        await asyncio.gather(*actors)
        await self._quiet(people)
        self.deaths += people.problems
        return Aftermath(await self.log.read(0, 1_000_000), await self._carried(), self.deaths, self.outside)

    # --- services ------------------------------------------------------------------------------------------

    async def _relay(self, number: int) -> None:
        process = self._born(f"relay-{number}")
        log = self._distant()
        tail = LogTail(log, process.connection, sweep=1.0)
        await tail.listen()
        process.connection.on_reconnect(lambda: find_place(log, tail, self.bus, self._lowest_checkpoint))
        process.run(carry(log, tail, self.bus, self._lowest_checkpoint))

    async def _lowest_checkpoint(self) -> int:
        return min([await self.checkpoints.read(f"sub/{name}") for name in ("orchestrator", "journey", "inspector")])

    async def _timekeeper(self, number: int) -> None:
        process = self._born(f"timekeeper-{number}")
        log = self._distant()
        tail = LogTail(log, process.connection, sweep=1.0)
        await tail.listen()
        process.run(VirtualTimekeeper(log, self._committer(process), Context(process.name)).keep(tail))

    async def _orchestrator(self, number: int) -> None:
        process = self._born(f"orchestrator-{number}")
        log, committer, context = self._distant(), self._committer(process), Context(process.name)
        decider = orchestrator.Orchestrator(log, committer, context, virtual_now)
        self._subscribe(process, orchestrator.subscription(decider))

    async def _inspector(self, number: int) -> None:
        process = self._born(f"inspector-{number}")
        log, committer, context = self._distant(), self._committer(process), Context(process.name)
        self._subscribe(
            process,
            inspector.subscription(inspector.Inspector(log, committer, context, MemorySnapshots(), self.deaths.append)),
        )

    async def _journey(self, number: int) -> None:
        process = self._born(f"journey-{number}")
        log = self._distant()
        stops = Stops(log)
        await stops.listen(process.connection)
        store = ArtifactStore(PostgresLog("", application_name=""), Path("/nowhere"))
        attempts = Attempts(TOOLS, store, process.connection, stops, SETTINGS, virtual_now)
        worker = Worker(
            name=process.name,
            log=log,
            committer=self._committer(process),
            context=Context(process.name),
            attempts=self._outcomes(attempts),
            stops=stops,
            clock=virtual_now,
            chance=seeded(self.seed),
            effects=Effects(TOOLS),
        )
        self._subscribe(process, journey.subscription(worker))

    def _outcomes(self, attempts: Attempts) -> RandomOutcomes:
        return RandomOutcomes(attempts, self.seed, self.faults.slowest_tool, self.faults.failing, self.outside)

    def _born(self, name: str) -> Process:
        process = Process(name, self.bus)
        self.processes.append(process)
        return process

    def _distant(self, loss: float | None = None) -> DistantLog:
        loss = self.faults.lose_answer if loss is None else loss
        return DistantLog(self.log, self.chance, loss, self.faults.slowest_wire)

    def _committer(self, process: Process, loss: float | None = None) -> Committer:
        committer = Committer(self._distant(loss), process.connection.ring, clock=virtual_now)
        process.run(committer.run())
        return committer

    def _subscribe(self, process: Process, subscription: Subscription) -> None:
        parts = Parts(
            log=self._distant(),
            bus=process.connection,
            committer=self._committer(process),
            checkpoints=self.checkpoints,
            context=Context(process.name),
            telemetry=Telemetry(),
            report=self._note_failure,
        )
        runner = SubscriptionRunner(subscription, parts)
        process.drains.append(runner.drain)
        process.run(runner.run())

    def _note_failure(self, report: str) -> None:
        """No event may fail here; that the bus threw some away is part of the game."""
        if "no longer on the bus" not in report:
            self.deaths.append(report)

    # --- what happens to them ------------------------------------------------------------------------------

    async def _faults(self) -> None:
        kills = [(self.chance.random(), self._kill_one) for _ in range(self.faults.kills)]
        losses = [(self.chance.random(), self._lose_bus) for _ in range(self.faults.bus_losses)]
        drains = [(self.chance.random(), self._drain_one) for _ in range(self.faults.drains)]
        now = 0.0
        for moment, strike in sorted(kills + losses + drains, key=lambda fault: fault[0]):
            await asyncio.sleep(moment - now)
            await strike()
            now = moment

    async def _lose_bus(self) -> None:
        await self.bus.drop()
        for process in self.processes:
            process.connection.come_back()

    async def _kill_one(self) -> None:
        for victim in self._taken_out():
            self._end(victim)

    async def _drain_one(self) -> None:
        """As SIGTERM does; others go on meanwhile."""
        for told in self._taken_out():
            self._births.append(asyncio.create_task(self._drained(told)))

    def _taken_out(self) -> list[Process]:
        """One process that no other fault strikes any more; none if all of them are about to be born again."""
        mortal = [process for process in self.processes if process.name != "gateway"]
        taken = [self.chance.choice(mortal)] if mortal else []
        for process in taken:
            self.processes.remove(process)
        return taken

    async def _drained(self, told: Process) -> None:
        await asyncio.gather(*(drain(1.0) for drain in told.drains))
        self._end(told)

    def _end(self, victim: Process) -> None:
        victim.kill()
        self.deaths += victim.ended
        kind, number = victim.name.split("-")
        self._births.append(asyncio.create_task(self._reborn(kind, int(number), self.chance.random())))

    async def _reborn(self, kind: str, number: int, after: float) -> None:
        await asyncio.sleep(after)
        await self._services[kind](number)

    async def _quiet(self, people: People) -> None:
        """Until all tasks have ended, with everybody's help; then until whatever should not follow has followed."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + PATIENCE
        while loop.time() < give_up and (still := await self._open()):
            for task_id in still:
                await people.help_on(task_id)
            await asyncio.sleep(0.5)
        await asyncio.sleep(10)
        self.deaths += [f"{task_id} does not end, whatever people do" for task_id in await self._open()]
        for process in self.processes:
            self.deaths += process.ended

    async def _open(self) -> list[str]:
        """The tasks that have not ended."""
        rows = await self.log.read(0, 1_000_000)
        ended = {row.stream for row in rows if row.topic in ENDS}
        return [row.stream for row in rows if row.topic == TaskRequested.__name__ and row.stream not in ended]

    async def _carried(self) -> list[Rung]:
        carried: list[Rung] = []
        await self.bus.consume(
            Consumer("checker", (EVENTS,)), lambda m: carried.append(Rung(m.position, m.subject, m.state)), after=0
        )
        await asyncio.sleep(1)
        return sorted(set(carried))

    # --- the clients ---------------------------------------------------------------------------------------

    async def _fill_catalogue(self, committer: Committer, orders: list[Order]) -> None:
        await journey.announce(self.log, committer, Context("journey"), list(TOOLS.values()))
        for playbook in [one for order in orders for one in (*order.inside, order.playbook)]:
            version = len(await self.log.read_stream(CATALOGUE)) + 1
            known = PlaybookRegistered(digest=playbook.digest(), playbook=playbook)
            await committer.commit([NewEvent(CATALOGUE, version, known, Context("gateway"))])

    async def _client(self, committer: Committer, people: People, order: Order) -> None:
        """Somebody who asks for a task, and whoever asks something of it later."""
        await asyncio.sleep(order.at)
        await self._request(committer, order)
        later = [asyncio.create_task(people.ask_later(order.task_id, asks)) for asks in order.asks]
        later += [asyncio.create_task(people.meddle_later(order.task_id)) for _ in range(order.meddled)]
        if order.cancelled_at is not None:
            await asyncio.sleep(order.cancelled_at - order.at)
            await people.cancel(order.task_id)
        await asyncio.gather(*later)

    async def _schedule(self, committer: Committer, at: float, event: ScheduleEvent) -> None:
        """Again if its keeper was faster."""
        await asyncio.sleep(at)
        stream, context = schedule_stream(event.name), Context(Caller().actor)
        while True:
            version = len(await self.log.read_stream(stream)) + 1
            try:
                await committer.commit([NewEvent(stream, version, event, context)])
            except (VersionConflict, LogUnavailable):
                continue
            return

    async def _request(self, committer: Committer, order: Order) -> None:
        """Again until it is there: the log may be out of reach."""
        digest = order.playbook.digest()
        asked = TaskRequested(task_id=order.task_id, playbook_digest=digest, inputs=order.inputs)
        context = Context(Caller().actor, correlation=order.task_id)
        while not await self.log.read_stream(order.task_id):
            with suppress(VersionConflict, LogUnavailable):
                await committer.commit([NewEvent(order.task_id, 1, asked, context)])
