"""Names in a playbook: steps called alike, `needs` of nobody, circles, roles and what they may use. Pure."""

from collections.abc import Iterator, Sequence

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import StepId
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.bodies import Order, Part, Place, Placed, Room, rooms_in, steps_in
from wrenchai_language.checking.scope import waiting_in
from wrenchai_language.checking.shapes import SOME, some
from wrenchai_language.ordering import find_circle

Found = tuple[Place, str]
"""One thing wrong: where, in the author's words, and why."""


def naming_problems(playbook: Playbook, room: Room) -> Iterator[Found]:
    """Everything wrong with names, in steps at every depth."""
    yield from _duplicates(room)
    for inner in rooms_in(room):
        yield from _bad_needs(inner)
        yield from _circle(inner)
    for placed in steps_in(room):
        yield from _bad_role(playbook, placed)


def _duplicates(room: Room) -> Iterator[Found]:
    seen: set[StepId] = set()
    for placed in steps_in(room):
        if placed.id in seen:
            yield (*placed.place, "id"), f"another step is called {placed.id!r} already"
        seen.add(placed.id)


def _bad_needs(room: Room) -> Iterator[Found]:
    known = {placed.id for placed in room.steps}
    for placed in room.steps:
        if placed.step.needs is None:
            continue
        if room.body.order is not Order.NEEDS or (room.body.part is Part.ITEM and len(room.steps) == 1):
            yield (*placed.place, "needs"), _no_needs_here(room)
            continue
        for index, needed in enumerate(placed.step.needs):
            if needed not in known:
                yield (
                    (*placed.place, "needs", index),
                    f"no step is called {needed!r} here; known are: {some(sorted(known))}",
                )


def _no_needs_here(room: Room) -> str:
    if room.body.order is Order.SEQUENCE and len(room.steps) > 1:
        return f"each {room.body.part.value} comes after the one before it; write them in the order that you need"
    return f"a {room.body.part.value} starts with the step around it; put `needs` on the outer step"


def _circle(room: Room) -> Iterator[Found]:
    needs = waiting_in(room)
    circle = find_circle(needs) if room.body.order is Order.NEEDS and len(needs) == len(room.steps) else []
    if circle:
        placed = next(placed for placed in room.steps if placed.id == circle[0])
        yield (*placed.place, "needs"), f"steps wait for each other in a circle: {_way(circle)}"


def _bad_role(playbook: Playbook, placed: Placed) -> Iterator[Found]:
    step, role = placed.step, placed.role
    if step.role is not None and step.role not in playbook.roles:
        known = some(sorted(playbook.roles)) or "none, add `roles`"
        yield (*placed.place, "role"), f"no role is called {role!r}; known are: {known}"
    if isinstance(step, StandardStep) and role in playbook.roles:
        granted = playbook.roles[role].tools
        for at, tool in step.tools.items():
            yield from _not_granted((*placed.place, *at), tool, role, granted)
        if step.undo is not None:
            yield from _not_granted((*placed.place, "undo", "tool"), step.undo.tool, role, granted)


def _not_granted(place: Place, tool: str, role: str, granted: Sequence[str]) -> Iterator[Found]:
    if granted and tool not in granted:
        yield place, f"the role {role!r} may not use {tool!r}; its tools are: {some(granted)}"


def _way(circle: Sequence[StepId]) -> str:
    shown = [*circle[:SOME], "…"] if len(circle) > SOME else circle
    return " -> ".join([*shown, circle[0]])
