"""How the view of a task, with blocks and waits, is drawn once it is not followed any more."""

import io
import re
from typing import Any

from rich.console import Console
from wrenchai_contracts.views import StepStatus, StepView, TaskMetrics, TaskStatus, TaskView

from tests.live_frames import BEGAN, TASK, at
from wrenchai.cli.task_page import next_commands, page
from wrenchai.cli.viewed_task import live_of

DONE = StepStatus.COMPLETED
ASKS = {"waits_for": "approval", "title": "May it go out?", "digest": "b" * 64, "approval": {"need": 1}, "decided": []}


class Steps:
    """Step views in the order in which they became known."""

    def __init__(self) -> None:
        self.made: list[StepView] = []

    def add(self, path: str, kind: str = "tool", status: StepStatus = DONE, **facts: Any) -> "Steps":
        own = path.rpartition(".")[2].partition("~")[0]
        usual: dict[str, Any] = {"role": "worker", "tool": f"tool.{own}" if kind == "tool" else "", "attempt": 1}
        known = {"order": len(self.made), "dispatched_at": BEGAN, "type": kind, "status": status, "step": own}
        self.made.append(StepView(journey=path, **usual | known | facts))
        return self


def a_task(steps: Steps, status: TaskStatus = TaskStatus.RUNNING, **facts: Any) -> TaskView:
    times: dict[str, Any] = {"created_at": BEGAN, "updated_at": at(60), "created_position": 1, "position": 30}
    return TaskView(
        task_id=TASK, tenant="default", playbook="book", description="", progress=0.5, status=status,
        metrics=TaskMetrics(), steps=tuple(steps.made), **times, **facts,
    )  # fmt: skip


def shown(task: TaskView, *, width: int = 120) -> list[str]:
    console = Console(record=True, width=width, height=60, file=io.StringIO(), legacy_windows=False)
    console.print(page(task, console))
    return [line.rstrip() for line in console.export_text().splitlines()]


def names(task: TaskView) -> list[str]:
    """The names of steps with their indentation."""
    table = shown(task)[3:]
    cells = [re.match(r" *\S+(?: \S+)*", line[3:]) for line in table[: table.index("")]]
    return [cell[0] for cell in cells if cell is not None]


def test_steps_stand_under_their_block_though_others_became_known_between() -> None:
    steps = Steps().add("ship", "process", StepStatus.RUNNING).add("other").add("ship.package").add("ship.publish")
    assert names(a_task(steps)) == ["ship", "  package", "  publish", "other"]


def test_of_a_loop_only_the_last_round_is_shown_and_which_it_is() -> None:
    steps = Steps().add("improve", "loop", StepStatus.RUNNING, count=10, round=1)
    for number in (1, 2):
        steps.add(f"improve.{number}.write", working_seconds=2.0)
    task = a_task(steps)
    assert names(task) == ["improve", "  write"]
    row = next(line for line in shown(task) if "improve" in line)
    assert row.endswith("round 2 of 10")
    assert "2.00 s" in row


def test_a_crowded_list_is_one_row_also_once_the_task_has_ended() -> None:
    steps = Steps().add("scan", "fan", DONE, count=30)
    for index in range(30):
        steps.add(f"scan.{index}.look", index=index)
    task = a_task(steps, TaskStatus.COMPLETED)
    assert names(task) == ["scan x30"]


def test_items_that_a_plan_of_the_first_version_named_stand_under_their_list() -> None:
    steps = Steps()
    for index in range(2):
        steps.add(f"discover.{index}", index=index, step="look")
    assert names(a_task(steps, TaskStatus.COMPLETED)) == ["discover", "  discover[0]", "  discover[1]"]


def test_only_the_last_go_of_a_step_is_shown_and_how_many_there_were() -> None:
    steps = Steps().add("build", status=StepStatus.FAILED, reason="no").add("build~fix.mend").add("build~2")
    task = a_task(steps)
    assert names(task) == ["build", "  mend"]
    assert next(line for line in shown(task) if "build" in line).split()[3] == "2"


def test_an_open_wait_is_shown_at_what_waits_with_the_command_below() -> None:
    steps = Steps().add("publish", "wait", StepStatus.WAITING, wait=ASKS)
    task = a_task(steps, TaskStatus.WAITING, open_waits=1)
    lines = shown(task, width=200)
    assert any("waits for a person's yes: May it go out?" in line for line in lines[:5])
    assert "waits     publish waits for a person's yes: May it go out?" in lines
    assert f"next      wrenchai approve {TASK} publish" in lines


def test_a_wait_that_is_over_makes_room_for_what_was_waited_with() -> None:
    steps = Steps().add("publish", "wait", DONE, wait=ASKS).add("publish")
    assert [row.kind for row in live_of(a_task(steps)).ordered] == ["tool"]


def test_a_wait_that_was_a_step_of_its_own_stays() -> None:
    steps = Steps().add("agree", "wait", DONE, wait=ASKS)
    assert [(row.kind, row.status) for row in live_of(a_task(steps)).ordered] == [("wait", DONE)]


def test_a_paused_task_says_how_it_goes_on() -> None:
    task = a_task(Steps().add("build", status=StepStatus.PAUSED), TaskStatus.PAUSED, paused=True)
    assert next_commands(task) == [f"wrenchai resume {TASK}"]


def test_an_effect_in_doubt_names_its_key_in_the_command() -> None:
    wait = {"waits_for": "effect", "effect": f"{TASK}/publish/push", "decided": []}
    task = a_task(Steps().add("publish", status=StepStatus.WAITING, wait=wait), TaskStatus.WAITING)
    assert next_commands(task) == [
        f"wrenchai effects resolve {TASK}/publish/push happened",
        f"wrenchai effects resolve {TASK}/publish/push retry",
    ]


def test_what_was_taken_back_and_what_could_not_be_is_said() -> None:
    lines = shown(a_task(Steps(), TaskStatus.FAILED, undone=("a", "b"), not_undone=("c",)))
    assert "undone      a, b" in lines
    assert "not undone  c" in lines


def test_the_progress_is_the_one_that_the_gateway_tells() -> None:
    assert " 50%" in shown(a_task(Steps().add("build")))[0]
