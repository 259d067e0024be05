"""All tools this worker has: one file each in `tools/`, and what other packages offer by entry point."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from wrenchai_contracts.events import ToolRegistered

from wrenchai_journey.tool import Tool

ENTRY_POINTS = "wrenchai.tools"
AnyTool = Tool[Any, Any]


class TwoToolsOneName(Exception):  # noqa: N818  # a noun with its facts
    """Two tools claim one name; a playbook could not say which it means."""


def all_tools() -> Mapping[str, AnyTool]:
    """Every tool by name: ours, then those of installed packages.

    Raises:
        TwoToolsOneName: the later one would silently replace the earlier.
    """
    found: dict[str, AnyTool] = {}
    for tool in (*_own_tools(), *_offered_tools()):
        if tool.name in found:
            message = f"two tools are called {tool.name!r}"
            raise TwoToolsOneName(message)
        found[tool.name] = tool
    return found


def tool_in(module: str, name: str) -> AnyTool:
    """The tool `name` of one module; the others are not loaded, so that a tool's process starts quickly."""
    return next(tool for tool in _tools_in(vars(importlib.import_module(module)).values()) if tool.name == name)


def announcement(tool: AnyTool) -> ToolRegistered:
    """What the catalogue is told about a tool."""
    return ToolRegistered(
        name=tool.name,
        version=tool.version,
        summary=tool.summary,
        inputs=tool.input_schema(),
        outputs=tool.output_schema(),
        roles=tuple(sorted(tool.roles)),
        effect=tool.effect,
        most=tool.most,
    )


def _own_tools() -> Iterator[AnyTool]:
    package = importlib.import_module("wrenchai_journey.tools")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        yield from _tools_in(vars(importlib.import_module(f"{package.__name__}.{module.name}")).values())


def _offered_tools() -> Iterator[AnyTool]:
    for entry in entry_points(group=ENTRY_POINTS):
        offered = entry.load()
        yield from _tools_in([offered] if isinstance(offered, Tool) else vars(offered).values())


def _tools_in(values: Iterable[object]) -> Iterator[AnyTool]:
    yield from (value for value in values if isinstance(value, Tool))
