"""Random playbooks: sequences, branches, fan-outs over lists, lenient steps, references, and now and then a bad one."""

import random
from typing import Any

from wrenchai_contracts.plan import RetryPolicy
from wrenchai_contracts.playbook import ParallelStep, Playbook, StandardStep, Step
from wrenchai_language.compilation import needs_of

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
