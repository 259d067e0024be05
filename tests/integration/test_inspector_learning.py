"""What the inspector learns on a real Postgres: one stream without a gap, whoever else learns, dies or answers late."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256

import psycopg
import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, Stored, events_of
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.snapshots import MemorySnapshots, PostgresSnapshots, Snapshots
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.events import EvidenceLearned, ExecutionEvaluated, JourneyCompleted, VerdictLearned
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import Work
from wrenchai_contracts.subjects import evaluation_stream, journey_stream, quality_stream
from wrenchai_inspector.learning import SNAPSHOT_EVERY, Gone, Learner, Said
from wrenchai_inspector.service import Inspector
from wrenchai_judgement.chance import uniform
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.snapshot import from_bytes

from benchmarks.inspector.drawn_results import learnt_from, results
from tests.servers import Database
from tests.simulation.processes import DistantLog

TENANT = "default"
STREAM = quality_stream(TENANT)


class ReadsCounted:
    """A log that remembers from which version on the stream of what was learnt was read."""

    def __init__(self, log: EventLog) -> None:
        self._log, self.read_from = log, list[int]()
        self.append, self.read, self.read_family, self.head = log.append, log.read, log.read_family, log.head

    async def read_stream(self, stream: str, after_version: int = 0) -> list[Stored]:
        """See `EventLog.read_stream`."""
        if stream == STREAM:
            self.read_from.append(after_version)
        return await self._log.read_stream(stream, after_version)


@dataclass(slots=True)
class Process:
    """An inspector, with everything that a process of its own has."""

    log: EventLog
    committer: Committer
    inspector: Inspector
    lines: list[str]
    refusals: list[str] = field(default_factory=list)

    @property
    def learner(self) -> Learner:
        return self.inspector.learner(TENANT)

    async def attends(self, event: Recorded, tries: int = 60) -> None:
        """Deliver it until it is answered, as a subscription does."""
        for attempt in range(tries):
            try:
                await self.inspector.attend(event, first=attempt == 0)
            except (LogUnavailable, Gone) as problem:
                self.refusals.append(type(problem).__name__)
            else:
                return
        pytest.fail(f"{event.stream} was not answered in {tries} tries")

    async def attends_all(self, events: Sequence[Recorded]) -> None:
        """Deliver them, some at a time, and wait until everything that follows is done."""
        for first in range(0, len(events), 60):
            await asyncio.gather(*map(self.attends, events[first : first + 60]))
        await self.learner.record(lambda _: Said(), Context("test"))


@asynccontextmanager
async def process(log: EventLog, snapshots: Snapshots, name: str = "inspector") -> AsyncIterator[Process]:
    async def ring(_: list[Rung]) -> None:
        return

    lines = list[str]()
    committer = Committer(log, ring)
    running = asyncio.create_task(committer.run())
    try:
        yield Process(log, committer, Inspector(log, committer, Context(name), snapshots, lines.append), lines)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def log(postgres_url: str) -> AsyncIterator[PostgresLog]:
    async with PostgresLog(postgres_url, application_name="test") as opened:
        yield opened


def ended(number: int) -> tuple[str, JourneyCompleted]:
    """A task of one journey that has ended, with some evidence."""
    task = f"task_{number:08d}"
    passed = sum(uniform(f"{task}/{trial}") < 0.8 for trial in range(10))
    tool = f"tool_{number % 3}"
    return task, JourneyCompleted(
        journey="a",
        outputs={"a": {}},
        evidence=(Evidence(judge="tests", dimension="tests", passed=passed, tried=10),),
        final=True,
        sole=True,
        work=Work(role="coder", tool=tool, version="1", playbook="book"),
    )


async def tasks(log: EventLog, many: int) -> list[Recorded]:
    """So many tasks that ended, as they stand in the log."""
    made = [ended(number) for number in range(many)]
    context = Context("journey", correlation="test")
    events = [NewEvent(journey_stream(task, "a"), 1, event, context) for task, event in made]
    async with process(log, MemorySnapshots()) as anybody:
        await anybody.committer.commit(events)
    return [one for one in events_of(await log.read(0, 10 * many)) if isinstance(one.event, JourneyCompleted)]


async def learnt(log: EventLog) -> list[Recorded]:
    return events_of(await log.read_stream(STREAM))


async def check(log: EventLog, asked: Sequence[Recorded]) -> str:
    """Each task has one judgement, each was learnt from once, no version is missing, no link broken; the last hash."""
    stream = await learnt(log)
    assert [row.version for row in stream] == list(range(1, len(stream) + 1))
    links = [row.event for row in stream if isinstance(row.event, EvidenceLearned | VerdictLearned)]
    assert [link.before for link in links[1:]] == [link.after for link in links[:-1]]
    assert sorted(link.task_id for link in links if isinstance(link, EvidenceLearned)) == sorted(
        event.stream.partition("/")[0] for event in asked
    )
    for event in asked:
        rows = events_of(await log.read_stream(evaluation_stream(event.stream.partition("/")[0])))
        assert [isinstance(row.event, ExecutionEvaluated) for row in rows] == [True]
    again = Learner(TENANT, log, Committer(log, _no_bell), MemorySnapshots(), pytest.fail)
    assert (await again.known()).digest == links[-1].after, "a fold from the very beginning comes to it too"
    return links[-1].after


async def _no_bell(_: list[Rung]) -> None:
    return


async def test_two_inspectors_at_once_learn_in_one_line(log: PostgresLog, postgres_url: str) -> None:
    asked = await tasks(log, 120)
    async with AsyncExitStack() as stack:
        other_log = await stack.enter_async_context(PostgresLog(postgres_url, application_name="other"))
        one = await stack.enter_async_context(process(log, PostgresSnapshots(log), "one"))
        other = await stack.enter_async_context(process(other_log, PostgresSnapshots(other_log), "other"))
        work: list[Awaitable[None]] = []
        for number, event in enumerate(asked):
            both = number % 5 == 0  # the bus may deliver twice
            work += [who.attends(event) for who in ((one, other) if both else ((one, other)[number % 2],))]
        await asyncio.gather(*work)
        last = await check(log, asked)
        assert one.lines == other.lines == []
        for who in (one, other):
            await who.attends(asked[0])
            await who.learner.record(lambda _: Said(), Context("test"))
    assert len(last) == 64


@pytest.mark.parametrize("seed", range(4))
async def test_answers_that_are_lost_double_nothing(seed: int, log: PostgresLog) -> None:
    """One in eight requests or answers on the wire to the log is lost: nobody knows whether it was recorded."""
    asked = await tasks(log, 60)
    wire = DistantLog(log, random.Random(seed), loss=0.125, slowest=0.001)
    async with process(wire, PostgresSnapshots(log)) as unlucky:
        for first in range(0, len(asked), 3):
            await asyncio.gather(*map(unlucky.attends, asked[first : first + 3]))
        assert "LogUnavailable" in unlucky.refusals
        assert unlucky.lines == []
    await check(log, asked)


async def test_a_request_that_cannot_be_answered_fails_alone(log: PostgresLog) -> None:
    asked = await tasks(log, 30)

    def poison(_: Knowledge) -> Said:
        raise ZeroDivisionError

    async with process(log, PostgresSnapshots(log)) as one:
        bad = [one.learner.record(poison, Context("test")) for _ in range(3)]
        found = await asyncio.gather(*map(one.attends, asked), *bad, return_exceptions=True)
        assert found[: len(asked)] == [None] * len(asked)
        assert [type(problem) for problem in found[len(asked) :]] == [ZeroDivisionError] * 3
    await check(log, asked)


async def test_a_request_that_failed_halfway_has_taught_nothing(log: PostgresLog) -> None:
    asked = await tasks(log, 2)

    def half(knowledge: Knowledge) -> Said:
        drawn = next(iter(results(1, 1)))
        knowledge.learn(drawn.subject, knowledge.judge(drawn.subject))
        raise ZeroDivisionError

    async with process(log, PostgresSnapshots(log)) as one:
        await one.attends(asked[0])
        before = (await one.learner.known()).digest
        with pytest.raises(ZeroDivisionError):
            await one.learner.record(half, Context("test"))
        assert (await one.learner.known()).digest == before
        await one.attends(asked[1])
    await check(log, asked)


async def test_a_process_begins_at_the_snapshot_and_one_that_was_deleted_changes_nothing(
    log: PostgresLog, database: Database
) -> None:
    asked = await tasks(log, SNAPSHOT_EVERY + 100)
    snapshots = PostgresSnapshots(log)
    async with process(log, snapshots) as one:
        await one.attends_all(asked)
        digest = (await one.learner.known()).digest
    kept = await snapshots.read(STREAM)
    assert kept is not None
    version = from_bytes(kept).version
    assert SNAPSHOT_EVERY <= version < len(asked)

    counted = ReadsCounted(log)
    async with process(counted, snapshots) as again:
        assert (await again.learner.known()).digest == digest
        assert counted.read_from == [version]

    async with await psycopg.AsyncConnection.connect(database.service, autocommit=True) as connection:
        await connection.execute("DELETE FROM wrenchai.snapshot")
    counted = ReadsCounted(log)
    async with process(counted, snapshots) as anew:
        assert (await anew.learner.known()).digest == digest
        assert counted.read_from == [0]
        assert anew.lines == []
    await check(log, asked)


@pytest.mark.parametrize("state", [b"no snapshot", b'{"model": "dynamic-logit/0"}'])
async def test_a_snapshot_that_cannot_be_read_is_told_and_folded_anew(state: bytes, log: PostgresLog) -> None:
    asked = await tasks(log, 3)
    snapshots = PostgresSnapshots(log)
    await snapshots.write(STREAM, 10_000, state)
    async with process(log, snapshots) as one:
        await asyncio.gather(*map(one.attends, asked))
        assert len(one.lines) == 1
        assert "is of no use" in one.lines[0]
    await check(log, asked)


class NoSnapshots(MemorySnapshots):
    """Nothing can be kept."""

    async def write(self, name: str, version: int, state: bytes) -> None:  # noqa: ARG002  # the signature
        message = "the disk is full"
        raise LogUnavailable(message)


async def test_a_snapshot_that_cannot_be_kept_is_told_and_stops_nobody() -> None:
    log = MemoryLog()
    asked = await tasks(log, SNAPSHOT_EVERY + 20)
    async with process(log, NoSnapshots()) as one:
        await one.attends_all(asked)
        assert one.refusals == []
        assert one.lines == ["no snapshot of default's knowledge could be kept: the disk is full"]
    await check(log, asked)


async def test_what_another_arithmetic_recorded_is_told_once_for_each_difference_and_learning_goes_on(
    log: PostgresLog,
) -> None:
    knowledge, drawn = Knowledge(TENANT), list(results(4, 60))
    stream = list(learnt_from(knowledge, iter(drawn[:30])))
    knowledge.digest = sha256(b"another arithmetic").hexdigest()
    strange = len(stream)
    stream[-1] = stream[-1].model_copy(update={"after": knowledge.digest})
    stream += learnt_from(knowledge, iter(drawn[30:]))
    context = Context("inspector")
    asked = await tasks(log, 1)
    async with process(log, PostgresSnapshots(log)) as one:
        await one.committer.commit([NewEvent(STREAM, at, event, context) for at, event in enumerate(stream, start=1)])
        assert (await one.learner.known()).digest == knowledge.digest
        assert one.learner.differences == 1
        assert one.lines == [
            line for line in one.lines if line.startswith(f"{STREAM} version {strange} folds to something else: ")
        ]
        await one.attends(asked[0])
        rows = await learnt(log)
        assert rows[-1].version == len(stream) + 1
        assert isinstance(rows[-1].event, EvidenceLearned)
        assert rows[-1].event.before == knowledge.digest
        assert len(one.lines) == 1
