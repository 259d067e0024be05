"""A whole installation for measuring: its own directory, all processes real, gone afterwards."""

import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wrenchai_chassis.migrations import migrate

from benchmarks.http_client import Gateway
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.stack import Services, Stack
from wrenchai.services import GATEWAY, service_processes


@dataclass(frozen=True, slots=True)
class Installation:
    """A running one, and how long it took to be ready."""

    stack: Stack
    endpoints: Endpoints
    seconds: float

    @property
    def gateway(self) -> Gateway:
        """Where the load goes."""
        return Gateway(self.endpoints.ports.chosen[GATEWAY], self.endpoints.api_key)


@asynccontextmanager
async def installation(root: Path, services: Services = service_processes) -> AsyncIterator[Installation]:
    """Start everything in `root`; stop it afterwards, the data stays."""
    began = time.perf_counter()
    stack = Stack(services, migrate, root=root)
    endpoints = await stack.up()
    try:
        yield Installation(stack, endpoints, time.perf_counter() - began)
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
