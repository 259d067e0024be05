"""Time kept over real Postgres and NATS: each moment once, whatever restarts, leaves, or is recorded meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest_asyncio
from psycopg import sql
from pydantic import SecretStr
from wrenchai_chassis.clock import Clock
from wrenchai_chassis.invariants import log_violations
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.rebuild import compare, rebuild
from wrenchai_chassis.service import Assembly, Runtime, Service, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, seal, unseal_all
from wrenchai_contracts.events import (
    Event,
    LimitsExtended,
    PlanCreated,
    PlaybookRegistered,
    Schedule,
    ScheduleFired,
    SchedulePaused,
    ScheduleSet,
    StepOpened,
    StepSettled,
    TaskCancellationRequested,
    TaskCompleted,
    TaskRequested,
    TimerFired,
)
from wrenchai_contracts.plan import Plan, PlannedJourney, PlannedStep
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import CATALOGUE, schedule_stream, task_of
from wrenchai_orchestrator.timekeeper import timekeeping
from wrenchai_orchestrator.timer_projection import TimerProjection

from tests.samples import AT, until
from tests.servers import Database

PLAN = Plan(
    playbook="book",
    nodes=(PlannedJourney(id="main", role="worker", steps=(PlannedStep(id="one", tool="noop"),)),),
    deadline=3600.0,
)
PLANNED = PlanCreated(plan=PLAN, digest="ab" * 32, playbook_digest="ab" * 32)
BOOK = Playbook.model_validate({"name": "book", "steps": [{"id": "one", "type": "standard", "tool": "noop"}]})
NOON = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
CUT_THE_LEADER = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND application_name = 'wrenchai-timekeeper'"
)


@dataclass(slots=True)
class Hands:
    """A clock that a test sets; everybody who keeps the time in it looks at this one."""

    now: datetime = AT

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Kept:
    """A log, and replicas that keep its time."""

    log: PostgresLog
    url: str
    nats_url: str
    clock: Hands = field(default_factory=Hands)
    runtimes: list[Runtime] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def replica(self, clock: Clock | None = None) -> AsyncIterator[Runtime]:
        settings = ServiceSettings(postgres_url=SecretStr(self.url), nats_url=self.nats_url, log_level="WARNING")

        async def assemble(runtime: Runtime) -> Assembly:
            runtime.clock = clock or self.clock
            keeping = timekeeping(runtime)
            runtime.checks |= keeping.checks
            return Assembly(coroutines=keeping.coroutines)

        async with running(Service("orchestrator", assemble), settings) as runtime:
            self.runtimes.append(runtime)
            try:
                yield runtime
            finally:
                self.runtimes.remove(runtime)

    async def record(self, stream: str, *events: Event, at: datetime = AT) -> None:
        """Events of one stream in one commit, and the bell."""
        sealed = []
        for event in events:
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            context = Context("test", correlation=task_of(stream))
            sealed.append(seal(NewEvent(stream, version, event, context), at))
        await self.log.append(sealed)
        for runtime in self.runtimes:
            await runtime.bus.ring([])

    async def task(self, number: int, *events: Event) -> str:
        task = f"task_{number:08}"
        await self.record(task, TaskRequested(task_id=task), PLANNED, *events)
        return task

    async def of(self, *types: type[Event]) -> list[Recorded]:
        rows = await self.log.read(0, 100_000)
        found = unseal_all((row.position, row.state) for row in rows)
        return [one for one in found if isinstance(one.event, types)]

    async def fired(self) -> list[str]:
        return [one.stream for one in await self.of(TimerFired)]

    async def has_fired(self, count: int) -> bool:
        return len(await self.fired()) >= count

    async def rows(self, table: str) -> Sequence[Any]:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            served = await connection.execute("SELECT schema FROM wrenchai.projection WHERE name = 'timers'")
            for (schema,) in await served.fetchall():
                query = sql.SQL("SELECT * FROM {} ORDER BY 1, 2").format(sql.Identifier(schema, table))
                return await (await connection.execute(query)).fetchall()
        return []

    async def view_holds(self, position: int) -> bool:
        return any(reached >= position for _, reached, _ in await self.rows("checkpoint"))


@pytest_asyncio.fixture
async def kept(postgres_url: str, nats_url: str) -> AsyncIterator[Kept]:
    async with PostgresLog(postgres_url, application_name="test") as log:
        yield Kept(log, postgres_url, nats_url)


def wait_until(seconds: float, step: str = "wait") -> StepOpened:
    return StepOpened(step=step, type="wait", due=AT + timedelta(seconds=seconds))


# --- timers ----------------------------------------------------------------------------------------------


async def test_a_moment_that_has_come_is_recorded_once_in_the_story_of_its_task(kept: Kept) -> None:
    async with kept.replica():
        task = await kept.task(1, wait_until(-1), wait_until(+1, "later"))
        await until(lambda: kept.has_fired(1))
        kept.clock.now += timedelta(seconds=2)
        await kept.record("task_99999999", TaskRequested(task_id="task_99999999"))  # by which it looks at the clock
        await until(lambda: kept.has_fired(2))
    first, later = await kept.of(TimerFired)
    assert first.stream == f"{task}/_timer/wait/3"
    assert (first.correlation, first.causation) == (task, f"{task}@3")
    assert first.event == TimerFired(step="wait", due=AT - timedelta(seconds=1))
    assert later.event == TimerFired(step="later", due=AT + timedelta(seconds=1))
    assert [row.stream for row in await kept.log.read_family(task)][-1] == later.stream


async def test_a_deadline_fires_without_a_step_and_an_extended_one_at_its_new_time(kept: Kept) -> None:
    kept.clock.now += timedelta(hours=2)
    async with kept.replica():
        await kept.task(1)
        extended = await kept.task(2, LimitsExtended(deadline=AT + timedelta(hours=3)))
        await until(lambda: kept.has_fired(1))
        kept.clock.now += timedelta(hours=2)
        await kept.record("task_99999999", TaskRequested(task_id="task_99999999"))
        await until(lambda: kept.has_fired(2))
    assert await kept.fired() == ["task_00000001/_timer/_deadline/2", f"{extended}/_timer/_deadline/3"]
    assert all(one.event.step is None for one in await kept.of(TimerFired) if isinstance(one.event, TimerFired))


async def test_what_became_due_while_nobody_kept_the_time_fires_at_the_next_start(kept: Kept) -> None:
    async with kept.replica():
        await kept.task(1, wait_until(60))
        await kept.task(2, wait_until(60), StepSettled(step="wait", outcome="completed"))
        head = await kept.log.head()
        await until(lambda: kept.view_holds(head))
    kept.clock.now += timedelta(minutes=2)
    async with kept.replica():
        await until(lambda: kept.has_fired(1))
    assert await kept.fired() == ["task_00000001/_timer/wait/3"]


async def test_no_timer_fires_of_a_task_that_has_ended_and_nothing_of_it_is_kept(kept: Kept) -> None:
    async with kept.replica():
        open_task = await kept.task(1, wait_until(60))
        await kept.task(2, wait_until(60))
        head = await kept.log.head()
        await until(lambda: kept.view_holds(head))
        kept.clock.now += timedelta(minutes=2)
        await kept.record("task_00000002", TaskCompleted())
        await until(lambda: kept.has_fired(1))
        end = await kept.log.head()
        await until(lambda: kept.view_holds(end))
        assert [row[0] for row in await kept.rows("timer")] == [open_task]
    assert [task_of(stream) for stream in await kept.fired()] == [open_task]


async def test_many_moments_fire_once_each_though_replicas_come_and_go(kept: Kept, database: Database) -> None:
    count = 300
    kept.clock.now += timedelta(seconds=30)
    async with kept.replica(), kept.replica():
        for number in range(count):
            await kept.task(number, wait_until(number % 30))
            if number % 100 == 50:
                await cut_the_leader(database)
        await until(lambda: kept.has_fired(count), within=30)
    fired = await kept.fired()
    assert len(fired) == len(set(fired)) == count
    assert log_violations(await kept.log.read(0, 100_000)) == []


async def test_the_view_is_the_same_bytes_when_it_is_rebuilt_and_time_goes_on_from_the_new_one(kept: Kept) -> None:
    async with kept.replica():
        for number in range(20):
            await kept.task(number, wait_until(60), *([TaskCompleted()] if number % 2 else []))
        await kept.record("schedule/nightly", scheduled())
        head = await kept.log.head()
        await until(lambda: kept.view_holds(head))
        assert (await compare(TimerProjection, kept.url)).equal
        await rebuild(TimerProjection, kept.url)
        kept.clock.now += timedelta(minutes=2)
        await kept.task(99, wait_until(1))
        await until(lambda: kept.has_fired(11))
        end = await kept.log.head()
        await until(lambda: kept.view_holds(end))
    assert (await compare(TimerProjection, kept.url)).equal
    assert len(await kept.rows("timer")) == 11


async def test_one_replica_keeps_the_time_and_the_others_are_as_ready(kept: Kept) -> None:
    async with kept.replica() as one, kept.replica() as other:
        await until(lambda: _details(one, other))
        said = sorted([health.detail for health in await _healths(one, other)])
    assert said[0].startswith("keeps the time")
    assert said[1].startswith("stands by")


async def _healths(*runtimes: Runtime) -> list[Any]:
    return [await runtime.checks["timers"]() for runtime in runtimes]


async def _details(*runtimes: Runtime) -> bool:
    return any(health.detail.startswith("keeps") for health in await _healths(*runtimes))


async def cut_the_leader(database: Database) -> None:
    """Take the lead from whoever has it, once somebody has."""

    async def cut() -> bool:
        async with await psycopg.AsyncConnection.connect(database.superuser, autocommit=True) as connection:
            row = await (await connection.execute(CUT_THE_LEADER)).fetchone()
            return bool(row and row[0])

    await until(cut)


# --- schedules -------------------------------------------------------------------------------------------


def scheduled(**changed: object) -> ScheduleSet:
    hourly = Schedule(playbook="book", cron="0 * * * *", catch_up=7200, metadata={"by": "clock"})
    return ScheduleSet(name="nightly", schedule=hourly.model_copy(update=changed))


@pytest_asyncio.fixture
async def booked(kept: Kept) -> Kept:
    """At noon, with a playbook in the catalogue."""
    kept.clock.now = NOON
    await kept.record(CATALOGUE, PlaybookRegistered(digest=BOOK.digest(), playbook=BOOK))
    return kept


async def firings(kept: Kept, count: int) -> list[ScheduleFired]:
    async def enough() -> bool:
        return len(await kept.of(ScheduleFired)) >= count

    await until(enough)
    found = await kept.of(ScheduleFired)
    return [one.event for one in found if isinstance(one.event, ScheduleFired)]


async def test_a_moment_begins_a_task_in_the_schedules_name_in_one_commit(booked: Kept) -> None:
    await booked.record("schedule/nightly", scheduled(), at=NOON)
    booked.clock.now += timedelta(hours=1)
    async with booked.replica():
        (fired,) = await firings(booked, 1)
    (requested,) = await booked.of(TaskRequested)
    assert isinstance(requested.event, TaskRequested)
    assert fired == ScheduleFired(name="nightly", due=NOON + timedelta(hours=1), task_id=requested.stream)
    assert (requested.actor, requested.version) == ("schedule/nightly", 1)
    assert requested.event.playbook_digest == BOOK.digest()
    assert requested.event.metadata == {"by": "clock"}


async def test_several_replicas_begin_each_moments_task_once(booked: Kept, database: Database) -> None:
    await booked.record("schedule/nightly", scheduled(overlap="allow", catch_up=86400.0), at=NOON)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(booked.replica())
        for hour in range(1, 13):
            booked.clock.now = NOON + timedelta(hours=hour)
            await cut_the_leader(database)
        fired = await firings(booked, 12)
    assert [one.due for one in fired] == [NOON + timedelta(hours=hour) for hour in range(1, 13)]
    assert len({one.task_id for one in fired}) == len(await booked.of(TaskRequested)) == 12


async def test_a_moment_waits_until_the_task_before_has_ended(booked: Kept) -> None:
    await booked.record("schedule/nightly", scheduled(overlap="wait"), at=NOON)
    booked.clock.now += timedelta(hours=2)
    async with booked.replica():
        (first,) = await firings(booked, 1)
        assert first.task_id is not None
        booked.versions[first.task_id] = 1
        await booked.record(first.task_id, TaskCompleted(), at=booked.clock.now)
        _, second = await firings(booked, 2)
    assert [first.due, second.due] == [NOON + timedelta(hours=1), NOON + timedelta(hours=2)]
    assert second.task_id is not None


async def test_the_task_before_is_asked_to_stop_where_the_schedule_says_so(booked: Kept) -> None:
    await booked.record("schedule/nightly", scheduled(overlap="cancel_other"), at=NOON)
    booked.clock.now += timedelta(hours=2)
    async with booked.replica():
        first, _ = await firings(booked, 2)
    (stopped,) = await booked.of(TaskCancellationRequested)
    assert (stopped.stream, stopped.version, stopped.actor) == (first.task_id, 2, "schedule/nightly")


async def test_a_schedule_that_was_paused_a_moment_ago_does_not_fire(booked: Kept) -> None:
    await booked.record("schedule/nightly", scheduled(), SchedulePaused(name="nightly"), at=NOON)
    await booked.record("schedule/other", scheduled(), at=NOON)
    booked.clock.now += timedelta(hours=1)
    async with booked.replica():
        fired = await firings(booked, 1)
    assert [one.name for one in fired] == ["other"]
    assert [one.stream for one in await booked.of(ScheduleFired)] == [schedule_stream("other")]


async def test_a_playbook_that_is_not_there_is_a_reason_and_no_accident(booked: Kept) -> None:
    await booked.record("schedule/nightly", scheduled(playbook="gone"), at=NOON)
    booked.clock.now += timedelta(hours=1)
    async with booked.replica():
        (fired,) = await firings(booked, 1)
    assert fired.task_id is None
    assert "'gone'" in (fired.skipped or "")


async def test_a_schedule_that_is_set_while_time_is_kept_is_known_at_once(booked: Kept) -> None:
    async with booked.replica():
        await asyncio.sleep(0)
        booked.clock.now += timedelta(hours=1)
        await booked.record("schedule/nightly", scheduled(), at=NOON)
        (fired,) = await firings(booked, 1)
    assert fired.due == NOON + timedelta(hours=1)
