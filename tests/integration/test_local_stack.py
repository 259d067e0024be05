"""`wrenchai up` as a whole: real servers, killed in every way, and found again as they were."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest
from wrenchai_chassis.migrations import migrate

from wrenchai.local import Endpoints, Notice, ProcessSpec, Stack, State, attach
from wrenchai.local.errors import AlreadyRunning, NotReady, NotRunning
from wrenchai.local.leftovers import gone
from wrenchai.local.ports import LOOPBACK
from wrenchai.local.process_identity import ProcessIdentity
from wrenchai.local.status import read_status

RUN_A_STACK = """
import asyncio, sys
from pathlib import Path
from wrenchai.local import ProcessSpec, Stack
from wrenchai_chassis.migrations import migrate

async def never():
    return False

sleep = ("/bin/sleep", "600")
kinds = {
    "quiet": ProcessSpec("worker", sleep, {}),
    "never ready": ProcessSpec("worker", sleep, {}, ready=never),
    "stubborn": ProcessSpec("worker", ("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"), {}),
}

def show(notice):
    print(notice.about, notice.text, flush=True)

stack = Stack(lambda _: [kinds[sys.argv[2]]], migrate, root=Path(sys.argv[1]), on_notice=show)
asyncio.run(stack.run(lambda _: None))
"""


@pytest.fixture
def home(open_path: Path) -> Path:
    return open_path / "data"


class Terminal:
    """What the stack said, and how a test waits for it to say something."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self._told = asyncio.Event()

    def show(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._told.set()

    @property
    def warnings(self) -> list[str]:
        return [f"{notice.about}: {notice.text}" for notice in self.notices if notice.warning]

    async def until_said(self, about: str, text: str, *, times: int = 1) -> None:
        async with asyncio.timeout(30):
            while sum(n.about == about and n.text == text for n in self.notices) < times:
                self._told.clear()
                await self._told.wait()


@asynccontextmanager
async def stack_on(home: Path, terminal: Terminal, *services: ProcessSpec) -> AsyncIterator[Endpoints]:
    stack = Stack(lambda _: services, migrate, root=home, on_notice=terminal.show, environment={})
    endpoints = await stack.up()
    try:
        yield endpoints
    finally:
        await stack.down()


@contextmanager
def stack_in_a_process(
    home: Path, worker: str = "quiet", until: str = "wrenchai ready"
) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WRENCHAI_")}
    command = [sys.executable, "-c", RUN_A_STACK, str(home), worker]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert f"{until}\n" in process.stdout
        yield process
        process.kill()


async def write(dsn: str, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


async def count(dsn: str, table: str) -> int:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        row = await (await connection.execute(f"SELECT count(*) FROM {table}".encode())).fetchone()  # noqa: S608  # own name
    assert row is not None
    return int(row[0])


def children_of(home: Path) -> dict[str, ProcessIdentity]:
    status = read_status(home / "run/status.json")
    assert status is not None
    return {process.name: process.process for process in status.processes if process.process}


async def test_a_second_up_finds_its_data_ports_and_key(home: Path) -> None:
    terminal = Terminal()
    async with stack_on(home, terminal) as first:
        await write(first.owner_dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1), (2)")
        before = (first.ports.chosen, first.api_key)
    async with stack_on(home, terminal) as second:
        assert await count(second.owner_dsn, "kept") == 2
        assert (second.ports.chosen, second.api_key) == before
    assert terminal.warnings == []


async def test_services_may_add_to_the_log_and_change_nothing_in_it(home: Path) -> None:
    append = "SELECT wrenchai.append('{s}', '{1}', '{T}', '{default}', ARRAY['x'::bytea])"
    async with stack_on(home, Terminal()) as endpoints:
        await write(endpoints.service_dsn, append)
        for change in ("DELETE FROM wrenchai.event_log", "TRUNCATE wrenchai.event_log", "DROP SCHEMA wrenchai CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await write(endpoints.service_dsn, change)
        assert await count(endpoints.service_dsn, "wrenchai.event_log") == 1


async def test_a_service_finds_everything_in_its_environment(home: Path) -> None:
    async with stack_on(home, Terminal()) as endpoints:
        environment = endpoints.environment("journey")
        assert environment["WRENCHAI_POSTGRES_URL"] == endpoints.service_dsn
        assert environment["WRENCHAI_NATS_USER"] == "journey"
        assert environment["WRENCHAI_NATS_PASSWORD"] == endpoints.nats_passwords["journey"]
        assert environment["WRENCHAI_NATS_PASSWORD"] not in repr(endpoints)
        assert endpoints.port("gateway") == endpoints.port("gateway")


async def test_a_service_that_cannot_start_stops_the_start_and_leaves_nothing_running(home: Path) -> None:
    broken = ProcessSpec("gateway", ("/bin/sh", "-c", "echo port is a word; exit 2"), {}, ready=never)
    with pytest.raises(NotReady, match="port is a word"):
        async with stack_on(home, Terminal(), broken):
            pytest.fail("it was called ready")
    assert children_of(home) == {}
    async with stack_on(home, Terminal()):
        pass


async def test_a_port_that_somebody_else_took_is_replaced_and_told(home: Path) -> None:
    async with stack_on(home, Terminal()) as endpoints:
        old = endpoints.ports.chosen
    terminal = Terminal()
    with socket.create_server((LOOPBACK, old["postgres"])), socket.create_server((LOOPBACK, old["nats"])):
        async with stack_on(home, terminal) as endpoints:
            new = endpoints.ports.chosen
            await write(endpoints.service_dsn, "SELECT 1")
    assert terminal.warnings == [
        f"{name}: port {old[name]} is used by another program; taking {new[name]}" for name in ("postgres", "nats")
    ]


@pytest.mark.parametrize("victim", ["postgres", "nats"])
async def test_a_killed_server_is_started_again_with_its_data(home: Path, victim: str) -> None:
    terminal = Terminal()
    async with stack_on(home, terminal) as endpoints:
        await write(endpoints.owner_dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
        os.kill(children_of(home)[victim].pid, signal.SIGKILL)
        await terminal.until_said(victim, State.READY, times=2)
        assert await count(endpoints.owner_dsn, "kept") == 1
    assert terminal.warnings[0] == f"{victim}: restarting: killed by SIGKILL"


async def test_a_killed_supervisor_leaves_no_orphans_and_the_next_start_recovers(home: Path) -> None:
    with stack_in_a_process(home) as supervisor:
        children = children_of(home)
        assert set(children) == {"postgres", "nats", "worker"}
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        assert await gone(children.values(), within=10)
    with pytest.raises(NotRunning):
        attach(home)
    async with stack_on(home, Terminal()) as endpoints:
        assert await count(endpoints.service_dsn, "wrenchai.event_log") == 0


async def test_a_start_right_behind_a_kill_does_not_trip_over_what_is_still_dying(home: Path) -> None:
    for _ in range(3):
        with stack_in_a_process(home) as supervisor:
            supervisor.send_signal(signal.SIGKILL)
    terminal = Terminal()
    async with stack_on(home, terminal):
        pass
    assert not [warning for warning in terminal.warnings if "restarting" in warning]


async def test_another_process_sees_the_status_and_asks_it_to_stop(home: Path) -> None:
    with stack_in_a_process(home) as supervisor:
        running = attach(home)
        status = running.status()
        assert status is not None
        assert status.ready
        assert {p.name: p.state for p in status.processes} == dict.fromkeys(("postgres", "nats", "worker"), State.READY)
        with pytest.raises(AlreadyRunning, match=str(supervisor.pid)):
            async with stack_on(home, Terminal()):
                pytest.fail("two ran on one directory")
        children = children_of(home)
        assert await running.request_down(within=30)
        assert supervisor.wait() == 0
        assert await gone(children.values(), within=0)
    with pytest.raises(NotRunning):
        attach(home)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_ctrl_c_and_a_closed_terminal_stop_everything(home: Path, how: signal.Signals) -> None:
    with stack_in_a_process(home) as supervisor:
        children = children_of(home)
        supervisor.send_signal(how)
        assert supervisor.wait(timeout=30) == 0
        assert await gone(children.values(), within=0)


async def test_ctrl_c_in_the_middle_of_a_start_stops_what_was_started(home: Path) -> None:
    with stack_in_a_process(home, "never ready", until="worker starting") as supervisor:
        children = children_of(home)
        assert set(children) == {"postgres", "nats", "worker"}
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(timeout=30) != 0
        assert await gone(children.values(), within=0)


async def test_a_second_ctrl_c_waits_for_nobody(home: Path) -> None:
    with stack_in_a_process(home, "stubborn") as supervisor:
        assert supervisor.stdout is not None
        children = children_of(home)
        supervisor.send_signal(signal.SIGINT)
        assert "worker stopping\n" in supervisor.stdout
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(timeout=8) == 0
        assert await gone(children.values(), within=0)


async def test_the_status_file_holds_no_secret(home: Path) -> None:
    async with stack_on(home, Terminal()):
        told = (home / "run/status.json").read_text() + (home / "run/ports.json").read_text()
        assert json.loads((home / "run/status.json").read_text())["ready"]
    secrets = [file.read_text() for file in (home / "secrets").iterdir()]
    assert len(secrets) == 10
    assert not [secret for secret in secrets if secret in told]


async def test_servers_that_the_environment_names_are_used_instead(open_path: Path) -> None:
    async with stack_on(open_path / "lender", Terminal()) as lender:
        environment = {"WRENCHAI_POSTGRES_URL": lender.owner_dsn, "WRENCHAI_NATS_URL": lender.nats_url}
        worker = ProcessSpec("worker", ("/bin/sleep", "600"), {})
        stack = Stack(lambda _: [worker], migrate, root=open_path / "borrower", environment=environment)
        async with stack:
            assert set(children_of(open_path / "borrower")) == {"worker"}
            assert not (open_path / "borrower/postgres").exists()


async def never() -> bool:
    return False
