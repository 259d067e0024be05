"""Where a step stands when it is compiled: what is around it, and how its own steps are compiled. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wrenchai_contracts.judging import Costs
from wrenchai_contracts.plan import Gate, Node
from wrenchai_contracts.shape import Name, StepId
from wrenchai_contracts.steps import FailureAction, Step, StepQuality

from wrenchai_language.bodies import DEFAULT_ROLE, step_of
from wrenchai_language.ordering import Needs, needs_of
from wrenchai_language.shelf import Shelf
from wrenchai_language.steps.gates import gate_of


@dataclass(frozen=True, slots=True)
class Inside:
    """What is around a step: the role, the playbooks, whether spending is limited, what mistakes cost, what came."""

    role: Name | None
    others: Shelf
    limited: bool
    costs: Costs
    compile_body: "Callable[[Sequence[Step], Needs, Inside], tuple[Node, ...]]"
    after: tuple[StepId, ...] = ()
    """The nodes that it comes after."""

    def role_of(self, step: Step) -> Name:
        """Who acts in a step: as it says, or as is said around it."""
        return step.role or self.role or DEFAULT_ROLE

    def coming_after(self, after: tuple[StepId, ...]) -> "Inside":
        """The same, behind those nodes."""
        return replace(self, after=after) if after else self

    def sequence(self, outer: Step, steps: Sequence[Step]) -> tuple[Node, ...]:
        """Steps of `outer` one after the other, those of one agent in one go."""
        ids = [step.id for step in steps]
        one_by_one = {step: (before,) if before else () for before, step in zip(["", *ids], ids, strict=False)}
        return self.compile_body(steps, one_by_one, self._within(outer))

    def as_needed(self, outer: Step, steps: Sequence[Step]) -> tuple[Node, ...]:
        """Steps of `outer` as their `needs` say."""
        return self.compile_body(steps, needs_of(steps), self._within(outer))

    def apart(self, outer: Step, steps: Sequence[Step]) -> tuple[Node, ...]:
        """Steps of `outer` that start together, each a node of its own."""
        return self.compile_body(steps, {step.id: () for step in steps}, self._within(outer))

    def alone(self, outer: Step, step: Step, *, after: tuple[StepId, ...] = ()) -> Node:
        """One step of `outer`, a node of its own."""
        (node,) = self.apart(outer, [step])
        return node.model_copy(update={"after": after}) if after else node

    def own_facts(self, step: Step) -> dict[str, Any]:
        """What every node says of itself, of whatever kind."""
        facts: dict[str, Any] = {"id": step.id, "after": self.after, "when": step.when, "on_failure": step.on_failure}
        if step.quality is not None:
            facts["gate"] = self._gate(step, step.quality)
        action = step.failure_action
        return facts if action is None else facts | self._when_it_fails(step, action)

    def _gate(self, step: Step, quality: StepQuality) -> Gate:
        return gate_of(quality, self.costs, lambda judge: self.alone(step, step_of(judge)))

    def _when_it_fails(self, step: Step, action: FailureAction) -> dict[str, Any]:
        if action.retry is not None:
            return {"goes": action.retry + 1}
        if action.log_and_fix is not None:
            return {"goes": 2, "fix": (self.alone(step, action.log_and_fix),)}
        if action.abort is not None:
            return {"on_failure": "fail"}
        return {"on_failure": "continue" if action.skip else "compensate"}

    def _within(self, outer: Step) -> "Inside":
        return replace(self, role=outer.role or self.role, after=())
