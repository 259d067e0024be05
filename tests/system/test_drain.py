"""SIGTERM: a service takes nothing new, ends what it has in hand, tells of it, and leaves with exit code 0."""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from wrenchai_contracts.events import StepStarted
from wrenchai_contracts.subjects import task_of

from tests.servers import open_directory
from tests.system_under_test import System, running_system, until
from wrenchai.local.status import ProcessStatus, read_status

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = """
name: slow
steps: [{id: takes_long, tool: wait, with: {seconds: 3}}]
"""
QUICK = """
name: quick
inputs: {type: object, properties: {items: {type: array}}}
steps:
  - {id: one, tool: noop, with: {value: 1}}
  - id: many
    type: work_in_parallel
    for_each: ${inputs.items}
    step: {id: branch, tool: noop, with: {value: "${item}"}}
  - {id: last, tool: noop, with: {value: "${steps.many.output}"}}
"""
SOONER_THAN_A_SWEEP = 20.0
"""Seconds: an event of which nobody is told waits until somebody looks by himself, up to 30 s."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            for playbook in (SLOW, QUICK):
                await running.client.register_playbook(playbook)
            yield running


async def test_a_worker_told_to_go_ends_the_step_that_it_runs_and_nobody_begins_it_again(system: System) -> None:
    task_id = (await system.client.submit_task(playbook="slow")).task_id
    await until(lambda: begun(system, task_id), within=30)
    await terminated(system, "journey")
    assert set((await system.ended([task_id], within=SOONER_THAN_A_SWEEP)).values()) == {"TaskCompleted"}
    assert await attempts(system, task_id) == 1
    assert await system.violations() == []


@pytest.mark.parametrize("service", ["relay", "orchestrator", "journey", "inspector", "gateway"])
async def test_whichever_service_is_told_to_go_under_load_leaves_in_good_order_and_every_task_goes_on(
    system: System, service: str
) -> None:
    await system.ready()
    accepted = [await system.client.submit_task(playbook="quick", inputs={"items": [n, n + 1]}) for n in range(20)]
    await terminated(system, service)
    accepted += [await system.client.submit_task(playbook="quick", inputs={"items": [n]}) for n in range(5)]
    endings = await system.ended([task.task_id for task in accepted], within=SOONER_THAN_A_SWEEP)
    assert set(endings.values()) == {"TaskCompleted"}
    assert await system.violations() == []


async def terminated(system: System, service: str) -> None:
    """Send SIGTERM and wait until another life of the service is ready; judge how the one before ended."""
    before, told = system.restarts(service), len(log_of(system, service))
    os.kill(system.pid(service), signal.SIGTERM)
    await system.died_again(service, before)
    assert status(system, service).last_error == "ended with exit code 0"
    await system.ready(service)
    last_words = log_of(system, service)[told:]
    assert "core coroutine" not in last_words
    assert "Traceback" not in last_words


async def begun(system: System, task_id: str) -> bool:
    return await attempts(system, task_id) > 0


async def attempts(system: System, task_id: str) -> int:
    async with system.log() as log:
        rows = await log.read(0, 100_000)
    return sum(row.topic == StepStarted.__name__ and task_of(row.stream) == task_id for row in rows)


def status(system: System, service: str) -> ProcessStatus:
    known = read_status(system.stack.directory.status_file)
    assert known is not None
    return next(process for process in known.processes if process.name == service)


def log_of(system: System, service: str) -> str:
    return (system.stack.directory.logs / f"{service}.log").read_text()
