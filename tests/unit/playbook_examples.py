"""The playbooks that the documents show, and what is said to happen when each of them runs.

In a document a block of YAML with `name` and `steps` is a playbook. The block of text behind it tells, line by line,
what others do (tools, people, time) and what is then found in the task; or, of a playbook that is refused, each problem
with its line and column. A block of YAML with `tools` alone makes the tools known that the examples use.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from wrenchai_contracts.events import ToolRegistered
from wrenchai_contracts.playbook import Playbook
from wrenchai_journey.registry import all_tools, announcement
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.shelf import Shelf, shelf_of

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "docs" / "playbooks.md"
DOCUMENTS = (FIRST, *sorted((ROOT / "docs" / "steps").glob("*.md")))

_BLOCK = re.compile(r"^```(?P<kind>yaml|text)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROBLEM = re.compile(r"^\d+:\d+ ")


@dataclass(frozen=True, slots=True)
class Example:
    """A playbook as a document shows it, and the lines that tell what becomes of it."""

    document: Path
    line: int
    text: str
    told: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def is_refused(self) -> bool:
        """Whether it is shown for what is wrong with it."""
        return bool(self.told) and _PROBLEM.match(self.told[0]) is not None

    def playbook(self, tools: Mapping[str, ToolRegistered], shelf: Shelf) -> Playbook:
        """What is written, read and checked.

        Raises:
            PlaybookRejected: it is refused.
        """
        return read_playbook(self.text.encode(), file=self.place, tools=tools, playbooks=shelf)


def examples() -> list[Example]:
    """Every playbook of every document, in order."""
    return [example for document in DOCUMENTS for example in _examples_in(document)]


def _examples_in(document: Path) -> Iterator[Example]:
    text = document.read_text()
    blocks = list(_BLOCK.finditer(text))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block["kind"] != "yaml" or _is_tools(block["text"]):
            continue
        told = following["text"] if following is not None and following["kind"] == "text" else ""
        line = text.count("\n", 0, block.start()) + 2
        yield Example(document, line, block["text"], tuple(filter(None, map(str.strip, told.splitlines()))))


def known_tools() -> dict[str, ToolRegistered]:
    """Those that a worker announces, and those that the examples make up."""
    tools = {name: announcement(tool) for name, tool in all_tools().items()}
    (block,) = [block["text"] for block in _BLOCK.finditer(FIRST.read_text()) if _is_tools(block["text"])]
    made_up = yaml.safe_load(block)["tools"]
    return tools | {name: _tool(name, shapes["takes"], shapes["gives"]) for name, shapes in made_up.items()}


def _is_tools(text: str) -> bool:
    return text.startswith("tools:")


def _tool(name: str, takes: Mapping[str, str], gives: Mapping[str, str]) -> ToolRegistered:
    return ToolRegistered(name=name, version="1", inputs=_schema(takes), outputs=_schema(gives))


def _schema(fields: Mapping[str, str]) -> dict[str, Any]:
    """`maybe number` may be left out; `any` is of any type."""
    kinds = {name: kind.removeprefix("maybe ") for name, kind in fields.items()}
    properties = {name: {} if kind == "any" else {"type": kind} for name, kind in kinds.items()}
    required = [name for name, kind in fields.items() if not kind.startswith("maybe ")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def known_playbooks(tools: Mapping[str, ToolRegistered]) -> Shelf:
    """Every playbook that the documents show and that is not refused, as if they had been registered in order."""
    shelf: dict[str, Playbook] = {}
    for example in examples():
        if not example.is_refused:
            shelf |= shelf_of([example.playbook(tools, shelf)])
    return shelf
