"""What frames tell of a running task."""

import pytest
from wrenchai_contracts.views import StepStatus, TaskStatus

from tests.live_frames import TASK, Recording, at
from tests.unit.parked_frames import parked, redriven
from wrenchai.cli.live_fold import told
from wrenchai.cli.live_rows import Row
from wrenchai.cli.live_task import LiveTask


def folded(recording: Recording) -> LiveTask:
    task = LiveTask(TASK)
    for frame in recording.frames:
        task = told(task, frame)
    return task


def row_of(recording: Recording, journey: str, step: str) -> Row:
    return folded(recording).rows[journey, step]


def leaves(task: LiveTask) -> list[Row]:
    return [row for row in task.ordered if row.is_leaf]


def a_plan() -> Recording:
    return Recording().requested().planned()


def test_every_planned_step_is_seen_before_it_runs() -> None:
    task = folded(a_plan())
    assert [row.step for row in leaves(task)] == ["validate", "plan", "discover_project", "build", "links", "html"]
    assert {row.status for row in task.ordered} == {StepStatus.PENDING}


def test_items_of_a_list_take_the_place_of_its_pattern() -> None:
    items = a_plan().opened(1, "discover", "fan", count=2)
    items.dispatched(1, "discover.1.discover_project", index=1).dispatched(1, "discover.0.discover_project", index=0)
    paths = [row.path for row in folded(items).ordered]
    assert paths == [
        "validate", "validate", "discover", "discover.0.discover_project", "discover.1.discover_project", "build",
        "check", "check.links", "check.html",
    ]  # fmt: skip


def test_a_list_without_items_has_no_row_for_any() -> None:
    assert [row.path for row in folded(a_plan().opened(1, "discover", "fan", count=0)).inside("discover")] == []


def test_waiting_lasts_from_dispatch_to_start() -> None:
    recording = a_plan().dispatched(1, "validate").started(1.5, "validate", "validate")
    assert row_of(recording, "validate", "validate").waited(at(9)) == 0.5


def test_the_next_step_of_a_journey_waits_from_the_end_of_the_one_before() -> None:
    recording = a_plan().dispatched(1, "validate").started(2, "validate", "validate")
    recording.completed(5, "validate", "validate", took=3.0).started(5.25, "validate", "plan")
    assert row_of(recording, "validate", "plan").waited(at(9)) == 0.25


def test_working_time_grows_while_it_runs_and_is_the_tools_own_at_the_end() -> None:
    recording = a_plan().dispatched(1, "validate").started(2, "validate", "validate")
    assert row_of(recording, "validate", "validate").worked(at(4)) == 2.0
    recording.completed(5, "validate", "validate", took=2.75)
    assert row_of(recording, "validate", "validate").worked(at(60)) == 2.75


def test_a_judge_of_a_step_stands_behind_it_and_the_word_on_the_step_is_not_that_on_the_task() -> None:
    judged = a_plan().dispatched(1, "build").started(2, "build", "build").completed(3, "build", "build", took=1.0)
    facts = {"step": "build", "quality": 0.5, "interval": (0.4, 0.6), "decision": "ask_judge", "asks": "style"}
    judged.event(4, "ExecutionEvaluated", "_evaluation/build", **facts).dispatched(5, "build~judge.style", "style")
    task = folded(judged)
    paths = [row.path for row in task.ordered]
    assert paths[paths.index("build") + 1] == "build~judge.style"
    assert task.evaluation is None


def test_a_failed_attempt_waits_for_the_next() -> None:
    recording = a_plan().dispatched(1, "build").started(2, "build", "build").failed(3, "build", "build", retry_in=4.0)
    row = row_of(recording, "build", "build")
    assert (row.status, row.retry_at, row.waited(at(5))) == (StepStatus.RETRYING, at(7), 3.0)


def test_the_last_failed_attempt_is_the_end_of_the_step() -> None:
    recording = a_plan().dispatched(1, "build").started(2, "build", "build").failed(3, "build", "build", retry_in=None)
    row = row_of(recording, "build", "build")
    assert (row.status, row.reason) == (StepStatus.FAILED, "the page is not there")


def test_a_task_is_parked_until_every_event_set_aside_was_sent_again() -> None:
    recording = parked(parked(a_plan(), 1, "journey", 9, reason="no disk"), 2, "orchestrator", 9, reason="no disk")
    assert folded(recording).shown_status is TaskStatus.PARKED
    redriven(recording, 3, "orchestrator", 9)
    assert [aside.redrive for aside in folded(recording).parked] == ["wrenchai parked redrive journey 9"]
    redriven(recording, 4, "journey", 9)
    assert folded(recording).shown_status is TaskStatus.PLANNED


def test_an_event_that_is_parked_again_is_told_once_with_its_last_reason() -> None:
    recording = parked(parked(a_plan(), 1, "journey", 9, reason="no disk"), 2, "journey", 9, reason="still no disk")
    assert [aside.reason for aside in folded(recording).parked] == ["still no disk"]


def test_a_task_that_ended_is_no_longer_parked() -> None:
    recording = parked(a_plan(), 1, "inspector", 9, reason="no disk").event(2, "TaskCancelled", reason="enough")
    assert folded(recording).shown_status is TaskStatus.CANCELLED


def test_progress_moves_only_what_runs() -> None:
    recording = a_plan().dispatched(1, "build").progress("build", "build", 0.5, "too early")
    assert row_of(recording, "build", "build").fraction == 0.0
    recording.started(2, "build", "build").progress("build", "build", 0.5, "half")
    assert row_of(recording, "build", "build").message == "half"


def test_a_cancelled_journey_cancels_what_has_not_ended() -> None:
    recording = a_plan().dispatched(1, "validate").started(2, "validate", "validate")
    recording.completed(3, "validate", "validate", took=1.0)
    recording.event(4, "JourneyCancelled", "validate", journey="validate")
    assert row_of(recording, "validate", "validate").status is StepStatus.COMPLETED
    assert row_of(recording, "validate", "plan").status is StepStatus.CANCELLED


def test_the_whole_is_as_far_as_its_steps_together() -> None:
    recording = a_plan().dispatched(1, "build").started(2, "build", "build").progress("build", "build", 0.6, "")
    assert folded(recording).progress == pytest.approx(0.1)
    recording.event(9, "TaskCompleted")
    assert folded(recording).progress == 1.0


def test_a_failed_task_keeps_its_reason_and_stops_its_clock() -> None:
    task = folded(a_plan().event(9, "TaskFailed", reason="the build failed", step="build"))
    assert (task.status, task.reason, task.failed_step) == (TaskStatus.FAILED, "the build failed", "build")
    assert task.seconds(at(100)) == 9.0


def test_an_event_of_a_newer_version_is_passed_over() -> None:
    task = folded(a_plan().event(3, "InventedLater", something=1))
    assert task.position == 3
