"""The order of an old playbook's steps, from `next`, as what each step waits for. Pure.

A step without `next` goes on with the step that is written after it, unless another step leads there; `next: null`
ends the flow. What nothing leads to would never have run, and is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wrenchai_language.legacy.ids import step_id
from wrenchai_language.legacy.ledger import Fields, Ledger
from wrenchai_language.ordering import all_before, find_circle

_STAND_IN = "-"
"""Begins an id that no step can have."""
_ENDS = {"", "end", "none", "null", "done"}


@dataclass(slots=True)
class Flow:
    """Steps by their new ids, as written; what each waits for; and which have ended before."""

    steps: dict[str, Fields] = field(default_factory=dict)
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _before: dict[str, int] = field(default_factory=dict)
    _bits: dict[str, int] = field(default_factory=dict)

    def has_ended(self, step: str, before: str) -> bool:
        """Whether `step` has surely ended before the step `before` begins."""
        return bool(self._before.get(before, 0) & self._bits.get(step, 0))

    def follow(self, onward: Mapping[str, list[str]]) -> list[str]:
        """Let each step wait for those that lead to it; gives a circle, if there is one."""
        waits: dict[str, list[str]] = {step: [] for step in self.steps}
        for step, after in onward.items():
            for one in dict.fromkeys(after):
                waits[one].append(step)
        self.needs = {step: tuple(needed) for step, needed in waits.items()}
        circle = find_circle(self.needs)
        if not circle:
            self._before = all_before(self.needs)
            self._bits = {step: 1 << n for n, step in enumerate(self.needs)}
        return circle


def flow_of(steps: list[Fields], begins: Fields | None, ledger: Ledger) -> Flow:
    """The flow; what is wrong with it is told in the ledger."""
    flow = Flow()
    for fields in steps:
        _name(flow, fields)
    if not flow.steps:
        return flow
    leads = _Leads(flow, ledger)
    named = leads.aims_of(begins) if begins is not None else []
    onward = leads.onward()
    _refuse_circle(flow.follow(onward), flow, ledger)
    _refuse_what_nothing_leads_to(flow, onward, named or list(flow.steps)[:1])
    return flow


def _name(flow: Flow, fields: Fields) -> None:
    """The step under its id; one that can have none of its own is mapped under another, so that all is looked at."""
    written = fields.take("step_id")
    is_text = isinstance(written, str | int) and not isinstance(written, bool)
    name = step_id(str(written)) if is_text else ""
    if name and name not in flow.steps:
        flow.steps[name] = fields
        fields.said("step_id", f"`id: {name}`" if name == written else f"{written!r} -> `id: {name}`")
        return
    if not is_text:
        reason = "a step has a `step_id`, a text such as setup_repository"
    elif not name:
        reason = f"{written!r} has no letters or digits that an id could be made of"
    else:
        other = flow.steps[name].take("step_id")
        reason = f"{written!r} would be {name!r}, as {other!r} is; rename one of them"
    fields.refuse("step_id", reason)
    flow.steps[f"{_STAND_IN}{len(flow.steps)}"] = fields


class _Leads:
    """Which steps lead to which."""

    def __init__(self, flow: Flow, ledger: Ledger) -> None:
        self._flow, self._ledger = flow, ledger

    def onward(self) -> dict[str, list[str]]:
        """For each step those that come next."""
        written = {step: self.named_in(fields) for step, fields in self._flow.steps.items()}
        aimed_at = {step for after in written.values() for step in after}
        following = dict(zip(written, [*list(written)[1:], None], strict=True))
        return {step: self._after(step, after, following[step], aimed_at) for step, after in written.items()}

    def _after(self, step: str, named: list[str], following: str | None, aimed_at: set[str]) -> list[str]:
        fields = self._flow.steps[step]
        if "next" in fields.written() or following is None or following in aimed_at:
            return named
        self._ledger.note(fields.at("next"), f"is not written: goes on with the step after it, {following}")
        return [following]

    def named_in(self, fields: Fields) -> list[str]:
        """What `next` names; told there."""
        found = self.aims_of(fields)
        if found:
            fields.said("next", f"`needs` of {', '.join(found)}")
        elif not self._ledger.speaks_of(fields.at("next")):
            fields.said("next", "the flow ends here")
        return found

    def aims_of(self, fields: Fields) -> list[str]:
        """The steps that `next` names; those that are not there are refused."""
        named = [self._step(fields, index, one) for index, one in enumerate(fields.items("next"))]
        return [step for step in named if step]

    def _step(self, fields: Fields, index: int, written: Any) -> str | None:
        """Its id; empty if the flow ends there, None if there is no such step."""
        if str(written).lower() in _ENDS:
            return ""
        name = step_id(str(written))
        if name in self._flow.steps:
            return name
        at = (*fields.at("next"), index) if isinstance(fields.take("next"), list) else fields.at("next")
        self._ledger.refuse(
            at, f"no step has the step_id {written!r}; {self._ledger.hint(name, list(self._flow.steps), 'known are')}"
        )
        return None


def _refuse_circle(circle: list[str], flow: Flow, ledger: Ledger) -> None:
    if not circle:
        return
    order = list(flow.steps)
    first, last = min(circle, key=order.index), max(circle, key=order.index)
    onward = circle[::-1]
    turned = [*onward[onward.index(first) :], *onward[: onward.index(first)]]
    way = " -> ".join([*turned, first])
    reason = f"goes back: {way}; what is to be done again is a self_feedback_loop or a partner_feedback_loop"
    ledger.refuse(flow.steps[last].at("next"), reason)


def _refuse_what_nothing_leads_to(flow: Flow, onward: Mapping[str, list[str]], starts: list[str]) -> None:
    reached, waiting = set(starts), list(starts)
    while waiting:
        new = [step for step in onward[waiting.pop()] if step not in reached]
        reached.update(new)
        waiting += new
    for step, fields in flow.steps.items():
        if step not in reached and not step.startswith(_STAND_IN):
            fields.refuse(
                "step_id", f"no step leads to {step!r}: write `next: {step}` in the step before it, or take it out"
            )
