"""Processes are kept running, in order, and none outlives its supervisor."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from wrenchai.local.errors import NotReady
from wrenchai.local.log_file import LogFile
from wrenchai.local.ports import LOOPBACK, RememberedPorts
from wrenchai.local.process_spec import Probe, ProcessSpec
from wrenchai.local.readiness import answers_http
from wrenchai.local.status import ProcessStatus, State
from wrenchai.local.supervisor import Supervisor

ENVIRONMENT = {"PATH": os.environ["PATH"]}


class Seen:
    """Every status in the order in which it was told; lets a test wait for one."""

    def __init__(self) -> None:
        self.statuses: list[ProcessStatus] = []
        self._changed = asyncio.Event()

    def add(self, status: ProcessStatus) -> None:
        self.statuses.append(status)
        self._changed.set()

    async def until(self, wanted: Callable[[ProcessStatus], bool]) -> ProcessStatus:
        async with asyncio.timeout(20):
            while not (found := [status for status in self.statuses if wanted(status)]):
                self._changed.clear()
                await self._changed.wait()
        return found[0]

    def order(self, state: State) -> list[str]:
        return [status.name for status in self.statuses if status.state is state]


@pytest.fixture
async def seen() -> Seen:
    return Seen()


@pytest.fixture
async def supervisor(tmp_path: Path, seen: Seen) -> AsyncIterator[Supervisor]:
    made = Supervisor(tmp_path, seen.add)
    yield made
    made.hurry()
    await made.stop()


def shell(name: str, script: str, after: tuple[str, ...] = ()) -> ProcessSpec:
    return ProcessSpec(name, ("/bin/sh", "-c", script), ENVIRONMENT, after=after)


def pid_of(status: ProcessStatus) -> int:
    assert status.process is not None
    return status.process.pid


async def test_a_process_starts_behind_those_it_needs_and_is_stopped_before_them(
    supervisor: Supervisor, seen: Seen
) -> None:
    specs = [shell(name, "exec sleep 600", after) for name, after in [("a", ()), ("b", ("a",)), ("c", ("a", "b"))]]
    await supervisor.start(specs, within=10)
    await supervisor.stop()
    assert seen.order(State.READY) == ["a", "b", "c"]
    assert seen.order(State.STOPPED) == ["c", "b", "a"]


async def test_ready_means_that_the_process_says_so(supervisor: Supervisor, tmp_path: Path, seen: Seen) -> None:
    port = RememberedPorts(tmp_path / "ports.json", lambda *_: None).claim("web")
    web = ProcessSpec(
        "web",
        (sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK, "--directory", str(tmp_path)),
        ENVIRONMENT,
        ready=answers_http(f"http://{LOOPBACK}:{port}/"),
    )
    await supervisor.start([web], within=20)
    assert [status.state for status in seen.statuses] == [State.STARTING, State.READY]
    socket.create_connection((LOOPBACK, port)).close()


async def test_a_killed_process_is_started_again_with_a_new_pid(supervisor: Supervisor, seen: Seen) -> None:
    await supervisor.start([shell("worker", "exec sleep 600")], within=10)
    first = pid_of(supervisor.statuses[0])
    os.kill(first, signal.SIGKILL)
    again = await seen.until(lambda status: status.state is State.READY and status.restarts == 1)
    assert pid_of(again) != first
    assert again.last_error == "killed by SIGKILL"


async def test_a_process_that_cannot_work_is_given_up_with_its_last_words_and_the_others_go_on(
    supervisor: Supervisor, seen: Seen
) -> None:
    with pytest.raises(NotReady, match="no such setting: colour") as failure:
        await supervisor.start(
            [
                ProcessSpec(
                    "broken", ("/bin/sh", "-c", "echo no such setting: colour; exit 3"), ENVIRONMENT, ready=never
                ),
                shell("fine", "exec sleep 600"),
                shell("behind", "exec sleep 600", after=("broken",)),
            ],
            within=20,
        )
    assert [name for name, _ in failure.value.reasons] == ["broken", "behind"]
    assert "ended with exit code 3" in dict(failure.value.reasons)["broken"]
    assert {status.name: status.state for status in supervisor.statuses} == {
        "broken": State.FAILING,
        "fine": State.READY,
        "behind": State.FAILING,
    }
    assert seen.order(State.RESTARTING) == ["broken", "broken"]


async def test_a_program_that_is_not_there_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(NotReady, match="cannot start /no/such/program: No such file"):
        await supervisor.start([ProcessSpec("ghost", ("/no/such/program",), {})], within=20)


async def test_a_process_that_never_says_it_is_ready_is_reported_in_time(supervisor: Supervisor) -> None:
    silent = ProcessSpec("silent", ("/bin/sleep", "600"), ENVIRONMENT, ready=never)
    with pytest.raises(NotReady, match=r"still waiting after 0\.3 seconds"):
        await supervisor.start([silent], within=0.3)


async def test_one_that_ignores_sigterm_is_killed_with_all_that_it_left(supervisor: Supervisor, tmp_path: Path) -> None:
    grandchild = tmp_path / "grandchild"
    script = f"trap '' TERM; sleep 600 & echo $! > {grandchild}; touch {tmp_path}/trapped; while :; do wait; done"
    stubborn = ProcessSpec(
        "stubborn",
        ("/bin/sh", "-c", script),
        ENVIRONMENT,
        ready=exists(tmp_path / "trapped"),
        stop=((signal.SIGTERM, 0.2),),
    )
    await supervisor.start([stubborn], within=10)
    await supervisor.stop()
    assert not runs(int(grandchild.read_text()))


async def test_one_that_drains_is_given_the_time_for_it(supervisor: Supervisor, tmp_path: Path) -> None:
    script = (
        f"trap 'sleep 0.3; touch {tmp_path}/drained; exit 0' TERM; touch {tmp_path}/up; while :; do sleep 0.05; done"
    )
    drains = ProcessSpec("drains", ("/bin/sh", "-c", script), ENVIRONMENT, ready=exists(tmp_path / "up"))
    await supervisor.start([drains], within=10)
    await supervisor.stop()
    assert (tmp_path / "drained").exists()


async def test_stopping_in_the_middle_of_a_start_leaves_nothing(supervisor: Supervisor, seen: Seen) -> None:
    slow = ProcessSpec("slow", ("/bin/sleep", "600"), ENVIRONMENT, ready=never)
    starting = asyncio.create_task(supervisor.start([slow, shell("behind", "sleep 600", ("slow",))], within=30))
    pid = pid_of(await seen.until(lambda status: status.state is State.STARTING))
    await supervisor.stop()
    with pytest.raises(NotReady):
        await starting
    assert not runs(pid)
    assert "behind" not in seen.order(State.STARTING)


async def test_a_child_hears_no_ctrl_c_of_ours_and_inherits_no_environment(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    script = f"env > {tmp_path}/env; touch {tmp_path}/up; exec sleep 600"
    worker = ProcessSpec("worker", ("/bin/sh", "-c", script), ENVIRONMENT, ready=exists(tmp_path / "up"))
    await supervisor.start([worker], within=10)
    pid = pid_of(supervisor.statuses[0])
    assert os.getsid(pid) == pid
    await supervisor.stop()
    assert "HOME=" not in (tmp_path / "env").read_text()


async def test_a_log_that_grew_too_large_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "noisy.log", limit=1000)
    descriptor = log.open()
    os.write(descriptor, b"x" * 1500)
    assert log.rotate_if_large()
    os.write(descriptor, b"and on\n")
    os.close(descriptor)
    assert log.tail() == "and on"
    assert (tmp_path / "noisy.log.1").stat().st_size == 1500
    assert not log.rotate_if_large()


async def never() -> bool:
    return False


def exists(path: Path) -> Probe:
    async def probe() -> bool:
        return await asyncio.to_thread(path.exists)

    return probe


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
