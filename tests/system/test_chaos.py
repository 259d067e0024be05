"""Random kills under load, and a bus that loses everything: nothing accepted is lost, nothing is done twice."""

import asyncio
import itertools
import os
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from wrenchai_contracts.commands import SubmitBatch, SubmitTask
from wrenchai_contracts.errors import NotNow

from tests.servers import open_directory
from tests.system_under_test import System, running_system, until
from tests.whole_playbook import WHOLE, line_of, lines_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

SEED = int(os.environ.get("WRENCHAI_CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
KILLS = 40
SERVICES = ("orchestrator", "journey", "inspector", "gateway", "relay", "relay-1")

QUICK = """
name: quick
inputs: {type: object, properties: {items: {type: array}}}
roles: {other: {tools: [noop]}}
steps:
  - {id: one, tool: noop, with: {value: 1}}
  - {id: two, tool: noop, role: other, with: {value: "${steps.one.output.value}"}}
  - id: many
    type: work_in_parallel
    for_each: ${inputs.items}
    step: {id: branch, tool: noop, with: {value: "${item}"}}
  - {id: last, tool: noop, with: {value: "${steps.many.output}"}}
"""
SLOW = """
name: slow
steps:
  - {id: fails_once, tool: fail, with: {times: 1}, retry: {max_attempts: 5, first_delay: 50ms}}
  - {id: takes_long, tool: wait, with: {seconds: 3}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root, relays=2) as running:
            for playbook in (QUICK, WHOLE, SLOW):
                await running.client.register_playbook(playbook)
            yield running


@asynccontextmanager
async def load(system: System, book: Path) -> AsyncIterator[list[str]]:
    """Small batches for as long as the block takes; the list holds what was acknowledged.

    Each batch bears an idempotency key and is sent until it is answered, so each is asked for exactly once. Some tasks
    have every type of step; these are paused, resumed and sent what they wait for.
    """
    accepted: list[str] = []
    stop = asyncio.Event()

    async def submit() -> None:
        for batch in itertools.count():
            if stop.is_set():
                return
            tasks = [SubmitTask(playbook="quick", inputs={"items": [1, 2, 3]})] * 10
            if batch % 10 == 0:
                tasks.append(SubmitTask(playbook="slow"))
            if batch % 5 == 0:
                tasks.append(SubmitTask(playbook="whole", inputs={"items": [1, 2], "book": str(book)}))
            answer = await system.client.submit_batch(SubmitBatch(tasks=tuple(tasks)))
            accepted.extend(task.task_id for task in answer.tasks)
            if batch % 5 == 0:
                await steer(system, accepted[-1])
            await asyncio.wait([asyncio.create_task(stop.wait())], timeout=0.8)

    submitting = asyncio.create_task(submit())
    try:
        yield accepted
    finally:
        stop.set()
        await submitting


async def steer(system: System, task_id: str) -> None:
    """What the task waits for, and a pause on the way; it may be over before that is asked."""
    with suppress(NotNow):
        await system.client.pause(task_id, at="now")
        await system.client.resume(task_id)
    await system.client.signal(task_id, "go")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The world outside."""
    return tmp_path / "book"


async def test_forty_random_kills_under_load_lose_nothing_and_double_nothing(system: System, book: Path) -> None:
    print(f"repeat with WRENCHAI_CHAOS_SEED={SEED}")
    chance = random.Random(SEED)
    ways: list[tuple[int, Callable[[], Awaitable[object]]]] = [
        *[(1, partial(system.kill_alive, name)) for name in SERVICES],
        *[(2, partial(system.kill_starting, name)) for name in SERVICES],
        (1, partial(system.kill_alive, "nats")),
        (1, partial(system.end_backends, chance)),
    ]
    before, killed = await system.head(), 0
    async with load(system, book) as accepted:
        while killed < KILLS:
            lives, way = chance.choice(ways)
            await way()
            killed += lives
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=chance.uniform(0.1, 0.9))
        await system.healthy(within=15)

    assert len(accepted) > KILLS
    await all_is_right(system, accepted, since=before)
    await done_once(book, accepted)


async def test_the_bus_may_lose_its_directory_in_the_middle(system: System, book: Path) -> None:
    start = await system.head()
    async with load(system, book) as accepted:
        await until(lambda: len(accepted) >= 20, within=30)
        await _lose_jetstream(system)
        before = len(accepted)
        await until(lambda: len(accepted) >= before + 20, within=30)

    await all_is_right(system, accepted, since=start)
    await done_once(book, accepted)


async def all_is_right(system: System, accepted: list[str], *, since: int) -> None:
    """What was acknowledged is in the log and ends well within a minute; what was not is not there a second time."""
    endings = await system.ended(accepted, within=60)
    assert set(endings.values()) == {"TaskCompleted"}
    assert sorted(await system.requested(after=since)) == sorted(accepted)
    assert await system.violations() == []
    assert await system.views_equal_a_rebuild()


async def done_once(book: Path, accepted: list[str]) -> None:
    """What was written outside was written once, whoever was killed between writing and saying so."""
    lines = await asyncio.to_thread(lines_of, book, accepted)
    assert lines
    assert len(lines) == len(set(lines))
    assert set(lines) <= set(map(line_of, accepted))


async def _lose_jetstream(system: System) -> None:
    """Kill NATS and remove all it had stored before its next life finds it."""
    store = system.stack.directory.nats / "jetstream"
    assert store.is_dir()
    restarts = system.restarts("nats")
    system.kill("nats")
    shutil.rmtree(store)
    await system.died_again("nats", restarts)
    await system.healthy(within=15)
