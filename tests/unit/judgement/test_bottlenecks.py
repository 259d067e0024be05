"""What each step of a plan means for when the whole ends."""

from graphlib import CycleError

import pytest
from wrenchai_judgement.bottlenecks import Bottleneck, Duration, Usual, Whole, bottlenecks
from wrenchai_judgement.exact import exp, log

TEN_SECONDS = Duration(Usual(log(10.0), 0.3))


def seconds(mean: float, spread: float = 0.0) -> Duration:
    return Duration(Usual(log(mean), spread))


def step(whole: Whole, name: str) -> Bottleneck:
    return next(each for each in whole.steps if each.step == name)


def test_in_a_chain_every_step_is_critical() -> None:
    whole = bottlenecks({"a": (), "b": ("a",)}, {"a": seconds(2), "b": seconds(3)}, "t")
    assert [each.critical for each in whole.steps] == [1.0, 1.0]
    assert whole.working == pytest.approx(5.0)


def test_of_two_side_by_side_the_slower_one_decides() -> None:
    graph = {"split": (), "slow": ("split",), "quick": ("split",), "join": ("slow", "quick")}
    whole = bottlenecks(graph, {"slow": seconds(20, 0.1), "quick": seconds(5, 0.1)}, "t")
    assert [each.step for each in whole.steps] == list(graph)
    assert (step(whole, "slow").critical, step(whole, "quick").critical) == (1.0, 0.0)
    assert step(whole, "quick").saved == 0.0
    assert step(whole, "slow").saved > 0.0


def test_two_alike_share_the_critical_path() -> None:
    whole = bottlenecks({"a": (), "b": ()}, {"a": TEN_SECONDS, "b": TEN_SECONDS}, "t")
    one, other = (each.critical for each in whole.steps)
    assert one + other == 1.0
    assert one == pytest.approx(0.5, abs=0.07)


def test_what_a_lone_step_saves_at_its_best_is_its_mean_less_its_tenth() -> None:
    whole = bottlenecks({"a": ()}, {"a": TEN_SECONDS}, "t")
    expected = 10.0 * exp(0.045) - 10.0 * exp(-1.2816 * 0.3)
    assert whole.steps[0].saved == pytest.approx(expected, rel=0.1)


def test_a_quicker_step_saves_no_more_than_until_the_next_slowest() -> None:
    whole = bottlenecks({"a": (), "b": ()}, {"a": Duration(waiting=Usual(log(10.0))), "b": seconds(9)}, "t")
    assert step(whole, "a").saved_waiting == pytest.approx(1.0)


def test_waiting_is_told_apart_from_working() -> None:
    durations = {"draft": seconds(5), "approve": Duration(waiting=Usual(log(3600.0)))}
    whole = bottlenecks({"draft": (), "approve": ("draft",)}, durations, "t")
    assert (whole.working, whole.waiting) == pytest.approx((5.0, 3600.0))
    approve = step(whole, "approve")
    assert (approve.working, approve.saved) == (0.0, 0.0)
    assert (approve.waiting, approve.saved_waiting) == pytest.approx((3600.0, 3600.0))


def test_steps_may_be_told_in_any_order_and_wait_for_what_is_done() -> None:
    whole = bottlenecks({"b": ("a",), "a": ("before",)}, {"a": seconds(2), "b": seconds(3)}, "t")
    assert whole.working == pytest.approx(5.0)
    assert [each.step for each in whole.steps] == ["b", "a"]


def test_an_empty_plan_takes_no_time() -> None:
    assert bottlenecks({}, {}, "t") == Whole(0.0, 0.0, ())


def test_steps_in_a_circle_are_refused() -> None:
    with pytest.raises(CycleError):
        bottlenecks({"a": ("b",), "b": ("a",)}, {}, "t")


def test_the_same_seed_tells_the_same_to_the_last_bit() -> None:
    graph, durations = {"a": (), "b": (), "c": ("a", "b")}, dict.fromkeys("abc", TEN_SECONDS)
    assert repr(bottlenecks(graph, durations, "t")) == repr(bottlenecks(graph, durations, "t"))
    assert bottlenecks(graph, durations, "t") != bottlenecks(graph, durations, "other")
