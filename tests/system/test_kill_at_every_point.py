"""Kills a process at every named place on the path of an event, once each: every accepted task still ends right."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from wrenchai_chassis.fault import FAULT_POINTS

from tests.servers import open_directory
from tests.system_under_test import System, running_system
from tests.whole_playbook import WHOLE, line_of, lines_of

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
            await running.client.register_playbook(WHOLE)
            yield running


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world outside."""
    return tmp_path_factory.mktemp("outside") / "book"


def test_every_fault_point_is_killed_at_somewhere() -> None:
    assert {point for _, point in PLACES} == set(FAULT_POINTS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("service", "point"), PLACES, ids=map("-".join, PLACES))
async def test_all_tasks_end_right_when_a_process_dies_there(
    system: System, book: Path, service: str, point: str
) -> None:
    before = await system.arm(service, f"{point}:2")

    inputs = [{"items": [n, n + 1, n + 2], "book": str(book)} for n in range(3)]
    accepted = [(await system.client.submit_task(playbook="whole", inputs=given)).task_id for given in inputs]
    for task_id in accepted:
        await system.waiting(task_id, "signal")
        await system.client.signal(task_id, "go")
    await system.died_again(service, before)
    endings = await system.ended(accepted)

    assert set(endings.values()) == {"TaskCompleted"}
    assert await system.violations() == []
    assert await system.views_equal_a_rebuild()
    assert lines_of(book, accepted) == sorted(map(line_of, accepted)), "each once"
