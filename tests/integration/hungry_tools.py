"""Tools that use what there is, each of one kind; their processes import this module by its name."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

MIB = 1024 * 1024
BURNING = "import time\nwhile time.process_time() < {}: pass"
HOLDING = "import sys\nheld = bytearray(b'x') * {}\nprint(flush=True)\nsys.stdin.read()"
WRITING = """
import os, pathlib
with open({!r}, "wb") as file:
    file.write(os.urandom({}))
    os.fsync(file.fileno())
account = pathlib.Path("/proc/self/io")
if account.exists():
    print(account.read_text())
"""


class Appetite(ToolShape):
    much: float = 0.0
    how: str = "itself"
    ending: str = "well"


class Nothing(ToolShape):
    pass


class Written(ToolShape):
    bytes: int | None


@tool(name="burn", summary="Uses so many seconds of a processor.", inputs=Appetite, outputs=Nothing)
def burn(inputs: Appetite, run: ToolRun) -> Nothing:
    run.progress(0.0, inputs.how)
    program = [sys.executable, "-c", BURNING.format(inputs.much)]
    match inputs.how:
        case "itself":
            spin(inputs.much)
        case "program":
            run.command(program)
        case "grandchild":
            subprocess.run(["sh", "-c", '"$@"; exit 0', "sh", *program], check=True)
        case "orphan":
            _leave_an_orphan(program, run.workspace / "burnt")
    if inputs.ending == "badly":
        raise ToolFailed("full", kind="full")
    return Nothing()


@tool(
    name="hold", summary="Two children hold so much memory each, until it was seen.", inputs=Appetite, outputs=Nothing
)
def hold(inputs: Appetite, run: ToolRun) -> Nothing:
    argv = [sys.executable, "-c", HOLDING.format(int(inputs.much))]
    holding = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for child in holding:
        assert child.stdout is not None
        child.stdout.readline()
    _wait_until_seen(run, "peak_rss", 2 * inputs.much)
    for child in holding:
        child.communicate()
    return Nothing()


@tool(name="write", summary="Writes, and says how much the kernel counts.", inputs=Appetite, outputs=Written)
def write(inputs: Appetite, run: ToolRun) -> Written:
    ended = run.command([sys.executable, "-c", WRITING.format(str(run.workspace / "written"), int(inputs.much))])
    counted = [line.partition(": ")[2] for line in ended.tail.splitlines() if line.startswith("write_bytes")]
    return Written(bytes=int(counted[0]) if counted else None)


@tool(name="linger", summary="Does not end once it was seen burning.", inputs=Appetite, outputs=Nothing)
def linger(inputs: Appetite, run: ToolRun) -> Nothing:
    run.spend(tokens=42)
    spin(inputs.much)
    _wait_until_seen(run, "cpu_seconds", inputs.much)
    (run.workspace / "seen").touch()
    while True:
        time.sleep(1000)


@tool(name="forge", summary="Tells lies of what it used.", inputs=Appetite, outputs=Nothing)
def forge(inputs: Appetite, run: ToolRun) -> Nothing:
    meter(run).with_suffix(".partial").mkdir()
    meter(run).write_text(inputs.how)
    return Nothing()


def spin(seconds: float) -> None:
    while time.process_time() < seconds:
        pass


def meter(run: ToolRun) -> Path:
    """Where its guardian tells what it has used."""
    return Path(run._spool).parent / "used.json"  # type: ignore[attr-defined]


def _wait_until_seen(run: ToolRun, what: str, much: float) -> None:
    while not meter(run).exists() or json.loads(meter(run).read_bytes()).get(what, 0) < much:
        time.sleep(0.05)


def _leave_an_orphan(program: list[str], done: Path) -> None:
    """A child of a child that has ended already; the tool itself never asks for its end."""
    if os.fork() == 0:
        subprocess.Popen(["sh", "-c", '"$@"; touch "$0"', str(done), *program])
        os._exit(0)
    while not done.exists():
        time.sleep(0.05)
