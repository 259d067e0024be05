"""Random playbooks: sequences, branches, fan-outs over lists, lenient steps, references, and now and then a bad one."""

import random
from collections.abc import Callable
from typing import Any

from wrenchai_contracts.plan import RetryPolicy
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.steps import ParallelStep, StandardStep, Step
from wrenchai_language.ordering import needs_of

ROLES = (None, "builder", "checker")


def random_playbook(chance: random.Random, name: str) -> Playbook:
    """One to five steps of any kind, each after steps written before it."""
    steps: list[Step] = []
    for number in range(chance.randint(1, 5)):
        steps.append(_step(chance, f"s{number}", tuple(steps)))
    return Playbook(name=name, steps=tuple(steps))


def random_inputs(chance: random.Random) -> dict[str, Any]:
    """What such a playbook refers to: a list of 0 to 6 items, and a number."""
    return {"items": [{"n": n} for n in range(chance.choice((0, 1, 2, 6)))], "number": 7}


def _step(chance: random.Random, step_id: str, before: tuple[Step, ...]) -> Step:
    needs = _needs(chance, before)
    known = _ancestors(needs, before)
    kind = chance.choices(("standard", "branches", "for_each"), (6, 2, 2))[0]
    if kind == "standard":
        return _standard(chance, step_id, known).model_copy(update={"needs": needs})
    inner = tuple(_standard(chance, f"{step_id}b{n}", known) for n in range(chance.randint(1, 3)))
    lenient = chance.choice(("fail", "fail", "continue"))
    if kind == "branches":
        return ParallelStep(
            id=step_id, type="work_in_parallel", needs=needs, role=chance.choice(ROLES), branches=inner,
            on_failure=lenient,
        )  # fmt: skip
    each = inner[0].model_copy(update={"inputs": {**inner[0].inputs, "item": "${item.n}", "at": "${index}"}})
    return ParallelStep(
        id=step_id, type="work_in_parallel", needs=needs, for_each=_list(chance), step=each, on_failure=lenient,
        max_parallel=chance.choice((1, 2, 100)),
    )  # fmt: skip


def _needs(chance: random.Random, before: tuple[Step, ...]) -> tuple[str, ...] | None:
    if not before or chance.random() < 0.5:
        return None
    return tuple(sorted(chance.sample([step.id for step in before], chance.randint(0, min(2, len(before))))))


def _ancestors(needs: tuple[str, ...] | None, before: tuple[Step, ...]) -> list[str]:
    """The standard steps that have surely ended when a step with these needs begins."""
    all_needs = needs_of(before)
    reached, frontier = set[str](), list(needs if needs is not None else [step.id for step in before[-1:]])
    while frontier:
        step = frontier.pop()
        reached.add(step)
        frontier += all_needs[step]
    return [step.id for step in before if step.id in reached and isinstance(step, StandardStep)]


def _standard(chance: random.Random, step_id: str, known: list[str]) -> StandardStep:
    inputs: dict[str, Any] = {"me": step_id, "number": "${inputs.number}"}
    if known and chance.random() < 0.5:
        inputs["seen"] = f"${{steps.{chance.choice(known)}.output}}"
    if chance.random() < 0.03:
        inputs["bad"] = "${inputs.nowhere}"
    retry = RetryPolicy(max_attempts=chance.randint(1, 3), first_delay=chance.choice((0.0, 0.5)))
    return StandardStep(
        id=step_id, tool="noop", role=chance.choice(ROLES), inputs=inputs, retry=retry,
        on_failure=chance.choice(("fail", "fail", "fail", "continue")),
    )  # fmt: skip


def _list(chance: random.Random) -> str:
    return "${inputs.number}" if chance.random() < 0.05 else "${inputs.items}"


# --- all seven types, in each other ------------------------------------------------------------------------


def random_nested_playbook(chance: random.Random, name: str, *, deepest: int = 4) -> Playbook:
    """Steps of all seven types in each other, free of problems: whoever refers, refers to what is there."""
    steps = Nesting(chance).steps(chance.randint(1, 4), deepest)
    inputs = {"properties": {"items": {"type": "array"}, "number": {"type": "integer"}}}
    return Playbook.model_validate({"name": name, "inputs": inputs, "roles": _ROLES, "steps": steps})


_ROLES: dict[str, Any] = {"builder": {}, "checker": {}}


class Nesting:
    """Writes steps as an author would, each with an id of its own."""

    def __init__(self, chance: random.Random, prefix: str = "n") -> None:
        self._chance, self._prefix, self._count = chance, prefix, 0

    def steps(self, count: int, deepest: int) -> list[dict[str, Any]]:
        """Some steps, one after the other."""
        return [self.step(deepest) for _ in range(count)]

    def step(self, deepest: int) -> dict[str, Any]:
        """One step of any type, with steps inside it as long as `deepest` allows."""
        raw = {"id": self.new_id(), "role": self._chance.choice(ROLES)}
        if deepest <= 1 or self._chance.random() < 0.4:
            return raw | self.call()
        kinds: list[Callable[[int], dict[str, Any]]] = [
            self._fan, self._branches, self._loop, self._partners, self._process, self._contest, self._handoff,
        ]  # fmt: skip
        return raw | self._chance.choice(kinds)(deepest - 1)

    def new_id(self) -> str:
        """An id that no other step has."""
        self._count += 1
        return f"{self._prefix}{self._count}"

    def call(self) -> dict[str, Any]:
        """What a step without steps inside does; its id is the latest."""
        call: dict[str, Any] = {"tool": f"tool{self._count}", "with": {"number": "${inputs.number}"}}
        odd = [{}, {}, {}, {"when": "inputs.number > 3"}, {"undo": {"tool": "undo"}}, {"schedule_to_start": "1h"}]
        return call | self._chance.choice(odd)

    def plain(self) -> dict[str, Any]:
        """A step that simply does something."""
        step_id = self.new_id()
        return {"id": step_id, "tool": f"tool{self._count}"}

    def reviewer(self) -> dict[str, Any]:
        """A step that finds fault with a creator's work."""
        return self.plain()

    def judge(self) -> dict[str, Any]:
        """A step that scores competitors."""
        return self.plain() | {"with": {"entries": "${entries}"}}

    def _fan(self, deepest: int) -> dict[str, Any]:
        steps = self.steps(self._chance.randint(1, 3), deepest)
        return {"type": "work_in_parallel", "for_each": "${inputs.items}", "steps": steps}

    def _branches(self, deepest: int) -> dict[str, Any]:
        return {"type": "work_in_parallel", "branches": self.steps(self._chance.randint(1, 3), deepest)}

    def _loop(self, deepest: int) -> dict[str, Any]:
        rounds = {"max_iterations": self._chance.randint(1, 3), "exit_condition": "iteration == 2"}
        return {"type": "self_feedback_loop", **rounds, "operations": self.steps(self._chance.randint(1, 3), deepest)}

    def _partners(self, deepest: int) -> dict[str, Any]:  # noqa: ARG002  # every row has this shape
        pair = {"creator": self.plain(), "reviewer": self.reviewer()}
        return {"type": "partner_feedback_loop", "max_iterations": self._chance.randint(1, 3), **pair}

    def _process(self, deepest: int) -> dict[str, Any]:
        operations = self.steps(self._chance.randint(1, 3), deepest)
        return {"type": "process", "operations": [one | self._when_it_fails() for one in operations]}

    def _when_it_fails(self) -> dict[str, Any]:
        actions = ["retry", "skip", "abort", "compensate", {"log_and_fix": self.plain()}, None]
        action = self._chance.choice(actions)
        return {} if action is None else {"failure_action": action}

    def _contest(self, deepest: int) -> dict[str, Any]:
        competitors = self.steps(self._chance.randint(2, 3), deepest)
        return {"type": "versus", "competitors": competitors, "judge": self.judge(), "evaluation_criteria": {"good": 1}}

    def _handoff(self, deepest: int) -> dict[str, Any]:
        cases = [{"when": f"index == {n}", "to": self.step(deepest)} for n in range(self._chance.randint(1, 2))]
        completion = {"completion_action": self.plain()} if self._chance.random() < 0.5 else {}
        return {"type": "handoff", "primary": self.plain(), "handoff_conditions": cases, **completion}
