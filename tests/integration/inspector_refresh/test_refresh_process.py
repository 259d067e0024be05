"""The process that fits the background model: it answers or is ended, and leaves nothing behind."""

import asyncio
import json
import math
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from wrenchai_inspector.refresh.fitting import Limits, environment, fit
from wrenchai_inspector.refresh.request import ANSWER, LEARNT, Answer, Cell, Fitted, Refused, Request

pytestmark = pytest.mark.timeout(400)  # the process has the lowest priority: beside other tests it may wait long

GOOD = {"sharp": 0.95, "plain": 0.8, "blunt": 0.4}


def request(**changed: object) -> Request:
    """Forty outcomes of three tools each, in two playbooks."""
    cells = [
        Cell(role="coder", tool=tool, playbook=playbook, good=20 * share, bad=20 * (1 - share))
        for tool, share in GOOD.items()
        for playbook in ("site", "notes")
    ]
    return Request.model_validate({"cells": cells, "seed": 5, "draws": 200, "tune": 200, "chains": 2, **changed})


def module(directory: Path, text: str) -> None:
    """Stand where nutpie is looked for: what the process does when it imports it."""
    (directory / "nutpie.py").write_text(text)


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def _children() -> set[psutil.Process]:
    """All that this process has started and that has not ended: servers of other tests too, and what those start."""
    return set(psutil.Process().children(recursive=True))


@pytest.fixture(autouse=True)
def _nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """However a fit ends, no process of it runs on, and no file of it stays."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    before = _children()
    yield
    assert [
        child.cmdline() for child in _children() - before if child.parent() not in before and child.is_running()
    ] == []
    assert list(place.iterdir()) == []


def session_nice(pid: int) -> str | None:
    """None where the kernel does not share by session."""
    told = Path(f"/proc/{pid}/autogroup")
    return told.read_text().split()[-1] if told.exists() else None


async def at_work(fitting: "asyncio.Task[Answer]") -> psutil.Process:
    """The process, once it has imported what it samples with."""
    while not fitting.done():
        for child in psutil.Process().children():
            if "wrenchai_inspector.refresh" in child.cmdline() and child.memory_info().rss > 200 * 2**20:
                return child
        await asyncio.wait({fitting}, timeout=0.05)
    pytest.fail(f"ended before: {fitting.result()}")


async def test_a_small_world_is_fitted_without_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("g++", "gcc", "cc", "c++", "clang", "clang++", "ld"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was_called\nexit 1\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    fitted = await fit(request())
    assert isinstance(fitted, Fitted), fitted
    assert not (tmp_path / "was_called").exists()
    assert fitted.outcomes == 120
    assert set(fitted.spreads) == set(LEARNT)
    assert set(fitted.effects) == {
        "base", "role:coder", "playbook:site", "playbook:notes",
        *(f"tool:{tool}" for tool in GOOD), *(f"pair:coder x {tool}" for tool in GOOD),
    }  # fmt: skip
    means = [fitted.effects[f"tool:{tool}"][0] for tool in GOOD]
    assert means == sorted(means, reverse=True)
    assert all(sd > 0 for _, sd in fitted.effects.values())
    assert 0.99 < fitted.rhat < 1.5
    assert math.isfinite(fitted.ess)
    assert 200 * 2**20 < fitted.peak_rss < 1024 * 2**20
    assert {"pymc", "nutpie", "numba"} <= set(fitted.versions)


async def test_a_process_that_is_killed_is_a_refusal() -> None:
    fitting = asyncio.create_task(fit(request()))
    os.kill((await at_work(fitting)).pid, signal.SIGKILL)
    answer = await fitting
    assert isinstance(answer, Refused)
    assert "SIGKILL" in answer.reason


async def test_a_fit_that_nobody_waits_for_any_more_is_ended() -> None:
    fitting = asyncio.create_task(fit(request()))
    child = await at_work(fitting)
    fitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fitting
    assert not psutil.pid_exists(child.pid)


async def test_it_and_its_session_have_the_lowest_priority() -> None:
    fitting = asyncio.create_task(fit(request()))
    child = await at_work(fitting)
    assert child.nice() == 19
    assert session_nice(child.pid) in {None, "19"}
    fitting.cancel()
    await asyncio.wait({fitting})


async def test_what_takes_too_long_is_ended() -> None:
    answer = await fit(request(), Limits(seconds=1.0))
    assert answer == Refused(reason="the fit did not end within 1 s and was stopped")


async def test_what_grows_too_large_is_ended() -> None:
    answer = await fit(request(), Limits(megabytes=100))
    assert answer == Refused(reason="the fit took more than 100 MB and was stopped")


async def test_one_huge_request_for_memory_is_refused_by_the_kernel(instead: Path) -> None:
    module(instead, "bytearray(64 * 2**30)")
    answer = await fit(request())
    assert answer == Refused(reason="the fit failed: MemoryError: ")


async def test_a_missing_sampler_is_named(instead: Path) -> None:
    module(instead, "raise ImportError(\"No module named 'nutpie'\")")
    answer = await fit(request())
    assert answer == Refused(reason="No module named 'nutpie'; the background model needs wrenchai[inspector]")


async def test_a_crash_tells_how_it_ended_and_what_was_printed_last(instead: Path) -> None:
    module(instead, "import os; print('out of luck', flush=True); os.abort()")
    answer = await fit(request())
    assert isinstance(answer, Refused)
    assert "was killed by SIGABRT without an answer" in answer.reason
    assert "out of luck" in answer.reason


async def test_what_the_process_has_started_ends_with_it(instead: Path) -> None:
    started = instead / "started"
    sleep = f"subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(900)'])"
    module(instead, f"import subprocess; open({str(started)!r}, 'w').write(str({sleep}.pid))")
    answer = await fit(request(), Limits(seconds=20.0))
    assert isinstance(answer, Refused)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(started.read_text())).wait(timeout=10)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (b"", "cannot be read"),
        (b"\x00\xff{", "cannot be read"),
        (b'{"cells": [], "seed": 1}', "cannot be read"),
        (b'{"cells": [{"role": "r", "tool": "t", "playbook": "p", "good": 0, "bad": 0}], "seed": 1}', "no outcomes"),
    ],
)
def test_garbage_is_answered_with_a_reason_and_an_exit_code(tmp_path: Path, asked: bytes, reason: str) -> None:
    argv = [sys.executable, "-m", "wrenchai_inspector.refresh"]
    ended = subprocess.run(argv, input=asked, capture_output=True, env=environment(str(tmp_path)), check=False)
    assert ended.returncode == 1
    assert reason in json.loads(ended.stdout)["reason"]
    assert isinstance(ANSWER.validate_json(ended.stdout), Refused)


def test_it_does_not_outlive_who_asked() -> None:
    asking = "import asyncio, sys; from wrenchai_inspector.refresh import fitting, request as r; "
    asking += f"asyncio.run(fitting.fit(r.Request.model_validate_json({request().model_dump_json()!r})))"
    asker = psutil.Popen([sys.executable, "-c", asking])
    while not (children := asker.children()):
        time.sleep(0.05)
    while children[0].is_running() and children[0].memory_info().rss < 100 * 2**20:
        time.sleep(0.05)
    asker.kill()
    asker.wait()
    gone, left = psutil.wait_procs(children, timeout=10)
    assert left == []
    assert len(gone) == 1
