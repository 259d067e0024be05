"""Which of a task's steps came after which, and what that means for how long it took."""

from itertools import pairwise
from typing import Any

import pytest
from wrenchai_contracts.plan import (
    WHOLE_RESULT,
    Case,
    Node,
    Plan,
    PlannedFan,
    PlannedHandoff,
    PlannedJourney,
    PlannedLoop,
    PlannedProcess,
    PlannedVersus,
    PlannedWait,
)
from wrenchai_gateway.quality.course import Leaf, course_of
from wrenchai_gateway.quality.task_story import MOST_STEPS, bottlenecks_of

from tests.made_up_log import planned


def step(name: str, *after: str) -> PlannedJourney:
    return PlannedJourney(id=name, role="worker", steps=planned(name), after=after)


def course(nodes: list[Node], *paths: str) -> dict[str, set[str]]:
    """Each path that ran, in this order, with those that it came after."""
    leaves = [Leaf(path, path.partition("/")[0], place) for place, path in enumerate(paths)]
    return {key: set(before) for key, before in course_of(nodes, leaves).items()}


def test_steps_come_after_those_that_the_plan_says() -> None:
    nodes = [step("a"), step("b"), step("c", "a"), step("d", "b", "c")]
    assert course(nodes, "a", "b", "c", "d") == {"a": set(), "b": set(), "c": {"a"}, "d": {"b", "c"}}


def test_steps_of_one_journey_follow_each_other() -> None:
    assert course([step("a")], "a/1", "a/2", "a/3") == {"a/1": set(), "a/2": {"a/1"}, "a/3": {"a/2"}}


def test_goes_of_a_step_their_judges_and_what_mends_it_follow_each_other() -> None:
    nodes = [step("a"), step("b", "a")]
    paths = ("a", "a~judge.deep", "a~fix.mend", "a~2", "b")
    found = course(nodes, *paths)
    assert all(found[behind] == {before} for before, behind in pairwise(paths))


def test_an_approval_comes_before_the_journey_at_its_path() -> None:
    assert course([step("a")], "a/", "a/push")["a/push"] == {"a/"}


def test_items_of_a_list_run_side_by_side_and_what_follows_waits_for_all() -> None:
    nodes = [step("a"), PlannedFan(id="scan", body=(step("look"),), for_each="${x}", after=("a",)), step("z", "scan")]
    found = course(nodes, "a", "scan.0", "scan.1", "z")
    assert found == {"a": set(), "scan.0": {"a"}, "scan.1": {"a"}, "z": {"scan.0", "scan.1"}}


def test_items_of_several_steps_keep_the_order_of_their_steps() -> None:
    body = (step("look"), step("tell", "look"))
    found = course([PlannedFan(id="scan", body=body, for_each="${x}")], "scan.0.look", "scan.1.look", "scan.0.tell")
    assert found == {"scan.0.look": set(), "scan.1.look": set(), "scan.0.tell": {"scan.0.look"}}


def test_rounds_of_a_loop_follow_each_other() -> None:
    loop = PlannedLoop(id="polish", body=(step("edit"), step("check", "edit")), output_from="edit", max_rounds=3)
    paths = ("polish.1.edit", "polish.1.check", "polish.2.edit", "polish.2.check")
    found = course([loop], *paths)
    assert all(found[behind] == {before} for before, behind in pairwise(paths))


def test_the_referee_of_a_contest_waits_for_all_competitors() -> None:
    versus = PlannedVersus(id="v", body=(step("x"), step("y")), judge=(step("referee"),), criteria={"c": 1.0})
    assert course([versus], "v.x", "v.y", "v.referee")["v.referee"] == {"v.x", "v.y"}


def test_specialists_wait_for_the_primary_and_the_completion_for_them() -> None:
    cases = (Case(when="true", body=(step("special"),)),)
    handoff = PlannedHandoff(id="h", body=(step("first"),), cases=cases, completion=(step("last"),))
    found = course([handoff], "h.first", "h.0.special", "h.1.special", "h.last")
    assert found["h.0.special"] == found["h.1.special"] == {"h.first"}
    assert found["h.last"] == {"h.0.special", "h.1.special"}


def test_a_person_s_look_at_the_whole_comes_after_everything() -> None:
    nodes = [step("a"), step("b")]
    assert course(nodes, "a", "b", f"{WHOLE_RESULT}/")[f"{WHOLE_RESULT}/"] == {"a", "b"}


def test_what_takes_back_an_effect_is_no_part_of_it() -> None:
    assert set(course([step("a")], "a", "a~undo")) == {"a"}


def test_what_did_not_run_is_waited_for_by_nobody() -> None:
    process = PlannedProcess(id="p", body=(step("a"), step("b", "a"), step("c", "b")))
    assert course([process], "p.a", "p.c")["p.c"] == set()


def row(path: str, kind: str = "tool", working: float = 1.0, waiting: float = 0.0, **facts: Any) -> dict[str, Any]:
    usual = {
        "journey": path,
        "step": path,
        "type": kind,
        "tool": "noop",
        "undoes": None,
        "ended_at": "2026-01-01T00:01:00",
    }
    seconds = {"working_seconds": working, "waiting_seconds": waiting, "started_at": "2026-01-01T00:00:00"}
    return usual | seconds | facts


def test_the_slow_branch_is_the_bottleneck_and_the_quick_one_is_not() -> None:
    plan = Plan(playbook="book", nodes=(step("slow"), step("quick"), step("end", "slow", "quick")))
    found = bottlenecks_of(
        "task_00000001", plan, [row("slow", working=60.0), row("quick"), row("end", waiting=5.0)], {}
    )
    assert found is not None
    shares = {one.journey: one.critical for one in found.steps}
    assert (shares["end"], shares["slow"], shares["quick"]) == (
        1.0,
        pytest.approx(1.0, abs=0.02),
        pytest.approx(0.0, abs=0.02),
    )
    end = next(one for one in found.steps if one.journey == "end")
    assert end.saved_waiting == pytest.approx(end.waiting)
    assert found.waiting == pytest.approx(end.waiting)


def test_a_wait_for_a_person_is_waiting_and_no_work() -> None:
    plan = Plan(playbook="book", nodes=(PlannedWait(id="ok", waits_for="approval"),))
    found = bottlenecks_of("task_00000001", plan, [row("ok", "wait")], {})
    assert found is not None
    assert (found.working, found.waiting) == (0.0, pytest.approx(70, rel=0.2))


def test_a_task_with_too_many_steps_is_told_without_bottlenecks() -> None:
    plan = Plan(playbook="book", nodes=(step("a"),))
    assert bottlenecks_of("task_00000001", plan, [row("a")] * (MOST_STEPS + 1), {}) is None
    assert bottlenecks_of("task_00000001", plan, [], {}) is None
