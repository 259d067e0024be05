"""Fault points: the list names every place where a process may be killed, and no other."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from wrenchai_chassis.fault import FAULT_POINTS, arm

ROOT = Path(__file__).parents[2]
SOURCES = ("chassis", "contracts", "services", "wrenchai")
CALL = re.compile(r"\bfault_point\((.*?)\)")

PROGRAM = "import sys; from wrenchai_chassis.fault import fault_point; [fault_point(name) for name in sys.argv[1:]]"


def calls() -> list[str]:
    files = [file for folder in SOURCES for file in (ROOT / folder).rglob("*.py") if "node_modules" not in file.parts]
    found = [argument for file in files for argument in CALL.findall(file.read_text())]
    return [argument for argument in found if argument != "name: str"]


def test_the_list_is_complete_and_each_point_is_passed_somewhere() -> None:
    assert {f'"{name}"' for name in FAULT_POINTS} == set(calls())


def test_no_point_is_listed_twice() -> None:
    assert len(set(FAULT_POINTS)) == len(FAULT_POINTS)


@pytest.mark.parametrize("setting", ["commited", "commited:3", "", ":1"])
def test_a_point_that_does_not_exist_cannot_be_armed(setting: str) -> None:
    with pytest.raises(ValueError, match=r"no fault point is called .*; known: received, decided, appended"):
        arm(setting)


def run(*passed: str, **environment: str) -> int:
    return subprocess.run([sys.executable, "-c", PROGRAM, *passed], env=environment, check=False, timeout=30).returncode


def test_an_armed_process_dies_at_its_point_and_nowhere_else() -> None:
    assert run("received", "decided", WRENCHAI_FAULT="committed") == 0
    assert run("received", "committed", WRENCHAI_FAULT="committed") == -signal.SIGKILL


def test_it_dies_at_the_pass_that_was_asked_for() -> None:
    assert run("rung", "rung", WRENCHAI_FAULT="rung:3") == 0
    assert run("rung", "rung", "rung", WRENCHAI_FAULT="rung:3") == -signal.SIGKILL


def test_a_fault_in_a_file_strikes_one_life_only(tmp_path: Path) -> None:
    file = tmp_path / "fault"
    file.write_text("rung\n")
    assert run("rung", WRENCHAI_FAULT_FILE=str(file)) == -signal.SIGKILL
    assert run("rung", WRENCHAI_FAULT_FILE=str(file)) == 0


def test_without_a_setting_nothing_happens() -> None:
    assert run(*FAULT_POINTS) == 0
