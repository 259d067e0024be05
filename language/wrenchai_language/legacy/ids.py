"""Names as today's playbooks take them: of steps, of roles, of playbooks. Pure."""

import re
from collections.abc import Iterable

_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_IN_AN_ID = re.compile(r"[^a-z0-9]+")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_.-]+")

MAX_ID = 48
MAX_NAME = 64


def step_id(text: str) -> str:
    """`Set-Up Repo` is `set_up_repo`, `1` is `step_1`, `JudgeIt` is `judge_it`; empty if nothing is left."""
    words = _NOT_IN_AN_ID.sub("_", _WORD_BEGINS.sub("_", text).lower()).strip("_")
    return _cut(f"step_{words}" if words[:1].isdigit() else words, MAX_ID)


def playbook_name(text: str) -> str:
    """`Agent Test` is `agent_test`; empty if nothing is left."""
    words = _NOT_IN_A_NAME.sub("_", text.lower()).strip("_.-")
    return _cut(f"playbook_{words}" if words[:1].isdigit() else words, MAX_NAME)


def _cut(text: str, most: int) -> str:
    return text[:most].rstrip("_")


class Ids:
    """Ids of the steps inside steps, each unlike all others of the playbook."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def inner(self, outer: str, hint: str) -> str:
        """`hint` as an id, if it is free; else with the outer step's id before it, and then a number behind it."""
        wanted = step_id(hint) or f"{outer}_step"[:MAX_ID]
        if wanted in self._taken:
            wanted = _cut(f"{outer}_{wanted}", MAX_ID)
        return self._numbered(wanted)

    def _numbered(self, wanted: str) -> str:
        free = wanted
        while free in self._taken:
            self._next[wanted] = self._next.get(wanted, 1) + 1
            free = f"{_cut(wanted, MAX_ID - 7)}_{self._next[wanted]}"
        self._taken.add(free)
        return free
