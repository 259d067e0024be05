"""A running task steered from the command line: paused, resumed, approved, answered, skipped, forked and cancelled."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.command_line import CommandLine, Ended
from tests.servers import open_directory
from wrenchai.cli.exit_codes import FAILED, OK, REFUSED, USAGE

PLAYBOOKS = {
    "patient": """
name: patient
steps:
  - {id: before, tool: noop}
  - {id: sleep, tool: wait, with: {seconds: 600}}
""",
    "careful": """
name: careful
steps:
  - {id: prepare, tool: noop, with: {text: ready}}
  - {id: publish, tool: noop, with: {text: "${steps.prepare.output.text}!"}, approval: {title: Publish it?}}
""",
    "curious": """
name: curious
steps:
  - id: ask
    wait_for:
      answer: Which colour?
      form: {type: object, required: [colour], properties: {colour: {enum: [green, red]}}}
  - {id: paint, tool: noop, with: {colour: "${steps.ask.output.colour}"}}
""",
    "unsure": """
name: unsure
steps:
  - {id: luck, tool: fail, with: {times: 9, retryable: false, reason: no luck}, on_failure: ask}
  - {id: after, tool: noop, with: {luck: "${steps.luck.output}"}}
""",
}
BOB = {"WRENCHAI_ACTOR": "bob"}
ANN = {"WRENCHAI_ACTOR": "ann"}


@pytest.fixture(scope="module")
def wrenchai() -> Iterator[CommandLine]:
    with open_directory() as root:
        shell = CommandLine(root / "home", root)
        for name, text in PLAYBOOKS.items():
            shell.file(f"{name}.yaml", text)
        try:
            shell.told("up", "--detach", "--home", str(root / "home"))
            yield shell
        finally:
            shell("down")


def begun(wrenchai: CommandLine, playbook: str) -> str:
    """The id of a task of that playbook, asked for by Bob."""
    ended = wrenchai("run", f"{playbook}.yaml", "--no-follow", "--json", **BOB)
    assert ended.code == OK, ended
    return str(ended.told["task_id"])


def soon(look: Callable[[], Any], *, within: float = 20.0) -> Any:
    """What it is once it is something; each look is a command."""
    end = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < end, f"not so after {within:g} s"
    return found


def wait_of(wrenchai: CommandLine, task_id: str) -> dict[str, Any]:
    """The first thing that the task waits for, as soon as it does."""
    found: list[dict[str, Any]] = soon(lambda: wrenchai.told("context", task_id)["waits"])
    return found[0]


def runs(wrenchai: CommandLine, task_id: str, step: str) -> bool:
    steps = wrenchai.told("show", task_id)["steps"]
    return any((found["step"], found["status"]) == (step, "running") for found in steps)


def its_end(wrenchai: CommandLine, task_id: str) -> Ended:
    return wrenchai("show", task_id, "--follow", "--json")


def test_a_task_is_paused_in_the_middle_of_a_step_goes_on_and_is_cancelled(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "patient")
    soon(lambda: runs(wrenchai, task_id, "sleep"))

    paused = wrenchai("pause", task_id, "--now", "--reason", "lunch", "--follow", "--json")
    assert (paused.code, paused.told["status"]) == (OK, "paused")
    assert f"wrenchai resume {task_id}" in wrenchai("tasks").out
    assert f"wrenchai resume {task_id}" in wrenchai("show", task_id).out

    wrenchai.told("resume", task_id)
    soon(lambda: runs(wrenchai, task_id, "sleep"))
    cancelled = wrenchai("cancel", task_id, "--reason", "enough", "--follow", "--json")
    assert (cancelled.code, cancelled.told["status"], cancelled.told["reason"]) == (OK, "cancelled", "enough")

    late = wrenchai("pause", task_id)
    assert late.code == REFUSED
    assert "cancelled" in late.err


def test_nothing_is_approved_but_by_another_person_who_names_exactly_that(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "careful")
    digest = wait_of(wrenchai, task_id)["digest"]
    soon(lambda: task_id in wrenchai("approvals").out)

    shown = wrenchai("approve", task_id, **ANN)
    assert (shown.code, 'text = "ready!"' in shown.out, digest in shown.out) == (USAGE, True, True)
    own = wrenchai("approve", task_id, "--yes", **BOB)
    assert (own.code, "bob asked for the task" in own.err) == (REFUSED, True)

    approved = wrenchai("approve", task_id, "publish", "--digest", digest[:8], "--follow", "--json", **ANN)
    assert (approved.code, approved.told["status"], approved.told["result"]) == (
        OK,
        "completed",
        {"publish": {"text": "ready!"}},
    )


def test_an_approval_with_a_change_does_that_instead(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "careful")
    wait_of(wrenchai, task_id)
    ended = wrenchai("approve", task_id, "--yes", "--change", '{"text": "draft"}', "--follow", "--json", **ANN)
    assert (ended.code, ended.told["result"]) == (OK, {"publish": {"text": "draft"}})


def test_a_rejection_is_the_end_with_its_reason(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "careful")
    wait_of(wrenchai, task_id)
    ended = wrenchai("reject", task_id, "--yes", "--reason", "not on a Friday", "--follow", "--json", **ANN)
    assert (ended.code, ended.told["status"]) == (FAILED, "failed")
    assert "not on a Friday" in ended.told["reason"]


def test_a_question_shows_its_form_and_takes_a_fitting_answer_only(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "curious")
    wait_of(wrenchai, task_id)
    shown = wrenchai("answer", task_id)
    assert (shown.code, "--field colour=VALUE" in shown.out) == (USAGE, True)
    assert wrenchai("answer", task_id, "--field", "colour=blue").code == REFUSED
    ended = wrenchai("answer", task_id, "--field", "colour=green", "--follow", "--json")
    assert (ended.code, ended.told["result"]) == (OK, {"paint": {"colour": "green"}})


def test_a_failed_step_is_skipped_on_request_and_its_output_stands_for_its_own(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "unsure")
    assert wait_of(wrenchai, task_id)["waits_for"] == "decision"
    assert f"wrenchai skip {task_id} luck" in wrenchai("show", task_id).out
    ended = wrenchai("skip", task_id, "luck", "--output", '{"failures": 0}', "--follow", "--json")
    assert (ended.code, ended.told["result"]) == (OK, {"after": {"luck": {"failures": 0}}})


def test_a_task_that_is_followed_tells_at_once_that_it_waits_and_with_which_command(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "careful")
    wait_of(wrenchai, task_id)
    wrenchai.told("cancel", task_id)
    told = wrenchai("show", task_id, "--follow").out
    assert f"type: wrenchai approve {task_id} publish" in told


def test_a_fork_does_anew_only_what_comes_from_the_step_on(wrenchai: CommandLine) -> None:
    task_id = begun(wrenchai, "careful")
    wait_of(wrenchai, task_id)
    wrenchai("approve", task_id, "--yes", "--follow", **ANN)
    forked = str(wrenchai.told("fork", task_id, "--from", "publish")["task_id"])
    wait_of(wrenchai, forked)
    ended = wrenchai("reject", forked, "--yes", "--follow", "--json", **ANN)
    prepared = next(step for step in ended.told["steps"] if step["step"] == "prepare")
    assert (prepared["reused_from"], ended.told["forked_from"]["task_id"]) == (task_id, task_id)
