"""What a reference or an expression may name where it stands, and what is known of the value. Pure.

A standpoint is a room seen from one of its steps, and through it the rooms around: which steps have ended there, and
which names the room itself adds. Sets of steps are bits of one integer each.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import StepId

from wrenchai_language.bodies import Order, Placed, Room, steps_in
from wrenchai_language.checking.names import Names, beside, instead, names_in
from wrenchai_language.checking.outputs import Outputs
from wrenchai_language.checking.shapes import ANYTHING, TEXT, TRUTH, Absent, Fields, Shape, shape_of, some
from wrenchai_language.ordering import all_before, find_circle, needs_within
from wrenchai_language.references import BadReference, references_in

Path = tuple[str, ...]

_NAMES_AN_OUTPUT = 3
_BESIDE_THE_OUTPUT = Fields({"failed": TRUTH, "reason": TEXT, "skipped": TRUTH})


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A place from which names are looked up: before `step`, or, without one, when all of its room have ended."""

    room: Room
    step: Placed | None
    names: Names
    around: "Standpoint | None"
    ended_too: StepId | None = None

    def and_around(self) -> "Iterator[Standpoint]":
        """From the inside out."""
        here: Standpoint | None = self
        while here is not None:
            yield here
            here = here.around

    def with_names(self, names: Names) -> "Standpoint":
        """The same with more names."""
        return replace(self, names={**self.names, **names})


class Scope:
    """Every name of a playbook, and from where it may be used."""

    def __init__(self, playbook: Playbook, room: Room, outputs: Outputs) -> None:
        self.outputs = outputs
        self._inputs = shape_of(playbook.inputs)
        self._placed = {placed.id: placed for placed in reversed(list(steps_in(room)))}
        self._ended: dict[Room, _Ended] = {}
        self._names: dict[Room, Names] = {}

    def before(self, placed: Placed) -> Standpoint:
        """What a step sees before it begins."""
        room = placed.room
        return Standpoint(room, placed, self._names_of(room), self._around(room))

    def after(self, placed: Placed) -> Standpoint:
        """What is seen when the step itself has ended as well."""
        return replace(self.before(placed), ended_too=placed.id)

    def at_the_end_of(self, room: Room) -> Standpoint:
        """What is seen when all steps of a room have ended."""
        return Standpoint(room, None, self._names_of(room), self._around(room))

    def referred_to(self, placed: Placed, text: str) -> Shape:
        """What `text`, one whole reference in a field of that step, will be; anything, if it is wrong."""
        return self._whole(text, self.before(placed))

    def referred_to_after(self, placed: Placed, text: str) -> Shape:
        """The same, when the step itself has ended as well."""
        return self._whole(text, self.after(placed))

    def _whole(self, text: str, here: Standpoint) -> Shape:
        try:
            paths = list(references_in(text))
        except BadReference:
            return ANYTHING
        found = self.shape(paths[0], here) if len(paths) == 1 else ANYTHING
        return found if isinstance(found, Shape) else ANYTHING

    def shape(self, path: Path, here: Standpoint) -> Shape | Absent:
        """What is known of the value at `path`; or why there is none."""
        for at in here.and_around():
            if path[0] in at.names:
                return followed(at.names[path[0]], path, 1)
        if path[0] == "inputs":
            return followed(self._inputs, path, 1)
        if path[0] == "steps":
            return self._of_a_step(path, here)
        return Absent(_no_beginning(path[0], here))

    def _of_a_step(self, path: Path, here: Standpoint) -> Shape | Absent:
        fact = path[2] if len(path) >= _NAMES_AN_OUTPUT else ""
        if fact != "output" and fact not in _BESIDE_THE_OUTPUT.fields:
            return Absent("write steps.<step>.output")
        wanted = self._placed.get(path[1])
        if wanted is None:
            return Absent(f"no step is called {path[1]!r}")
        reason = self._why_not(wanted, here)
        if reason is not None:
            return Absent(reason)
        if fact == "output":
            return followed(self.outputs.of(wanted.step), path, _NAMES_AN_OUTPUT)
        return followed(_BESIDE_THE_OUTPUT, path, _NAMES_AN_OUTPUT - 1)

    def _why_not(self, wanted: Placed, here: Standpoint) -> str | None:
        """Why `wanted` has not surely ended, or cannot be seen."""
        for at in here.and_around():
            if wanted.id in {at.ended_too, *at.room.body.sees}:
                return None
            if wanted.room is at.room:
                return None if at.step is None or self._has_ended(wanted, at.step) else _too_early(wanted, at.step)
        return _closed(wanted, here)

    def _has_ended(self, wanted: Placed, step: Placed) -> bool:
        room = wanted.room
        if room not in self._ended:
            self._ended[room] = _Ended(room)
        return self._ended[room].before(wanted.id, step.id)

    def _names_of(self, room: Room) -> Names:
        if room.owner is None:
            return {}
        if room not in self._names:
            self._names[room] = names_in(room.body.part, room.owner, self)
        return self._names[room]

    def _around(self, room: Room) -> Standpoint | None:
        return None if room.owner is None else self.before(room.owner)


class _Ended:
    """Which steps of one room have ended before which; sets of steps are bits of one integer each."""

    def __init__(self, room: Room) -> None:
        needs = waiting_in(room)
        self._bit = {step: 1 << n for n, step in enumerate(needs)}
        self._before = None if find_circle(needs) else all_before(needs)

    def before(self, wanted: StepId, step: StepId) -> bool:
        """Whether `wanted` has; in a circle, which is told elsewhere, all have."""
        return self._before is None or bool(self._before[step] & self._bit[wanted])


def waiting_in(room: Room) -> dict[StepId, tuple[StepId, ...]]:
    """What each step of a room waits for, of those that are in it."""
    steps = [placed.step for placed in room.steps]
    if room.body.order is Order.APART:
        return {step.id: () for step in steps}
    if room.body.order is Order.SEQUENCE:
        return {step.id: (before.id,) if before else () for before, step in zip([None, *steps], steps, strict=False)}
    return needs_within(steps)


def _too_early(wanted: Placed, step: Placed) -> str:
    """`wanted` is of the same room as `step`, in which the reference stands."""
    if wanted is step:
        return f"{wanted.id!r} has not ended while it runs"
    if wanted.room.body.order is Order.APART:
        return f"{wanted.id!r} runs apart from {step.id!r}; neither sees the other"
    if wanted.room.body.order is Order.SEQUENCE:
        return f"{wanted.id!r} comes after {step.id!r}; only what comes before has ended"
    return f"{wanted.id!r} need not have ended before {step.id!r} begins; add it to `needs`"


def _closed(wanted: Placed, here: Standpoint) -> str:
    """`wanted` stands in a room that cannot be seen into from here."""
    around = {at.room: at for at in here.and_around()}
    inner = wanted
    while inner.room.owner is not None and inner.room.owner.room not in around:
        inner = inner.room.owner
    block = inner.room.owner
    if block is None:
        return f"{wanted.id!r} cannot be seen from here"
    parallel = next((room for room in block.rooms if room in around), None)
    if parallel is not None:
        return beside(parallel.body.part, inner.room.body.part, inner.id)
    if around[block.room].step is block:
        return f"{wanted.id!r} runs inside {block.id!r}, which has not begun"
    return f"{wanted.id!r} {instead(block.id, inner.id, inner.room.body.part)}"


def _no_beginning(name: str, here: Standpoint) -> str:
    added = some(dict.fromkeys(known for at in here.and_around() for known in at.names))
    here_also = f" (here also with {added})" if added else ""
    return f"a reference begins with inputs or steps{here_also}, not with {name!r}"


def followed(shape: Shape, path: Path, start: int) -> Shape | Absent:
    """The shape at the end of `path`, from its segment number `start` on."""
    for depth in range(start, len(path)):
        inner = shape.at(path[depth])
        if isinstance(inner, Absent):
            return Absent(f"{'.'.join(path[:depth])} {inner.reason}")
        shape = inner
    return shape
