"""Steps inside steps that make no sense, each with the reason. Pure.

Wherever a step may stand any type may; what is refused is what could never come to a good end, or what says something
that nobody reads.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wrenchai_contracts.steps import HandoffStep, ParallelStep, StandardStep, Step, VersusStep, WaitFor

from wrenchai_language.bodies import MAX_NESTING, Part, Placed, Room, bodies_of, outermost, steps_in
from wrenchai_language.checking.naming import Found
from wrenchai_language.checking.outputs import Outputs
from wrenchai_language.checking.shapes import Absent
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, Shelf


def nesting_problems(room: Room, outputs: Outputs, others: Shelf) -> Iterator[Found]:
    """Everything that stands where it makes no sense."""
    for placed in steps_in(room):
        yield from _too_deep(placed)
        yield from _failure_action(placed)
        yield from _of_its_type(placed)
        yield from _must_run(placed)
        yield from _must_tell(placed, outputs)
        yield from _keeps_a_contest_waiting(placed, others)
        yield from _judged_for_nothing(placed)


def _too_deep(placed: Placed) -> Iterator[Found]:
    if placed.room.depth >= MAX_NESTING and bodies_of(placed.step):
        yield (
            placed.place,
            f"steps stand inside each other more than {MAX_NESTING} deep; make a playbook of the inner ones",
        )


def _failure_action(placed: Placed) -> Iterator[Found]:
    if placed.step.failure_action is None:
        return
    place = (*placed.place, "failure_action")
    if placed.room.body.part is not Part.OPERATION:
        yield place, "only an operation of a process has a failure_action; elsewhere write `on_failure`"
    elif placed.step.on_failure != "fail":
        yield place, "says what happens when it fails, and `on_failure` does too; keep one of them"


def _judged_for_nothing(placed: Placed) -> Iterator[Found]:
    if placed.step.quality is not None and not _makes_something(placed.step):
        yield (*placed.place, "quality"), f"{placed.id!r} only waits; it makes nothing that could be judged"


def _makes_something(step: Step) -> bool:
    """Whether a tool or a model works in it; those that judge or mend it make nothing."""
    if isinstance(step, StandardStep):
        return step.wait_for is None
    inside = (inner for body in bodies_of(step) if body.part not in _MAKE_NOTHING for _, inner in body.steps)
    return any(_makes_something(inner) for inner in inside)


_MAKE_NOTHING = frozenset({Part.JUDGE, Part.ON_CALL, Part.FIX})


# --- what a step must be for the part that it plays -------------------------------------------------------

_MUST_RUN: Mapping[Part, str] = {
    Part.JUDGE: "without its scores there is no contest",
    Part.TURN: "without it there is no round",
    Part.PRIMARY: "without its work there is nothing to hand on",
}


def _must_run(placed: Placed) -> Iterator[Found]:
    why = _MUST_RUN.get(placed.room.body.part)
    if why is None:
        return
    step, around = placed.step, placed.room.owner.id if placed.room.owner else ""
    if step.when is not None:
        yield (*placed.place, "when"), f"{step.id!r} cannot be skipped: {why}; put the condition on {around!r}"
    if step.on_failure == "continue":
        yield (*placed.place, "on_failure"), f"{step.id!r} cannot fail alone: {why}; put `on_failure` on {around!r}"


def _must_tell(placed: Placed, outputs: Outputs) -> Iterator[Found]:
    """A judge must give scores, a reviewer findings, and who creates must give something."""
    part, owner = placed.room.body.part, placed.room.owner
    wait = placed.step.wait_for if isinstance(placed.step, StandardStep) else None
    if part is Part.JUDGE:
        yield from _must_give("scores", "judge", placed, outputs)
    elif part is Part.TURN and owner is not None and placed is not owner.rooms[0].steps[0]:
        yield from _must_give("findings", "reviewer", placed, outputs)
    elif part in {Part.TURN, Part.PRIMARY} and wait is not None and wait.answer is None and wait.signal is None:
        yield (*placed.place, "wait_for"), f"{_what(wait)} makes no work that could be gone on with"


def _must_give(field: str, part: str, placed: Placed, outputs: Outputs) -> Iterator[Found]:
    step = placed.step
    wait = step.wait_for if isinstance(step, StandardStep) else None
    found = outputs.of(step).at(field)
    if wait is not None and wait.answer is None:
        yield (*placed.place, "wait_for"), f"{_what(wait)} gives no `{field}`; a {part} who is a person gives an answer"
    elif isinstance(found, Absent):
        yield placed.place, f"a {part} gives `{field}`; what {step.id!r} gives {found.reason}"
    elif isinstance(step, VersusStep):
        yield placed.place, f"the scores of {step.id!r} are of its own competitors; a {part} gives `{field}` of others"


def _keeps_a_contest_waiting(placed: Placed, others: Shelf) -> Iterator[Found]:
    if placed.room.body.part is not Part.COMPETITOR:
        return
    for inside in _with_all_inside(placed):
        reason = _who_is_waited_for(inside.step, others, deep=1)
        if reason is not None:
            yield inside.place, f"{reason}, and the whole contest would wait; do that before or after it"


def _with_all_inside(placed: Placed) -> Iterator[Placed]:
    yield placed
    for room in placed.rooms:
        yield from steps_in(room)


def _who_is_waited_for(step: Step, others: Shelf, *, deep: int) -> str | None:
    if not isinstance(step, StandardStep):
        return None
    if step.wait_for is not None:
        return f"{step.id!r} is {_what(step.wait_for)}"
    if step.approval is not None:
        return f"{step.id!r} needs an approval"
    if step.playbook is not None and step.playbook in others and deep < MAX_PLAYBOOKS_DEEP:
        inner = (placed.step for placed in steps_in(outermost(others[step.playbook])))
        waits = (_who_is_waited_for(one, others, deep=deep + 1) for one in inner)
        return next((f"in the playbook {step.playbook!r} {wait}" for wait in waits if wait is not None), None)
    return None


def _what(wait: WaitFor) -> str:
    named = ("signal", "answer", "approval", "time", "until")
    kind = next(name for name in named if getattr(wait, name) is not None)
    return f"a wait for {'an' if kind[0] == 'a' else 'a'} {'time' if kind == 'until' else kind}"


# --- what differs from type to type ----------------------------------------------------------------------

_NOT_WITH: Mapping[str, Mapping[str, str]] = {
    "wait_for": {
        "undo": "a wait has no effect that could be taken back",
        "approval": "a wait calls no tool; wait for the approval itself, with `wait_for: {approval: …}`",
        "timeout": "how long is waited stands in `wait_for`",
        "retry": "a wait is not tried again; it is waited longer",
        "heartbeat": "nothing runs during a wait",
        "schedule_to_start": "a wait needs no worker",
        "cost": "a wait costs nothing",
    },
    "playbook": {
        "undo": "the steps of a playbook take back their own effects",
        "approval": "a playbook is no tool call; put an approval before it, or on its steps",
        "timeout": "the steps of a playbook have their own",
        "retry": "the steps of a playbook have their own; in a process, a failure_action can repeat it as a whole",
        "heartbeat": "the steps of a playbook have their own",
        "schedule_to_start": "the steps of a playbook have their own",
    },
    "operation": {
        "undo": "what a model says has no effect that could be taken back",
        "approval": "what a model says has no effect to agree to; put the approval on the tool call that has",
    },
}


def _of_its_type(placed: Placed) -> Iterator[Found]:
    rules = _RULES.get(type(placed.step))
    for name, reason in rules(placed.step) if rules is not None else ():
        yield (*placed.place, *name), reason


Rule = Iterator[tuple[tuple[str, ...], str]]


def _of_standard(step: StandardStep) -> Rule:
    for kind, fields in _NOT_WITH.items():
        if getattr(step, kind) is not None:
            yield from (((name,), why) for name, why in fields.items() if name in step.model_fields_set)
    wait = step.wait_for
    if wait is not None and (wait.time or wait.until) and wait.timeout is not None:
        yield ("wait_for", "timeout"), "a wait for a time ends at that time; it needs no timeout"


def _of_parallel(step: ParallelStep) -> Rule:
    if step.for_each is not None and step.input_distribution is not None:
        yield ("input_distribution",), f"each gets its `{step.item_name}` already; only named branches share an input"
    if step.for_each is None and step.chunk > 1:
        yield ("chunk",), "only the items of a `for_each` come in chunks"
    if step.for_each is None and step.quorum is not None and step.quorum > len(step.branches):
        yield ("quorum",), f"{step.quorum} good ends are wanted of {len(step.branches)} branches"
    if step.output_aggregation.cel is not None and step.output_aggregation.field is not None:
        yield ("output_aggregation", "field"), "an expression takes the field itself, as in `outputs.map(o, o.field)`"
    yield from _hides(step.item_name, "as")
    if step.input_distribution is not None:
        yield from _hides(step.input_distribution.name, "input_distribution", "as")


def _of_versus(step: VersusStep) -> Rule:
    if step.most is not None and step.most > len(step.competitors):
        yield ("most",), f"{step.most} are to run, and {len(step.competitors)} are there"


def _of_handoff(step: HandoffStep) -> Rule:
    yield from _hides(step.part_name, "as")


def _hides(name: str, *place: str) -> Rule:
    if name in {"inputs", "steps", "index"}:
        yield place, f"{name!r} means something else in references; take another name"


_RULES: Mapping[type, Callable[[Any], Rule]] = {
    StandardStep: _of_standard,
    ParallelStep: _of_parallel,
    VersusStep: _of_versus,
    HandoffStep: _of_handoff,
}
