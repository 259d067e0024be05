"""What can be wrong with a playbook whose every field is well formed: names of nothing, circles, rights. Pure.

What differs from one type of step to another stands in `_RULES`, a row a type.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from wrenchai_contracts.playbook import ParallelStep, Playbook, StandardStep, Step
from wrenchai_contracts.shape import StepId

from wrenchai_language.references import BadReference, references_in

Place = tuple[str | int, ...]
"""Where in the author's text: `("steps", 3, "with", "title")`, in the author's own words (`with`, `as`)."""

Found = tuple[Place, str]

_MOST = 100
_SOME = 20
_KNOWN_OF_A_STEP = ("output", "failed", "reason")
_OUTERMOST = frozenset({"inputs", "steps"})


def problems(playbook: Playbook) -> list[Found]:
    """What is wrong with `playbook`, at most 100 things, each with its place; none means that it can be planned."""
    names = chain(_bad_schema(playbook), _duplicates(playbook), _bad_needs(playbook), _bad_roles(playbook))
    return list(islice(names, _MOST)) or list(_circle(playbook)) or list(islice(_bad_references(playbook), _MOST))


def _bad_schema(playbook: Playbook) -> Iterator[Found]:
    if playbook.inputs.get("type", "object") != "object":
        yield ("inputs", "type"), "the inputs of a task are an object; write `type: object`"


def _duplicates(playbook: Playbook) -> Iterator[Found]:
    seen: set[StepId] = set()
    for place, step in _all_steps(playbook):
        if step.id in seen:
            yield (*place, "id"), f"another step is called {step.id!r} already"
        seen.add(step.id)


def _bad_needs(playbook: Playbook) -> Iterator[Found]:
    known = {step.id for step in playbook.steps}
    for place, step in _all_steps(playbook):
        inside = len(place) > _DEPTH_OF_A_STEP
        if inside and step.needs is not None:
            yield (*place, "needs"), "a step inside a parallel one starts with it; put `needs` on the outer step"
            continue
        for index, needed in enumerate(step.needs or ()):
            if needed not in known:
                yield (*place, "needs", index), f"no step is called {needed!r}; known are: {_some(sorted(known))}"


_DEPTH_OF_A_STEP = 2


def _bad_roles(playbook: Playbook) -> Iterator[Found]:
    for place, step in _outer_steps(playbook):
        if step.role is not None and step.role not in playbook.roles:
            yield (*place, "role"), _unknown_role(step.role, playbook)
            continue
        for inner_place, call in calls_of(place, step):
            yield from _bad_role(playbook, inner_place, call.role or step.role, call)


def _bad_role(playbook: Playbook, place: Place, role: str | None, step: StandardStep) -> Iterator[Found]:
    if role is None:
        return
    if role not in playbook.roles:
        yield (*place, "role"), _unknown_role(role, playbook)
        return
    tools = playbook.roles[role].tools
    if tools and step.tool not in tools:
        yield (*place, "tool"), f"the role {role!r} may not use {step.tool!r}; its tools are: {_some(tools)}"


def _unknown_role(role: str, playbook: Playbook) -> str:
    return f"no role is called {role!r}; known are: {_some(sorted(playbook.roles)) or 'none, add `roles`'}"


def needs_of(steps: Sequence[Step]) -> dict[StepId, tuple[StepId, ...]]:
    """What each step waits for; a step that does not say so waits for the one before it."""
    needs: dict[StepId, tuple[StepId, ...]] = {}
    before: tuple[StepId, ...] = ()
    for step in steps:
        needs[step.id] = before if step.needs is None else step.needs
        before = (step.id,)
    return needs


def _circle(playbook: Playbook) -> Iterator[Found]:
    circle = find_circle(needs_of(playbook.steps))
    if circle:
        index = next(i for i, step in enumerate(playbook.steps) if step.id == circle[0])
        yield ("steps", index, "needs"), f"steps wait for each other in a circle: {_way(circle)}"


def find_circle(needs: Mapping[StepId, Sequence[StepId]]) -> list[StepId]:
    """Some steps each of which needs the next, and the last the first; empty if there are none."""
    finished: set[StepId] = set()
    for start in needs:
        path: dict[StepId, Iterator[StepId]] = {} if start in finished else {start: iter(needs[start])}
        while path:
            here = next(reversed(path))
            onward = next(path[here], None)
            if onward is None:
                finished.add(here)
                del path[here]
            elif onward in path:
                walked = list(path)
                return walked[walked.index(onward) :]
            elif onward not in finished:
                path[onward] = iter(needs[onward])
    return []


def _bad_references(playbook: Playbook) -> Iterator[Found]:
    upstream = _Upstream(playbook)
    for place, step in _outer_steps(playbook):
        rules = _RULES[type(step)]
        yield from rules.own_fields(upstream, place, step)
        for inner_place, call in calls_of(place, step):
            yield from _wrong(upstream, step.id, (*inner_place, "with"), call.inputs, own=rules.item_names(step))


def _wrong_list(upstream: "_Upstream", step: StepId, place: Place, for_each: str) -> Iterator[Found]:
    if not (for_each.startswith("${") and for_each.endswith("}") and for_each.count("${") == 1):
        yield place, "for_each is one reference to a list, such as ${inputs.projects}"
        return
    yield from _wrong(upstream, step, place, for_each)


def _wrong(
    upstream: "_Upstream", step: StepId, place: Place, value: Any, *, own: frozenset[str] = frozenset()
) -> Iterator[Found]:
    """References in `value`, wherever they lie in it, that mean nothing in `step`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _wrong(upstream, step, (*place, key), item, own=own)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _wrong(upstream, step, (*place, index), item, own=own)
    elif isinstance(value, str) and "${" in value:
        try:
            paths = list(references_in(value))
        except BadReference as problem:
            yield place, str(problem)
            return
        for path in paths:
            reason = None if path[0] in own else upstream.why_not(step, path)
            if reason is not None:
                yield place, f"${{{'.'.join(path)}}}: {reason}"


class _Upstream:
    """Which steps have ended before a step begins; sets of steps are bits of one integer each."""

    def __init__(self, playbook: Playbook) -> None:
        self._schema = playbook.inputs
        self._bit = {step.id: 1 << n for n, step in enumerate(playbook.steps)}
        self._outer = {step.id: step.id for step in playbook.steps}
        self._in_a_list: dict[StepId, StepId] = {}
        for place, step in _outer_steps(playbook):
            inside = self._in_a_list if _RULES[type(step)].item_names(step) else self._outer
            inside |= {call.id: step.id for _, call in calls_of(place, step)}
        self._before = _all_before(needs_of(playbook.steps), self._bit)

    def why_not(self, step: StepId, path: tuple[str, ...]) -> str | None:
        """Why `path` means nothing in `step`; None if it does."""
        if path[0] == "inputs":
            return self._no_such_input(path)
        if path[0] == "steps":
            return self._no_such_output(step, path)
        return f"a reference begins with inputs or steps (inside a for_each also with its item), not with {path[0]!r}"

    def _no_such_input(self, path: tuple[str, ...]) -> str | None:
        properties = self._schema.get("properties")
        if len(path) == 1 or not isinstance(properties, dict) or path[1] in properties:
            return None
        if self._schema.get("additionalProperties") or self._schema.get("patternProperties"):
            return None
        return f"the inputs have no {path[1]!r}; they have: {_some(list(map(str, properties))) or 'nothing'}"

    def _no_such_output(self, step: StepId, path: tuple[str, ...]) -> str | None:
        if len(path) < _NAMES_AN_OUTPUT or path[2] not in _KNOWN_OF_A_STEP:
            return "write steps.<step>.output"
        wanted = path[1]
        if wanted in self._in_a_list:
            return f"{wanted!r} runs once for each item; take steps.{self._in_a_list[wanted]}.output, the list of all"
        if wanted not in self._outer:
            return f"no step is called {wanted!r}"
        if not self._before[step] & self._bit[self._outer[wanted]]:
            return f"{wanted!r} need not have ended before {step!r} begins; add it to `needs`"
        return None


_NAMES_AN_OUTPUT = 3


def _all_before(needs: Mapping[StepId, Sequence[StepId]], bit: Mapping[StepId, int]) -> dict[StepId, int]:
    """For each step the steps that must have ended before it, near and far. `needs` has no circle."""
    before: dict[StepId, int] = {}
    waiting = list(needs)
    while waiting:
        step = waiting[-1]
        unknown = [needed for needed in needs[step] if needed not in before]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        if step not in before:
            before[step] = 0
            for needed in needs[step]:
                before[step] |= before[needed] | bit[needed]
    return before


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")


def _way(circle: Sequence[StepId]) -> str:
    shown = [*circle[:_SOME], "…"] if len(circle) > _SOME else circle
    return " -> ".join([*shown, circle[0]])


def _outer_steps(playbook: Playbook) -> Iterator[tuple[Place, Step]]:
    for index, step in enumerate(playbook.steps):
        yield ("steps", index), step


def _all_steps(playbook: Playbook) -> Iterator[tuple[Place, Step]]:
    for place, step in _outer_steps(playbook):
        yield place, step
        yield from (found for found in calls_of(place, step) if found[1] is not step)


# --- what differs from type to type ----------------------------------------------------------------------


class _Rules(NamedTuple):
    """What must be known of a type of step to check a playbook that has one."""

    calls: Callable[[Place, Any], Iterator[tuple[Place, StandardStep]]]
    """The tool calls in it, each with its place."""
    item_names: Callable[[Any], frozenset[str]]
    """What references inside may begin with besides; if anything, the calls run once for each item of a list."""
    own_fields: Callable[["_Upstream", Place, Any], Iterator[Found]]
    """What may be wrong with fields that only this type has."""


def calls_of(place: Place, step: Step) -> Iterator[tuple[Place, StandardStep]]:
    """The tool calls that a step at `place` makes, each with its own place: itself, or the steps inside."""
    return _RULES[type(step)].calls(place, step)


def _itself(place: Place, step: StandardStep) -> Iterator[tuple[Place, StandardStep]]:
    yield place, step


def _branches(place: Place, step: ParallelStep) -> Iterator[tuple[Place, StandardStep]]:
    if step.step is not None:
        yield (*place, "step"), step.step
    for index, branch in enumerate(step.branches):
        yield (*place, "branches", index), branch


def _item_names(step: ParallelStep) -> frozenset[str]:
    return frozenset({step.item_name, "index"}) if step.for_each is not None else frozenset()


def _bad_list(upstream: "_Upstream", place: Place, step: ParallelStep) -> Iterator[Found]:
    if step.for_each is None:
        return
    if _item_names(step) & _OUTERMOST:
        yield (*place, "as"), f"{step.item_name!r} means something else in references; take another name"
    yield from _wrong_list(upstream, step.id, (*place, "for_each"), step.for_each)


_RULES: Mapping[type, _Rules] = {
    StandardStep: _Rules(_itself, lambda _: frozenset(), lambda *_: iter(())),
    ParallelStep: _Rules(_branches, _item_names, _bad_list),
}
