"""What a tool's process may do to its worker: nothing."""

import asyncio
import hashlib
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from wrenchai_contracts.spending import Spending
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES, MAX_REASON, Asked, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.process import MAX_LOG_BYTES
from wrenchai_journey.secret_values import HIDDEN, hiding

from tests.integration.lone_worker import attempt_of, start_lone_worker, tool_process
from tests.samples import until

MIB = 1024 * 1024
Run = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    async def run(
        tool: str,
        *,
        seconds: float = 60.0,
        stop: asyncio.Event | None = None,
        facts: dict[str, Any] | None = None,
        **inputs: Any,
    ) -> Outcome:
        attempt = attempt_of(tool, tmp_path, seconds=seconds, inputs=inputs, **(facts or {}))
        return await tool_process(attempt, tmp_path).run(stop or asyncio.Event())

    return run


def gone(pid: int) -> bool:
    """Whether the process has ended; nobody may have asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def noted_pids(directory: Path) -> list[int]:
    noted = directory / "workspace" / "pids"
    return list(json.loads(noted.read_text())) if noted.exists() else []


def stored(directory: Path, sha256: str) -> bytes:
    return (directory / "artifacts" / sha256[:2] / sha256).read_bytes()


@pytest.mark.parametrize("tool", ["hang", "stubborn"])
async def test_a_tool_is_stopped_at_its_deadline_with_all_its_children(tool: str, run: Run, tmp_path: Path) -> None:
    outcome = await run(tool, seconds=2)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("timeout", True)
    assert "did not end within 2 s" in outcome.reason
    pids = noted_pids(tmp_path)
    assert len(pids) == 2
    assert all(map(gone, pids))


async def test_a_cancelled_tool_is_gone_when_the_attempt_says_so(run: Run, tmp_path: Path) -> None:
    stop = asyncio.Event()
    running = asyncio.ensure_future(run("hang", stop=stop))
    await until(lambda: noted_pids(tmp_path))
    stop.set()
    assert isinstance(await running, Stopped)
    assert all(map(gone, noted_pids(tmp_path)))


async def test_a_worker_that_is_told_to_leave_takes_its_tool_and_its_files_with_it(tmp_path: Path) -> None:
    process = tool_process(attempt_of("hang", tmp_path), tmp_path)
    running = asyncio.ensure_future(process.run(asyncio.Event()))
    await until(lambda: noted_pids(tmp_path))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: all(map(gone, noted_pids(tmp_path))))
    assert not list((tmp_path / "steps").glob("step-*"))


async def test_a_tool_that_says_nothing_for_too_long_is_stopped_with_all_its_children(run: Run, tmp_path: Path) -> None:
    outcome = await run("hang", facts={"heartbeat": 3})
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("heartbeat", True)
    assert outcome.reason == "hang said nothing for 3 s and was stopped"
    assert all(map(gone, noted_pids(tmp_path)))


@pytest.mark.parametrize("how", ["progress", "print", "evidence"])
async def test_a_tool_that_is_heard_of_may_take_its_time(how: str, run: Run) -> None:
    outcome = await run("talk", facts={"heartbeat": 3}, how=how, lasts=4)
    assert isinstance(outcome, Succeeded)
    assert outcome.seconds > 4


async def test_the_timeout_comes_first_if_it_is_shorter_than_the_silence_allowed(run: Run) -> None:
    outcome = await run("hang", seconds=2, facts={"heartbeat": 3})
    assert isinstance(outcome, Failed)
    assert outcome.kind == "timeout"


@pytest.mark.parametrize("ending", ["timeout", "stop"])
async def test_what_a_tool_told_of_spending_counts_although_it_was_killed(
    ending: str, run: Run, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    running = asyncio.ensure_future(run("splurge", stop=stop, seconds=3 if ending == "timeout" else 60))
    await until(lambda: noted_pids(tmp_path), within=20)
    if ending == "stop":
        stop.set()
    outcome = await running
    assert isinstance(outcome, Failed | Stopped)
    assert outcome.spent == Spending(tokens=42, micros=500_000)


async def test_a_tool_that_must_know_more_asks_and_gets_its_answer(run: Run) -> None:
    asked = await run("inquire")
    assert isinstance(asked, Asked)
    assert (asked.question.title, asked.spent) == ("Which colour?", Spending(tokens=1))
    outcome = await run("inquire", facts={"answer": {"colour": "red"}})
    assert isinstance(outcome, Succeeded)
    assert outcome.output == {"colour": "red"}


@pytest.mark.parametrize(
    ("tool", "inputs", "effect"),
    [
        ("refuse", {}, "not_done"),
        ("exit_3", {}, "unknown"),
        ("segfault", {}, "unknown"),
        ("raise", {}, "unknown"),
        ("babble", {}, "unknown"),
        ("boast", {"size": MAX_OUTPUT_BYTES}, "done"),
    ],
)
async def test_a_tool_that_fails_says_nothing_was_done_and_one_that_breaks_leaves_it_open(
    tool: str, inputs: dict[str, int], effect: str, run: Run
) -> None:
    outcome = await run(tool, **inputs)
    assert isinstance(outcome, Failed)
    assert outcome.effect == effect


async def test_a_probe_only_looks(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "book"
    for found, line in ((None, "another"), ({"key": "k"}, "k")):
        book.write_text(f"{line}\n")
        outcome = await run("post_and_look", facts={"probe": True, "key": "k"}, book=str(book))
        assert isinstance(outcome, Succeeded)
        assert outcome.output == {"found": found}
        assert book.read_text() == f"{line}\n"


async def test_children_that_a_tool_leaves_behind_are_ended_at_once(run: Run, tmp_path: Path) -> None:
    outcome = await run("leave_child")
    assert isinstance(outcome, Succeeded)
    assert outcome.seconds < 2.5, "nobody waits for what was left behind"
    assert all(map(gone, noted_pids(tmp_path)))


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("exit_3", "exit_3 exited with code 3 without a result; the end of its log: the last words"),
        ("segfault", "segfault was killed by SIGSEGV without a result"),
        ("raise", "LookupError: no such thing as a free lunch"),
    ],
)
async def test_a_crash_is_a_failure_that_may_be_tried_again_and_says_how_it_died(
    tool: str, said: str, run: Run
) -> None:
    outcome = await run(tool)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("tool_crashed", True)
    assert said in outcome.reason


async def test_what_a_tool_says_of_its_failure_is_passed_on_and_cut(run: Run) -> None:
    outcome = await run("refuse")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("closed", True)
    assert outcome.reason.startswith("the shop is closed today")
    assert len(outcome.reason) == MAX_REASON


async def test_a_hundred_megabytes_of_log_are_cut_and_never_held_in_memory(run: Run, tmp_path: Path) -> None:
    before = reset_peak_memory()
    outcome = await run("chatter")
    assert isinstance(outcome, Succeeded)
    assert peak_memory() - before < 40 * MIB
    (log,) = outcome.artifacts
    assert (log.name, log.media_type) == ("step.log", "text/plain; charset=utf-8")
    text = stored(tmp_path, log.sha256)
    assert text.endswith(f"\n[{100 * MIB - MAX_LOG_BYTES} more bytes were printed and thrown away]\n".encode())
    assert log.size == len(text) < MAX_LOG_BYTES + 100


def reset_peak_memory() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return peak_memory()


def peak_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("size", [MAX_OUTPUT_BYTES, 20 * MIB])
async def test_an_output_over_the_limit_fails_for_good(size: int, run: Run) -> None:
    outcome = await run("boast", size=size)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("output_too_large", False)
    assert "artifacts" in outcome.reason


async def test_an_output_within_the_limit_arrives_whole(run: Run) -> None:
    outcome = await run("boast", size=MAX_OUTPUT_BYTES - 100)
    assert isinstance(outcome, Succeeded)
    assert len(outcome.output["text"]) == MAX_OUTPUT_BYTES - 100


async def test_nonsense_on_the_worker_s_line_fails_for_good_and_hurts_nobody(run: Run) -> None:
    outcome = await run("babble")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.retryable) == ("bad_output", False)


async def test_evidence_and_artifacts_are_stored_by_their_content_as_it_was(run: Run, tmp_path: Path) -> None:
    outcome = await run("keep")
    assert isinstance(outcome, Succeeded)
    sha256 = hashlib.sha256(b"<p>hello</p>").hexdigest()
    assert [(kept.name, kept.sha256) for kept in outcome.artifacts] == [("page.html", sha256), ("copy.html", sha256)]
    assert stored(tmp_path, sha256) == b"<p>hello</p>"
    assert [(fact.judge, fact.passed, fact.tried) for fact in outcome.evidence] == [("links.lychee", 9, 10)]
    assert [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == [
        tmp_path / "artifacts" / sha256[:2] / sha256
    ]


async def test_a_tool_works_in_its_workspace(run: Run, tmp_path: Path) -> None:
    outcome = await run("look_around")
    assert isinstance(outcome, Succeeded)
    assert outcome.output["working_directory"] == str(tmp_path / "workspace")


@pytest.mark.parametrize("tool", ["hang", "stubborn"])
async def test_a_worker_that_is_killed_leaves_no_tool_behind(tool: str, tmp_path: Path) -> None:
    worker = await start_lone_worker(tool, tmp_path)
    await until(lambda: noted_pids(tmp_path), within=20)
    worker.kill()
    await worker.wait()
    await until(lambda: all(map(gone, noted_pids(tmp_path))))


async def test_a_worker_killed_while_its_tool_starts_leaves_no_tool_behind(tmp_path: Path) -> None:
    worker = await start_lone_worker("stubborn", tmp_path)
    await until(lambda: children_of(worker.pid), within=20)
    children = children_of(worker.pid)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    await until(lambda: all(map(gone, children)), within=20)
    assert all(map(gone, noted_pids(tmp_path)))


def children_of(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except FileNotFoundError:
        return []


async def test_a_secret_reaches_its_tool_and_comes_back_in_nothing_it_says_prints_or_keeps(
    run: Run, tmp_path: Path
) -> None:
    phrase = "correct horse battery staple"
    outcome = await run("tell_all", password=phrase, facts={"hidden": hiding([phrase])})
    assert isinstance(outcome, Succeeded)
    assert outcome.output == {"received": len(phrase), "password": HIDDEN}
    (log,) = (stored(tmp_path, artifact.sha256) for artifact in outcome.artifacts)
    assert log.decode().splitlines() == [f"printed: {HIDDEN}", f"printed by a child: {HIDDEN}"]
    assert phrase not in repr(outcome)
