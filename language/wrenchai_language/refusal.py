"""Why a run would be refused before it starts: work for which there is neither a tool nor a model. Pure."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import DEFAULT_ROLE, Place, Placed, outermost, steps_in
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, Shelf


class NobodyDoes(NamedTuple):
    """An operation that nobody does, where it stands, and what the role that is asked can do."""

    place: Place
    role: Name
    operation: str
    can_do: tuple[Name, ...]

    @property
    def reason(self) -> str:
        """The same in one sentence."""
        can = ", ".join(self.can_do) or "nothing: no tool of its is announced by a worker"
        return f"no tool implements {self.operation!r}, and no model is configured; the role {self.role} can do: {can}"


def refusal(
    playbook: Playbook, tools: Collection[Name], *, has_model: bool, others: Shelf | None = None
) -> list[NobodyDoes]:
    """Every operation that a run would come to and that nobody does; `tools` are those that workers announce.

    Those of a playbook inside are told at the place of the step that names it.
    """
    return [] if has_model else list(_undone(playbook, tools, others or {}, {playbook.name}, deep=1))


def _undone(
    playbook: Playbook, tools: Collection[Name], others: Shelf, seen: set[str], *, deep: int
) -> Iterator[NobodyDoes]:
    for placed in steps_in(outermost(playbook)):
        step = placed.step
        if not isinstance(step, StandardStep):
            continue
        if step.operation is not None:
            yield _nobody(placed, step.operation, playbook, tools)
        wanted = step.playbook
        if wanted is not None and wanted in others and wanted not in seen and deep < MAX_PLAYBOOKS_DEEP:
            seen.add(wanted)
            inner = _undone(others[wanted], tools, others, seen, deep=deep + 1)
            yield from (one._replace(place=(*placed.place, "playbook")) for one in inner)


def _nobody(placed: Placed, operation: str, playbook: Playbook, tools: Collection[Name]) -> NobodyDoes:
    role = placed.role or DEFAULT_ROLE
    granted = playbook.roles[role].tools if role in playbook.roles else ()
    can_do = tuple(tool for tool in granted or sorted(tools) if tool in tools)
    return NobodyDoes((*placed.place, "operation"), role, operation, can_do)
