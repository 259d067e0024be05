"""Our playbooks fit the tools: they exist, their roles may use them, and what each gives and takes fits together."""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import wrenchai_journey.tools
from ruamel.yaml import YAML
from wrenchai_contracts.playbook import Playbook
from wrenchai_journey.tool import Tool
from wrenchai_language.calls import Call, calls_of
from wrenchai_language.compilation import compile_plan
from wrenchai_language.playbook_check import problems
from wrenchai_language.shelf import shelf_of

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


class Announced(NamedTuple):
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


def tools() -> dict[str, Tool[Any, Any]]:
    names = [found.name for found in pkgutil.iter_modules(wrenchai_journey.tools.__path__)]
    modules = [importlib.import_module(f"wrenchai_journey.tools.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Tool)]
    return {tool.name: tool for tool in found}


TOOLS = tools()
ANNOUNCED = {name: Announced(tool.input_schema(), tool.output_schema()) for name, tool in TOOLS.items()}
BOOKS = [Playbook.model_validate(YAML(typ="safe", pure=True).load(file)) for file in sorted(PLAYBOOKS.glob("*.yaml"))]
SHELF = shelf_of(BOOKS)
CALLS = list(calls_of(SHELF["portfolio"], SHELF))


def test_every_tool_file_holds_one_tool() -> None:
    files = [file for file in Path(wrenchai_journey.tools.__path__[0]).glob("*.py") if file.stem != "__init__"]
    assert len(TOOLS) == len(files)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: ".".join(map(str, call.place)))
def test_each_step_of_the_portfolio_uses_a_tool_that_its_role_may_use(call: Call) -> None:
    assert call.tool in TOOLS
    assert call.tool in SHELF["portfolio"].roles[call.role].tools


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_each_step_gives_what_its_tool_asks_for_and_takes_what_others_give(book: Playbook) -> None:
    assert problems(book, ANNOUNCED, SHELF) == []
    assert compile_plan(book, SHELF).nodes


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_each_tool_tells_its_inputs_and_outputs_as_json_schema(tool: Tool[Any, Any]) -> None:
    assert tool.input_schema()["type"] == "object"
    assert tool.output_schema()["type"] == "object"
