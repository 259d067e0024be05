"""Random playbooks with all that may happen to a step: waits, questions, effects, approvals, gates, budgets, undo."""

import random
from typing import Any

from wrenchai_contracts.playbook import Playbook

from tests.simulation.random_plans import Nesting

PRICE = 10
"""Tokens that one call may cost at most."""

_INPUTS = {"properties": {"items": {"type": "array"}, "number": {"type": "integer"}}}


def random_lives(chance: random.Random, name: str) -> list[Playbook]:
    """A playbook of steps of all types in each other, and before it the one that it may have inside."""
    inner = _playbook(chance, f"{name}_inner", Lives(chance, "i"), deepest=2)
    lives = Lives(chance, "n", inside=inner.name)
    outer = _playbook(chance, name, lives, deepest=chance.choice((1, 2, 3)))
    return [inner, outer] if lives.has_inside else [outer]


def life_inputs(chance: random.Random) -> dict[str, Any]:
    """What such a playbook refers to."""
    return {"items": [{"n": n} for n in range(chance.choice((0, 1, 2, 3)))], "number": chance.randint(0, 6)}


def _playbook(chance: random.Random, name: str, lives: "Lives", *, deepest: int) -> Playbook:
    steps = lives.steps(chance.randint(1, 3), deepest)
    facts: dict[str, Any] = {"name": name, "inputs": _INPUTS, "roles": {"builder": {}, "checker": {}}, "steps": steps}
    if chance.random() < 0.3:
        facts["budget"] = {"tokens": chance.choice((15, 40, 100))}
    if chance.random() < 0.3:
        facts["quality"] = {"escalation": "ask"}
    if chance.random() < 0.1:
        facts["deadline"] = chance.choice((0.3, 2.0))
    return Playbook.model_validate(facts)


class Lives(Nesting):
    """Writes steps that wait, ask, cost, act on the outside, need somebody's word, and can be taken back."""

    def __init__(self, chance: random.Random, prefix: str, *, inside: str | None = None) -> None:
        super().__init__(chance, prefix)
        self._inside, self.has_inside = inside, False

    def step(self, deepest: int) -> dict[str, Any]:
        found = super().step(deepest)
        return found | ({"quality": self._gate()} if "wait_for" not in found and self._chance.random() < 0.2 else {})

    def _gate(self) -> dict[str, Any]:
        judge = {"use": "noop", "with": {"of": "${result}"}, "scale": "human", "cost": {"tokens": PRICE}, "price": 0}
        judges = [{"name": self.new_id(), **judge} for _ in range(self._chance.randint(0, 2))]
        rule: dict[str, Any] = self._chance.choice(({}, {}, {"approval": {"expires": "300ms"}}))
        costs = {"human": self._chance.choice((0.5, 3)), "retry": self._chance.choice((0.1, 1))}
        return {"retries": self._chance.randint(0, 2), "judges": judges, "costs": costs, **rule}

    def call(self) -> dict[str, Any]:
        kinds = (self._work, self._work, self._wait, self._ask, self._effect, self._approved, self._whole)
        found = self._chance.choices(kinds, (5, 3, 3, 1, 3, 1, 1))[0]()
        lenient = self._chance.choice((None, None, None, None, "continue", "ask"))
        return found if lenient is None else {**found, "on_failure": lenient}

    def plain(self) -> dict[str, Any]:
        return self._priced({"id": self.new_id(), "tool": "noop", "with": {"number": "${inputs.number}"}})

    def reviewer(self) -> dict[str, Any]:
        good_from = self._chance.randint(1, 3)
        return {"id": self.new_id(), "tool": "review", "with": {"round": "${iteration}", "good_from": good_from}}

    def judge(self) -> dict[str, Any]:
        return {"id": self.new_id(), "tool": "judge", "with": {"entries": "${entries}"}}

    def _priced(self, call: dict[str, Any]) -> dict[str, Any]:
        return {**call, "cost": {"tokens": PRICE}, "retry": {"max_attempts": self._chance.randint(1, 3)}}

    def _work(self) -> dict[str, Any]:
        odd = [{}, {}, {"when": "inputs.number > 3"}, {"undo": {"tool": "noop"}}, {"schedule_to_start": "500ms"}]
        does = self._chance.choice(({"tool": "noop"}, {"tool": "noop"}, {"any_of": ["noop", "echo"]}))
        return self._priced({**does, "with": {"number": "${inputs.number}"}, **self._chance.choice(odd)})

    def _ask(self) -> dict[str, Any]:
        return self._priced({"tool": "ask"})

    def _effect(self) -> dict[str, Any]:
        undo: dict[str, Any] = self._chance.choice(({}, {"undo": {"tool": "noop"}}))
        tool = self._chance.choice(("send", "send_and_look", "send_again"))
        return self._priced({"tool": tool, "with": {"to": "them"}, **undo})

    def _approved(self) -> dict[str, Any]:
        rule: dict[str, Any] = {"need": self._chance.randint(1, 2)}
        if self._chance.random() < 0.3:
            rule["expires"] = self._chance.choice(("300ms", "30s"))
        return self._priced({"tool": "noop", "with": {"number": "${inputs.number}"}, "approval": rule})

    def _whole(self) -> dict[str, Any]:
        if self._inside is None:
            return self._work()
        self.has_inside = True
        given = {"items": "${inputs.items}", "number": "${inputs.number}"}
        cost = self._chance.choice(({}, {"cost": {"tokens": 25}}))
        return {"playbook": self._inside, "with": given, **cost}

    def _fan(self, deepest: int) -> dict[str, Any]:
        odd: list[dict[str, Any]] = [
            {}, {"max_parallel": 1}, {"max_parallel": 2}, {"quorum": 1}, {"on_failure": "continue"},
        ]  # fmt: skip
        return super()._fan(deepest) | self._chance.choice(odd)

    def _loop(self, deepest: int) -> dict[str, Any]:
        judged: list[dict[str, Any]] = [{}, {"stop_when": {"improvement": 0.02, "unlikelier_than": 0.3}}]
        return super()._loop(deepest) | self._chance.choice(judged)

    def _contest(self, deepest: int) -> dict[str, Any]:
        drawn: list[dict[str, Any]] = [{}, {"pick": "totals"}, {"most": 2}, {"at_least": 0.5, "none_good": "continue"}]
        return super()._contest(deepest) | self._chance.choice(drawn)

    def _wait(self) -> dict[str, Any]:
        what: dict[str, Any] = self._chance.choice(
            (
                {"time": self._chance.choice(("10ms", "2s", "90s"))}, {"until": "2026-01-01T00:00:01Z"},
                {"signal": "go"}, {"answer": "Which colour?"}, {"approval": {"need": self._chance.randint(1, 2)}},
            )
        )  # fmt: skip
        if self._chance.random() < 0.3 and not {"time", "until"} & what.keys():
            what |= {"timeout": "1s", "on_timeout": self._chance.choice(("fail", "continue"))}
        return {"wait_for": what}
