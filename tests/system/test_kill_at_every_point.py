"""Kills a process at every named place on the path of an event, once each: every accepted task still ends right."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from wrenchai_chassis.fault import FAULT_POINTS

from tests.servers import open_directory
from tests.system_under_test import System, running_system

PLAYBOOK = """
name: five
inputs: {type: object, properties: {items: {type: array}}}
roles: {other: {tools: [noop]}}
steps:
  - {id: one, tool: noop, with: {value: 1}}
  - {id: two, tool: noop, with: {value: "${steps.one.output.value}"}}
  - {id: three, tool: noop, role: other, with: {value: 3}}
  - id: four
    type: work_in_parallel
    for_each: ${inputs.items}
    step: {id: branch, tool: noop, with: {value: "${item}"}}
  - {id: five, tool: noop, with: {value: "${steps.four.output}"}}
  - {id: six, tool: wait, with: {seconds: 0}}
"""
RECORDING = ("received", "decided", "appended", "rung", "committed", "acknowledged")
PLACES = [
    *[("orchestrator", point) for point in RECORDING],
    *[("journey", point) for point in (*RECORDING, "tool_started", "tool_done")],
    *[("inspector", point) for point in RECORDING],
    *[("gateway", point) for point in ("decided", "appended", "rung", "committed", "view_written")],
    ("relay", "published"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            await running.client.register_playbook(PLAYBOOK)
            yield running


def test_every_fault_point_is_killed_at_somewhere() -> None:
    assert {point for _, point in PLACES} == set(FAULT_POINTS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("service", "point"), PLACES, ids=map("-".join, PLACES))
async def test_all_tasks_end_right_when_a_process_dies_there(system: System, service: str, point: str) -> None:
    await system.arm(service, f"{point}:2")
    before = system.restarts(service)

    accepted = [await system.client.submit_task(playbook="five", inputs={"items": [n, n + 1, n + 2]}) for n in range(4)]
    await system.died_again(service, before)
    endings = await system.ended([task.task_id for task in accepted])

    assert set(endings.values()) == {"TaskCompleted"}
    assert await system.violations() == []
    assert await system.views_equal_a_rebuild()
