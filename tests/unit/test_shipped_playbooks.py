"""Every playbook that is shipped is in order, its tools taken into account."""

from pathlib import Path

import pytest
from wrenchai_contracts.events import ToolRegistered
from wrenchai_journey.registry import all_tools, announcement
from wrenchai_language.calls import calls_of
from wrenchai_language.playbook_check import problems
from wrenchai_language.playbook_yaml import read_playbook

FILES = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))
TOOLS: dict[str, ToolRegistered] = {name: announcement(tool) for name, tool in all_tools().items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_playbook_has_no_problem_with_the_tools_that_are_there(file: Path) -> None:
    playbook = read_playbook(file.read_bytes(), file=file.name)
    assert problems(playbook, TOOLS) == []
    assert playbook.name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_role_of_a_shipped_playbook_has_each_tool_that_it_calls(file: Path) -> None:
    playbook = read_playbook(file.read_bytes(), file=file.name)
    calls = {(call.role, call.tool) for call in calls_of(playbook) if call.role in playbook.roles}
    assert {tool for _, tool in calls} <= set(TOOLS)
    assert [(role, tool) for role, tool in calls if tool not in playbook.roles[role].tools] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_playbook_says_what_each_of_its_inputs_means(file: Path) -> None:
    asked = read_playbook(file.read_bytes(), file=file.name).inputs["properties"]
    if file.stem != "hello":
        assert [name for name, schema in asked.items() if not schema.get("description")] == []
