"""Tools that a playbook uses and no worker has announced, and operations that nobody does: to be noted. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name

from wrenchai_language.bodies import Place
from wrenchai_language.calls import MODEL_TOOL, calls_of
from wrenchai_language.checking.outputs import Tools
from wrenchai_language.checking.shapes import some
from wrenchai_language.refusal import refusal
from wrenchai_language.shelf import Shelf

Found = tuple[Place, str]


class Anything:
    """A tool of which nothing is known yet."""

    inputs: Mapping[str, Any] = {}
    outputs: Mapping[str, Any] = {}


class Absent(NamedTuple):
    """A tool that no worker has announced, and the first place that uses it."""

    place: Place
    tool: Name
    reason: str


def absent_notes(playbook: Playbook, tools: Tools, playbooks: Shelf | None = None) -> Iterator[Absent]:
    """Each tool that is used, at whatever depth, and not there."""
    seen = {MODEL_TOOL}
    for call in calls_of(playbook, playbooks):
        if call.tool not in tools and call.tool not in seen:
            seen.add(call.tool)
            yield Absent(call.place, call.tool, _reason(call.tool, tools))


def undone_notes(playbook: Playbook, tools: Tools, playbooks: Shelf | None = None) -> Iterator[Found]:
    """Each operation for which there is neither a tool nor a model."""
    for one in refusal(playbook, tools.keys(), has_model=MODEL_TOOL in tools, others=playbooks):
        yield one.place, one.reason


def _reason(tool: Name, tools: Tools) -> str:
    nearest = get_close_matches(tool, tools, n=1)
    if nearest:
        return f"no worker has announced the tool {tool!r}; did you mean {nearest[0]!r}?"
    return f"no worker has announced the tool {tool!r}; known are: {some(sorted(tools)) or 'none yet'}"
