"""Tools that misbehave, each in its own way; their processes import this module by its name."""
# ruff: noqa: ARG001  # every tool has this shape

import ctypes
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_journey.portfolio.npm_store import node_program
from wrenchai_journey.tool import ToolAsks, ToolFailed, ToolRun, ToolShape, tool


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


class Nothing(ToolShape):
    pass


def note_pids(run: ToolRun, *pids: int) -> None:
    """Leave process ids where the test finds them, whole or not at all."""
    partial = run.workspace / "pids.partial"
    partial.write_text(json.dumps(pids))
    partial.rename(run.workspace / "pids")


@tool(name="hang", summary="Never ends, nor does its child.", inputs=Nothing, outputs=Nothing)
def hang(inputs: Nothing, run: ToolRun) -> Nothing:
    child = subprocess.Popen(["sleep", "1000"])
    note_pids(run, os.getpid(), child.pid)
    while True:
        time.sleep(1000)


@tool(name="stubborn", summary="Ignores SIGTERM.", inputs=Nothing, outputs=Nothing)
def stubborn(inputs: Nothing, run: ToolRun) -> Nothing:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
    child.start()
    note_pids(run, os.getpid(), child.pid or 0)
    while True:
        time.sleep(1000)


@tool(name="leave_child", summary="Ends, but leaves a child behind.", inputs=Nothing, outputs=Nothing)
def leave_child(inputs: Nothing, run: ToolRun) -> Nothing:
    child = subprocess.Popen(["sleep", "1000"])
    note_pids(run, child.pid)
    return Nothing()


@tool(name="exit_3", summary="Exits with code 3.", inputs=Nothing, outputs=Nothing)
def exit_3(inputs: Nothing, run: ToolRun) -> Nothing:
    sys.stderr.write("the last words\n")
    sys.exit(3)


@tool(name="segfault", summary="Reads address 0.", inputs=Nothing, outputs=Nothing)
def segfault(inputs: Nothing, run: ToolRun) -> Nothing:
    ctypes.string_at(0)
    return Nothing()


@tool(name="raise", summary="Raises what no tool should.", inputs=Nothing, outputs=Nothing)
def raise_error(inputs: Nothing, run: ToolRun) -> Nothing:
    raise LookupError("no such thing as a free lunch")


@tool(name="refuse", summary="Says that it cannot.", inputs=Nothing, outputs=Nothing)
def refuse(inputs: Nothing, run: ToolRun) -> Nothing:
    raise ToolFailed("the shop is closed" + " today" * 1000, retryable=True, kind="closed")


@tool(name="chatter", summary="Prints 100 MB.", inputs=Nothing, outputs=Nothing)
def chatter(inputs: Nothing, run: ToolRun) -> Nothing:
    for _ in range(100):
        os.write(1, b"." * (1024 * 1024))
    return Nothing()


@tool(name="boast", summary="Gives an output of the size asked for.", inputs=Anything, outputs=Anything)
def boast(inputs: Anything, run: ToolRun) -> Anything:
    return Anything.model_validate({"text": "x" * int((inputs.model_extra or {})["size"])})


@tool(name="babble", summary="Speaks nonsense to the worker.", inputs=Nothing, outputs=Nothing)
def babble(inputs: Nothing, run: ToolRun) -> Nothing:
    speak = getattr(run, "_speak")  # noqa: B009  # not ours to use, and used all the same
    os.write(speak, b"not json\n")
    return Nothing()


@tool(name="hurry", summary="Reports progress 1,000 times.", inputs=Nothing, outputs=Nothing)
def hurry(inputs: Nothing, run: ToolRun) -> Nothing:
    for number in range(1, 1001):
        run.progress(number / 1000, f"{number} of 1000")
    return Nothing()


class Kept(ToolShape):
    first: ArtifactRef
    again: ArtifactRef


@tool(name="keep", summary="Keeps a file twice and tells a fact.", inputs=Nothing, outputs=Kept)
def keep(inputs: Nothing, run: ToolRun) -> Kept:
    page = run.workspace / "page.html"
    page.write_text("<p>hello</p>")
    first = run.artifact(page, media_type="text/html")
    again = run.artifact(page, name="copy.html", media_type="text/html")
    page.write_text("changed afterwards")
    run.evidence(Evidence(judge="links.lychee", dimension="links", passed=9, tried=10, artifact=first))
    return Kept(first=first, again=again)


@tool(
    name="hoard",
    summary="Keeps a file of the size asked for, and bears witness to it.",
    inputs=Anything,
    outputs=Nothing,
)
def hoard(inputs: Anything, run: ToolRun) -> Nothing:
    hoarded = run.workspace / "hoarded"
    hoarded.write_bytes(os.urandom(int((inputs.model_extra or {})["size"])))
    kept = run.artifact(hoarded)
    run.evidence(Evidence(judge="scales", dimension="weight", passed=1, tried=1, artifact=kept))
    return Nothing()


@tool(name="copy_tree", summary="Copies a tree of the size asked for.", inputs=Anything, outputs=Nothing)
def copy_tree(inputs: Anything, run: ToolRun) -> Nothing:
    with tempfile.TemporaryDirectory() as elsewhere:
        Path(elsewhere, "file").write_bytes(b"." * int((inputs.model_extra or {})["size"]))
        shutil.copytree(elsewhere, run.workspace / "tree", dirs_exist_ok=True)
    return Nothing()


class Environment(ToolShape):
    """What a tool's own process sees, and what a program that it runs sees."""

    names: tuple[str, ...]
    names_in_child: tuple[str, ...]
    working_directory: str


def environment_of(run: ToolRun, **given: str) -> Environment:
    child = run.command([sys.executable, "-c", "import os; print(*os.environ)"], env=given)
    return Environment(
        names=tuple(sorted(os.environ)),
        names_in_child=tuple(sorted(child.tail.split())),
        working_directory=str(Path.cwd()),
    )


@tool(name="look_around", summary="Tells what it sees.", inputs=Nothing, outputs=Environment)
def look_around(inputs: Nothing, run: ToolRun) -> Environment:
    return environment_of(run)


@tool(
    name="confidant",
    summary="Tells what it sees, and was trusted with a secret.",
    inputs=Nothing,
    outputs=Environment,
    secrets=("WRENCHAI_GITHUB_TOKEN",),
)
def confidant(inputs: Nothing, run: ToolRun) -> Environment:
    return environment_of(run)


@tool(
    name="gossip",
    summary="Hands its secret on to the program that it runs.",
    inputs=Nothing,
    outputs=Environment,
    secrets=("WRENCHAI_GITHUB_TOKEN",),
)
def gossip(inputs: Nothing, run: ToolRun) -> Environment:
    return environment_of(run, WRENCHAI_GITHUB_TOKEN=os.environ["WRENCHAI_GITHUB_TOKEN"])


class Answered(ToolShape):
    exit_code: int


@tool(name="ask_npm", summary="Asks npm whether its registry answers.", inputs=Nothing, outputs=Answered)
def ask_npm(inputs: Nothing, run: ToolRun) -> Answered:
    return Answered(exit_code=run.command([str(node_program("npm")), "ping", "--fetch-retries=0"]).exit_code)


@tool(name="talk", summary="Is never silent for long, and ends in its own time.", inputs=Anything, outputs=Nothing)
def talk(inputs: Anything, run: ToolRun) -> Nothing:
    how, ends = str((inputs.model_extra or {})["how"]), time.monotonic() + float((inputs.model_extra or {})["lasts"])
    while time.monotonic() < ends:
        match how:
            case "progress":
                run.progress(0.5, "still here")
            case "print":
                os.write(1, b".")
            case _:
                run.evidence(Evidence(judge="watch", dimension="patience", passed=1, tried=1))
        time.sleep(0.2)
    return Nothing()


@tool(name="splurge", summary="Spends, and then hangs.", inputs=Nothing, outputs=Nothing)
def splurge(inputs: Nothing, run: ToolRun) -> Nothing:
    run.spend(tokens=40)
    run.spend(tokens=2, money=0.5)
    note_pids(run, os.getpid())
    while True:
        time.sleep(1000)


class Answer(ToolShape):
    colour: str


@tool(name="inquire", summary="Cannot go on without an answer.", inputs=Nothing, outputs=Answer)
def inquire(inputs: Nothing, run: ToolRun) -> Answer:
    run.spend(tokens=1)
    if run.answer is None:
        raise ToolAsks("Which colour?", Answer.model_json_schema())
    return Answer.model_validate(run.answer)


class Letter(ToolShape):
    """What is written into the file `book`, which is outside; and whether the tool hangs before or after that."""

    book: str
    hangs: str = ""


class Receipt(ToolShape):
    key: str


def written(inputs: Letter, run: ToolRun) -> Receipt | None:
    """Whether the book has this step's line."""
    book = Path(inputs.book)
    lines = book.read_text().splitlines() if book.exists() else []
    return Receipt(key=run.idempotency_key) if run.idempotency_key in lines else None


def write_down(inputs: Letter, run: ToolRun) -> Receipt:
    """Add a line to the book; the second time too, so that a test sees what was done twice."""
    if inputs.hangs == "before":
        hang_once(run)
    with Path(inputs.book).open("a") as book:
        book.write(f"{run.idempotency_key}\n")
    if inputs.hangs == "after":
        hang_once(run)
    return Receipt(key=run.idempotency_key)


def hang_once(run: ToolRun) -> None:
    """For ever, in the first attempt of a task; not at all in a later one."""
    if not (run.workspace / "pids").exists():
        note_pids(run, os.getpid())
        time.sleep(1000)


post = tool(name="post", summary="Writes.", inputs=Letter, outputs=Receipt, effect=True, target="book")(write_down)
post_and_look = tool(
    name="post_and_look", summary="Writes, and can tell whether it did.", inputs=Letter, outputs=Receipt, effect=True,
    probe=written,
)(write_down)  # fmt: skip
post_again = tool(
    name="post_again", summary="Writes what may be written twice.", inputs=Letter, outputs=Receipt, effect=True,
    repeatable=True,
)(write_down)  # fmt: skip


class Password(ToolShape):
    password: SecretStr


@tool(name="tell_all", summary="Tells its secret in every way it can.", inputs=Password, outputs=Anything)
def tell_all(inputs: Password, run: ToolRun) -> Anything:
    password = inputs.password.get_secret_value()
    print(f"printed: {password}", flush=True)
    run.progress(0.5, f"progress: {password}")
    run.evidence(Evidence(judge="me", dimension="d", passed=1, tried=1, summary=password))
    subprocess.run([sys.executable, "-c", f"print('printed by a child:', {password!r})"], check=True)
    return Anything.model_validate({"received": len(password), "password": password})
