"""How many leaves of a plan are certain, and how many more become so."""

from typing import Any

import pytest
from wrenchai_contracts.plan import (
    Case,
    Node,
    PlannedFan,
    PlannedHandoff,
    PlannedJourney,
    PlannedLoop,
    PlannedPlaybook,
    PlannedProcess,
    PlannedVersus,
    PlannedWait,
)
from wrenchai_gateway.plan_outline import added_by, certain_leaves, leaves_in, outline_of, unknown_lists

from tests.made_up_log import DIGEST, planned


def journey(name: str, *more: str) -> PlannedJourney:
    return PlannedJourney(id=name, role="worker", steps=planned(name, *more))


def recorded(*nodes: Node) -> list[dict[str, Any]]:
    return [node.model_dump(mode="json", exclude_defaults=True) for node in nodes]


A, B = journey("a"), journey("b", "then")
LIST = PlannedFan(id="list", body=(A, B), for_each="${inputs.x}")
RIVALS = PlannedVersus(id="rivals", body=(A, B), judge=(journey("judge"),), criteria={"speed": 1.0}, most=2)
PARTS = PlannedHandoff(
    id="parts", body=(journey("first"),), cases=(Case(when="true", body=(A,)), Case(when="true", body=(B,)))
)


@pytest.mark.parametrize(
    ("node", "leaves"),
    [
        (B, 2),
        (PlannedWait(id="w", waits_for="time"), 1),
        (LIST, 0),
        (PlannedFan(id="fan", body=(A, B)), 3),
        (PlannedLoop(id="loop", body=(A, B), output_from="a", max_rounds=9), 3),
        (PlannedProcess(id="process", body=(A, LIST)), 1),
        (RIVALS, 1),
        (RIVALS.model_copy(update={"most": None}), 4),
        (PARTS, 1),
        (PARTS.model_copy(update={"completion": (journey("last"),)}), 2),
        (PlannedPlaybook(id="inner", playbook="other", digest=DIGEST, body=(A, B)), 3),
    ],
)
def test_every_kind_of_node_has_so_many_leaves_for_certain(node: Node, leaves: int) -> None:
    assert certain_leaves(recorded(node)) == leaves


@pytest.mark.parametrize(
    ("node", "opened", "more"),
    [
        (LIST, {"type": "fan", "count": 4}, 12),
        (LIST, {"type": "fan", "count": 0}, 0),
        (PlannedFan(id="fan", body=(A, B)), {"type": "fan", "count": 2}, 0),
        (RIVALS, {"type": "versus", "chosen": ["b"]}, 2),
        (RIVALS, {"type": "versus", "count": 2}, 3),
        (PARTS, {"type": "handoff", "assigned": [0, None, 1, 1]}, 5),
        (PlannedProcess(id="process", body=(A,)), {"type": "process", "count": 1}, 0),
    ],
)
def test_what_becomes_known_when_it_opens_is_added(node: Node, opened: dict[str, Any], more: int) -> None:
    assert added_by(outline_of(recorded(node)), opened, node.id) == more


def test_of_a_plain_sequence_nothing_is_kept() -> None:
    assert outline_of(recorded(A, journey("c"))) == {}
    assert leaves_in({}, "a") == 1


def test_what_mends_a_step_is_known_and_not_planned() -> None:
    outline = outline_of(recorded(A.model_copy(update={"goes": 2, "fix": (B,)})))
    assert outline == {"b": {"leaves": 2, "unplanned": True}}


def test_lists_inside_lists_are_unknown_once() -> None:
    inside = PlannedProcess(id="process", body=(LIST,))
    outer = PlannedFan(id="outer", body=(inside,), for_each="${inputs.y}")
    assert unknown_lists(recorded(inside)) == ["list"]
    assert unknown_lists(recorded(outer)) == ["outer"]
