"""What people are told of a task that has ended, and of single events."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.judgement_views import Contribution, QualityView, WordView
from wrenchai_contracts.views import StepStatus, StepView, TaskMetrics, TaskStatus, TaskView

from tests.live_frames import BEGAN, TASK, Recording, at
from wrenchai.cli.demo import Shown, _hints, _panel
from wrenchai.cli.event_text import event_line
from wrenchai.cli.plain_text import harmless
from wrenchai.cli.screen import Screen
from wrenchai.cli.sites import NoSite, package_of, unpacked_site
from wrenchai.cli.task_page import exit_code_of, next_commands, outcome, page
from wrenchai.client.frames import EventFrame

ZIP = ArtifactRef(sha256="c" * 64, name="portfolio-site.zip", size=1_439_018)
PUBLISHED = {"directory": "sites/abc", "base_url": "/mine/", "output_sha256": "d" * 64, "files": 54}
NOT_ASKED: Any = None  # a gateway that is not needed
JUDGED = QualityView(
    quality=0.874,
    interval=(0.81, 0.92),
    level=0.9,
    decision="accept",
    reasons=("above the bar",),
    not_measured=("accessibility", "layout"),
)


def a_step(name: str, **facts: Any) -> StepView:
    usual: dict[str, Any] = {"status": StepStatus.COMPLETED, "working_seconds": 1.5, "order": 3, "attempt": 1}
    tool = f"portfolio.{name}"
    return StepView(journey=name, step=name, role="worker", tool=tool, dispatched_at=BEGAN, **usual | facts)


def a_task(**facts: Any) -> TaskView:
    usual: dict[str, Any] = {
        "status": TaskStatus.COMPLETED,
        "metrics": TaskMetrics(total_seconds=60.0, working_seconds=72.0, attempts=3, failed_attempts=1, events=30),
    }
    times = {"created_at": BEGAN, "updated_at": at(60), "created_position": 1, "position": 30}
    return TaskView(
        task_id=TASK,
        tenant="default",
        playbook="portfolio",
        description="",
        progress=1.0,
        **times,
        **usual | facts,
    )


def a_packing_step() -> StepView:
    return a_step("package", output={"package": ZIP.model_dump()}, artifacts=(ZIP,))


def text_of(make: Any, task: TaskView) -> str:
    console = Console(record=True, width=120, height=40, file=io.StringIO())
    shown: RenderableType = make(task, console)
    console.print(shown)
    return console.export_text()


def test_a_quality_is_never_shown_without_its_interval() -> None:
    assert "0.87, 90% sure between 0.81 and 0.92: accept" in text_of(outcome, a_task(quality=JUDGED))


def test_what_was_not_measured_is_said() -> None:
    assert "not measured  accessibility, layout" in text_of(outcome, a_task(quality=JUDGED))


NEW = QualityView(
    quality=0.68,
    interval=(0.41, 0.87),
    level=0.9,
    decision="escalate",
    reasons=("rule: unsure", "ask a person: expected loss 3.00 (others: accept 3.20)", "base 77 %"),
    model="dynamic-logit/1",
    prior=0.72,
    contributions=tuple(Contribution(judge=f"judge_{n}", dimension="text", decibans=n - 2.5) for n in range(6)),
    losses={"accept": 3.2, "escalate": 3.0},
    rules=("unsure",),
    calibrated=False,
    not_measured=("axe",),
)


def test_a_judgement_says_what_was_decided_what_moved_it_and_whether_to_believe_it() -> None:
    shown = " ".join(text_of(outcome, a_task(quality=NEW)).split())
    assert "0.68, 90% sure between 0.41 and 0.87: escalate" in shown
    assert "decision ask a person: expected loss 3.00 (others: accept 3.20)" in shown
    assert "rule unsure" in shown
    assert "moved by judge_0 -2.5 dB, judge_1 -1.5 dB, judge_2 -0.5 dB, judge_3 +0.5 dB, and 2 more" in shown
    assert "not measured axe" in shown
    assert "calibrated no: people have confirmed too few of its judgements" in shown
    assert "base 77 %" not in shown


def test_a_judgement_that_wants_a_word_says_what_to_type_until_somebody_has_spoken() -> None:
    assert f"wrenchai verdict {TASK} good" in next_commands(a_task(quality=NEW))
    word = WordView(by="ann", verdict="bad", before=0.68, after=0.06, at=BEGAN)
    spoken = a_task(quality=NEW.model_copy(update={"words": (word,)}))
    assert next_commands(spoken) == []
    assert "people said bad (ann): 68 % -> 6 %" in " ".join(text_of(outcome, spoken).split())
    drawn = NEW.model_copy(update={"decision": "accept", "audited": True})
    assert "asks people drawn at random" in " ".join(text_of(outcome, a_task(quality=drawn)).split())
    assert next_commands(a_task(quality=NEW.model_copy(update={"decision": "accept"}))) == []


def test_the_judgement_of_one_step_is_shown_beside_that_of_the_whole() -> None:
    shown = " ".join(text_of(outcome, a_task(steps=(a_step("build", judged=NEW),))).split())
    assert "judged build 0.68, 90% sure between 0.41 and 0.87: escalate" in shown


def test_the_demo_shows_the_new_judgement_too() -> None:
    def panel_of(task: TaskView, _: Console) -> RenderableType:
        return _panel(Shown(task, None, None, 60.0), None, [], Screen(as_json=False))

    panel = " ".join(text_of(panel_of, a_task(quality=NEW)).split())
    assert "moved by judge_0 -2.5 dB" in panel
    assert "not measured axe" in panel


def test_working_and_waiting_are_told_apart() -> None:
    shown = text_of(outcome, a_task())
    assert "1 min 00 s in all, 1 min 12 s working, 0.00 s waiting" in shown
    assert "3, 1 of them failed; 30 events" in shown


def test_files_are_named_with_size_and_hash() -> None:
    shown = text_of(outcome, a_task(steps=(a_step("package", artifacts=(ZIP, ZIP)),)))
    assert shown.count("portfolio-site.zip  1.4 MB  sha256 cccccccccccc") == 1


def test_a_failure_names_reason_step_and_the_next_command() -> None:
    step = a_step("build", status=StepStatus.FAILED, reason="a link is broken")
    shown = text_of(outcome, a_task(status=TaskStatus.FAILED, reason="a link is broken", steps=(step,)))
    assert "build (portfolio.build): a link is broken" in shown
    assert f"wrenchai events {TASK}" in shown


def test_a_task_with_files_and_a_site_says_how_to_get_at_them() -> None:
    shown = text_of(outcome, a_task(steps=(a_step("preview", output=PUBLISHED), a_packing_step())))
    assert f"wrenchai files {TASK} --output DIRECTORY" in shown
    assert f"wrenchai preview {TASK}" in shown


def test_a_task_without_files_sends_nobody_to_look_for_them() -> None:
    assert next_commands(a_task(steps=(a_step("validate"),))) == []


def test_a_failed_task_sends_people_to_its_events_and_then_to_the_logs_of_its_steps() -> None:
    log = ArtifactRef(sha256="e" * 64, name="step.log", size=9)
    step = a_step("build", status=StepStatus.FAILED, reason="no", artifacts=(log,))
    assert next_commands(a_task(status=TaskStatus.FAILED, steps=(step,))) == [
        f"wrenchai events {TASK}",
        f"wrenchai files {TASK} --output DIRECTORY",
    ]


def test_a_parked_task_says_where_to_see_what_holds_it_up() -> None:
    assert next_commands(a_task(status=TaskStatus.PARKED)) == ["wrenchai parked"]


def test_the_demo_names_its_own_data_directory_and_what_must_run_first() -> None:
    task = a_task(steps=(a_packing_step(),))
    home = Path("/my data")
    assert [hint.plain for hint in _hints(task, home, ours=True)] == [
        f"WRENCHAI_HOME='/my data' wrenchai show {TASK}",
        f"WRENCHAI_HOME='/my data' wrenchai files {TASK} --output DIRECTORY",
        f"WRENCHAI_HOME='/my data' wrenchai preview {TASK}",
        "they ask what runs; once this has stopped, first: WRENCHAI_HOME='/my data' wrenchai up",
    ]
    assert _hints(task, None, ours=False)[0].plain == f"wrenchai show {TASK}"
    assert len(_hints(task, None, ours=False)) == 3


def test_a_site_that_is_published_but_not_packed_yet_is_no_site_to_preview() -> None:
    task = a_task(status=TaskStatus.RUNNING, steps=(a_step("preview", output=PUBLISHED),))
    assert package_of(task) is None
    with pytest.raises(NoSite, match=f"{TASK} is running and has packed no site"):
        unpacked_site(NOT_ASKED, task).__enter__()


def test_a_long_result_is_cut_and_says_where_the_rest_is() -> None:
    shown = text_of(outcome, a_task(result={"text": "x" * 1000}))
    assert "all of it with --json" in shown


def test_the_page_shows_each_step_as_it_ended() -> None:
    shown = text_of(page, a_task(steps=(a_step("validate"), a_step("build", status=StepStatus.FAILED, reason="no"))))
    assert [line.split()[:2] for line in shown.splitlines() if line[:1] in "✓✗" and line.strip()] == [
        ["✓", "validate"],
        ["✗", "build"],
    ]


def test_only_a_completed_task_exits_with_zero() -> None:
    codes = {status: exit_code_of(a_task(status=status)) for status in TaskStatus if status.ended}
    assert codes == {TaskStatus.COMPLETED: 0, TaskStatus.FAILED: 1, TaskStatus.CANCELLED: 1}


def line_of(recording: Recording) -> str:
    event = recording.frames[-1]
    assert isinstance(event, EventFrame)
    return " ".join(event_line(event).plain.split()[2:])


def test_an_event_line_says_once_what_its_stream_says_already() -> None:
    assert line_of(Recording().started(1, "build", "build")) == "StepStarted build t"
    assert line_of(Recording().started(1, "build", "pack", attempt=2)) == "StepStarted build pack t attempt 2"


def test_an_event_line_of_a_failed_attempt_says_why_and_when_again() -> None:
    shown = line_of(Recording().failed(1, "build", "build", retry_in=2.0))
    assert shown == "StepFailed build the page is not there 0.50 s again in 2.00 s"


def test_an_event_line_names_a_playbook_and_does_not_print_it() -> None:
    registered = Recording().event(1, "PlaybookRegistered", playbook={"name": "greet", "steps": [{"id": "one"}]})
    assert line_of(registered) == "PlaybookRegistered greet"


def test_an_event_line_of_a_wait_or_a_command_says_what_it_is_about() -> None:
    opened = Recording().opened(1, "publish", "wait", wait={"waits_for": "approval", "title": "Now?"})
    assert line_of(opened) == "StepOpened publish wait approval"
    assert line_of(Recording().event(1, "TaskPaused", at="now", reason="lunch")) == "TaskPaused now lunch"
    assert line_of(Recording().event(1, "TaskPrioritised", priority=-7)) == "TaskPrioritised -7"
    assert line_of(Recording().settled(1, "publish", "skipped", reason="seen")) == "StepSettled publish skipped seen"


def test_what_a_tool_says_cannot_paint_the_terminal() -> None:
    assert harmless("\x1b[31mred\x1b[0m\x07 and\n  \x1b]0;title\x07more") == "red and ]0;titlemore"
