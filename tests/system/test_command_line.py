"""The command line as a new user meets it: one installation from its first `up` to its last `down`."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine
from tests.servers import open_directory
from wrenchai.cli.exit_codes import FAILED, OK, REFUSED, UNREACHABLE, USAGE
from wrenchai.cli.memory import _children
from wrenchai.local.process_identity import ProcessIdentity

GREETING = """
name: greeting
inputs: {type: object, required: [title], properties: {title: {type: string, minLength: 2}}}
steps:
  - {id: one, tool: noop, with: {text: "${inputs.title}"}}
  - {id: two, tool: noop, with: {text: "${steps.one.output.text}!"}}
"""
UNLUCKY = """
name: unlucky
steps: [{id: throw, tool: fail, with: {times: 9, retryable: false, reason: no luck today}}]
"""
PATIENT = """
name: patient
steps: [{id: pause, tool: wait, with: {seconds: 600}}]
"""
PROCESSES = {"postgres", "nats", "relay", "orchestrator", "journey", "inspector", "gateway"}


@dataclass(frozen=True, slots=True)
class Installation:
    """What `wrenchai up --detach` started, and the shell it was typed into."""

    wrenchai: CommandLine
    started: dict[str, Any]

    def process(self, name: str) -> dict[str, Any]:
        """What `status` tells of one process."""
        told = self.wrenchai.told("status")
        return next(process for process in told["processes"] if process["name"] == name)

    def greet(self) -> str:
        """The id of a task that was followed to its good end."""
        return str(self.wrenchai.told("run", "greeting.yaml", "--input", "hello.yaml")["task_id"])


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with open_directory() as root:
        wrenchai = CommandLine(root / "home", root)
        for name, text in (("greeting", GREETING), ("unlucky", UNLUCKY), ("patient", PATIENT)):
            wrenchai.file(f"{name}.yaml", text)
        wrenchai.file("hello.yaml", "title: Hello\n")
        try:
            yield Installation(wrenchai, wrenchai.told("up", "--detach", "--home", str(root / "home")))
        finally:
            wrenchai("down")


@pytest.fixture
def wrenchai(installation: Installation) -> CommandLine:
    return installation.wrenchai


def soon(holds: Callable[[], bool], *, within: float = 20.0) -> None:
    """Look again and again until it holds; each look is a command, or a walk over the machine's processes."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"not so after {within:g} s"


def test_a_detached_start_tells_where_everything_is(installation: Installation) -> None:
    started = installation.started
    key = Path(started["api_key_file"])
    assert started["data_directory"] == str(installation.wrenchai.home)
    assert key.stat().st_mode & 0o077 == 0
    os.kill(started["pid"], 0)


def test_the_status_shows_every_process_at_work(wrenchai: CommandLine) -> None:
    told = wrenchai.told("status")
    assert told["ready"]
    assert {process["name"] for process in told["processes"] if process["state"] == "ready"} == PROCESSES
    assert {name for name, health in told["health"].items() if health["ready"]} == PROCESSES - {"postgres", "nats"}


def test_the_portfolio_comes_along(wrenchai: CommandLine) -> None:
    assert "portfolio" in {playbook["name"] for playbook in wrenchai.told("playbooks")["items"]}


def test_a_playbook_from_a_file_is_followed_to_its_result(wrenchai: CommandLine) -> None:
    ended = wrenchai("run", "greeting.yaml", "--input", "hello.yaml", "--follow", "--json")
    assert (ended.code, ended.told["status"], ended.told["result"]) == (OK, "completed", {"two": {"text": "Hello!"}})

    task_id = ended.told["task_id"]
    assert wrenchai.told("tasks")["items"][0]["task_id"] == task_id
    assert wrenchai.told("show", task_id) == ended.told
    events = wrenchai("events", task_id, "--json").lines
    assert [events[0]["type"], events[-1]["type"]] == ["TaskRequested", "TaskCompleted"]
    assert len(events) == ended.told["metrics"]["events"]


def test_a_task_that_failed_is_told_by_the_exit_code_and_the_reason(wrenchai: CommandLine) -> None:
    ended = wrenchai("run", "unlucky.yaml", "--json")
    assert (ended.code, ended.told["status"], ended.told["reason"]) == (FAILED, "failed", "no luck today")
    late = wrenchai("cancel", ended.told["task_id"])
    assert (late.code, "has already ended as failed" in late.err) == (REFUSED, True)


def test_a_cancelled_task_has_ended_within_seconds_and_nothing_of_it_runs(installation: Installation) -> None:
    wrenchai, worker = installation.wrenchai, installation.process("journey")["process"]["pid"]
    task_id = wrenchai.told("run", "patient.yaml", "--no-follow")["task_id"]
    soon(lambda: worker in _children())
    (tool,) = _children()[worker]

    began = time.monotonic()
    wrenchai.told("cancel", task_id, "--reason", "lunch")
    shown = wrenchai("show", task_id, "--follow", "--json").told

    assert time.monotonic() - began < 10
    assert (shown["status"], shown["reason"]) == ("cancelled", "lunch")
    assert not Path(f"/proc/{tool}").exists()
    assert worker not in _children()


def test_tasks_are_found_by_the_labels_they_were_submitted_with(wrenchai: CommandLine) -> None:
    labelled = wrenchai.told("run", "greeting.yaml", "--input", "hello.yaml", "-m", "team=docs", "-m", "kind=a=b")
    for labels, ids in (
        (("team=docs",), [labelled["task_id"]]),
        (("team=docs", "kind=a=b"), [labelled["task_id"]]),
        (("team=docs", "kind=other"), []),
    ):
        words = [word for label in labels for word in ("--metadata", label)]
        assert [task["task_id"] for task in wrenchai.told("tasks", *words)["items"]] == ids


def test_a_list_of_tasks_says_that_there_are_more_and_shows_all_when_asked(installation: Installation) -> None:
    wrenchai, newest = installation.wrenchai, [installation.greet() for _ in range(2)][::-1]
    first = wrenchai.told("tasks", "--limit", "1")
    assert ([task["task_id"] for task in first["items"]], first["next_cursor"] is None) == (newest[:1], False)
    assert "with --all also the older ones" in wrenchai("tasks", "--limit", "1").out
    everything = wrenchai.told("tasks", "--limit", "1", "--all")
    assert [task["task_id"] for task in everything["items"]][:2] == newest
    assert everything["next_cursor"] is None


def test_a_task_without_a_site_or_files_says_so(installation: Installation) -> None:
    task_id = installation.greet()
    assert installation.wrenchai.told("files", task_id) == {"task_id": task_id, "files": []}
    refused = installation.wrenchai("preview", task_id)
    assert (refused.code, f"{task_id} is completed and has packed no site" in refused.err) == (REFUSED, True)


def test_a_submission_that_is_refused_names_the_field(wrenchai: CommandLine) -> None:
    ended = wrenchai("run", "greeting.yaml", "--set", "title=x", "--json")
    assert ended.code == REFUSED
    assert [problem["field"] for problem in ended.told["problems"]] == ["inputs.title"]


def test_a_wrong_command_line_is_told_apart(wrenchai: CommandLine) -> None:
    missing = wrenchai("run", "greeting", "--input", "nowhere.yaml")
    assert (missing.code, "nowhere.yaml: No such file" in missing.err) == (USAGE, True)


def test_where_nothing_runs_the_next_step_is_named(wrenchai: CommandLine) -> None:
    elsewhere = CommandLine(wrenchai.directory / "elsewhere", wrenchai.directory)
    for words in (("tasks",), ("status",), ("down",)):
        ended = elsewhere(*words)
        assert (ended.code, "start it with `wrenchai up`" in ended.err) == (UNREACHABLE, True)


@pytest.mark.parametrize("words", [("up",), ("up", "--detach")], ids=" ".join)
def test_a_second_start_on_the_same_data_is_refused(installation: Installation, words: tuple[str, ...]) -> None:
    ended = installation.wrenchai(*words)
    assert ended.code == REFUSED
    assert f"process {installation.started['pid']} already runs WrenchAI" in ended.err
    assert "`wrenchai down`" in ended.err


def test_a_service_that_was_killed_comes_back(installation: Installation) -> None:
    before = installation.process("orchestrator")
    os.kill(before["process"]["pid"], signal.SIGKILL)
    installation.greet()

    def is_back() -> bool:
        now = installation.process("orchestrator")
        return bool(now["restarts"] == before["restarts"] + 1 and now["state"] == "ready")

    soon(is_back)


def test_every_view_follows_from_the_log_and_every_promise_holds(wrenchai: CommandLine) -> None:
    assert wrenchai.told("replay", "--verify")["equal"]
    findings = wrenchai.told("verify")["findings"]
    assert [finding["invariant"] for finding in findings] == ["I1", "I2", "I3", "I4"]
    assert all(finding["violations"] == [] for finding in findings)


def test_a_later_start_goes_on_with_the_same_data(installation: Installation) -> None:
    wrenchai, before = installation.wrenchai, installation.wrenchai.told("tasks")["items"]
    status = wrenchai.told("status")
    running = [status["supervisor"], *(process["process"] for process in status["processes"])]

    assert wrenchai.told("down")["stopped"]
    assert [process for process in running if ProcessIdentity.model_validate(process).alive] == []
    assert wrenchai("status").code == UNREACHABLE

    assert wrenchai.told("up", "--detach")["url"] == installation.started["url"]
    assert wrenchai.told("tasks")["items"] == before
    installation.greet()
