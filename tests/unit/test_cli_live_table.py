"""How a running task is drawn."""

import io

import pytest
from rich.console import Console

from tests.live_frames import TASK, Recording, at
from tests.unit.parked_frames import parked
from wrenchai.cli.live_fold import told
from wrenchai.cli.live_table import drawn
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.watching import lines_of
from wrenchai.client.frames import EventFrame


def folded(recording: Recording) -> LiveTask:
    task = LiveTask(TASK)
    for frame in recording.frames:
        task = told(task, frame)
    return task


def picture(recording: Recording, *, seconds: float = 5.0, width: int = 120, height: int = 40) -> str:
    task = folded(recording)
    console = Console(record=True, width=width, height=height, file=io.StringIO(), legacy_windows=False)
    console.print(drawn(task, at(seconds), console))
    return console.export_text()


def told_lines(recording: Recording) -> list[str]:
    *earlier, last = recording.frames
    before = LiveTask(TASK)
    for frame in earlier:
        before = told(before, frame)
    assert isinstance(last, EventFrame)
    return [line.plain for line in lines_of(last, before, told(before, last))]


def a_run() -> Recording:
    run = Recording().requested().planned().dispatched(0.1, "validate").started(0.2, "validate", "validate")
    return run.completed(1.2, "validate", "validate", took=1.0).started(1.3, "validate", "plan")


def test_each_step_shows_sign_name_tool_and_times() -> None:
    lines = picture(a_run()).splitlines()
    assert next(line for line in lines if "portfolio.validate" in line).split() == [
        "✓", "validate", "portfolio.validate", "0.10", "s", "1.00", "s",
    ]  # fmt: skip


def test_the_header_tells_how_far_the_whole_is() -> None:
    header = picture(a_run()).splitlines()[0]
    assert header.split()[:4] == ["portfolio", TASK, "▸", "running"]
    assert "17%" in header
    assert "1 of 6 steps" in header


def test_a_running_step_shows_its_tools_own_words() -> None:
    assert "40% reading the history" in picture(a_run().progress("validate", "plan", 0.4, "reading the history"))


def test_a_step_that_tries_again_says_when_and_why() -> None:
    assert "again in 2.00 s: the page is not there" in picture(
        a_run().failed(4, "validate", "plan", retry_in=3.0), width=160
    )


def a_list(run: Recording, items: int, **facts: object) -> Recording:
    run.opened(2, "discover", "fan", count=items)
    for index in range(items):
        run.dispatched(2, f"discover.{index}.discover_project", index=index, **facts)
    return run


@pytest.mark.parametrize(("items", "rows"), [(12, 12), (13, 1)])
def test_a_crowded_list_is_one_row_with_counts(items: int, rows: int) -> None:
    run = a_list(a_run(), items)
    for index in range(3):
        run.started(3, f"discover.{index}.discover_project", "discover_project")
    run.completed(4, "discover.0.discover_project", "discover_project", took=1.0)
    shown = [line for line in picture(run, width=160).splitlines() if "portfolio.discover_project" in line]
    assert len(shown) == rows
    if rows == 1:
        assert "discover x13" in shown[0]
        assert "10 pending, 2 running, 1 completed" in shown[0]


def test_a_completed_list_makes_room_for_what_still_runs() -> None:
    run = a_list(a_run(), 3)
    for index in range(3):
        path = f"discover.{index}.discover_project"
        run.started(3, path, "discover_project").completed(4, path, "discover_project", took=1.0)
    run.settled(4, "discover", "completed", gathered=True)
    assert "discover x3" in picture(run)
    assert "discover_project[2]" in picture(run.event(5, "TaskCompleted"))


def test_a_parked_task_says_why_and_how_it_goes_on() -> None:
    lines = picture(parked(a_run(), 3, "orchestrator", 17, reason="the disk\nis full")).splitlines()
    assert "‖ parked" in lines[0]
    assert [line.rstrip() for line in lines[-2:]] == [
        "parked: orchestrator gave up on event 17: the disk is full",
        "once its cause is gone: wrenchai parked redrive orchestrator 17",
    ]


def test_where_nothing_can_be_redrawn_a_parked_event_is_told_with_the_command_too() -> None:
    run = parked(a_run(), 3, "orchestrator", 17, reason="no disk")
    lines = told_lines(run)
    assert "EventParked" in lines[0]
    assert lines[1:] == [
        "parked: orchestrator gave up on event 17: no disk",
        "once its cause is gone: wrenchai parked redrive orchestrator 17",
    ]
    assert len(told_lines(a_run())) == 1


def test_a_low_terminal_shows_a_parked_task_whole() -> None:
    shown = picture(parked(a_run(), 3, "orchestrator", 17, reason="x" * 300), height=12, width=80)
    assert len(shown.splitlines()) <= 12
    assert "wrenchai parked redrive orchestrator 17" in shown


def test_a_narrow_terminal_is_kept_to() -> None:
    lines = picture(a_run(), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert "portfolio.validate" not in "".join(lines)


def test_a_low_terminal_shows_what_is_not_over_yet() -> None:
    run = a_run().completed(2, "validate", "plan", took=0.5)
    shown = picture(run, height=8)
    assert "earlier rows" in shown
    assert "more rows" in shown
    assert "discover" in shown
    assert len(shown.splitlines()) <= 8


def test_brackets_in_a_message_are_text() -> None:
    assert "[bold]" in picture(a_run().progress("validate", "plan", 0.4, "[bold]"))
