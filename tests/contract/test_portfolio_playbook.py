"""The portfolio playbook fits the tools: they exist, their roles may use them, and they know their inputs."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
import wrenchai_journey.tools
from ruamel.yaml import YAML
from wrenchai_contracts.playbook import Playbook, StandardStep
from wrenchai_journey.tool import Tool
from wrenchai_language.playbook_check import calls_of

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "portfolio.yaml"


def tools() -> dict[str, Tool[Any, Any]]:
    names = [found.name for found in pkgutil.iter_modules(wrenchai_journey.tools.__path__)]
    modules = [importlib.import_module(f"wrenchai_journey.tools.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Tool)]
    return {tool.name: tool for tool in found}


TOOLS = tools()
BOOK = Playbook.model_validate(YAML(typ="safe", pure=True).load(PLAYBOOK))
STEPS = [call for step in BOOK.steps for _, call in calls_of((), step)]


def test_every_tool_file_holds_one_tool() -> None:
    files = [file for file in Path(wrenchai_journey.tools.__path__[0]).glob("*.py") if file.stem != "__init__"]
    assert len(TOOLS) == len(files)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_each_step_uses_a_tool_that_its_role_may_use(step: StandardStep) -> None:
    assert step.tool in TOOLS
    assert step.role is not None
    assert step.tool in BOOK.roles[step.role].tools


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_each_step_gives_the_inputs_that_its_tool_asks_for(step: StandardStep) -> None:
    fields = TOOLS[step.tool].inputs.model_fields
    assert set(step.inputs) <= set(fields)
    assert {name for name, field in fields.items() if field.is_required()} <= set(step.inputs)


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_each_tool_tells_its_inputs_and_outputs_as_json_schema(tool: Tool[Any, Any]) -> None:
    assert tool.input_schema()["type"] == "object"
    assert tool.output_schema()["type"] == "object"
