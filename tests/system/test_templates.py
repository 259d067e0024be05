"""New playbooks as they are written by `playbook new`: each runs as it is; and what is refused before it starts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio
from wrenchai_contracts.views import TaskStatus

from tests.command_line import CommandLine
from tests.servers import open_directory
from tests.system_under_test import System, running_system
from wrenchai.cli.exit_codes import OK, REFUSED
from wrenchai.cli.template_names import Template

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEMPLATES = [str(name) for name in get_args(Template)]
OPERATION = """
name: baking
roles: {cook: {tools: [noop]}}
steps:
  - {id: bake, role: cook, operation: Bake a cake.}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            yield running
            assert await running.violations() == []


@pytest.fixture
def wrenchai(system: System, tmp_path: Path) -> CommandLine:
    return CommandLine(system.stack.directory.root, tmp_path)


@pytest.mark.parametrize("template", TEMPLATES)
async def test_a_new_playbook_runs_as_it_is(system: System, wrenchai: CommandLine, template: str) -> None:
    name = template.replace("_", "-")
    assert wrenchai("playbook", "new", name, "--template", template).code == OK
    task = (await system.client.register_playbook((wrenchai.directory / f"{name}.yaml").read_text())).playbook.name
    accepted = await system.client.submit_task(playbook=task, inputs={})
    ended = await system.client.wait(accepted.task_id, timeout=60)
    assert (ended.status, ended.reason) == (TaskStatus.COMPLETED, None)


async def test_after_a_run_a_dry_run_knows_how_long_its_tools_take(wrenchai: CommandLine) -> None:
    wrenchai.file("twice.yaml", "name: twice\nsteps: [{id: a, tool: noop}, {id: b, tool: noop}]\n")
    assert wrenchai.told("run", "twice.yaml", "--dry-run")["estimate"]["usual_seconds"] is None
    assert wrenchai("run", "twice.yaml").code == OK
    estimate = wrenchai.told("run", "twice.yaml", "--dry-run")["estimate"]
    assert estimate["past_runs"] == 1
    assert estimate["usual_seconds"]["most"] < 5


async def test_what_nobody_does_is_registered_and_refused_before_it_starts(
    system: System, wrenchai: CommandLine
) -> None:
    wrenchai.file("baking.yaml", OPERATION)
    checked, ran = wrenchai("check", "baking.yaml"), wrenchai("run", "baking.yaml")
    assert (checked.code, ran.code) == (OK, REFUSED)
    assert "baking.yaml:5:" in checked.out
    assert "note: steps.0.operation: no tool implements 'Bake a cake.'" in checked.out
    assert "the role cook can do: noop" in ran.err
    assert (await system.client.tasks(playbook="baking")).items == ()
