"""What a task must wait its turn for, worked out when it is requested; and who may begin at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_contracts.envelope import Context, NewEvent, seal
from wrenchai_contracts.errors import InputRejected
from wrenchai_contracts.events import Event, Share, TaskCompleted, TaskRequested
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import subject_of
from wrenchai_gateway.catalogue import KnownPlaybook
from wrenchai_gateway.door import Door
from wrenchai_gateway.door_count import DoorCount
from wrenchai_language.turns import with_shares

from tests.samples import AT


def book(**more: Any) -> Playbook:
    return Playbook.model_validate({"name": "book", "steps": [{"id": "a", "tool": "noop"}], **more})


def request(number: int = 1, **more: Any) -> TaskRequested:
    return TaskRequested(task_id=f"task_{number:08}", playbook="book", **more)


def test_a_task_that_nothing_limits_is_passed_on_as_it_is() -> None:
    asked = request()
    assert with_shares(asked, book(), "default", {}) is asked
    assert with_shares(asked, book(), "default", {"tool:other": 1, "tenant:other": 1}) is asked
    assert with_shares(asked, None, "default", {"tool:noop": 1}) is asked


def test_a_concurrency_key_is_worked_out_from_inputs_metadata_and_tenant() -> None:
    key = 'tenant + "/" + inputs.customer + "/" + metadata.region'
    playbook = book(concurrency={"key": key, "limit": 3}, priority=4)
    asked = request(inputs={"customer": "c1"}, metadata={"region": "eu"})
    held = with_shares(asked, playbook, "t1", {})
    assert (held.held, held.routing, held.key, held.priority) == (True, "held", "t1/c1/eu", 4)
    assert held.shares == (Share(name="book=t1/c1/eu", most=3),)


def test_a_priority_that_was_asked_for_stands() -> None:
    playbook = book(concurrency={"key": "inputs.n", "limit": 1}, priority=4)
    held = with_shares(request(inputs={"n": 7}, priority=-2), playbook, "t1", {})
    assert (held.priority, held.key) == (-2, "7")


def test_a_rate_is_kept_per_key_and_without_a_key_for_all_tasks_of_the_playbook() -> None:
    held = with_shares(request(), book(rate={"per": "1m", "most": 60}), "t1", {})
    assert held.shares == (Share(name="book~all", most=60, within=60.0),)


def test_limits_of_the_installation_name_tools_and_tenants_and_a_star_stands_for_the_rest() -> None:
    limits = {"tool:noop": 2, "tool:*": 9, "tenant:*": 5, "tenant:big": 50}
    names = {tenant: with_shares(request(), book(), tenant, limits).shares for tenant in ("big", "small")}
    assert names["big"] == (Share(name="tenant:big", most=50), Share(name="tool:noop", most=2))
    assert names["small"] == (Share(name="tenant:small", most=5), Share(name="tool:noop", most=2))


def test_a_key_without_a_value_is_a_mistake_in_what_was_asked() -> None:
    playbook = book(concurrency={"key": "inputs.customer", "limit": 1})
    with pytest.raises(InputRejected) as told:
        with_shares(request(), playbook, "t1", {})
    assert told.value.problems[0].field == "concurrency.key"


def test_a_very_long_key_is_named_by_its_digest() -> None:
    held = with_shares(
        request(inputs={"text": "x" * 5000}), book(concurrency={"key": "inputs.text", "limit": 1}), "t1", {}
    )
    assert held.key is not None
    assert len(held.key) == 64


# --- how many are open --------------------------------------------------------------------------------------


class Hands:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def told(position: int, event: Event, tenant: str) -> Rung:
    task = f"task_{position:08}"
    sealed = seal(NewEvent(task, 1, event, Context("test", tenant, correlation=task)), AT)
    return Rung(position, subject_of(sealed), sealed.state)


def opened(count: DoorCount, tenant: str, *, first: int, tasks: int) -> None:
    count.hear([told(n, TaskRequested(task_id=f"task_{n:08}"), tenant) for n in range(first, first + tasks)])


def test_open_tasks_are_counted_from_the_view_and_what_is_heard_behind_it() -> None:
    count = DoorCount(Hands())
    opened(count, "a", first=1, tasks=5)
    count.hear([told(6, TaskCompleted(), "a"), told(7, TaskCompleted(), "b")])
    count.know(3, {"a": 10, "b": 1})
    assert (count.of("a"), count.of("b"), count.of("c")) == (11, 0, 0)
    count.hear([told(8, TaskCompleted(), "a")])
    assert count.of("a") == 10


def test_a_tenant_is_alone_until_another_asks_and_again_when_that_was_long_ago() -> None:
    hands = Hands()
    count = DoorCount(hands)
    opened(count, "a", first=1, tasks=1)
    assert count.is_alone("a")
    assert not count.is_alone("b")
    opened(count, "b", first=2, tasks=1)
    assert not count.is_alone("a")
    hands.move(9)
    opened(count, "a", first=3, tasks=1)
    hands.move(2)
    assert count.is_alone("a")


def door(count: DoorCount) -> Door:
    return Door(count, {}, alone=4, shared=2)


def let_in(through: Door, tenant: str, tasks: int, playbook: Playbook) -> list[bool]:
    known = KnownPlaybook("ab" * 32, playbook)
    return [not one.held for one in through.pass_through([(request(n), known) for n in range(tasks)], tenant)]


def test_as_many_begin_at_once_as_the_tenant_may_have_open_and_the_others_are_held_in_order() -> None:
    count = DoorCount(Hands())
    through = door(count)
    assert let_in(through, "a", 6, book()) == [True] * 4 + [False] * 2
    opened(count, "a", first=1, tasks=3)
    assert let_in(through, "a", 2, book()) == [True, False]
    opened(count, "a", first=4, tasks=9)
    assert let_in(through, "a", 1, book()) == [False]
    assert let_in(through, "b", 3, book()) == [True, True, False]


def test_what_a_playbook_limits_is_held_however_few_are_open() -> None:
    assert let_in(door(DoorCount(Hands())), "a", 1, book(rate={"per": "1s", "most": 1})) == [False]


def test_a_task_held_for_the_window_alone_carries_its_playbooks_priority() -> None:
    known = KnownPlaybook("ab" * 32, book(priority=7))
    through = Door(DoorCount(Hands()), {}, alone=0, shared=0)
    (one,) = through.pass_through([(request(), known)], "a")
    assert (one.held, one.priority, one.shares) == (True, 7, ())


def test_a_goal_in_words_is_held_only_for_the_window() -> None:
    asked = TaskRequested(task_id="task_00000001", description="a site, please")
    assert Door(DoorCount(Hands()), {}, alone=1, shared=1).pass_through([(asked, None)], "a") == [asked]
