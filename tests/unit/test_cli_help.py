"""What `wrenchai` alone shows, what every command takes, and how commands end."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner
from wrenchai_contracts.errors import (
    FieldProblem,
    InputRejected,
    Overloaded,
    PlaybookRejected,
    UnknownTask,
    WrenchError,
)

from wrenchai.cli import main
from wrenchai.cli.app import app
from wrenchai.cli.ending import end, exit_code_of
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.client.problems import KeyRefused, ServerFault, TookTooLong, Unreachable
from wrenchai.local.errors import AlreadyRunning, NotRunning

GROUPS = {
    "Local installation": ["up", "down", "status", "doctor", "version", "demo"],
    "Tasks": ["run", "tasks", "show", "files", "preview", "events"],
    "Control a running task": [
        "pause", "resume", "cancel", "retry", "skip", "signal", "answer", "approve", "reject", "extend", "prioritise",
        "fork",
    ],
    "What waits and what is known": ["approvals", "context", "effects"],
    "Quality of results": ["verdict", "quality"],
    "Catalogue": ["playbooks", "check", "tools", "playbook"],
    "Evidence and repair": ["verify", "replay", "parked"],
    "Schedules": ["schedules"],
}  # fmt: skip
COMMANDS = [command for commands in GROUPS.values() for command in commands]


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"})
    return result.output


def test_alone_it_shows_every_command_in_its_group() -> None:
    found: dict[str, list[str]] = {}
    group = ""
    for line in shown().splitlines():
        if title := re.match(r"^╭─ ([A-Z][\w ]+?) ─", line):
            group = title[1]
        elif command := re.match(r"^│ ([a-z]+)  ", line):
            found.setdefault(group, []).append(command[1])
    assert found == GROUPS


def test_alone_it_shows_the_first_steps() -> None:
    told = shown()
    assert "First steps" in told
    assert "wrenchai demo" in told
    assert "Exit codes: 0 done, 1 failed, 2 usage, 3 not running, 4 refused." in told


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_gives_json(command: str) -> None:
    assert "--json" in shown(command, "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_in_one_line_what_it_does(command: str) -> None:
    described = next(line for line in shown().splitlines() if line.startswith(f"│ {command} "))
    assert described.rstrip(" │").endswith(".")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_asks_for_a_value_where_it_takes_none(command: str) -> None:
    assert "<bool>" not in shown(command, "--help")


def test_nor_does_any_command_of_a_group_or_the_whole() -> None:
    assert "<bool>" not in shown()
    assert "<bool>" not in shown("playbook", "check", "--help")
    assert "<bool>" not in shown("schedules", "set", "--help")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TookTooLong(), 1),
        (ServerFault(), 1),
        (InputFileWrong("form.yaml", "no"), 2),
        (Unreachable(), 3),
        (NotRunning(Path("/x")), 3),
        (Overloaded(), 3),
        (UnknownTask("x"), 4),
        (KeyRefused(), 4),
        (AlreadyRunning(Path("/x"), 1), 4),
    ],
)
def test_an_error_ends_with_the_exit_code_that_help_promises(error: WrenchError, code: int) -> None:
    assert exit_code_of(error) == code


def test_a_refused_playbook_is_told_place_by_place(capsys: pytest.CaptureFixture[str]) -> None:
    problem = PlaybookRejected("mine.yaml", [FieldProblem("steps[1].tool", "is unknown", 7)])
    with pytest.raises(SystemExit) as left:
        end(problem, as_json=False)
    assert left.value.code == 4
    assert "mine.yaml:7: steps[1].tool: is unknown" in capsys.readouterr().err


def test_with_json_an_error_is_json_on_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        end(InputRejected([]), as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == "InputRejected"
    assert captured.err == ""


def test_a_wrong_option_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as left:
        main(["tasks", "--nonsense"])
    assert left.value.code == 2


def test_a_status_that_does_not_exist_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_URL", "http://127.0.0.1:9")
    with pytest.raises(SystemExit) as left:
        main(["tasks", "--status", "happy"])
    assert left.value.code == 2


def test_where_nothing_runs_the_code_is_three_and_the_next_step_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WRENCHAI_URL", raising=False)
    monkeypatch.setenv("WRENCHAI_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        main(["tasks"])
    assert left.value.code == 3
    assert "wrenchai up" in capsys.readouterr().err


@pytest.mark.parametrize("label", ["docs", "=docs"])
def test_a_label_without_a_name_is_a_usage_error(label: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["tasks", "--metadata", label])
    assert left.value.code == 2
    assert "write it as NAME=VALUE" in capsys.readouterr().err


def test_a_demo_that_could_not_put_its_site_anywhere_is_refused_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file\n")
    with pytest.raises(SystemExit) as left:
        main(["demo", "--no-keep", "--output", str(tmp_path / "out"), "--home", str(tmp_path / "home")])
    assert left.value.code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "nothing can be written there (File exists); name another directory" in told
    assert not (tmp_path / "home").exists()


def test_events_of_nothing_in_particular_are_a_usage_error() -> None:
    with pytest.raises(SystemExit) as left:
        main(["events"])
    assert left.value.code == 2
