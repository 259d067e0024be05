"""Tools of the shipped playbooks, run on this machine as a playbook would: each told what those before it gave."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES
from wrenchai_journey.registry import all_tools
from wrenchai_journey.tool import Finished

from tests.integration.portfolio_checks.conftest import MachineRun
from tests.small_repository import small_repository

TOOLS = all_tools()
Use = Callable[..., dict[str, Any]]


class PrintingRun(MachineRun):
    """A run that remembers what programs printed: in a worker it would be in the step's log."""

    printed = ""

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        done = super().command(argv, cwd=cwd, env=env)
        self.printed += done.tail
        return done


@pytest.fixture
def run(tmp_path: Path) -> PrintingRun:
    """A tool run with a fresh workspace."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return PrintingRun(workspace, tmp_path / "shared")


@pytest.fixture
def use(run: PrintingRun) -> Use:
    """Run a tool by name, with inputs and outputs as JSON; what it gives is small enough for the log."""

    def used(tool: str, **inputs: Any) -> dict[str, Any]:
        given = json.loads(json.dumps(inputs))
        output = TOOLS[tool].run(TOOLS[tool].inputs.model_validate(given), run).model_dump(mode="json")
        assert len(json.dumps(output)) <= MAX_OUTPUT_BYTES
        found: dict[str, Any] = output
        return found

    return used


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small Python repository with a history."""
    return small_repository(tmp_path / "river")
