"""Steps inside steps: which bodies each type of step has, and every step of a playbook in its place. Pure.

A body is some steps that start together, or one after the other, or as their `needs` say; a room is a body at its
place in a playbook. What differs from one type of step to another stands in `_BODIES`, a row a type.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name, StepId
from wrenchai_contracts.steps import (
    HandoffStep,
    JudgeRule,
    LoopStep,
    ParallelStep,
    PartnerStep,
    ProcessStep,
    StandardStep,
    Step,
    VersusStep,
)

Place = tuple[str | int, ...]
"""Where in the author's text: `("steps", 3, "with", "title")`, in the author's own words (`with`, `as`)."""

DEFAULT_ROLE = "worker"

MAX_NESTING = 6
"""So many steps may stand inside each other, the outermost counted."""


class Order(Enum):
    """How the steps of a body follow each other."""

    NEEDS = "as their `needs` say"
    SEQUENCE = "one after the other"
    APART = "apart"


class Part(Enum):
    """What a step is in the step around it, as an author would call it."""

    STEP = "step"
    BRANCH = "branch"
    ITEM = "step of a for_each"
    OPERATION = "operation of a process"
    ROUND = "operation of a loop"
    TURN = "creator or reviewer"
    COMPETITOR = "competitor"
    JUDGE = "judge"
    PRIMARY = "primary"
    SPECIALIST = "specialist"
    COMPLETION = "completion_action"
    FIX = "fix"
    ON_CALL = "judge of a result"


class Body(NamedTuple):
    """Steps, each with its place below the step that they are in; `sees`: what else of that step has ended before."""

    part: Part
    order: Order
    steps: tuple[tuple[Place, Step], ...]
    sees: tuple[StepId, ...] = ()


@dataclass(slots=True, eq=False)
class Room:
    """A body at its place; `owner` is the step that it is in, None for the playbook's own steps."""

    body: Body
    owner: "Placed | None"
    depth: int
    steps: "list[Placed]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Placed:
    """A step, where it stands, the role that acts in it, and the rooms inside it."""

    step: Step
    place: Place
    room: Room
    role: Name | None
    rooms: list[Room] = field(default_factory=list)

    @property
    def id(self) -> StepId:
        """The step's own id."""
        return self.step.id


def outermost(playbook: Playbook) -> Room:
    """The playbook's own steps, each with the rooms inside it, no deeper than is allowed."""
    steps = tuple((("steps", index), step) for index, step in enumerate(playbook.steps))
    return _furnished(Body(Part.STEP, Order.NEEDS, steps), owner=None)


def _furnished(body: Body, *, owner: Placed | None) -> Room:
    room = Room(body, owner, 1 if owner is None else owner.room.depth + 1)
    at, around = (owner.place, owner.role) if owner is not None else ((), None)
    for place, step in body.steps:
        placed = Placed(step, (*at, *place), room, step.role or around)
        if room.depth < MAX_NESTING:
            placed.rooms = [_furnished(inner, owner=placed) for inner in bodies_of(step)]
        room.steps.append(placed)
    return room


def rooms_in(room: Room) -> Iterator[Room]:
    """That room and all inside it, the outer before the inner."""
    yield room
    for placed in room.steps:
        for inner in placed.rooms:
            yield from rooms_in(inner)


def steps_in(room: Room) -> Iterator[Placed]:
    """Every step of that room and of all inside it, as written."""
    for placed in room.steps:
        yield placed
        for inner in placed.rooms:
            yield from steps_in(inner)


def bodies_of(step: Step) -> list[Body]:
    """The bodies inside a step, the one that mends it and the judges of its result among them."""
    bodies: list[Body] = list(_BODIES[type(step)](step))
    if step.failure_action is not None and step.failure_action.log_and_fix is not None:
        fix = step.failure_action.log_and_fix
        bodies.append(Body(Part.FIX, Order.SEQUENCE, ((("failure_action", "log_and_fix"), fix),)))
    if step.quality is not None and step.quality.judges:
        judges = ((("quality", "judges", index), step_of(judge)) for index, judge in enumerate(step.quality.judges))
        bodies.append(Body(Part.ON_CALL, Order.APART, tuple(judges)))
    return bodies


def step_of(judge: JudgeRule) -> StandardStep:
    """The step that asks a judge about a result."""
    return StandardStep(
        id=judge.name, tool=judge.use, inputs=judge.inputs, role=judge.role, timeout=judge.timeout, cost=judge.cost
    )


def _listed(name: str, steps: tuple[Step, ...]) -> tuple[tuple[Place, Step], ...]:
    return tuple(((name, index), step) for index, step in enumerate(steps))


def _of_parallel(step: ParallelStep) -> Iterator[Body]:
    if step.for_each is None:
        yield Body(Part.BRANCH, Order.APART, _listed("branches", step.branches))
    elif step.step is not None:
        yield Body(Part.ITEM, Order.NEEDS, ((("step",), step.step),))
    else:
        yield Body(Part.ITEM, Order.NEEDS, _listed("steps", step.steps))


def _of_loop(step: LoopStep) -> Iterator[Body]:
    yield Body(Part.ROUND, Order.SEQUENCE, _listed("operations", step.operations))


def _of_partners(step: PartnerStep) -> Iterator[Body]:
    yield Body(Part.TURN, Order.SEQUENCE, ((("creator",), step.creator), (("reviewer",), step.reviewer)))


def _of_process(step: ProcessStep) -> Iterator[Body]:
    yield Body(Part.OPERATION, Order.SEQUENCE, _listed("operations", step.operations))


def _of_versus(step: VersusStep) -> Iterator[Body]:
    yield Body(Part.COMPETITOR, Order.APART, _listed("competitors", step.competitors))
    yield Body(Part.JUDGE, Order.SEQUENCE, ((("judge",), step.judge),))


def _of_handoff(step: HandoffStep) -> Iterator[Body]:
    sees = (step.primary.id,)
    yield Body(Part.PRIMARY, Order.SEQUENCE, ((("primary",), step.primary),))
    for index, case in enumerate(step.handoff_conditions):
        to = (("handoff_conditions", index, "to"), case.to)
        yield Body(Part.SPECIALIST, Order.SEQUENCE, (to,), sees)
    if step.completion_action is not None:
        yield Body(Part.COMPLETION, Order.SEQUENCE, ((("completion_action",), step.completion_action),), sees)


_BODIES: Mapping[type, Callable[[Any], Iterator[Body]]] = {
    StandardStep: lambda _: iter(()),
    ParallelStep: _of_parallel,
    LoopStep: _of_loop,
    PartnerStep: _of_partners,
    ProcessStep: _of_process,
    VersusStep: _of_versus,
    HandoffStep: _of_handoff,
}
