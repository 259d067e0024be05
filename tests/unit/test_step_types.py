"""A type of step that playbooks may have is one that is checked and that becomes journeys."""

from typing import get_args

import pytest
from wrenchai_contracts.playbook import Playbook, Step
from wrenchai_language.compilation import compile_plan
from wrenchai_language.playbook_check import _RULES, calls_of
from wrenchai_language.steps import COMPILERS

TYPES = get_args(get_args(Step)[0])

ONE_OF_EACH = {
    "standard": {"id": "a", "tool": "noop"},
    "work_in_parallel": {
        "id": "fan",
        "type": "work_in_parallel",
        "branches": [{"id": "x", "tool": "noop"}, {"id": "y", "tool": "noop"}],
    },
}


def test_every_type_of_step_has_a_row_in_each_table() -> None:
    assert set(TYPES) == set(COMPILERS) == set(_RULES)
    assert {member.model_fields["type"].annotation.__args__[0] for member in TYPES} == set(ONE_OF_EACH)


@pytest.mark.parametrize("kind", sorted(ONE_OF_EACH))
def test_every_tool_call_of_a_step_is_in_the_plan_once(kind: str) -> None:
    playbook = Playbook.model_validate({"name": "book", "steps": [ONE_OF_EACH[kind]]})
    planned = [step.id for journey in compile_plan(playbook).journeys for step in journey.steps]
    assert planned == [call.id for _, call in calls_of(("steps", 0), playbook.steps[0])]
