"""Open timers: what sets, moves and closes them, what the view keeps of them, and what memory holds of the view."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import Row, entries_of
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyDispatched,
    LimitsExtended,
    PlanCreated,
    RolesAssigned,
    Schedule,
    ScheduleDeleted,
    ScheduleSet,
    StepOpened,
    StepRepeated,
    StepSettled,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskRequested,
    TimerFired,
)
from wrenchai_contracts.plan import Plan, PlannedJourney, PlannedStep
from wrenchai_contracts.subjects import journey_stream, task_of, timer_stream
from wrenchai_orchestrator.agenda import Agenda
from wrenchai_orchestrator.near_timers import HORIZON, NearTimers, moment_of, set_by
from wrenchai_orchestrator.timer_projection import TimerProjection

from tests.made_up_log import DIGEST, MadeUpLog
from tests.samples import AT, TASK

STEPS = (PlannedStep(id="one", tool="noop"),)
PLAN = Plan(playbook="book", nodes=(PlannedJourney(id="main", role="worker", steps=STEPS),), deadline=3600.0)
PLANNED = PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=DIGEST)
DISPATCHED = JourneyDispatched(journey="main", role="worker", steps=STEPS, schedule_to_start=30.0)
MAIN = journey_stream(TASK, "main")
SOON = AT + timedelta(seconds=60)


def begun(task: str = TASK) -> MadeUpLog:
    return MadeUpLog().record(task, TaskRequested(task_id=task)).record(task, PLANNED, after=5)


def told(*events: Event) -> MadeUpLog:
    log = begun()
    for event in events:
        log.record(MAIN if isinstance(event, JourneyDispatched | StepStarted | JourneyCancelled) else TASK, event)
    return log


class View:
    """The table, as the view writer would keep it, of batches of any size."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, ...], Row] = {}
        self.heard: list[Row] = []
        self.written = 0
        self.projection = TimerProjection(lambda changes: self.heard.extend(changes["timer"]))

    def apply(self, batch: Sequence[Rung]) -> None:
        projection = self.projection
        entries = entries_of(projection.wanted(batch))
        tables = {table.name: table for table in projection.tables}
        for name, values in projection.missing(entries).items():
            kept = [row for key, row in self.rows.items() if key[0] == name and key[1] in values]
            projection.remember(name, [dict(row) for row in kept])
        projection.fold(entries)
        assert projection.complaints() == []
        for name, rows in projection.changes().items():
            for row in rows:
                key = (name, *(row[column] for column in tables[name].key))
                self.rows.pop(key, None)
                if tables[name].lives(row):
                    assert set(row) == set(tables[name].columns)
                    self.rows[key] = dict(row)
                self.written += 1
        projection.settle()

    @property
    def due(self) -> dict[str, str]:
        return {key[2]: row["due"] for key, row in self.rows.items() if key[0] == "timer" and row["due"]}


def view_of(log: MadeUpLog, *, at_once: int = 1) -> View:
    view = View()
    for start in range(0, len(log.rungs), at_once):
        view.apply(log.rungs[start : start + at_once])
    return view


def later(seconds: float) -> str:
    return (AT + timedelta(seconds=seconds)).isoformat(timespec="microseconds")


# --- the fold --------------------------------------------------------------------------------------------


def test_a_deadline_counts_from_the_request() -> None:
    assert view_of(begun()).due == {"_deadline": later(3600)}


def test_a_plan_without_a_deadline_of_its_own_has_the_usual_one() -> None:
    usual = PLANNED.model_copy(update={"plan": PLAN.model_copy(update={"deadline": 86400.0})})
    log = MadeUpLog().record(TASK, TaskRequested(task_id=TASK)).record(TASK, usual)
    assert b'"deadline"' not in log.sealed[-1].state
    assert view_of(log).due == {"_deadline": later(86400)}


def test_an_extension_moves_the_deadline_to_another_moment() -> None:
    log = told(LimitsExtended(deadline=AT + timedelta(days=2)))
    (row,) = view_of(log).rows.values()
    assert datetime.fromisoformat(row["due"]) == AT + timedelta(days=2)
    assert moment_of(row) == f"{TASK}/_timer/_deadline/3"
    assert set_by(row) == f"{TASK}@3"


def test_an_extension_of_something_else_moves_nothing() -> None:
    assert view_of(told(LimitsExtended())).due == {"_deadline": later(3600)}


@pytest.mark.parametrize(
    "closing",
    [
        StepSettled(step="a.1.wait", outcome="completed"),
        StepRepeated(step="a.1.wait", go=2),
        StepRepeated(step="a", go=2),
        StepSettled(step="a", outcome="cancelled"),
    ],
)
def test_a_step_waits_until_it_or_what_is_around_it_is_settled_or_repeated(closing: Event) -> None:
    opened = StepOpened(step="a.1.wait", type="wait", due=SOON)
    other = StepOpened(step="ab", type="wait", due=SOON)
    assert set(view_of(told(opened, other)).due) == {"_deadline", "a.1.wait", "ab"}
    assert set(view_of(told(opened, other, closing)).due) == {"_deadline", "ab"}


def test_a_later_go_of_a_step_sets_a_timer_of_its_own() -> None:
    again = StepOpened(step="wait~2", type="wait", due=SOON)
    view = view_of(told(StepOpened(step="wait", type="wait", due=SOON), StepRepeated(step="wait", go=2), again))
    assert set(view.due) == {"_deadline", "wait~2"}


def test_a_step_without_a_time_sets_none() -> None:
    assert set(view_of(told(StepOpened(step="a", type="loop"))).due) == {"_deadline"}


@pytest.mark.parametrize(
    "closing", [StepStarted(step="one", attempt=1, tool="noop", worker="w"), JourneyCancelled(journey="main")]
)
def test_a_journey_waits_for_a_worker_until_it_begins_or_ends(closing: Event) -> None:
    waiting = view_of(told(DISPATCHED))
    assert waiting.due["main"] == later(5 + 30)
    assert "main" not in view_of(told(DISPATCHED, closing)).due


def test_a_journey_may_wait_for_ever() -> None:
    patient = DISPATCHED.model_copy(update={"schedule_to_start": None})
    assert set(view_of(told(patient)).due) == {"_deadline"}


def test_a_timer_that_has_fired_is_closed_and_a_deadline_may_be_moved_again() -> None:
    log = told(StepOpened(step="wait", type="wait", due=SOON))
    log.record(timer_stream(TASK, "wait", 3), TimerFired(step="wait", due=SOON))
    log.record(timer_stream(TASK, None, 2), TimerFired(due=AT))
    assert view_of(log).due == {}
    assert set(view_of(log.record(TASK, LimitsExtended(deadline=SOON))).due) == {"_deadline"}


def test_the_firing_of_an_earlier_moment_closes_no_later_one() -> None:
    log = told(LimitsExtended(deadline=SOON)).record(timer_stream(TASK, None, 2), TimerFired(due=AT))
    assert set(view_of(log).due) == {"_deadline"}


def test_of_a_task_that_has_ended_no_row_is_left_and_nothing_sets_one() -> None:
    log = told(StepOpened(step="wait", type="wait", due=SOON), TaskCancelled())
    assert view_of(log).rows == {}
    assert view_of(log.record(TASK, StepOpened(step="late", type="wait", due=SOON))).rows == {}


def test_a_task_of_a_moment_costs_no_write_and_is_not_even_parsed() -> None:
    log = told(RolesAssigned(roles={}), StepOpened(step="wait", type="wait", due=SOON), TaskCompleted())
    assert TimerProjection().wanted(log.rungs) == []
    assert view_of(log, at_once=100).written == 0


def test_what_comes_and_goes_between_two_writes_costs_none() -> None:
    log = told(StepOpened(step="wait", type="wait", due=SOON), StepSettled(step="wait", outcome="completed"))
    assert view_of(log, at_once=100).written == 1


def test_events_that_set_no_timer_are_not_parsed() -> None:
    patient = DISPATCHED.model_copy(update={"schedule_to_start": None})
    log = told(RolesAssigned(roles={}), StepOpened(step="a", type="loop"), patient)
    assert [rung.subject.split(".")[1] for rung in TimerProjection().wanted(log.rungs)] == [
        "TaskRequested",
        "PlanCreated",
    ]


def test_schedules_are_kept_until_they_are_deleted() -> None:
    daily = ScheduleSet(name="nightly", schedule=Schedule(playbook="book", cron="0 3 * * *"))
    log = MadeUpLog().record("schedule/nightly", daily).record("schedule/other", daily)
    log.record("schedule/other", ScheduleDeleted(name="other"))
    assert list(view_of(log).rows) == [("schedule", "nightly")]


@pytest.mark.parametrize("seed", range(20))
def test_however_the_log_is_cut_the_rows_are_the_same(seed: int) -> None:
    chance, log = random.Random(seed), MadeUpLog()
    tasks = [f"task_{number:08}" for number in range(6)]
    for task in tasks:
        log.record(task, TaskRequested(task_id=task))
    for _ in range(80):
        task, path = chance.choice(tasks), chance.choice(("a", "a.1", "b"))
        event: Event = chance.choice(
            (
                PLANNED,
                StepOpened(step=path, type="wait", due=SOON),
                StepSettled(step=path, outcome="completed"),
                DISPATCHED.model_copy(update={"journey": path}),
                LimitsExtended(deadline=SOON),
                TaskCompleted() if chance.random() < 0.1 else StepRepeated(step=path, go=2),
            )
        )
        log.record(f"{task}/{path}" if isinstance(event, JourneyDispatched) else task, event, after=1)
    cuts = [view_of(log, at_once=size).rows for size in (1, 7, 1000)]
    assert cuts[0] == cuts[1] == cuts[2]


def test_the_stream_of_a_moment_is_the_tasks_own_and_no_step_can_be_called_like_the_deadline() -> None:
    assert task_of(timer_stream(TASK, "a.1.wait~2", 7)) == TASK
    assert timer_stream(TASK, "deadline", 2) != timer_stream(TASK, None, 2)


# --- near timers -----------------------------------------------------------------------------------------


def row(number: int, seconds: float, *, n: int = 1) -> Row:
    due = later(seconds)
    return {"task_id": f"task_{number:08}", "path": "wait", "kind": "step", "n": n, "due": due, "tenant": "default"}


def loaded(*rows: Row, most: int = 100) -> NearTimers:
    near = NearTimers(most)
    assert near.wants_more(AT)
    near.before_loading(AT)
    near.take_in(list(rows)[:most], AT + HORIZON)
    return near


def names(rows: Sequence[Row]) -> list[str]:
    return [one["task_id"][-1] for one in rows]


def test_timers_are_taken_when_they_are_due_and_once() -> None:
    near = loaded(row(1, 10), row(2, 20), row(3, 30))
    assert near.next == AT + timedelta(seconds=10)
    assert names(near.take(AT + timedelta(seconds=20), 10)) == ["1", "2"]
    assert near.take(AT + timedelta(seconds=20), 10) == []


def test_a_timer_that_is_closed_is_not_taken_and_one_that_is_moved_is_taken_later() -> None:
    near = loaded(row(1, 10), row(2, 20))
    near.hear([{"task_id": "task_00000001", "path": "wait"}, row(2, 50, n=2)])
    assert near.take(AT + timedelta(seconds=30), 10) == []
    assert names(near.take(AT + timedelta(seconds=50), 10)) == ["2"]


def test_what_is_due_beyond_the_horizon_is_left_to_the_table() -> None:
    near = loaded()
    near.hear([row(1, HORIZON.total_seconds() + 1), row(2, HORIZON.total_seconds() - 1)])
    assert len(near) == 1
    assert not near.wants_more(AT)
    assert near.wants_more(AT + HORIZON)


def test_what_was_heard_while_the_table_was_asked_is_newer_than_its_answer() -> None:
    near = loaded()
    near.before_loading(AT + HORIZON)
    near.hear([{"task_id": "task_00000001", "path": "wait"}])
    near.take_in([row(1, 10), row(2, 10)], AT + 2 * HORIZON)
    assert names(near.take(AT + timedelta(seconds=10), 10)) == ["2"]


def test_a_timer_that_was_taken_is_not_taken_again_from_a_table_that_does_not_know_yet() -> None:
    near = loaded(row(1, 10))
    near.take(AT + timedelta(seconds=10), 10)
    near.before_loading(AT + HORIZON)
    near.take_in([row(1, 10)], AT + 2 * HORIZON)
    assert len(near) == 0
    near.hear([row(1, 20, n=2)])
    assert len(near) == 1


def test_one_that_was_put_back_is_taken_again() -> None:
    near = loaded(row(1, 10))
    (taken,) = near.take(AT + timedelta(seconds=10), 10)
    near.put_back(taken, AT + timedelta(seconds=11))
    assert near.take(AT + timedelta(seconds=11), 10) == [taken]


def test_of_very_many_only_the_earliest_are_held() -> None:
    near = loaded(*(row(number, number) for number in range(1, 30)), most=10)
    assert len(near) == 10
    assert near.until == AT + timedelta(seconds=10)
    near.take(AT + timedelta(seconds=9), 10)
    assert near.wants_more(AT + timedelta(seconds=9))
    near.before_loading(AT)
    near.take_in([], AT + HORIZON)
    near.hear([row(number, number) for number in range(30, 60)])
    assert len(near) == 0
    assert near.wants_more(AT)


def test_an_agenda_from_which_much_is_dropped_stays_small_and_in_order() -> None:
    agenda: Agenda[int, int] = Agenda()
    for number in range(10_000):
        agenda.put(number % 10, AT + timedelta(seconds=number), number)
    assert len(agenda) == 10
    assert len(agenda._heap) < 2000
    agenda.drop(9_990 % 10)
    assert agenda.take(AT + timedelta(days=1), 3) == [9_991, 9_992, 9_993]
