"""Abrupt changes are told soon, rarely for nothing, and name whom and since when."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_judgement.chance import uniform
from wrenchai_judgement.drift import ALARM, PAGE, Alarm, Cusum, Drift
from wrenchai_judgement.exact import sigmoid

TOOL, ROLE = "tool:quill", "role:writer"
CERTAIN = {True: math.inf, False: -math.inf}


def watched(drift: Drift, good: object, mean: float = 1.5) -> Alarm | None:
    """One more execution of the tool, expected to go well with P = sigmoid(mean)."""
    alarms = drift.watch([TOOL], mean, 0.0, CERTAIN[bool(good)])
    return alarms[0] if alarms else None


def runs_until_alarm(rate: float, seed: str, mean: float = 1.5, most: int = 2000) -> int:
    drift = Drift()
    for run in range(1, most + 1):
        if watched(drift, uniform(f"{seed}/{run}") < rate, mean) is not None:
            return run
    return most


def test_thresholds_are_odds_of_a_hundred_and_a_thousand() -> None:
    assert [math.exp(threshold) for threshold in (ALARM, PAGE)] == pytest.approx([100.0, 1000.0])


def test_one_execution_adds_how_much_better_a_shift_explains_it() -> None:
    drift = Drift()
    watched(drift, good=False, mean=1.0)
    before, after = 1 - sigmoid(1.0), 1 - sigmoid(0.0)
    assert drift.sums[f"{TOOL}/worse"].sum == pytest.approx(math.log(after / before), rel=1e-9)
    assert drift.sums[f"{TOOL}/better"].sum == 0.0


@given(st.floats(-4, 0), st.floats(-4, 0), st.floats(-1, 3), st.floats(0, 2))
def test_a_word_that_comes_later_corrects_its_execution_and_is_no_second_one(
    checks: float, people: float, mean: float, variance: float
) -> None:
    late, at_once = Drift(), Drift()
    late.watch([TOOL], mean, variance, checks)
    late.correct([TOOL], (mean, variance), checks, checks + people)
    at_once.watch([TOOL], mean, variance, checks + people)
    for told, known in zip(late.sums.values(), at_once.sums.values(), strict=True):
        assert (told.sum, told.loud) == pytest.approx((known.sum, known.loud), abs=1e-12)
        assert told.heard in {known.heard, 0}


def test_words_alone_that_raise_an_alarm_name_at_least_one_execution() -> None:
    drift, alarms = Drift(), list[Alarm]()
    for _ in range(12):
        alarms += drift.correct([TOOL], (1.5, 0.0), 3.0, -3.0)
    assert alarms
    assert all(alarm.since >= 1 for alarm in alarms)


def test_a_word_that_says_the_contrary_takes_the_suspicion_away() -> None:
    drift = Drift()
    drift.watch([TOOL], 1.0, 0.2, -3.0)
    assert drift.sums[f"{TOOL}/worse"].sum > 0
    drift.correct([TOOL], (1.0, 0.2), -3.0, 3.0)
    assert (drift.sums[f"{TOOL}/worse"].sum, drift.sums[f"{TOOL}/worse"].heard) == (0.0, 0)


@given(st.lists(st.floats(-4, 4), max_size=60))
def test_sums_are_never_below_0_and_never_kept_above_the_threshold(gains: list[float]) -> None:
    cusum = Cusum()
    for gain in gains:
        alarm = cusum.add(TOOL, "worse", gain)
        assert 0 <= cusum.sum <= ALARM
        assert (alarm is None) or (cusum.sum == 0.0 and alarm.odds > ALARM)


def test_after_an_alarm_it_begins_anew_but_what_a_person_is_called_for_goes_on() -> None:
    cusum = Cusum()
    alarms = [cusum.add(TOOL, "worse", 2.4) for _ in range(4)]
    assert [alarm is not None for alarm in alarms] == [False, True, False, True]
    assert [alarm.page for alarm in alarms if alarm is not None] == [False, True]
    assert (cusum.sum, cusum.loud) == (0.0, 0.0)


def test_an_alarm_says_since_when() -> None:
    cusum = Cusum()
    for gain in (1.0, -3.0, 2.0, 2.0, 2.0):
        alarm = cusum.add(TOOL, "worse", gain)
    assert alarm == Alarm(TOOL, "worse", 6.0, 3, page=False)


def test_a_tool_that_fell_by_two_logits_is_told_within_some_runs() -> None:
    runs = sorted(runs_until_alarm(sigmoid(-0.5), f"fall {n}") for n in range(40))
    assert runs[20] <= 12
    assert runs[-1] <= 60


def test_a_tool_that_goes_on_as_before_is_told_rarely() -> None:
    runs = sorted(runs_until_alarm(sigmoid(1.5), f"steady {n}") for n in range(40))
    assert runs[20] >= 300


def test_a_tool_that_became_better_is_told_as_better() -> None:
    drift = Drift()
    alarms = [watched(drift, good=True, mean=-1.0) for _ in range(20)]
    assert {alarm.direction for alarm in alarms if alarm is not None} == {"better"}


def test_evidence_that_says_nothing_tells_of_no_drift() -> None:
    drift = Drift()
    assert [drift.watch([TOOL], 1.5, 0.5, 0.0) for _ in range(50)] == [[]] * 50
    assert max(cusum.loud for cusum in drift.sums.values()) < 1e-9


def test_soft_evidence_tells_of_drift_more_slowly() -> None:
    hard, soft = Drift(), Drift()
    for _ in range(5):
        hard.watch([TOOL], 1.5, 0.5, -8.0)
        soft.watch([TOOL], 1.5, 0.5, -1.0)
    assert soft.sums[f"{TOOL}/worse"].loud < hard.sums[f"{TOOL}/worse"].loud


def test_tool_and_role_are_watched_by_the_same_gain_each_by_sums_of_its_own() -> None:
    drift = Drift()
    drift.watch([TOOL, ROLE], 1.5, 0.5, -3.0)
    drift.watch([TOOL], 1.5, 0.5, -3.0)
    tool, role = (drift.sums[f"{subject}/worse"] for subject in (TOOL, ROLE))
    assert tool.sum == pytest.approx(2 * role.sum)
    assert (tool.heard, role.heard) == (2, 1)


def test_what_was_never_watched_has_numbers_too() -> None:
    assert Drift().numbers("tool:unheard of") == [0.0] * 6


def test_a_judge_that_speaks_as_if_it_did_not_look_is_told_and_one_that_looks_is_not() -> None:
    blind, seeing = Drift(), Drift()
    alarms = [blind.watch_judge("judge:j", 0.2, 0.6) for _ in range(6)]
    assert [alarm.subject for alarm in alarms if alarm is not None] == ["judge:j"]
    assert all(seeing.watch_judge("judge:j", 0.9, 0.6) is None for _ in range(100))
