"""The whole system for a test: every process real, killed and restarted at will, judged by the invariant checker."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.bus import BusUnavailable
from wrenchai_chassis.invariants import Violation, bus_violations, log_violations
from wrenchai_chassis.log import Stored
from wrenchai_chassis.migrations import migrate
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.rebuild import compare
from wrenchai_chassis.view_store import served_schema
from wrenchai_contracts.envelope import unseal_all
from wrenchai_contracts.events import TaskRequested
from wrenchai_contracts.subjects import EVENT_STREAM
from wrenchai_contracts.views import WaitView
from wrenchai_gateway.task_projection import TaskProjection

from wrenchai.cli.replaying import VIEWS
from wrenchai.client import AsyncClient
from wrenchai.client import Patience as Wait
from wrenchai.invariants import step_violations, task_violations
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.process_spec import Probe, ProcessSpec
from wrenchai.local.readiness import answers_http
from wrenchai.local.restart_policy import Patience
from wrenchai.local.stack import Stack
from wrenchai.local.status import ProcessStatus, State, read_status
from wrenchai.services import gateway_url, service_processes

OFFERED = ("post", "post_and_look", "inquire")
"""Tools that write into a book outside, and one that asks."""

_AT_ONCE = 100

UNTIRING = Patience(crashes=10_000, longest_delay=0.4)


@dataclass(slots=True)
class System:
    """One running installation with the means to hurt it and to judge it."""

    stack: Stack
    endpoints: Endpoints
    client: AsyncClient
    faults: Path
    probes: dict[str, Probe]

    def pid(self, name: str) -> int:
        """The process that bears `name` now."""
        status = self._status(name)
        assert status.process is not None, f"{name} does not run: {status.last_error}"
        return status.process.pid

    def kill(self, name: str) -> int:
        """SIGKILL to it, whose pid is returned; the supervisor starts it again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def kill_alive(self, name: str) -> int:
        """The same, once it is ready: one that is just dying of something else is waited for and killed after all."""
        killed: list[int] = []

        async def kill() -> bool:
            await self.ready(name)
            with suppress(ProcessLookupError):
                killed.append(self.kill(name))
            return bool(killed)

        await until(kill, within=60)
        return killed[0]

    async def kill_starting(self, name: str) -> None:
        """Kill it, and its next life as soon as that has begun: most are then far from ready."""
        killed = await self.kill_alive(name)

        def kill_again() -> bool:
            process = self._status(name).process
            if process is None or process.pid == killed:
                return False
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            return True

        await until(kill_again, within=60)

    def restarts(self, name: str) -> int:
        """How often it was started again."""
        return self._status(name).restarts

    async def ready(self, *names: str) -> None:
        """Wait until those processes (all of them if none is named) are ready."""
        wanted = names or tuple(status.name for status in self._statuses())
        await until(lambda: all(self._status(name).state is State.READY for name in wanted), within=60)

    async def healthy(self, *, within: float) -> None:
        """Wait until every process is ready by the supervisor's word, and every service by its own."""

        async def all_healthy() -> bool:
            by_supervisor = all(status.state is State.READY for status in self._statuses())
            return by_supervisor and all(await asyncio.gather(*(probe() for probe in self.probes.values())))

        await until(all_healthy, within=within, what=lambda: f"not healthy yet: {self._statuses()}")

    async def arm(self, name: str, fault: str) -> int:
        """Have the next life of `name` die at `fault` (`point` or `point:nth`); that life begins now.

        How often it had been started again when that life began, for `died_again`: it may end of what was left over
        even before it says that it is ready.
        """
        before = self.restarts(name)
        (self.faults / name).write_text(fault)
        self.kill(name)
        await until(lambda: self.restarts(name) > before and not (self.faults / name).exists(), within=60)
        await self.ready(name)
        return before + 1

    async def died_again(self, name: str, before: int) -> None:
        """Wait until `name` was started again more than `before` times."""
        await until(lambda: self.restarts(name) > before, within=60)

    async def ended(self, task_ids: Sequence[str], *, within: float = 60.0) -> dict[str, str]:
        """Wait until all of these tasks have ended; how each did, straight from the log."""
        async with self.log() as log:
            endings: dict[str, str] = {}

            async def all_ended() -> bool:
                for task_id in [one for one in task_ids if one not in endings]:
                    last = (await log.read_stream(task_id))[-1].topic
                    if last.startswith(("TaskCompleted", "TaskFailed", "TaskCancelled")):
                        endings[task_id] = last
                    else:
                        return False
                return True

            await until(all_ended, within=within, what=lambda: f"{len(task_ids) - len(endings)} tasks still open")
            return endings

    @asynccontextmanager
    async def log(self) -> AsyncIterator[PostgresLog]:
        """The log, read from outside."""
        async with PostgresLog(self.endpoints.service_dsn, application_name="test", readers=2) as log:
            yield log

    async def head(self) -> int:
        """The position of the last event."""
        async with self.log() as log:
            return await log.head()

    async def requested(self, *, after: int) -> list[str]:
        """Every task that was requested behind that position, once for each time that it was."""
        async with self.log() as log:
            rows = await _all(log, after)
        return [row.stream for row in rows if row.topic == TaskRequested.__name__]

    async def waiting(self, task_id: str, waits_for: str, *, within: float = 60.0) -> WaitView:
        """What the task waits for, once it waits for that."""
        found: list[WaitView] = []

        async def waits() -> bool:
            context = await self.client.context(task_id)
            found[:] = [wait for wait in context.waits if wait.waits_for == waits_for]
            return bool(found)

        await until(waits, within=within, what=lambda: f"{task_id} does not wait for {waits_for}")
        return found[0]

    async def recorded(self, stream: str, event: str, *, within: float = 60.0) -> None:
        """Wait until a stream holds an event of that type."""
        async with self.log() as log:

            async def holds() -> bool:
                return any(row.topic.partition(".")[0] == event for row in await log.read_stream(stream))

            await until(holds, within=within, what=lambda: f"{stream} has no {event}")

    async def violations(self) -> list[Violation]:
        """I1, I2, I3 and I7, over everything that was ever recorded."""
        async with self.log() as log:
            rows = await _all(log)
            carried = await self._carried(rows[-1].position)
        events = unseal_all((row.position, row.state) for row in rows)
        found = [*log_violations(rows), *bus_violations(rows, carried, reached=rows[-1].position)]
        return [*found, *task_violations(events, settled=True), *step_violations(events)]

    async def views_equal_a_rebuild(self) -> bool:
        """I4: every view, once it holds all that is recorded now, is byte-identical to one rebuilt from zero."""
        head = await self.head()

        async def caught_up() -> bool:
            return await self._view_position() >= head

        await until(caught_up, within=60, what=lambda: f"the view has not reached position {head}")
        compared = [await compare(make, self.endpoints.service_dsn) for make in VIEWS]
        return all(view.equal for view in compared)

    async def _view_position(self) -> int:
        async with await psycopg.AsyncConnection.connect(self.endpoints.service_dsn) as connection:
            schema = await served_schema(connection, TaskProjection.name) or ""
            query = sql.SQL("SELECT position FROM {}.checkpoint").format(sql.Identifier(schema))
            row = await (await connection.execute(query)).fetchone()
        return int(row[0]) if row else 0

    async def end_backends(self, chance: random.Random) -> None:
        """Terminate one database connection of a service, whichever chance picks."""
        async with await psycopg.AsyncConnection.connect(self.endpoints.owner_dsn, autocommit=True) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'wrenchai%' ORDER BY pid"
            pids = [row[0] for row in await (await connection.execute(query)).fetchall()]
            if pids:
                await connection.execute("SELECT pg_terminate_backend(%s)", (chance.choice(pids),))

    async def _carried(self, reached: int) -> list[Rung]:
        """What the bus holds, once it reaches that far."""
        bus = await self._bus("operator")
        try:
            stream = bus.client.jetstream()

            async def caught_up() -> bool:
                return (await stream.stream_info(EVENT_STREAM)).state.last_seq >= reached

            await until(caught_up, within=60)
            first = (await stream.stream_info(EVENT_STREAM)).state.first_seq

            async def held(position: int) -> Rung:
                message = await stream.get_msg(EVENT_STREAM, position)
                return Rung(position, str(message.subject), bytes(message.data or b""))

            chunks = [range(at, min(at + _AT_ONCE, reached + 1)) for at in range(first, reached + 1, _AT_ONCE)]
            return [rung for chunk in chunks for rung in await asyncio.gather(*map(held, chunk))]
        finally:
            await bus.close()

    async def _bus(self, user: str) -> NatsBus:
        password = self.endpoints.nats_passwords[user]
        return await NatsBus.connect(self.endpoints.nats_url, user=user, password=password)

    def _statuses(self) -> tuple[ProcessStatus, ...]:
        status = read_status(self.stack.directory.status_file)
        return status.processes if status else ()

    def _status(self, name: str) -> ProcessStatus:
        return next(status for status in self._statuses() if status.name == name)


@asynccontextmanager
async def running_system(root: Path, *, relays: int = 1) -> AsyncIterator[System]:
    """Everything, started in `root`; services never tire of being killed and read their faults from files.

    Workers have some of the tests' own tools as well: see `OFFERED`.
    """
    faults = root / "faults"
    faults.mkdir(exist_ok=True)
    _offer_tools(root / "offered")
    probes: dict[str, Probe] = {}

    def processes(endpoints: Endpoints) -> list[ProcessSpec]:
        specs = [_hardy(spec, faults, root / "offered") for spec in service_processes(endpoints)]
        specs += [_second_relay(specs[0], endpoints, n) for n in range(1, relays)]
        probes.update((spec.name, spec.ready) for spec in specs)
        return specs

    stack = Stack(processes, migrate, root=root / "home", patience=UNTIRING)
    endpoints = await stack.up()
    try:
        url = gateway_url(endpoints.ports.chosen)
        patient = Wait(tries=14)
        async with AsyncClient(url=url, api_key=endpoints.api_key, patience=patient) as client:
            yield System(stack, endpoints, client, faults, probes)
    finally:
        await stack.down()


def _offer_tools(directory: Path) -> None:
    """What an installed package that offers tools looks like to whoever has `directory` on its path."""
    package = directory / "offered_by_tests-1.dist-info"
    package.mkdir(parents=True, exist_ok=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-by-tests\nVersion: 1\n")
    entries = [f"{name} = tests.integration.hostile_tools:{name}" for name in OFFERED]
    (package / "entry_points.txt").write_text("\n".join(["[wrenchai.tools]", *entries, ""]))


def _hardy(spec: ProcessSpec, faults: Path, offered: Path) -> ProcessSpec:
    env = {**spec.env, "WRENCHAI_FAULT_FILE": str(faults / spec.name), "PYTHONPATH": str(offered)}
    return replace(spec, env=env, patience=UNTIRING)


def _second_relay(relay: ProcessSpec, endpoints: Endpoints, number: int) -> ProcessSpec:
    port = endpoints.port(f"relay-{number}-health")
    env = {**relay.env, "WRENCHAI_HEALTH_PORT": str(port), "WRENCHAI_FAULT_FILE": os.devnull}
    ready = answers_http(f"http://127.0.0.1:{port}/health/ready")
    return replace(relay, name=f"relay-{number}", env=env, ready=ready)


async def until(
    holds: Callable[[], bool | Awaitable[bool]], *, within: float, what: Callable[[], str] = lambda: "it does not hold"
) -> None:
    """Wait for a condition that something else brings about."""
    try:
        async with asyncio.timeout(within):
            while not await _patiently(holds):
                await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.05)
    except TimeoutError:
        raise AssertionError(f"after {within:g} s: {what()}") from None


async def _patiently(holds: Callable[[], bool | Awaitable[bool]]) -> bool:
    try:
        answer = holds()
        return answer if isinstance(answer, bool) else await answer
    except (BusUnavailable, psycopg.OperationalError):
        return False


async def _all(log: PostgresLog, after: int = 0) -> list[Stored]:
    rows: list[Stored] = []
    while more := await log.read(rows[-1].position if rows else after, 5000):
        rows += more
    return rows
