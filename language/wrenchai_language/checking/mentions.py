"""What the fields of steps refer to: `${…}` and CEL, in every field that may hold them. Pure.

Which fields those are differs from type to type: a row a type in `_FIELDS`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.steps import (
    HandoffStep,
    LoopStep,
    ParallelStep,
    PartnerStep,
    ProcessStep,
    StandardStep,
    VersusStep,
    WaitFor,
)

from wrenchai_language.bodies import Place, Placed, Room, steps_in
from wrenchai_language.checking.given import Given
from wrenchai_language.checking.names import FINDINGS
from wrenchai_language.checking.naming import Found
from wrenchai_language.checking.outputs import Tools
from wrenchai_language.checking.scope import Scope, Standpoint, followed
from wrenchai_language.checking.shapes import ANYTHING, Absent, Shape, shape_of
from wrenchai_language.expressions import BadExpression, Expression
from wrenchai_language.references import BadReference, references_in
from wrenchai_language.shelf import Shelf


def mention_problems(room: Room, scope: Scope, tools: Tools | None, others: Shelf) -> Iterator[Found]:
    """Everything that a field of some step names and that is not there, or is surely of another type."""
    reading = _Reading(scope, Given(scope, tools, others))
    for placed in steps_in(room):
        yield from reading.expression(placed, ("when",), placed.step.when, scope.before(placed))
        if placed.step.quality is not None and (asked := placed.step.quality.approval) is not None:
            yield from reading.text(placed, ("quality", "approval", "title"), asked.title)
        yield from _FIELDS[type(placed.step)](reading, placed, placed.step)


def concurrency_problems(playbook: Playbook) -> Iterator[Found]:
    """The keys of a playbook's tasks are worked out before there is a task: from its inputs and what came with them."""
    names = {"inputs": shape_of(playbook.inputs), "metadata": ANYTHING, "tenant": ANYTHING}
    for field, rule in (("concurrency", playbook.concurrency), ("rate", playbook.rate)):
        if rule is not None:
            yield from _key_problems((field, "key"), rule.key, names)


def question_problems(playbook: Playbook) -> Iterator[Found]:
    """What a person is asked about the whole result may name the task's inputs, and nothing else."""
    approval = playbook.quality.approval
    place, names = ("quality", "approval", "title"), {"inputs": shape_of(playbook.inputs)}
    try:
        paths = list(references_in(approval.title)) if approval is not None else []
    except BadReference as problem:
        yield place, str(problem)
        return
    for path in paths:
        found = followed(names[path[0]], path, 1) if path[0] in names else Absent("only inputs can be named here")
        if isinstance(found, Absent):
            yield place, f"${{{'.'.join(path)}}}: {found.reason}"


def _key_problems(place: Place, key: str, names: Mapping[str, Shape]) -> Iterator[Found]:
    try:
        paths = _named(key)
    except BadExpression as problem:
        yield place, _said(problem)
        return
    for path in paths:
        if path[0] not in names:
            yield place, f"{'.'.join(path)}: a key is made of inputs, metadata and tenant"
        elif isinstance(found := followed(names[path[0]], path, 1), Absent):
            yield place, f"{'.'.join(path)}: {found.reason}"


class _Reading:
    """The fields of one playbook's steps, read with what is known of its names."""

    def __init__(self, scope: Scope, given: Given) -> None:
        self.scope, self.given = scope, given

    def text(self, placed: Placed, at: Place, text: str | None) -> Iterator[Found]:
        """References inside a text."""
        if text is not None:
            yield from self.given.problems((*placed.place, *at), text, self.scope.before(placed))

    def expression(self, placed: Placed, at: Place, text: str | None, here: Standpoint) -> Iterator[Found]:
        """CEL: whether it is any, and whether what it names is there."""
        if text is None:
            return
        place = (*placed.place, *at)
        try:
            paths = _named(text)
        except BadExpression as problem:
            yield place, _said(problem)
            return
        for path in paths:
            found = self.scope.shape(path, here)
            if isinstance(found, Absent):
                yield place, f"{'.'.join(path)}: {found.reason}"


def _named(text: str) -> list[tuple[str, ...]]:
    """What an expression needs to be there, in order; what it only tests by `has()` need not be.

    Raises:
        BadExpression: it is none.
    """
    read = Expression.of(text)
    return sorted((read.names - read.tested) | {path[:-1] for path in read.tested})


def _said(problem: BadExpression) -> str:
    return f"{problem.reason} (at character {problem.column})" if problem.column else problem.reason


def _of_standard(reading: _Reading, placed: Placed, step: StandardStep) -> Iterator[Found]:
    yield from reading.given.calls(placed, step)
    if step.approval is not None:
        yield from reading.text(placed, ("approval", "title"), step.approval.title)
    if step.wait_for is not None:
        yield from _of_wait(reading, placed, step.wait_for)


def _of_wait(reading: _Reading, placed: Placed, wait: WaitFor) -> Iterator[Found]:
    yield from reading.text(placed, ("wait_for", "answer"), wait.answer)
    yield from reading.text(placed, ("wait_for", "until"), wait.until)
    if wait.approval is not None:
        yield from reading.text(placed, ("wait_for", "approval", "title"), wait.approval.title)
    if wait.until is not None and "${" not in wait.until and not _is_moment(wait.until):
        reason = "write a moment such as 2027-01-31T08:00:00+01:00, or a reference to one"
        yield (*placed.place, "wait_for", "until"), reason


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_parallel(reading: _Reading, placed: Placed, step: ParallelStep) -> Iterator[Found]:
    here, shared = reading.scope.before(placed), step.input_distribution
    yield from reading.given.a_list(placed, ("for_each",), step.for_each, here)
    if shared is not None:
        yield from reading.given.a_list(placed, ("input_distribution", "split"), shared.split, here)
        yield from reading.text(placed, ("input_distribution", "broadcast"), shared.broadcast)
    gathered = here.with_names({"outputs": ANYTHING})
    yield from reading.expression(placed, ("output_aggregation", "cel"), step.output_aggregation.cel, gathered)


def _of_loop(reading: _Reading, placed: Placed, step: LoopStep | PartnerStep) -> Iterator[Found]:
    scope = reading.scope
    yield from reading.given.problems((*placed.place, "initial"), step.initial, scope.before(placed))
    if placed.rooms:
        names = {"output": scope.outputs.of(step)} | ({"findings": FINDINGS} if isinstance(step, PartnerStep) else {})
        end = scope.at_the_end_of(placed.rooms[0]).with_names(names)
        yield from reading.expression(placed, ("exit_condition",), step.exit_condition, end)


def _of_handoff(reading: _Reading, placed: Placed, step: HandoffStep) -> Iterator[Found]:
    if not placed.rooms:
        return
    primary, *others = placed.rooms
    yield from reading.given.a_list(placed, ("parts",), step.parts, reading.scope.after(primary.steps[0]))
    for index, (case, room) in enumerate(zip(step.handoff_conditions, others, strict=False)):
        here = reading.scope.before(room.steps[0])
        yield from reading.expression(placed, ("handoff_conditions", index, "when"), case.when, here)


def _nothing(*_: object) -> Iterator[Found]:
    return iter(())


_FIELDS: Mapping[type, Callable[[_Reading, Placed, Any], Iterator[Found]]] = {
    StandardStep: _of_standard,
    ParallelStep: _of_parallel,
    LoopStep: _of_loop,
    PartnerStep: _of_loop,
    ProcessStep: _nothing,
    VersusStep: _nothing,
    HandoffStep: _of_handoff,
}
