"""Old shapes are brought to today's on reading, step by step, and history is not rewritten."""

from typing import Any

import pytest
from wrenchai_contracts.events import EVENT_TYPES
from wrenchai_contracts.upcasts import UPCASTS, to_today


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {"reason": data["why"]}


def with_kind(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "kind": "unknown"}


CHAIN = {("TaskFailed", 1): renamed, ("TaskFailed", 2): with_kind, ("TaskRenamed", 1): with_kind}


@pytest.mark.parametrize(
    ("version", "data"),
    [(1, {"why": "late"}), (2, {"reason": "late"}), (3, {"reason": "late", "kind": "unknown"})],
)
def test_every_old_version_goes_through_all_later_steps(version: int, data: dict[str, Any]) -> None:
    assert to_today("TaskFailed", version, data, upcasts=CHAIN) == {"reason": "late", "kind": "unknown"}


def test_a_step_of_another_type_is_not_taken() -> None:
    assert to_today("TaskCompleted", 1, {"why": "late"}, upcasts=CHAIN) == {"why": "late"}


def test_the_stored_data_is_left_as_it_is() -> None:
    stored = {"why": "late"}
    to_today("TaskFailed", 1, stored, upcasts=CHAIN)
    assert stored == {"why": "late"}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_earlier_version_of_an_event_has_a_step_to_the_next(name: str) -> None:
    earlier = range(1, EVENT_TYPES[name].schema_version)
    assert [version for version in earlier if (name, version) not in UPCASTS] == []


def test_no_step_leads_beyond_todays_version() -> None:
    assert [key for key in UPCASTS if key[0] not in EVENT_TYPES or key[1] >= EVENT_TYPES[key[0]].schema_version] == []
