"""One task folded from its events."""

from collections.abc import Iterable

from wrenchai_chassis.projection import Entry
from wrenchai_contracts.events import (
    EventParked,
    EventRedriven,
    JourneyCancelled,
    JourneyDispatched,
    JourneyFailed,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    StepCompleted,
    StepFailed,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_contracts.plan import Plan, PlannedFan, PlannedJourney
from wrenchai_contracts.views import TaskView
from wrenchai_gateway.task_answers import progress_of, view_of
from wrenchai_gateway.task_fold import fold_on
from wrenchai_gateway.task_state import TaskFold

from tests.made_up_log import DIGEST, MadeUpLog, planned, requested, whole_task, worked

TASK = "task_01jd3k0000"
MAIN = f"{TASK}/main"


def folded(entries: Iterable[Entry]) -> TaskFold:
    task: TaskFold | None = None
    for entry in entries:
        task = fold_on(task, entry)
    assert task is not None
    return task


def statuses(log: MadeUpLog) -> list[str]:
    task: TaskFold | None = None
    seen: list[str] = []
    for entry in log.entries:
        task = fold_on(task, entry)
        seen += [task.header["status"]] if [task.header["status"]] != seen[-1:] else []
    return seen


def journey(step: str) -> PlannedJourney:
    return PlannedJourney(id=step, role="worker", steps=planned(step))


def step_of(task: TaskFold, name: str) -> dict[str, object]:
    return next(row for row in task.steps() if row["step"] == name)


def parked() -> EventParked:
    return EventParked(consumer="journey", position=5, subject="ev", reason="poison", deliveries=5, payload="")


def test_a_task_that_goes_well_passes_every_status_once() -> None:
    log = whole_task(MadeUpLog(), TASK, "a", "b")
    assert statuses(log) == ["requested", "planned", "running", "evaluating", "completed"]


def test_the_view_of_a_folded_task_has_the_shape_that_clients_are_promised() -> None:
    task = folded(whole_task(MadeUpLog(), TASK, "a", "b").entries)
    view = TaskView.model_validate(view_of(task.header, list(task.steps())))
    assert (view.status, view.progress, view.result, len(view.steps)) == ("completed", 1.0, {"b": {"by": "b"}}, 2)


def test_waiting_is_told_from_working() -> None:
    task = folded(whole_task(MadeUpLog(), TASK, "a", "b").entries)
    assert (step_of(task, "a")["waiting_seconds"], step_of(task, "b")["waiting_seconds"]) == (0.5, 0.5)
    assert (task.header["waiting_seconds"], task.header["working_seconds"]) == (1.0, 4.0)
    assert task.header["total_seconds"] == 6.5


def test_progress_is_the_part_of_the_known_steps_that_is_done() -> None:
    log = worked(requested(MadeUpLog(), TASK, "a", "b", "c", "d"), TASK, "a")
    assert progress_of(folded(log.entries).header) == 0.25


def test_progress_is_whole_only_when_the_task_is_completed() -> None:
    log = worked(requested(MadeUpLog(), TASK, "a"), TASK, "a")
    assert progress_of(folded(log.entries).header) == 0.99


def test_a_retried_step_counts_its_attempts_and_waits_from_its_failure() -> None:
    log = requested(MadeUpLog(), TASK, "a")
    log.record(MAIN, StepStarted(step="a", attempt=1, tool="noop", worker="w1"), after=1)
    log.record(MAIN, StepFailed(step="a", attempt=1, reason="no", kind="x", retry_in=3.0, seconds=2.0), after=2)
    retrying = folded(log.entries)
    log.record(MAIN, StepStarted(step="a", attempt=2, tool="noop", worker="w2"), after=3)
    log.record(MAIN, StepCompleted(step="a", attempt=2, seconds=4.0), after=4)
    done = folded(log.entries)
    assert step_of(retrying, "a")["status"] == "retrying"
    assert step_of(done, "a") | {"waiting_seconds": 4.0, "working_seconds": 6.0, "attempt": 2} == step_of(done, "a")
    assert (done.header["attempts"], done.header["failed_attempts"]) == (2, 1)


def test_an_attempt_lost_with_its_worker_was_working_time_and_a_failed_attempt() -> None:
    log = requested(MadeUpLog(), TASK, "a")
    log.record(MAIN, StepStarted(step="a", attempt=1, tool="noop", worker="w1"), after=1)
    log.record(MAIN, StepStarted(step="a", attempt=2, tool="noop", worker="w2"), after=5)
    task = folded(log.entries)
    assert (task.header["working_seconds"], task.header["failed_attempts"]) == (5.0, 1)


def test_a_failed_journey_leaves_no_step_pending() -> None:
    log = requested(MadeUpLog(), TASK, "a", "b")
    log.record(MAIN, StepStarted(step="a", attempt=1, tool="noop", worker="w1"))
    log.record(MAIN, StepFailed(step="a", attempt=1, reason="no", kind="x"))
    log.record(MAIN, JourneyFailed(journey="main", step="a", reason="no", kind="x"))
    log.record(TASK, TaskFailed(reason="no", step="a"))
    task = folded(log.entries)
    assert [row["status"] for row in task.steps()] == ["failed", "cancelled"]
    assert (task.header["status"], task.header["reason"], task.header["message"]) == ("failed", "no", "no")


def test_a_cancelled_task_is_cancelling_until_its_journeys_have_stopped() -> None:
    log = requested(MadeUpLog(), TASK, "a")
    log.record(MAIN, StepStarted(step="a", attempt=1, tool="noop", worker="w1"))
    log.record(TASK, TaskCancellationRequested(reason="enough"))
    log.record(MAIN, JourneyCancelled(journey="main", reason="cancelled"))
    log.record(TASK, TaskCancelled(reason=""))
    assert statuses(log) == ["requested", "planned", "running", "cancelling", "cancelled"]
    assert folded(log.entries).header["reason"] == "enough"


def test_what_comes_after_the_end_changes_no_status() -> None:
    log = whole_task(MadeUpLog(), TASK, "a").record(TASK, TaskCancellationRequested(reason="too late"))
    assert folded(log.entries).header["status"] == "completed"


def test_a_task_with_a_parked_event_is_parked_with_a_reason_until_it_is_sent_again() -> None:
    log = requested(MadeUpLog(), TASK, "a").record("parked/journey/5", parked(), story=TASK)
    waiting = folded(log.entries)
    log.record("parked/journey/5", EventRedriven(consumer="journey", position=5), story=TASK)
    going_on = folded(log.entries)
    assert (waiting.header["status"], view_of(waiting.header, [])["reason"]) == (
        "parked",
        "journey/5 was set aside: poison",
    )
    assert going_on.header["status"] == "planned"


def test_an_aborted_plan_is_told_and_the_task_runs_until_it_has_stopped() -> None:
    log = worked(requested(MadeUpLog(), TASK, "a", "b"), TASK, "a")
    log.record(TASK, PlanAborted(journey="main", reason="broken"))
    task = folded(log.entries)
    assert (task.header["status"], task.header["message"]) == ("running", "stopping, because main failed: broken")


def test_results_of_branches_and_items_are_gathered_as_in_plans_of_0_1() -> None:
    plan = Plan(
        playbook="book",
        nodes=(
            PlannedFan(id="both", body=(journey("left"),), flat=True),
            PlannedFan(id="each", body=(journey("one"),), for_each="${inputs.x}", flat=True),
        ),
        result_from=("both", "each"),
    )
    log = MadeUpLog().record(TASK, TaskRequested(task_id=TASK))
    log.record(TASK, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))
    log.record(f"{TASK}/left", JourneyDispatched(journey="left", role="worker", steps=planned("left"), group="both"))
    log.record(f"{TASK}/left", StepCompleted(step="left", attempt=1, output={"v": "l"}))
    for index in (1, 0):
        name = f"each.{index}"
        dispatched = JourneyDispatched(journey=name, role="worker", steps=planned("one"), group="each", index=index)
        log.record(f"{TASK}/{name}", dispatched)
        log.record(f"{TASK}/{name}", StepCompleted(step="one", attempt=1, output={"v": index}))
    log.record(TASK, PlanExecuted()).record(TASK, TaskCompleted())
    header = folded(log.entries).header
    assert header["result"] == {"both": {"left": {"v": "l"}}, "each": [{"v": 0}, {"v": 1}]}
    assert (header["steps_total"], header["steps_completed"]) == (3, 3)
