"""What `wrenchai up` starts: a data directory, Postgres and NATS, the schema, the services. And stops again."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self

from wrenchai.local.data_directory import API_KEY, DISK_WARNING_MEGABYTES, DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.errors import StartInterrupted
from wrenchai.local.leftovers import end_leftovers
from wrenchai.local.ports import RememberedPorts
from wrenchai.local.process_identity import ProcessIdentity
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.restart_policy import PATIENT, Patience
from wrenchai.local.servers import Servers
from wrenchai.local.status import Notice, OnNotice, ProcessStatus, StackStatus, State, read_status, write_status
from wrenchai.local.stop_signals import on_stop_signals
from wrenchai.local.supervisor import Supervisor
from wrenchai.local.waiting import cancel, first_of

Services = Callable[[Endpoints], Sequence[ProcessSpec]]
Migrate = Callable[[str], object]

SERVICES_SECONDS = 60.0


class Stack:
    """One local installation, from `up` to `down`; also an async context manager over the two.

    `services` gives the processes to run once the schema is there; each starts behind Postgres and NATS and is
    stopped before them. `migrate` brings the database at a DSN to this version's schema; it runs in a thread.
    """

    def __init__(  # noqa: PLR0913  # what differs between a user, a test and a benchmark
        self,
        services: Services,
        migrate: Migrate,
        *,
        root: Path | None = None,
        on_notice: OnNotice = lambda _: None,
        environment: Mapping[str, str] = os.environ,
        patience: Patience = PATIENT,
    ) -> None:
        """`patience` is borne with Postgres and NATS; each service's own spec says what is borne with it."""
        self.directory = DataDirectory.at(root)
        self._services, self._migrate = services, migrate
        self._on_notice, self._environment, self._patience = on_notice, environment, patience
        self._undo = AsyncExitStack()
        self._supervisor: Supervisor | None = None
        self._ports: RememberedPorts | None = None
        self._ready = False
        self._began = time.monotonic()

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def up(self) -> Endpoints:
        """Start everything; when it returns, all of it is ready. After an error all of it is stopped again.

        Raises:
            LocalStartError: what is wrong and what to do about it.
        """
        self._began = time.monotonic()
        async with AsyncExitStack() as undo:
            ports, servers = await self._open(undo)
            self._supervisor = supervisor = Supervisor(self.directory.logs, self._changed)
            undo.push_async_callback(supervisor.stop)
            await servers.start(supervisor)
            endpoints = servers.endpoints(self.directory, ports)
            await asyncio.to_thread(self._migrate, endpoints.owner_dsn)
            self._notice("database", "its schema is up to date")
            services = [replace(spec, after=(*spec.after, *servers.own)) for spec in self._services(endpoints)]
            await supervisor.start(services, within=SERVICES_SECONDS)
            self._undo = undo.pop_all()
        self._set_ready(ready=True)
        return endpoints

    async def down(self) -> None:
        """Stop the services, then NATS and Postgres. Nothing happens if nothing runs."""
        self._set_ready(ready=False)
        await self._undo.aclose()

    async def run(self, on_ready: Callable[[Endpoints], None]) -> None:
        """Up; `on_ready`; then stay until SIGINT, SIGTERM or SIGHUP asks to stop; down. A second signal hurries.

        Raises:
            LocalStartError: see `up`; StartInterrupted if a signal came before it was ready.
        """
        stop = asyncio.Event()

        def asked() -> None:
            if stop.is_set() and self._supervisor is not None:
                self._supervisor.hurry()
            stop.set()

        with on_stop_signals(asked):
            endpoints = await self._up_unless(stop)
            try:
                on_ready(endpoints)
                await self._watch_until(stop)
            finally:
                await self.down()

    async def _up_unless(self, stop: asyncio.Event) -> Endpoints:
        starting = asyncio.create_task(self.up())
        await first_of(starting, stop.wait())
        if not starting.done():
            await cancel(starting)
            raise StartInterrupted
        return starting.result()

    async def _watch_until(self, stop: asyncio.Event) -> None:
        """Returns when asked to stop; raises if the supervisor itself broke."""
        if self._supervisor is None:
            return
        watching = asyncio.create_task(self._supervisor.watch())
        await first_of(watching, stop.wait())
        if watching.done():
            watching.result()
        await cancel(watching)

    async def _open(self, undo: AsyncExitStack) -> tuple[RememberedPorts, Servers]:
        """Make the directory ours, end what a killed predecessor left, claim the ports."""
        user = self.directory.open()
        lock = self.directory.lock()
        lock.take()
        undo.callback(lock.release)
        self.directory.secrets.get(API_KEY)  # made under the lock: all who attach read the same
        self._warn_of_full_disk()
        await end_leftovers(read_status(self.directory.status_file), lambda text: self._warn("start", text))
        self._ports = ports = RememberedPorts(self.directory.ports_file, self._port_moved)
        undo.callback(ports.release)
        servers = Servers.of(self.directory, ports, user, environment=self._environment)
        return ports, replace(servers, patience=self._patience)

    def _warn_of_full_disk(self) -> None:
        free = self.directory.free_megabytes
        if free < DISK_WARNING_MEGABYTES:
            self._warn("disk", f"only {free} MB are free for {self.directory.root}")

    def _port_moved(self, name: str, old: int, new: int) -> None:
        self._warn(name, f"port {old} is used by another program; taking {new}")

    def _changed(self, status: ProcessStatus) -> None:
        self._write_status()
        if status.state in (State.RESTARTING, State.FAILING):
            self._warn(status.name, f"{status.state}: {status.last_error}")
        else:
            self._notice(status.name, status.state)

    def _set_ready(self, *, ready: bool) -> None:
        if self._ready != ready:
            self._ready = ready
            self._write_status()
            self._notice("wrenchai", "ready" if ready else "stopping")

    def _write_status(self) -> None:
        me = ProcessIdentity.of(os.getpid())
        if me is None or self._supervisor is None or self._ports is None:
            return
        status = StackStatus(
            supervisor=me, ready=self._ready, ports=self._ports.chosen, processes=self._supervisor.statuses
        )
        write_status(self.directory.status_file, status)

    def _notice(self, about: str, text: str, *, warning: bool = False) -> None:
        self._on_notice(Notice(about, text, time.monotonic() - self._began, warning))

    def _warn(self, about: str, text: str) -> None:
        self._notice(about, text, warning=True)
