"""Whose turn it is among tasks that are held."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_orchestrator.admission import BRISK, LATELY, LEASE, Admission, Room
from wrenchai_orchestrator.admission_lanes import Held, Share

from tests.samples import AT

ONE = Share("key", 1)
TWO = Share("tool:build", 2)
PACED = Share("mails", 2, within=60.0)
SMALL = Room(alone=100, beside=2)


def held(name: str, *shares: Share, tenant: str = "a", priority: int = 0, at: int = 0) -> Held:
    moment = AT + timedelta(seconds=at)
    return Held(f"task_{name}", tenant, priority, moment.isoformat(timespec="microseconds"), shares)


def gate(*tasks: Held, room: Room = SMALL) -> Admission:
    admission = Admission(room)
    for task in tasks:
        admission.hold(task)
    return admission


def turns(admission: Admission, now: datetime = AT, most: int = 100) -> list[str]:
    return [task.removeprefix("task_") for task in admission.admit(now, most)]


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_the_oldest_of_a_tenant_goes_first_and_nobody_goes_twice() -> None:
    admission = gate(held("late", at=2), held("early", at=1), held("later", at=3))
    assert turns(admission) == ["early", "late", "later"]
    assert turns(admission) == []


def test_a_higher_priority_goes_before_an_older_task_of_whatever_tenant() -> None:
    admission = gate(
        held("old"), held("urgent", tenant="b", priority=5, at=9), held("trifle", priority=-1), room=Room(9, 9)
    )
    assert turns(admission) == ["urgent", "old", "trifle"]


def test_a_changed_priority_counts_from_then_on_and_only_for_who_waits() -> None:
    admission = gate(held("one"), held("two", at=1), held("three", at=2))
    admission.prioritise("task_three", 7)
    admission.prioritise("task_one", -7)
    admission.prioritise("task_unknown", 9)
    assert turns(admission) == ["three", "two", "one"]
    admission.prioritise("task_one", 9)
    assert turns(admission) == []


def test_of_equal_priority_the_tenant_of_which_the_fewest_run_goes_first() -> None:
    many = [held(f"a{n}", at=n) for n in range(3)]
    admission = gate(*many, held("b0", tenant="b", at=9), held("b1", tenant="b", at=10), room=Room(4, 4))
    assert turns(admission) == ["a0", "b0", "a1", "b1"]
    admission.ended("task_b0")
    assert turns(admission) == ["a2"]


def test_no_more_run_of_a_key_than_its_limit_and_the_next_goes_when_one_ends() -> None:
    admission = gate(*(held(f"k{n}", ONE, at=n) for n in range(3)))
    assert turns(admission) == ["k0"]
    assert turns(admission) == []
    admission.ended("task_k0")
    assert turns(admission) == ["k1"]


def test_who_takes_part_in_two_limits_needs_room_in_both_and_holds_up_nobody_else_meanwhile() -> None:
    admission = gate(held("first", ONE), held("both", ONE, TWO, at=1), held("build", TWO, at=2), held("free", at=3))
    assert turns(admission) == ["first", "build", "free"]
    admission.ended("task_build")
    assert turns(admission) == []
    admission.ended("task_first")
    assert turns(admission) == ["both"]


def test_no_more_begin_within_a_span_than_the_rate_allows_even_if_they_end_at_once() -> None:
    admission = gate(*(held(f"m{n}", PACED, at=n) for n in range(4)))
    assert turns(admission) == ["m0", "m1"]
    admission.ended("task_m0")
    admission.ended("task_m1")
    assert turns(admission, after(59.9)) == []
    assert admission.next_time() is not None
    assert turns(admission, after(60)) == ["m2", "m3"]


def test_a_room_that_was_full_is_refilled_when_an_eighth_is_free_but_a_tenant_that_has_none_is_let_in() -> None:
    admission = gate(*(held(f"a{n:02}", at=n) for n in range(30)), room=Room(16, 16))
    begun = turns(admission)
    assert len(begun) == 16
    assert turns(admission) == []
    admission.ended(f"task_{begun[0]}")
    assert turns(admission) == []
    admission.hold(held("b", tenant="b"))
    assert turns(admission) == ["b"]
    admission.ended(f"task_{begun[1]}")
    admission.ended(f"task_{begun[2]}")
    assert turns(admission) == ["a16", "a17"]


def test_two_that_both_have_to_wait_share_all_the_room_there_is() -> None:
    admission = gate(*(held(f"{tenant}{n}", tenant=tenant, at=n) for n in range(9) for tenant in "ab"), room=Room(6, 1))
    admission.asked("a", AT)
    assert sorted(turns(admission)) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_there_is_much_room_while_no_others_come_and_little_beside_them() -> None:
    admission = gate(*(held(f"a{n:02}", at=n) for n in range(20)), room=Room(alone=10, beside=2))
    admission.asked("b", AT)
    assert len(turns(admission)) == 2
    assert turns(admission, after(1)) == []
    assert admission.next_time() == AT + BRISK
    assert len(turns(admission, after(8))) == 2
    assert admission.next_time() == AT + LATELY
    assert len(turns(admission, AT + LATELY)) == 6


def test_a_tenant_of_which_none_runs_may_always_have_one() -> None:
    admission = gate(*(held(f"a{n}", at=n) for n in range(3)), room=Room(1, 1))
    assert turns(admission) == ["a0"]
    admission.hold(held("b", tenant="b", at=9))
    assert turns(admission) == ["b"]


def test_a_task_that_waits_for_something_gives_its_room_to_another_but_not_its_key() -> None:
    admission = gate(held("one", ONE), held("two", at=1), held("three", ONE, at=2), room=Room(1, 1))
    assert turns(admission) == ["one"]
    admission.rests("task_one")
    assert turns(admission) == ["two"]
    admission.ended("task_two")
    assert turns(admission) == []


def test_the_room_of_a_task_that_runs_for_very_long_is_free_again_for_others() -> None:
    admission = gate(held("lost"), held("next", at=1), room=Room(1, 1))
    assert turns(admission) == ["lost"]
    assert admission.next_time() == AT + LEASE
    assert turns(admission, AT + LEASE) == ["next"]


def test_a_task_that_ends_while_it_is_held_is_forgotten() -> None:
    admission = gate(held("cancelled"), held("next", at=1))
    admission.ended("task_cancelled")
    assert turns(admission) == ["next"]
    assert (admission.waiting, admission.running) == (0, 1)


def test_what_was_admitted_elsewhere_is_not_admitted_again_and_counts() -> None:
    admission = gate(held("one", ONE), held("two", ONE, at=1))
    admission.admitted("task_one", AT)
    admission.admitted("task_one", AT)
    admission.hold(held("one", ONE))
    assert turns(admission) == []
    admission.ended("task_one")
    assert turns(admission) == ["two"]


def test_what_began_before_a_restart_counts_as_it_did() -> None:
    admission = gate(held("next", ONE), held("mail", PACED))
    admission.began(held("runs", ONE), AT)
    admission.paced(PACED, after(-50))
    admission.paced(PACED, after(-55))
    assert turns(admission) == []
    admission.ended("task_runs")
    assert turns(admission, after(5)) == ["mail", "next"]


TASKS = st.tuples(
    st.sampled_from("abc"),
    st.integers(-1, 1),
    st.sets(st.sampled_from((ONE, TWO, PACED)), max_size=2),
)
COMMANDS = st.lists(st.one_of(TASKS, st.sampled_from(["end", "cancel", "rest", "prioritise", "pass"])), max_size=60)


@dataclass
class Judge:
    """What is open beside the admission under test, counted in the plainest way."""

    room: Room
    now: datetime = AT
    waiting: dict[str, Held] = field(default_factory=dict)
    running: dict[str, Held] = field(default_factory=dict)
    begun: list[tuple[datetime, Share]] = field(default_factory=list)

    def let_in(self, tasks: list[str]) -> None:
        for task in tasks:
            held_task = self.running[task] = self.waiting.pop(task)
            self.begun += [(self.now, share) for share in held_task.shares]
        used = Counter(share for task in self.running.values() for share in task.shares)
        assert all(used[share] <= share.most for share in (ONE, TWO))
        lately = [at for at, share in self.begun if share == PACED and at > self.now - timedelta(seconds=60)]
        assert len(lately) <= PACED.most


def follow(judge: Judge, admission: Admission, command: object, number: int) -> None:
    match command:
        case tuple():
            tenant, priority, shares = command
            task = held(f"{number:04}", *sorted(shares), tenant=tenant, priority=priority, at=number)
            judge.waiting[task.task_id] = task
            admission.hold(task)
        case "end" if judge.running:
            task_id = min(judge.running)
            del judge.running[task_id]
            admission.ended(task_id)
        case "cancel" if judge.waiting:
            task_id = max(judge.waiting)
            del judge.waiting[task_id]
            admission.ended(task_id)
        case "rest" if judge.running:
            admission.rests(max(judge.running))
        case "prioritise" if judge.waiting:
            admission.prioritise(max(judge.waiting), 9)
        case "pass":
            judge.now += timedelta(seconds=20)
        case _:
            pass


@given(COMMANDS, st.integers(1, 4), st.integers(1, 4))
@settings(deadline=None)
def test_whatever_comes_no_limit_is_broken_and_everybody_gets_a_turn_while_others_end(
    commands: list[object], alone: int, beside: int
) -> None:
    judge = Judge(Room(alone, beside))
    admission = Admission(judge.room)
    for number, command in enumerate(commands):
        follow(judge, admission, command, number)
        judge.let_in(admission.admit(judge.now))
    for _ in range(4 * len(commands)):
        follow(judge, admission, "end", 0)
        judge.now += timedelta(seconds=20)
        judge.let_in(admission.admit(judge.now))
    assert not judge.waiting
    assert admission.waiting == 0


@given(COMMANDS)
@settings(deadline=None)
def test_whenever_it_says_that_nothing_can_change_by_time_alone_nothing_does(commands: list[object]) -> None:
    judge = Judge(Room(2, 2))
    admission = Admission(judge.room)
    for number, command in enumerate(commands):
        follow(judge, admission, command, number)
        judge.let_in(admission.admit(judge.now))
    until = admission.next_time() or judge.now + timedelta(days=1)
    judge.now = max(judge.now, until - timedelta(microseconds=1))
    assert admission.admit(judge.now) == []
