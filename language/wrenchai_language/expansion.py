"""What a playbook becomes with the playbooks inside it: how many steps, how deep, or why it cannot. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from wrenchai_contracts.errors import FieldProblem, PlaybookRejected
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import Place, outermost, steps_in
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, Shelf, why_not_inside

MAX_STEPS = 20_000
"""So many steps may a plan have, those of playbooks inside counted wherever they stand."""


class Size(NamedTuple):
    """Steps, those of playbooks inside counted; and how many playbooks stand inside each other."""

    steps: int
    deep: int


def size_of(playbook: Playbook, others: Shelf, *, way: tuple[Name, ...] = ()) -> Size:
    """How large `playbook` is with all that is inside it; `way` names the playbooks around it.

    Raises:
        PlaybookRejected: one is not on the shelf, or stands inside itself, or it is too deep or too much together.
    """
    size = _Measuring(others).size(playbook, (*way, playbook.name))
    if size.steps > MAX_STEPS:
        reason = f"with the playbooks inside it has {size.steps} steps; a plan may have {MAX_STEPS}"
        raise PlaybookRejected(playbook.name, [FieldProblem("steps", reason)])
    return size


def playbooks_in(playbook: Playbook) -> Iterator[tuple[Place, str]]:
    """Which playbooks a playbook names as steps, each with the place that does."""
    for placed in steps_in(outermost(playbook)):
        if isinstance(placed.step, StandardStep) and placed.step.playbook is not None:
            yield (*placed.place, "playbook"), placed.step.playbook


class _Measuring:
    """Each playbook is measured once; one that is met again, deeper, only as to how deep it goes."""

    def __init__(self, others: Shelf) -> None:
        self._others = others
        self._known: dict[str, Size] = {}

    def size(self, playbook: Playbook, way: tuple[Name, ...]) -> Size:
        inside = [self._inside(playbook, place, wanted, way) for place, wanted in playbooks_in(playbook)]
        own = sum(1 for _ in steps_in(outermost(playbook)))
        return Size(own + sum(size.steps for size in inside), 1 + max((size.deep for size in inside), default=0))

    def _inside(self, playbook: Playbook, place: Place, wanted: str, way: tuple[Name, ...]) -> Size:
        reason = why_not_inside(wanted, way, self._others)
        known = self._known.get(wanted)
        if reason is None and known is not None and len(way) + known.deep > MAX_PLAYBOOKS_DEEP:
            reason = f"playbooks stand inside each other more than {MAX_PLAYBOOKS_DEEP} deep behind {wanted!r}"
        if reason is not None:
            raise PlaybookRejected(playbook.name, [FieldProblem(".".join(map(str, place)), reason)])
        if known is None:
            inner = self._others[wanted]
            known = self._known[wanted] = self.size(inner, (*way, inner.name))
        return known
