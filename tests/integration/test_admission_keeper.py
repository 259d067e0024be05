"""Turns over real Postgres and NATS: each task once, whatever restarts, leaves, or is recorded meanwhile."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import psycopg
import pytest_asyncio
from pydantic import SecretStr
from wrenchai_chassis.clock import utc_now
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.invariants import log_violations
from wrenchai_chassis.log import Guard, VersionConflict
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.rebuild import compare
from wrenchai_chassis.relay import RELAY
from wrenchai_chassis.service import Assembly, Runtime, Service, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, seal, unseal_all
from wrenchai_contracts.events import (
    Event,
    JourneyDispatched,
    PlanCreated,
    PlaybookRegistered,
    Share,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskPrioritised,
    TaskRequested,
    TasksAdmitted,
    ToolRegistered,
)
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import CATALOGUE, task_of
from wrenchai_orchestrator.admission import Room
from wrenchai_orchestrator.admission_keeper import admitting
from wrenchai_orchestrator.admission_projection import AdmissionProjection
from wrenchai_orchestrator.service import ORCHESTRATOR
from wrenchai_orchestrator.settings import OrchestratorSettings

from tests.samples import until

KEY = Share(name="key", most=1)
BOOK = Playbook.model_validate({"name": "book", "steps": [{"id": "one", "type": "standard", "tool": "noop"}]})
CUT_THE_LEADER = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND application_name = 'wrenchai-admission'"
)


class Beaten(Committer):
    """Before its first commit somebody else records an admission, of which nobody is told."""

    def __init__(self, real: Committer, log: PostgresLog, names: Sequence[str]) -> None:
        self._real, self._log, self._names = real, log, names
        self.refusals = 0

    async def commit(self, events: Sequence[NewEvent], guards: Sequence[Guard] = ()) -> int:
        if self._names:
            event = TasksAdmitted(tasks=tuple(map(task, self._names)))
            self._names = ()
            await self._log.append([seal(NewEvent("admission", 1, event, Context("another")), utc_now())])
        try:
            return await self._real.commit(events, guards)
        except VersionConflict:
            self.refusals += 1
            raise


@dataclass(slots=True)
class Hall:
    """A log, and replicas that admit what is held in it; the test plays whoever carries tasks out."""

    log: PostgresLog
    url: str
    nats_url: str
    runtimes: list[Runtime] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    @property
    def settings(self) -> OrchestratorSettings:
        return OrchestratorSettings(
            postgres_url=SecretStr(self.url), nats_url=self.nats_url, log_level="WARNING", room_alone=4, room_beside=2
        )

    @asynccontextmanager
    async def replica(self, *, beaten_by: Sequence[str] = ()) -> AsyncIterator[Runtime]:
        async def assemble(runtime: Runtime) -> Assembly:
            runtime.committer = Beaten(runtime.committer, self.log, beaten_by)
            gate = admitting(runtime, Room(alone=4, beside=2))
            runtime.checks |= gate.checks
            return Assembly(coroutines=gate.coroutines)

        async with self._there(Service("orchestrator", assemble), self.settings) as runtime:
            yield runtime

    @asynccontextmanager
    async def orchestrator(self) -> AsyncIterator[None]:
        """The whole of it, and a relay."""
        async with self._there(RELAY, self.settings), self._there(ORCHESTRATOR, self.settings):
            yield

    @asynccontextmanager
    async def _there(self, service: Service, settings: ServiceSettings) -> AsyncIterator[Runtime]:
        async with running(service, settings) as runtime:
            self.runtimes.append(runtime)
            try:
                yield runtime
            finally:
                self.runtimes.remove(runtime)

    async def record(self, stream: str, *events: Event, tenant: str = "default") -> None:
        """Events of one stream in one commit, and the bell."""
        sealed = []
        for event in events:
            self.versions[stream] += 1
            context = Context("test", tenant, correlation=task_of(stream), trace=f"trace of {task_of(stream)}")
            sealed.append(seal(NewEvent(stream, self.versions[stream], event, context), utc_now()))
        await self.log.append(sealed)
        for runtime in self.runtimes:
            await runtime.bus.ring([])

    async def record_behind(self, stream: str, *events: Event) -> None:
        """The same, behind what a service has recorded in that stream."""
        self.versions[stream] = len(await self.log.read_stream(stream))
        await self.record(stream, *events)

    async def hold(self, *names: str, tenant: str = "a", shares: tuple[Share, ...] = ()) -> None:
        for name in names:
            requested = TaskRequested(
                task_id=task(name), playbook="book", playbook_digest=BOOK.digest(), held=True, shares=shares
            )
            await self.record(task(name), requested, tenant=tenant)

    async def end(self, *names: str) -> None:
        for name in names:
            await self.record(task(name), TaskCompleted())

    async def of(self, *types: type[Event]) -> list[Recorded]:
        rows = await self.log.read(0, 100_000)
        found = unseal_all((row.position, row.state) for row in rows)
        return [one for one in found if isinstance(one.event, types)]

    async def admitted(self) -> list[str]:
        admissions = [one.event for one in await self.of(TasksAdmitted)]
        names = [name for event in admissions if isinstance(event, TasksAdmitted) for name in event.tasks]
        return [name.removeprefix("task_").lstrip("0") for name in names]

    async def admitted_behind(self, known: Sequence[str]) -> list[str]:
        """Wait for more than these; the others."""

        async def so() -> bool:
            return len(await self.admitted()) > len(known)

        await until(so)
        return (await self.admitted())[len(known) :]

    async def have_been(self, *names: str) -> None:
        """Wait until exactly these were admitted, in whatever order."""

        async def so() -> bool:
            return sorted(await self.admitted()) == sorted(names)

        await until(so)


def task(name: str) -> str:
    return f"task_{name:0>8}"


@pytest_asyncio.fixture
async def hall(postgres_url: str, nats_url: str) -> AsyncIterator[Hall]:
    async with PostgresLog(postgres_url, application_name="test") as log:
        yield Hall(log, postgres_url, nats_url)


async def test_a_limit_of_one_lets_one_after_the_other_begin(hall: Hall) -> None:
    names = ["k1", "k2", "k3"]
    async with hall.replica():
        await hall.hold(*names, shares=(KEY,))
        for number, name in enumerate(names, 1):
            await hall.have_been(*names[:number])
            await hall.end(name)
    assert await hall.admitted() == names
    assert [one.version for one in await hall.of(TasksAdmitted)] == [1, 2, 3]


async def test_a_flood_of_one_tenant_does_not_hold_up_what_another_asks_for(hall: Hall) -> None:
    flood = [f"a{n:03}" for n in range(200)]
    await hall.hold(*flood, tenant="a")
    async with hall.replica():
        await hall.have_been(*flood[:4])
        await hall.record("task_light0000", TaskRequested(task_id="task_light0000"), tenant="c")
        await hall.hold("b1", tenant="b")
        await hall.have_been(*flood[:4], "b1")
        await hall.end(*flood[:4])
        await hall.hold("b2", tenant="b")
        await hall.have_been(*flood[:5], "b1")
        await hall.end("b1")
        await hall.have_been(*flood[:5], "b1", "b2")


async def test_when_the_leader_loses_its_lead_another_goes_on_and_nobody_is_admitted_twice(hall: Hall) -> None:
    names = [f"t{n:03}" for n in range(40)]
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(hall.replica())
        await hall.hold(*names)
        ended: list[str] = []
        while len(ended) < len(names):
            found = await hall.admitted_behind(ended)
            if len(ended) in {8, 20}:
                await _cut(hall)
            await hall.end(*found)
            ended += found
        await hall.have_been(*names)
    rows = await hall.log.read(0, 100_000)
    assert log_violations(rows) == []


async def _cut(hall: Hall) -> None:
    async with await psycopg.AsyncConnection.connect(hall.url, autocommit=True) as connection:
        await connection.execute(CUT_THE_LEADER)


async def test_after_a_restart_what_runs_still_counts_and_what_waited_still_does(hall: Hall) -> None:
    async with hall.replica():
        await hall.hold("k1", "k2", shares=(KEY,))
        await hall.have_been("k1")
    await hall.hold("k3", shares=(KEY,))
    await hall.record(task("k3"), TaskPrioritised(priority=5))
    async with hall.replica():
        await hall.hold("free")
        await hall.have_been("k1", "free")
        await hall.end("k1")
        await hall.have_been("k1", "free", "k3")
        await hall.record(task("k3"), TaskCancelled())
        await hall.have_been("k1", "free", "k3", "k2")


async def test_the_view_is_what_the_whole_log_says(hall: Hall) -> None:
    async with hall.replica():
        await hall.hold("k1", "k2", "k3", shares=(KEY,))
        await hall.record("task_plain", TaskRequested(task_id="task_plain0000"))
        await hall.have_been("k1")
        await hall.end("k1")
        await hall.have_been("k1", "k2")
        await until(lambda: _view_is_level(hall))
    found = await compare(AdmissionProjection, hall.url)
    assert found.equal, found


async def _view_is_level(hall: Hall) -> bool:
    health = await hall.runtimes[0].checks["admission"]()
    return health.lag == 0 and "1 tasks wait, 1 that had waited run" in health.detail


async def test_two_that_admit_at_once_do_not_admit_anybody_twice(hall: Hall) -> None:
    await hall.hold("one", "two", "three", "four", "five")
    await hall.record("admission", TasksAdmitted(tasks=(task("one"), task("two"))))
    async with hall.replica():
        await hall.have_been("one", "two", "three", "four")
        await hall.record_behind("admission", TasksAdmitted(tasks=(task("five"),)))
        await hall.end("one", "two", "three", "four", "five")
        await hall.hold("six")
        await hall.have_been("one", "two", "three", "four", "five", "six")


async def test_who_was_beaten_to_an_admission_looks_again_and_admits_what_the_other_has_not(hall: Hall) -> None:
    await hall.hold("one", "two", "three", shares=(Share(name="key", most=2),))
    async with hall.replica(beaten_by=["two", "three"]) as runtime:
        await until(lambda: isinstance(runtime.committer, Beaten) and runtime.committer.refusals == 1)
        await hall.have_been("two", "three")
        await hall.end("three")
        await hall.have_been("two", "three", "one")


# --- with the orchestrator ---------------------------------------------------------------------------------


async def _catalogue(hall: Hall) -> None:
    tool = ToolRegistered(name="noop", version="1", inputs={}, outputs={})
    await hall.record(CATALOGUE, PlaybookRegistered(digest=BOOK.digest(), playbook=BOOK), tool)


async def _planned(hall: Hall) -> set[str]:
    return {one.stream for one in await hall.of(PlanCreated)}


async def test_a_task_whose_turn_has_come_begins_once_in_its_own_story(hall: Hall) -> None:
    await _catalogue(hall)
    await hall.hold("one", tenant="a")
    async with hall.orchestrator():
        await until(lambda: _dispatched(hall, 1))
        await hall.record_behind("admission", TasksAdmitted(tasks=(task("one"),)))
        await hall.hold("two", tenant="b")
        await until(lambda: _dispatched(hall, 2))
    for dispatched, name, tenant in zip(await hall.of(JourneyDispatched), ("one", "two"), ("a", "b"), strict=True):
        assert (dispatched.tenant, dispatched.correlation) == (tenant, task(name))
        assert (dispatched.causation, dispatched.trace) == (f"{task(name)}@1", f"trace of {task(name)}")


async def _dispatched(hall: Hall, count: int) -> bool:
    return len(await hall.of(JourneyDispatched)) >= count


async def test_a_held_task_that_is_cancelled_ends_unplanned_and_gives_its_place_to_the_next(hall: Hall) -> None:
    await _catalogue(hall)
    async with hall.orchestrator():
        await hall.hold("runs", "stopped", "next", shares=(KEY,))
        await hall.have_been("runs")
        await hall.record(task("stopped"), TaskPrioritised(priority=9))
        await hall.record(task("stopped"), TaskCancellationRequested(reason="not any more"))
        await until(lambda: _ended(hall, "stopped"))
        assert await _planned(hall) == {task("runs")}
        await hall.record_behind(task("runs"), TaskCompleted())
        await hall.have_been("runs", "next")
    assert task("stopped") not in await _planned(hall)


async def _ended(hall: Hall, name: str) -> bool:
    return task(name) in {one.stream for one in await hall.of(TaskCancelled)}


async def test_what_people_ask_of_a_held_task_does_not_begin_it(hall: Hall) -> None:
    await _catalogue(hall)
    async with hall.orchestrator():
        await hall.hold("runs", "waits", shares=(KEY,))
        await hall.have_been("runs")
        await hall.record(task("waits"), TaskPrioritised(priority=9))
        await hall.hold("mark")
        await until(lambda: _dispatched(hall, 2))
        assert await _planned(hall) == {task("runs"), task("mark")}
