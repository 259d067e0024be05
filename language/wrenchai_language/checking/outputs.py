"""What the output of each step is, as far as that is certain before the run. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from wrenchai_contracts.shape import StepId
from wrenchai_contracts.steps import (
    HandoffStep,
    LoopStep,
    ParallelStep,
    PartnerStep,
    ProcessStep,
    StandardStep,
    Step,
    VersusStep,
    WaitFor,
)

from wrenchai_language.calls import MODEL_TOOL
from wrenchai_language.checking.shapes import ANYTHING, NUMBER, TEXT, TRUTH, Fields, ListOf, Shape, one_of, shape_of
from wrenchai_language.ordering import in_order, last_of, needs_within
from wrenchai_language.shelf import MAX_PLAYBOOKS_DEEP, Shelf

_SOME_OBJECT = shape_of({"type": "object"})
_NULLABLE_TEXT = shape_of({"type": ["string", "null"]})


class KnownTool(Protocol):
    """What is to be known of a tool: JSON Schemas of what it takes and gives."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """JSON Schema of what it takes."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """JSON Schema of what it gives."""


Tools = Mapping[str, KnownTool]


class Outputs:
    """The shapes of steps' outputs; each is worked out once. Without tools, what a tool gives may be anything."""

    def __init__(self, tools: Tools | None, others: Shelf) -> None:
        self._tools: Tools = tools or {}
        self._others, self._deep = others, 1
        self._known: dict[int, tuple[Step, Shape]] = {}
        self._playbooks: dict[tuple[str, int], Shape] = {}

    def of(self, step: Step) -> Shape:
        """What is known of the output of `step`, if it ended well and was not skipped."""
        if id(step) not in self._known:
            self._known[id(step)] = step, _SHAPES[type(step)](self, step)
        return self._known[id(step)][1]

    def of_body(self, steps: tuple[Step, ...]) -> Shape:
        """Of the one step that all others lead to; of several, an object by step."""
        last = set(last_of(steps))
        shapes = {step.id: self.of(step) for step in steps if step.id in last}
        return next(iter(shapes.values())) if len(shapes) == 1 else Fields(shapes)

    def by_step(self, steps: tuple[Step, ...]) -> Shape:
        """An object of all outputs."""
        return Fields({step.id: self.of(step) for step in steps})

    def of_tool(self, tool: str) -> Shape:
        """What a tool gives."""
        return shape_of(self._tools[tool].outputs) if tool in self._tools else ANYTHING

    def of_playbook(self, wanted: str) -> Shape:
        """What a playbook gives."""
        if wanted not in self._others or self._deep >= MAX_PLAYBOOKS_DEEP:
            return ANYTHING
        asked = wanted, self._deep
        if asked not in self._playbooks:
            self._deep += 1
            self._playbooks[asked] = self.of_body(self._others[wanted].steps)
            self._deep -= 1
        return self._playbooks[asked]


def _of_standard(outputs: Outputs, step: StandardStep) -> Shape:
    if step.wait_for is not None:
        return _of_wait(step.wait_for)
    if step.playbook is not None:
        return outputs.of_playbook(step.playbook)
    return one_of(outputs.of_tool(tool) for tool in (*step.tools.values(),) or (MODEL_TOOL,))


def _of_wait(wait: WaitFor) -> Shape:
    if wait.timeout is not None and wait.on_timeout == "continue":
        return ANYTHING  # what was waited for, or nothing
    if wait.approval is not None:
        return Fields({"approved": TRUTH, "by": ANYTHING, "change": ANYTHING})
    if wait.time is not None or wait.until is not None:
        return Fields({})
    return shape_of(wait.form)


def _of_parallel(outputs: Outputs, step: ParallelStep) -> Shape:
    shapes = {branch.id: _picked(outputs.of(branch), step) for branch in step.branches}
    if step.for_each is not None:
        last = step.step or (in_order(step.steps, needs_within(step.steps)) or step.steps)[-1]
        shapes = {last.id: _picked(outputs.of(last), step)}
    any_of_them = one_of(shapes.values())
    match step.output_aggregation.how:
        case "as_they_are":
            return Fields(shapes) if step.for_each is None else ListOf(any_of_them)
        case "vote":
            return any_of_them
        case "concat":
            return ListOf(any_of_them.elements)
        case "merge":
            return _SOME_OBJECT
        case _:
            return ANYTHING


def _picked(shape: Shape, step: ParallelStep) -> Shape:
    """Each output as it is gathered: whole, or one field of it."""
    field = step.output_aggregation.field
    found = shape if field is None else shape.at(field)
    return found if isinstance(found, Shape) else ANYTHING


def _of_handoff(outputs: Outputs, step: HandoffStep) -> Shape:
    if step.completion_action is not None:
        return outputs.of(step.completion_action)
    return Fields({"output": outputs.of(step.primary), "handed": handed(ANYTHING)})


def handed(part: Shape) -> Shape:
    """What became of the parts of a handoff; `to` is null for one that stayed."""
    return ListOf(Fields({"to": _NULLABLE_TEXT, "part": part, "output": ANYTHING}))


def _of_versus(outputs: Outputs, step: VersusStep) -> Shape:
    return Fields(
        {
            "outcome": TEXT,
            "winner": _NULLABLE_TEXT,
            "output": one_of(outputs.of(competitor) for competitor in step.competitors),
            "scores": _by_competitor(step, Fields(dict.fromkeys(step.evaluation_criteria, NUMBER))),
            "totals": _by_competitor(step, NUMBER),
            "tied": ListOf(TEXT),
            "standings": _by_competitor(step, _STANDING) if step.pick == "posterior" else Fields({}),
        }
    )


_STANDING = Fields({"probability": NUMBER, "interval": ListOf(NUMBER), "best": NUMBER})


def _by_competitor(step: VersusStep, each: Shape) -> Shape:
    ids: list[StepId] = [competitor.id for competitor in step.competitors]
    return Fields(dict.fromkeys(ids, each))


def _of_loop(outputs: Outputs, step: LoopStep) -> Shape:
    return outputs.of(step.operations[-1])


def _of_partners(outputs: Outputs, step: PartnerStep) -> Shape:
    return outputs.of(step.creator)


def _of_process(outputs: Outputs, step: ProcessStep) -> Shape:
    return outputs.by_step(step.operations)


_SHAPES: Mapping[type, Callable[[Outputs, Any], Shape]] = {
    StandardStep: _of_standard,
    ParallelStep: _of_parallel,
    LoopStep: _of_loop,
    PartnerStep: _of_partners,
    ProcessStep: _of_process,
    VersusStep: _of_versus,
    HandoffStep: _of_handoff,
}
