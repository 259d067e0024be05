"""A whole installation for measuring: started by the command line as a user would, in a directory of its own."""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wrenchai_chassis.migrations import migrate

from benchmarks.http_client import Gateway
from wrenchai.local.attached import attach
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.postgres import OWNER, SERVICE, SUPERUSER, Postgres
from wrenchai.local.programs import Programs
from wrenchai.local.stack import Stack
from wrenchai.local.status import StackStatus
from wrenchai.services import GATEWAY


@dataclass(frozen=True)
class Installation:
    """A running one, and how long `wrenchai up --detach` took until it was ready."""

    directory: DataDirectory
    seconds: float

    @cached_property
    def status(self) -> StackStatus:
        """What its supervisor told when it was ready; processes that die later are not in it."""
        running = attach(self.directory.root).status()
        assert running is not None  # noqa: S101  # `up --detach` returns when it is ready
        return running

    @property
    def gateway(self) -> Gateway:
        """Where the load goes."""
        return Gateway(self.status.ports[GATEWAY], attach(self.directory.root).api_key)

    @property
    def pids(self) -> dict[str, int]:
        """Every process by name, the supervisor too; children are not listed."""
        named = {one.name: one.process.pid for one in self.status.processes if one.process is not None}
        return {"supervisor": attach(self.directory.root).supervisor.pid, **named}

    @property
    def service_dsn(self) -> str:
        """The database as services see it."""
        return self._postgres.dsn(SERVICE)

    @property
    def owner_dsn(self) -> str:
        """The database as its owner sees it."""
        return self._postgres.dsn(OWNER)

    @property
    def superuser_dsn(self) -> str:
        """The database for who may change the server's settings."""
        return self._postgres.dsn(SUPERUSER)

    @property
    def _postgres(self) -> Postgres:
        directory = self.directory
        programs = Programs(directory.programs, None)
        return Postgres(directory.postgres, directory.run, self.status.ports["postgres"], directory.secrets, programs)


@asynccontextmanager
async def installation(root: Path) -> AsyncIterator[Installation]:
    """Start everything in `root`; stop it afterwards, the data stays."""
    began = time.perf_counter()
    await _wrenchai("up", "--detach", "--json", "--home", str(root))
    try:
        yield Installation(DataDirectory.at(root), time.perf_counter() - began)
    finally:
        await _wrenchai("down", "--json", "--home", str(root))


@asynccontextmanager
async def bare_database(root: Path) -> AsyncIterator[Endpoints]:
    """Postgres without any service, so that nobody relays or projects what is measured."""
    stack = Stack(lambda _: (), migrate, root=root)
    endpoints = await stack.up()
    try:
        yield endpoints
    finally:
        await stack.down()


@contextmanager
def fresh_directory() -> Iterator[Path]:
    """A directory on disk that every user may enter (Postgres refuses root), removed afterwards."""
    root = Path(tempfile.mkdtemp(prefix="wrenchai-bench-", dir="/var/tmp"))  # /tmp may be memory
    root.chmod(0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


async def _wrenchai(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wrenchai", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        message = f"wrenchai {arguments[0]}: {(err or out).decode()[-2000:] or json.dumps(process.returncode)}"
        raise RuntimeError(message)
