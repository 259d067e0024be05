"""The tool calls of a playbook, at whatever depth, with the role that makes each. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import DEFAULT_ROLE, Place, Placed, outermost, steps_in
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, Shelf

MODEL_TOOL = "model.ask"
"""What no tool implements goes to the model of the role, by this tool."""


class Call(NamedTuple):
    """A tool that some step calls, and the place that says so."""

    place: Place
    role: Name
    tool: Name


def calls_of(playbook: Playbook, others: Shelf | None = None) -> Iterator[Call]:
    """Every tool call that a run of `playbook` may make, what takes back included, as written.

    Those of a playbook inside are told once, at the place of the first step that names it; one that is not on the
    shelf has none.
    """
    return _calls(playbook, others or {}, {playbook.name}, deep=1)


def _calls(playbook: Playbook, others: Shelf, seen: set[str], *, deep: int) -> Iterator[Call]:
    for placed in steps_in(outermost(playbook)):
        if isinstance(placed.step, StandardStep):
            yield from _own(placed, placed.step)
            wanted = placed.step.playbook
            if wanted is not None and wanted in others and wanted not in seen and deep < MAX_PLAYBOOKS_DEEP:
                seen.add(wanted)
                inner = _calls(others[wanted], others, seen, deep=deep + 1)
                yield from (call._replace(place=(*placed.place, "playbook")) for call in inner)


def _own(placed: Placed, step: StandardStep) -> Iterator[Call]:
    role = placed.role or DEFAULT_ROLE
    for at, tool in step.tools.items():
        yield Call((*placed.place, *at), role, tool)
    if step.operation is not None:
        yield Call((*placed.place, "operation"), role, MODEL_TOOL)
    if step.undo is not None:
        yield Call((*placed.place, "undo", "tool"), role, step.undo.tool)
