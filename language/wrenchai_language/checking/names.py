"""Which names the steps inside a step may use besides `inputs` and `steps`, and what stands outside for them. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from wrenchai_contracts.steps import HandoffStep, LoopStep, ParallelStep, PartnerStep, VersusStep

from wrenchai_language.bodies import Part, Placed
from wrenchai_language.checking.outputs import Outputs, handed
from wrenchai_language.checking.shapes import ANYTHING, NUMBER, TEXT, Fields, ListOf, Shape, one_of, shape_of_value

Names = Mapping[str, Shape]

FINDINGS = ListOf(ANYTHING)


class Seen(Protocol):
    """What is known of outputs, and of the values that a step refers to in its own fields."""

    outputs: Outputs

    def referred_to(self, placed: Placed, text: str) -> Shape:
        """What `text`, one whole reference in a field of that step, will be."""

    def referred_to_after(self, placed: Placed, text: str) -> Shape:
        """The same, seen when the step itself, or its primary, has ended."""


def names_in(part: Part, owner: Placed, seen: Seen) -> Names:
    """What the steps of one body of `owner` may use besides."""
    names = _NAMES.get(part)
    return {} if names is None else names(seen, owner, owner.step)


def _item(seen: Seen, owner: Placed, step: ParallelStep) -> Names:
    each = seen.referred_to(owner, step.for_each or "").elements
    return {step.item_name: each if step.chunk == 1 else ListOf(each), "index": NUMBER}


def _share(seen: Seen, owner: Placed, step: ParallelStep) -> Names:
    given = step.input_distribution
    if given is None:
        return {}
    if given.split is not None:
        return {given.name: ListOf(seen.referred_to(owner, given.split).elements)}
    return {given.name: seen.referred_to(owner, given.broadcast or "")}


def _round(seen: Seen, owner: Placed, step: LoopStep | PartnerStep) -> Names:
    before = seen.outputs.of(owner.step)
    previous = before if step.initial is None else one_of([before, _given(step.initial)])
    return {"iteration": NUMBER, "previous": previous}


def _given(initial: object) -> Shape:
    """What an author gives for the first round; with references in it, that may be anything."""
    return ANYTHING if "${" in str(initial) else shape_of_value(initial)


def _turn(seen: Seen, owner: Placed, step: PartnerStep) -> Names:
    return {**_round(seen, owner, step), "review": FINDINGS}


def _entries(seen: Seen, owner: Placed, step: VersusStep) -> Names:  # noqa: ARG001  # every row has this shape
    return {"entries": seen.outputs.by_step(step.competitors)}


def _part(seen: Seen, owner: Placed, step: HandoffStep) -> Names:
    return {step.part_name: part_of(seen, owner, step), "index": NUMBER}


def part_of(seen: Seen, owner: Placed, step: HandoffStep) -> Shape:
    """One part of a primary's work."""
    if step.parts is None:
        return seen.outputs.of(step.primary)
    return seen.referred_to_after(owner.rooms[0].steps[0], step.parts).elements if owner.rooms else ANYTHING


def _handed(seen: Seen, owner: Placed, step: HandoffStep) -> Names:
    return {"handed": handed(part_of(seen, owner, step))}


def _result(seen: Seen, owner: Placed, step: object) -> Names:  # noqa: ARG001  # every row has this shape
    return {"result": seen.outputs.of(owner.step)}


def _failure(seen: Seen, owner: Placed, step: object) -> Names:  # noqa: ARG001  # every row has this shape
    return {"failure": Fields({"step": TEXT, "reason": TEXT, "kind": TEXT})}


_NAMES: Mapping[Part, Callable[[Seen, Placed, Any], Names]] = {
    Part.ITEM: _item,
    Part.BRANCH: _share,
    Part.ROUND: _round,
    Part.TURN: _turn,
    Part.JUDGE: _entries,
    Part.SPECIALIST: _part,
    Part.COMPLETION: _handed,
    Part.FIX: _failure,
    Part.ON_CALL: _result,
}


def instead(block: str, inner: str, part: Part) -> str:
    """What to take outside of `block` for the output of `inner`, a `part` of it."""
    return _INSTEAD[part].format(block=block, inner=inner)


_INSTEAD: Mapping[Part, str] = {
    Part.ITEM: "runs once for each item; take steps.{block}.output, the list of all",
    Part.BRANCH: "is a branch of {block!r}; take steps.{block}.output.{inner}",
    Part.OPERATION: "is an operation of {block!r}; take steps.{block}.output.{inner}",
    Part.ROUND: "runs in each round of {block!r}; take steps.{block}.output, what the last round came to",
    Part.TURN: "runs in each round of {block!r}; take steps.{block}.output, the creator's last work",
    Part.COMPETITOR: "is a competitor of {block!r}; take steps.{block}.output.output, the winner's",
    Part.JUDGE: "is the judge of {block!r}; take steps.{block}.output.scores",
    Part.PRIMARY: "is the primary of {block!r}; take steps.{block}.output",
    Part.SPECIALIST: "is a specialist of {block!r}; take steps.{block}.output",
    Part.COMPLETION: "completes {block!r}; take steps.{block}.output",
    Part.ON_CALL: "judges {block!r}, and may not be asked at all; what it gives cannot be taken",
    Part.FIX: "runs only when {block!r} fails; what it gives cannot be taken",
}


def beside(part: Part, wanted: Part, inner: str) -> str:
    """Why a step that is a `part` of a block cannot take the output of `inner`, the `wanted` part of the same block."""
    if (part, wanted) == (Part.JUDGE, Part.COMPETITOR):
        return f"what competitors gave is in `entries`; take entries.{inner}"
    if (part, wanted) == (Part.COMPLETION, Part.SPECIALIST):
        return "what specialists gave is in `handed`, part by part"
    return f"{inner!r} is the {wanted.value} beside it, and need not have ended"
