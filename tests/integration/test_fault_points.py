"""Fault points: the list names every place where a process may be killed, and no other."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from wrenchai_chassis.fault import FAULT_POINTS, arm

from tests.source_calls import Call, Module, modules_in

ROOT = Path(__file__).parents[2]
MODULES = modules_in(*(ROOT / folder for folder in ("chassis", "contracts", "services", "wrenchai")))

PROGRAM = "import sys; from wrenchai_chassis.fault import fault_point; [fault_point(name) for name in sys.argv[1:]]"

THE_PATH = {
    "received", "decided", "appended", "committed", "rung", "published", "acknowledged", "tool_started", "tool_done",
    "view_written",
}  # fmt: skip


class Act(NamedTuple):
    """Something a process does on the path of an event, by how its call is written, and the points beside it.

    The rule: the function that makes the call passes the points, those of `before` above it and those of `after`
    below. Where one function leads to the call for all (`led_to`), that one may pass them, above or below its own call.
    """

    call: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    led_to: bool = False


ACTS = (
    Act(r"self\._subscription\.handle", before=("received",), led_to=True),
    Act(r"seal", before=("decided",), after=("committed",)),
    Act(r"(self\.)?_?log\.append", after=("appended",)),
    Act(r"self\._ring", after=("rung",), led_to=True),
    Act(r"cache\.put", after=("published",)),
    Act(r"message\.ack", after=("acknowledged",)),
    Act(r"(self\.)?_?attempts\.run", before=("tool_started",), after=("tool_done",)),
    Act(r"self\._write", after=("view_written",)),
)
ELSEWHERE = {("self._write", "postgres.py")}
"""Calls that are written alike and are no step of the path: the local start writes a server's settings."""


def steps_of_the_path() -> list[tuple[Act, Module, Call]]:
    return [
        (act, module, call)
        for act in ACTS
        for module in MODULES
        for call in module.calls_of(act.call)
        if (call.callee, module.file.name) not in ELSEWHERE
    ]


def missing(act: Act, module: Module, call: Call, seen: frozenset[str] = frozenset()) -> set[str]:
    """The points that neither the function of `call` passes, nor (if `act` allows it) one that leads to it."""
    points = [point for point in module.calls_of("fault_point") if point.function == call.function]
    above = {name for point in points if point.line < call.line for name in point.arguments}
    below = {name for point in points if point.line > call.line for name in point.arguments}
    lacking = (set(act.before) - above) | (set(act.after) - below)
    leading = module.calls_to(call.function) if act.led_to and call.function not in seen else []
    return (
        min((missing(act, module, one, seen | {call.function}) for one in leading), key=len, default=lacking) & lacking
    )


def test_the_points_are_those_of_the_path() -> None:
    assert set(FAULT_POINTS) == THE_PATH
    assert {name for act in ACTS for name in (*act.before, *act.after)} == THE_PATH


def test_each_point_is_passed_somewhere_and_no_other_is() -> None:
    passed = [call for module in MODULES for call in module.calls_of("fault_point")]
    assert all(call.arguments for call in passed), "its name is written out, so that one can look for it"
    assert {call.arguments[0] for call in passed} == set(FAULT_POINTS)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.call)
def test_each_kind_of_step_is_found_in_the_code(act: Act) -> None:
    assert [call for known, _, call in steps_of_the_path() if known is act]


@pytest.mark.parametrize(
    ("act", "module", "call"),
    [pytest.param(*step, id=f"{step[1].file.name}-{step[2].line}-{step[2].callee}") for step in steps_of_the_path()],
)
def test_each_step_of_the_path_has_its_points_beside_it(act: Act, module: Module, call: Call) -> None:
    assert missing(act, module, call) == set()


def test_a_step_without_its_point_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "hasty.py"
    file.write_text(
        "async def deliver(message):\n    fault_point('acknowledged')\n    await message.ack()\n"
        "async def tell(self):\n    await self._ring([])\n"
        "async def commit(self):\n    await self.tell()\n    fault_point('rung')\n"
    )
    hasty = Module(file)
    (ack,), (ring,) = hasty.calls_of("message.ack"), hasty.calls_of("self._ring")
    assert missing(ACTS[5], hasty, ack) == {"acknowledged"}, "it is passed too early"
    assert missing(ACTS[3], hasty, ring) == set()
    assert missing(ACTS[3]._replace(led_to=False), hasty, ring) == {"rung"}


def test_only_the_chassis_writes_the_log_the_hot_path_in_one_place_and_the_library_in_another() -> None:
    callers = [module.file for module in MODULES if "SELECT wrenchai.append(" in module.file.read_text()]
    assert {file.parent.name for file in callers} == {"wrenchai_chassis"}
    assert len(callers) == 2


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
