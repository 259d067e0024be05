"""How blocks of steps, waits, pauses and what people decide are drawn while a task runs."""

import io
from typing import Any

import pytest
from rich.console import Console
from wrenchai_contracts.views import StepStatus, TaskStatus

from tests.live_frames import TASK, Recording, at, block_of, journey_of
from wrenchai.cli.live_fold import told
from wrenchai.cli.live_table import drawn
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.verdicts import verdict_words
from wrenchai.cli.watching import lines_of
from wrenchai.client.frames import EventFrame

DIGEST = "b" * 64
LOOP = block_of("loop", "improve", journey_of("write"), journey_of("review"), output_from="write", max_rounds=10)
WAIT = {"kind": "wait", "id": "agree", "waits_for": "approval"}
SHIP = block_of("process", "ship", journey_of("package"), WAIT, journey_of("publish"))
SPREAD = block_of(
    "fan", "spread", block_of("process", "each", journey_of("copy"), journey_of("check")), for_each="${inputs.x}"
)
ASKS = {"waits_for": "approval", "title": "May it go out?", "digest": DIGEST, "approval": {"need": 2}}


def folded(recording: Recording) -> LiveTask:
    task = LiveTask(TASK)
    for frame in recording.frames:
        task = told(task, frame)
    return task


def lines(recording: Recording, *, width: int = 120, height: int = 40) -> list[str]:
    console = Console(record=True, width=width, height=height, file=io.StringIO(), legacy_windows=False)
    console.print(drawn(folded(recording), at(5.0), console))
    return [line.rstrip() for line in console.export_text().splitlines()]


def row_with(shown: list[str], name: str) -> str:
    return next(line for line in shown if name in line)


def a_run(*nodes: dict[str, Any]) -> Recording:
    return Recording().requested().planned(*nodes)


def ran(run: Recording, path: str, step: str, seconds: float = 2.0) -> Recording:
    run.dispatched(seconds, path, step).started(seconds, path, step)
    return run.completed(seconds + 0.4, path, step, took=0.4)


def a_round(run: Recording, number: int, **facts: Any) -> Recording:
    for step in ("write", "review"):
        ran(run, f"improve.{number}.{step}", step)
    return run.event(2.5, "RoundEnded", step="improve", round=number, output={}, **facts)


def a_loop() -> Recording:
    return a_run(LOOP).opened(1, "improve", "loop", count=10)


def test_steps_stand_indented_under_the_block_that_they_lie_in() -> None:
    shown = lines(a_run(SPREAD))
    assert [line[3:26].rstrip() for line in shown[3:]] == ["spread", "  each", "    copy", "    check"]


def test_rounds_of_a_loop_are_one_row_that_says_which_one_it_is() -> None:
    run = a_round(a_round(a_loop(), 1), 2).dispatched(3, "improve.3.write", "write")
    shown = lines(run)
    assert row_with(shown, "improve").split()[-4:] == ["round", "3", "of", "10"]
    assert [row.path for row in folded(run).inside("improve")] == ["improve.3.review", "improve.3.write"]


def test_a_loop_keeps_the_working_time_of_its_earlier_rounds_and_what_the_reviewer_found() -> None:
    shown = row_with(lines(a_round(a_loop(), 1, counts={"major": 2, "info": 0})), "improve")
    assert "0.80 s" in shown
    assert shown.endswith("round 2 of 10; 2 major")


def test_a_loop_that_has_ended_says_after_how_many_rounds_and_why() -> None:
    run = a_round(a_loop(), 1, last="the exit condition holds").settled(3, "improve", "completed")
    run.event(4, "TaskCompleted")
    assert row_with(lines(run), "improve").endswith("round 1 of 10; the exit condition holds")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ({"outcome": "winner", "winner": "fast", "scores": {}}, "fast won"),
        ({"outcome": "tie", "winner": "fast", "tied": ["fast", "slow"]}, "a tie of fast, slow"),
        ({"outcome": "none", "winner": None}, "none was good enough"),
        ({"rounds": 3, "because": "it converged", "findings": {"minor": 2, "major": 0}}, "2 minor; it converged"),
        ({"handed": 3, "kept": 1}, "3 handed on, 1 kept"),
        ({"branches": 5, "good": 4}, "4 of 5 ended well"),
        ({"branches": 5, "good": 5}, ""),
        ({}, ""),
    ],
)
def test_how_a_block_came_to_its_outcome_is_said_in_a_few_words(verdict: dict[str, Any], words: str) -> None:
    assert verdict_words(verdict) == words


def test_a_contest_says_who_won() -> None:
    contest = block_of(
        "versus", "best", journey_of("fast"), journey_of("slow"), judge=[journey_of("judge")], criteria={"speed": 1}
    )
    run = a_run(contest).opened(1, "best", "versus", count=2)
    run.settled(2, "best", "completed", verdict={"outcome": "winner", "winner": "fast"})
    assert row_with(lines(run), "best").endswith("2 competitors; fast won")


def test_progress_never_goes_back_from_round_to_round() -> None:
    run, seen = a_loop(), []
    for number in range(1, 6):
        a_round(run, number)
        seen.append(folded(run).progress)
    assert seen == sorted(seen)
    assert seen[-1] == 0.5


def test_of_a_crowded_list_of_blocks_only_the_counts_are_shown() -> None:
    run = a_run(SPREAD).opened(1, "spread", "fan", count=40)
    for index in range(3):
        run.opened(1, f"spread.{index}.each", "process", count=2)
        ran(run, f"spread.{index}.each.copy", "copy")
    ran(run, "spread.0.each.check", "check").settled(3, "spread.0.each", "completed")
    shown = lines(run, width=160)
    assert len(shown) == 4
    assert "spread x40" in shown[-1]
    assert "37 pending, 2 running, 1 completed" in shown[-1]


def test_items_of_a_short_list_are_told_apart_by_their_number() -> None:
    run = a_run(SPREAD).opened(1, "spread", "fan", count=2)
    for index in range(2):
        run.opened(1, f"spread.{index}.each", "process", count=2)
    assert ["each[0]" in line or "each[1]" in line for line in lines(run)].count(True) == 2


def test_what_waits_for_a_person_says_so_with_the_command_to_type() -> None:
    run = ran(a_run(SHIP).opened(1, "ship", "process"), "ship.package", "package")
    shown = lines(run.opened(3, "ship.agree", "wait", wait=ASKS), width=200)
    assert "? waiting" in shown[0]
    assert row_with(shown, "  agree").endswith("waits for the yes of 2 people (0 so far): May it go out?")
    assert shown[-2:] == [
        "ship.agree waits for the yes of 2 people (0 so far): May it go out?",
        f"type: wrenchai approve {TASK} ship.agree",
    ]


def test_where_nothing_can_be_redrawn_a_wait_is_told_once_with_the_command_too() -> None:
    run = a_run(SHIP).opened(1, "ship", "process").opened(3, "ship.agree", "wait", wait=ASKS)
    *earlier, last = run.frames
    before = LiveTask(TASK)
    for frame in earlier:
        before = told(before, frame)
    assert isinstance(last, EventFrame)
    after = told(before, last)
    assert [line.plain for line in lines_of(last, before, after)][1:] == [
        "ship.agree waits for the yes of 2 people (0 so far): May it go out?",
        f"type: wrenchai approve {TASK} ship.agree",
    ]
    assert len(lines_of(last, after, after)) == 1


def test_who_agreed_is_counted_and_another_digest_is_something_else() -> None:
    run = a_run(SHIP).opened(3, "ship.agree", "wait", wait=ASKS)
    run.event(4, "ApprovalDecided", step="ship.agree", digest=DIGEST, decision="approve")
    run.event(4, "ApprovalDecided", step="ship.agree", digest="c" * 64, decision="approve")
    assert [wait.agreed for wait in folded(run).waits] == [1]


def test_a_step_that_was_agreed_to_waits_for_a_worker_like_any_other() -> None:
    run = a_run(journey_of("publish")).opened(1, "publish", "wait", wait=ASKS)
    assert folded(run).shown_status is TaskStatus.WAITING
    run.dispatched(2, "publish", "publish")
    task = folded(run)
    assert (task.shown_status, task.waits, task.rows["publish", "publish"].status) == (
        TaskStatus.RUNNING,
        [],
        StepStatus.PENDING,
    )


def test_a_task_that_waits_while_other_steps_run_is_running_and_still_says_what_for() -> None:
    run = a_run(journey_of("publish"), journey_of("other")).opened(1, "publish", "wait", wait=ASKS)
    run.dispatched(2, "other", "other").started(2, "other", "other")
    assert "▸ running" in lines(run)[0]
    assert lines(run)[-1] == f"type: wrenchai approve {TASK} publish"


def test_a_question_of_a_tool_names_the_field_that_it_asks_for() -> None:
    run = a_run(journey_of("publish")).dispatched(1, "publish", "publish").started(1, "publish", "publish")
    form = {"properties": {"colour": {"type": "string"}}}
    run.event(2, "StepInterrupted", "publish", step="publish", attempt=1, reason="asks")
    run.event(
        2, "JourneyPaused", "publish", journey="publish", step="publish", why="question",
        question={"title": "Which colour?", "form": form},
    )  # fmt: skip
    assert lines(run)[-2:] == [
        "publish asks, and waits for the answer: Which colour?",
        f"type: wrenchai answer {TASK} publish --field colour=VALUE",
    ]
    run.event(3, "JourneyResumed", "publish", journey="publish", answer={"colour": "green"})
    assert folded(run).waits == []


def test_a_failed_step_that_somebody_must_decide_about_offers_both_ways() -> None:
    run = a_run(journey_of("build")).dispatched(1, "build", "build").started(1, "build", "build")
    run.failed(2, "build", "build", retry_in=None)
    run.opened(3, "build", "wait", wait={"waits_for": "decision", "title": "build failed: no"})
    assert lines(run)[-1] == f"type: wrenchai retry {TASK} build   or: wrenchai skip {TASK} build"
    run.settled(4, "build", "skipped", reason="checked by hand")
    assert row_with(lines(run), "build ").endswith("skipped: checked by hand")


def test_a_paused_task_says_how_it_goes_on_and_its_steps_are_held() -> None:
    run = a_run(journey_of("build")).dispatched(1, "build", "build").started(1, "build", "build")
    run.event(2, "TaskPaused", at="now").event(2, "StepInterrupted", "build", step="build", attempt=1, reason="paused")
    run.event(2, "JourneyPaused", "build", journey="build", step="build", why="paused")
    shown = lines(run)
    assert "‖ paused" in shown[0]
    assert row_with(shown, "build ").endswith("paused")
    assert shown[-1] == f"paused; go on with: wrenchai resume {TASK}"
    assert folded(run).at_rest
    run.event(3, "TaskResumed").event(3, "JourneyResumed", "build", journey="build")
    assert (folded(run).shown_status, folded(run).at_rest) == (TaskStatus.RUNNING, False)


def test_a_step_gone_through_again_is_one_row_that_says_how_often() -> None:
    mend = journey_of("build", fix=[journey_of("mend")], goes=3)
    run = a_run(mend).dispatched(1, "build", "build").started(1, "build", "build")
    run.failed(2, "build", "build", retry_in=None)
    ran(run, "build~fix.mend", "mend")
    run.event(3, "StepRepeated", step="build", go=2, reason="no")
    run.dispatched(3, "build~2", "build").started(3, "build~2", "build")
    shown = lines(run)
    assert [line[:12].split() for line in shown[3:]] == [["▸", "build"], ["✓", "mend"]]
    assert shown[3].split()[3] == "2"


def test_what_takes_an_effect_back_is_named_as_that() -> None:
    run = ran(a_run(journey_of("publish")), "publish", "publish")
    run.dispatched(3, "publish~undo", "unpublish", undoes="publish")
    assert "undo unpublish" in row_with(lines(run), "unpublish")


def test_a_result_taken_from_another_task_says_from_which() -> None:
    run = a_run(journey_of("build")).event(1, "JourneyReused", journey="build", origin=TASK, outputs={"build": {}})
    assert row_with(lines(run), "build ").endswith(f"taken from {TASK}")


def test_what_never_began_in_a_block_that_was_passed_over_is_shown_no_more() -> None:
    run = a_run(SHIP).settled(1, "ship", "skipped", reason="nothing to ship")
    assert [row.path for row in folded(run).ordered] == ["ship"]
    assert row_with(lines(run), "ship").endswith("skipped: nothing to ship")


def test_waits_of_a_task_that_has_ended_are_waited_for_no_more() -> None:
    run = a_run(SHIP).opened(3, "ship.agree", "wait", wait=ASKS).event(4, "TaskCancelled", reason="enough")
    assert folded(run).waits == []
    assert "? " not in "".join(lines(run))


def test_of_many_waits_a_few_are_named_and_the_rest_counted() -> None:
    nodes = [journey_of(name) for name in ("a", "b", "c", "d", "e")]
    run = a_run(*nodes)
    for name in ("a", "b", "c", "d", "e"):
        run.opened(1, name, "wait", wait=ASKS)
    assert lines(run)[-1] == f"and 2 more: wrenchai context {TASK}"


def test_a_time_to_come_needs_nobody() -> None:
    run = a_run({"kind": "wait", "id": "sleep", "waits_for": "time"})
    run.opened(1, "sleep", "wait", wait={"waits_for": "time"}, due=at(3600).isoformat())
    shown = lines(run)
    assert "waits until 2026-01-01" in shown[-1]
    assert not any(line.startswith("type:") for line in shown)


def test_a_low_and_narrow_terminal_is_kept_to_however_deep_the_blocks() -> None:
    run = a_run(LOOP, SHIP, SPREAD).opened(3, "ship.agree", "wait", wait=ASKS)
    shown = lines(run, width=80, height=12)
    assert len(shown) <= 12
    assert max(map(len, shown)) <= 80
    assert shown[-1] == f"type: wrenchai approve {TASK} ship.agree"
