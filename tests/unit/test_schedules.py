"""Schedules: their moments around the changes of clocks, what is wrong with one, what is to be done when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.errors import InputRejected
from wrenchai_contracts.events import (
    Schedule,
    ScheduleDeleted,
    ScheduleFired,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSet,
)
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.schedule_check import wrong_with
from wrenchai_language.schedule_moments import last_moment, moments, next_moment, next_moments, put_off
from wrenchai_language.scheduled_task import Moment, task_id_of, task_of_moment
from wrenchai_orchestrator.schedules import Firing, Known, Last, evolve, what_now

from tests.made_up_log import MadeUpLog

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOURLY = Schedule(playbook="book", cron="0 * * * *", catch_up=7200)
TASK = "task_00000000000000000000000001"


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def viennese(cron: str, after: datetime, count: int) -> list[datetime]:
    return list(islice(moments(Schedule(playbook="book", cron=cron, zone="Europe/Vienna"), after), count))


# --- moments ---------------------------------------------------------------------------------------------


def test_a_daily_moment_keeps_its_hour_when_the_clocks_change() -> None:
    assert viennese("0 9 * * *", utc(3, 27, 12), 3) == [utc(3, 28, 8), utc(3, 29, 7), utc(3, 30, 7)]
    assert viennese("0 9 * * *", utc(10, 23, 12), 3) == [utc(10, 24, 7), utc(10, 25, 8), utc(10, 26, 8)]


def test_a_moment_that_does_not_exist_comes_with_the_first_minute_that_does() -> None:
    assert viennese("30 2 * * *", utc(3, 28, 12), 2) == [utc(3, 29, 1), utc(3, 30, 0, 30)]


def test_several_moments_that_do_not_exist_come_together_once() -> None:
    assert viennese("*/20 2,3 29 3 *", utc(3, 28, 12), 3) == [utc(3, 29, 1), utc(3, 29, 1, 20), utc(3, 29, 1, 40)]


def test_a_moment_that_exists_twice_comes_once_the_first_time() -> None:
    assert viennese("30 2 * * *", utc(10, 24, 12), 2) == [utc(10, 25, 0, 30), utc(10, 26, 1, 30)]
    assert viennese("*/30 2 * * *", utc(10, 24, 12), 3) == [utc(10, 25, 0), utc(10, 25, 0, 30), utc(10, 26, 1)]


@pytest.mark.parametrize("minutes", range(0, 180, 7))
def test_whenever_it_is_asked_no_moment_of_the_change_comes_again(minutes: int) -> None:
    after = utc(10, 25, 0) + timedelta(minutes=minutes)
    expected = [moment for moment in (utc(10, 25, 0, 30), utc(10, 26, 1, 30)) if moment > after]
    assert viennese("30 2 * * *", after, len(expected)) == expected


def test_every_hour_is_every_hour_that_passes() -> None:
    spring, autumn = viennese("0 * * * *", utc(3, 28, 23), 4), viennese("0 * * * *", utc(10, 24, 22), 4)
    assert [moment.hour for moment in spring] == [0, 1, 2, 3]
    assert [moment.hour for moment in autumn] == [23, 0, 1, 2]


def test_a_range_begins_behind_its_start_and_ends_with_its_end() -> None:
    found = list(next_moments(HOURLY, NOON, NOON + timedelta(hours=3)))
    assert found == [NOON + timedelta(hours=n) for n in (1, 2, 3)]


@given(
    cron=st.sampled_from(("* * * * *", "0 9 * * 1-5", "30 2 * * *", "0 0 1 1 *", "15 */6 * * *")),
    hours=st.integers(0, 2000),
    zone=st.sampled_from(("UTC", "Europe/Vienna", "Australia/Lord_Howe")),
)
@settings(max_examples=60, deadline=None)
def test_the_last_moment_is_the_last_of_all(cron: str, hours: int, zone: str) -> None:
    schedule, until = Schedule(playbook="book", cron=cron, zone=zone), NOON + timedelta(minutes=61 * hours % 3000)
    after = until - timedelta(hours=min(hours, 200))
    *_, expected = [None, *next_moments(schedule, after, until)]
    assert last_moment(schedule, after, until) == expected


def test_a_moment_is_put_off_alike_by_everybody_and_by_no_more_than_allowed() -> None:
    schedule = HOURLY.model_copy(update={"jitter": 600.0})
    late = [put_off(schedule, "nightly", NOON + timedelta(hours=n)) - NOON - timedelta(hours=n) for n in range(200)]
    assert all(timedelta(0) <= one < timedelta(seconds=600) for one in late)
    assert max(late) - min(late) > timedelta(seconds=500)
    assert put_off(schedule, "nightly", NOON) == put_off(schedule, "nightly", NOON) != put_off(schedule, "other", NOON)
    assert put_off(HOURLY, "nightly", NOON) == NOON


# --- what is wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"cron": "61 * * * *"}, "cron", "bad minute"),
        ({"cron": "* * * *"}, "cron", "not 4"),
        ({"cron": "* * * * * *"}, "cron", "not 6"),
        ({"cron": "@daily"}, "cron", "not 1"),
        ({"cron": "0 0 30 2 *"}, "cron", "bad day-of-month"),
        ({"cron": "0 0 29 2 *#5"}, "cron", "bad"),
        ({"zone": "Europe/Wien"}, "zone", "no time zone"),
        ({"zone": "../../etc/passwd"}, "zone", "no time zone"),
        ({"zone": ""}, "zone", "no time zone"),
        ({"catch_up": -1.0}, "catch_up", "between"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(change: dict[str, object], field: str, said: str) -> None:
    (problem,) = wrong_with(HOURLY.model_copy(update=change))
    assert problem.field == field
    assert said in problem.reason


def test_a_schedule_that_is_well_has_no_problem() -> None:
    assert wrong_with(Schedule(playbook="book", cron="*/5 8-18 * * MON-FRI", zone="Europe/Vienna")) == []


@given(cron=st.text(alphabet="0123456789*/,-#LWabcMONJ ", max_size=40), zone=st.text(max_size=12))
@settings(max_examples=400, deadline=None)
def test_nothing_that_anybody_may_write_breaks_the_check(cron: str, zone: str) -> None:
    schedule = Schedule(playbook="book", cron=cron, zone=zone)
    if not wrong_with(schedule):
        assert next_moment(schedule, NOON) is not None


# --- the task of a moment --------------------------------------------------------------------------------

BOOK = Playbook.model_validate(
    {
        "name": "book",
        "id_prefix": "night",
        "inputs": {"type": "object", "properties": {"n": {"type": "integer", "default": 7}}},
        "steps": [{"id": "one", "type": "standard", "tool": "noop"}],
    }
)


def test_a_moment_is_one_task_whoever_makes_it_and_its_inputs_are_completed() -> None:
    made = [task_of_moment(Moment("nightly", NOON), HOURLY, BOOK, BOOK.digest()) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].inputs == {"n": 7}
    assert made[0].task_id.startswith("night_")


def test_ids_are_ordered_by_time_and_differ_by_schedule_and_by_each_time_of_coming() -> None:
    first, later = task_id_of(Moment("a", NOON), "task"), task_id_of(Moment("a", NOON + timedelta(hours=1)), "task")
    assert first < later
    assert len({first, task_id_of(Moment("b", NOON), "task"), task_id_of(Moment("a", NOON, 4), "task")}) == 3


def test_inputs_that_the_playbook_does_not_take_are_refused() -> None:
    with pytest.raises(InputRejected):
        task_of_moment(Moment("nightly", NOON), HOURLY.model_copy(update={"inputs": {"n": "x"}}), BOOK, BOOK.digest())


# --- the fold --------------------------------------------------------------------------------------------

STREAM = "schedule/nightly"


def folded(log: MadeUpLog) -> Known | None:
    row = None
    for entry in log.entries:
        row = evolve(row, entry)
    return row and Known.of(row)


def set_up() -> MadeUpLog:
    return MadeUpLog(now=NOON).record(STREAM, ScheduleSet(name="nightly", schedule=HOURLY))


def test_a_new_schedule_begins_with_the_moment_after_it_was_set() -> None:
    known = folded(set_up())
    assert known is not None
    assert (known.after, known.paused, known.version) == (NOON, False, 1)
    assert known.wakes == NOON + timedelta(hours=1)


def test_a_paused_schedule_rests_and_makes_up_for_nothing_when_it_goes_on() -> None:
    log = set_up().record(STREAM, SchedulePaused(name="nightly"))
    paused = folded(log)
    assert paused is not None
    assert paused.wakes is None
    resumed = folded(log.record(STREAM, ScheduleResumed(name="nightly"), after=9000))
    assert resumed is not None
    assert resumed.wakes == NOON + timedelta(hours=3)


def test_a_deleted_schedule_is_none_and_a_new_one_of_that_name_goes_on_in_its_stream() -> None:
    log = set_up().record(STREAM, ScheduleDeleted(name="nightly"))
    assert folded(log) is None
    again = folded(log.record(STREAM, ScheduleSet(name="nightly", schedule=HOURLY), after=60))
    assert again is not None
    assert again.version == 3


def test_a_firing_moves_the_schedule_on_and_a_backfill_does_not() -> None:
    due = NOON + timedelta(hours=1)
    log = set_up().record(STREAM, ScheduleFired(name="nightly", due=due, task_id=TASK), after=3600)
    past = ScheduleFired(name="nightly", due=NOON + timedelta(hours=9), task_id=TASK[:-1] + "2", backfill=True)
    known = folded(log.record(STREAM, past))
    assert known is not None
    assert (known.after, known.last_task, known.version) == (due, TASK, 3)


# --- what now --------------------------------------------------------------------------------------------


def known(**changed: object) -> Known:
    return Known("nightly", "default", 1, HOURLY.model_copy(update=changed), paused=False, after=NOON, last_task=TASK)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def test_before_its_time_there_is_nothing_to_do() -> None:
    assert what_now(known(), Last(), hours(0.99)) is None


def test_when_its_time_has_come_it_fires() -> None:
    assert what_now(known(), Last(ended=NOON), hours(1)) == Firing(hours(1))


def test_moments_missed_within_the_window_are_made_up_for_one_by_one() -> None:
    assert what_now(known(), Last(), hours(2.5)) == Firing(hours(1))


def test_older_moments_are_skipped_together_as_the_last_of_them() -> None:
    firing = what_now(known(), Last(), hours(50.5))
    assert firing is not None
    assert (firing.due, bool(firing.skipped)) == (hours(48), True)
    assert what_now(replace(known(), after=hours(48)), Last(), hours(50.5)) == Firing(hours(49))


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [("allow", Firing(hours(1))), ("wait", None), ("cancel_other", Firing(hours(1), stops=TASK))],
)
def test_a_task_that_has_not_ended_is_treated_as_the_schedule_says(overlap: str, expected: Firing | None) -> None:
    assert what_now(known(overlap=overlap), Last(open=True), hours(1)) == expected


def test_a_moment_is_skipped_while_the_last_task_is_open() -> None:
    firing = what_now(known(overlap="skip"), Last(open=True), hours(1))
    assert firing is not None
    assert TASK in (firing.skipped or "")


def test_of_moments_that_wait_the_newest_goes_on_waiting_however_long() -> None:
    waiting = known(overlap="wait")
    passed = what_now(waiting, Last(open=True), hours(30.5))
    assert passed is not None
    assert (passed.due, bool(passed.skipped)) == (hours(29), True)
    newest = replace(waiting, after=hours(29))
    assert what_now(newest, Last(open=True), hours(30.5)) is None
    assert what_now(newest, Last(ended=hours(30.6)), hours(30.6)) == Firing(hours(30))


def test_what_waited_and_was_then_missed_by_an_absence_is_skipped() -> None:
    firing = what_now(known(overlap="wait"), Last(ended=hours(1.5)), hours(30.5))
    assert firing is not None
    assert (firing.due, bool(firing.skipped)) == (hours(28), True)


@given(
    overlap=st.sampled_from(("skip", "wait", "cancel_other", "allow")),
    jitter=st.sampled_from((0.0, 900.0, 7200.0)),
    late=st.floats(0, 60),
)
@settings(max_examples=200, deadline=None)
def test_every_moment_is_accounted_for_in_order_until_none_is_due(overlap: str, jitter: float, late: float) -> None:
    schedule, now = known(overlap=overlap, jitter=jitter), hours(late)
    for _ in range(100):
        firing = what_now(schedule, Last(), now)
        if firing is None:
            break
        assert firing.due > schedule.after
        schedule = schedule.fired(firing.due, None)
    assert schedule.wakes is not None
    assert schedule.wakes > now
