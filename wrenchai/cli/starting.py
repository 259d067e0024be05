"""Starts the local installation: in this terminal until Ctrl-C, or in the background."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from wrenchai_chassis.migrations import migrate

from wrenchai.cli.durations import duration
from wrenchai.cli.screen import Screen
from wrenchai.client.address import Address, local_address
from wrenchai.client.problems import Unreachable
from wrenchai.local.attached import attach
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.errors import AlreadyRunning, LocalStartError, NotRunning
from wrenchai.local.stack import Stack
from wrenchai.local.status import Notice, State
from wrenchai.services import gateway_url, service_processes

_EVERYDAY = {State.WAITING, State.STARTING, State.STOPPING, State.STOPPED}
_STARTING = "starting Postgres, NATS and all services"
_LOOK_EVERY = 0.1
_LAST_LINES = 15


class StartFailed(LocalStartError):  # noqa: N818  # errors are nouns with their facts
    """The installation in the background ended before it was ready."""

    def __init__(self, log: Path) -> None:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
        super().__init__(f"it ended before it was ready; the end of {log}:\n{last}")
        self.log = log


def local_stack(home: Path | None, screen: Screen) -> Stack:
    """The whole installation, told about on `screen` as it starts."""

    def tell(notice: Notice) -> None:
        if notice.warning or notice.text not in _EVERYDAY:
            screen.say(notice_line(notice))

    return Stack(service_processes, migrate, root=home, on_notice=tell)


def notice_line(notice: Notice) -> Text:
    """One line: when, about what, what."""
    style = "yellow" if notice.warning else "green" if notice.text == "ready" else "dim"
    return Text.assemble((f"{notice.seconds:6.1f} s  ", "dim"), f"{notice.about:<14}", (notice.text, style))


def start_here(home: Path | None, *, watched: bool, as_json: bool) -> None:
    """`wrenchai up`: returns when it was stopped. Somebody who has `watched` is told where everything is."""
    screen = Screen(as_json=as_json)
    began = time.monotonic()
    spinner = screen.people.status(_STARTING)

    def ready(endpoints: Endpoints) -> None:
        spinner.stop()
        address = Address(gateway_url(endpoints.ports.chosen), endpoints.api_key)
        told = _facts(address, endpoints.directory, os.getpid(), time.monotonic() - began)
        if watched:
            screen.result(told, _panel(told, how_to_stop="Ctrl-C here, or wrenchai down"))

    with spinner:
        asyncio.run(local_stack(home, screen).run(ready))
    screen.say(Text("stopped; the data is kept", "dim"))


def start_detached(home: Path | None, *, as_json: bool) -> None:
    """`wrenchai up --detach`: returns when it is ready."""
    screen = Screen(as_json=as_json)
    directory = DataDirectory.at(home)
    _refuse_second(directory)
    began = time.monotonic()
    address, pid = start_in_background(directory, screen)
    told = _facts(address, directory, pid, time.monotonic() - began)
    screen.result(told, _panel(told, how_to_stop="wrenchai down"))


def start_in_background(directory: DataDirectory, screen: Screen) -> tuple[Address, int]:
    """Start a process that outlives this one; where its gateway is once all is ready, and its pid.

    Raises:
        LocalStartError: the directory cannot be used, or the process ended before it was ready.
    """
    directory.open()
    log = directory.logs / "up.log"
    argv = (sys.executable, "-m", "wrenchai", "up", "--in-background", "--home", str(directory.root))
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    try:
        return _ready(process, directory, log, screen), process.pid
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _ready(process: "subprocess.Popen[bytes]", directory: DataDirectory, log: Path, screen: Screen) -> Address:
    with log.open(errors="replace") as lines, screen.people.status(_STARTING):
        while process.poll() is None:
            _relay_lines(lines, screen)
            try:
                return local_address(directory.root)
            except (NotRunning, Unreachable):
                time.sleep(_LOOK_EVERY)
    raise StartFailed(log)


def _relay_lines(lines: TextIO, screen: Screen) -> None:
    for line in lines:
        screen.say(Text(line.rstrip("\n"), "dim"))


def _refuse_second(directory: DataDirectory) -> None:
    try:
        running = attach(directory.root)
    except NotRunning:
        return
    raise AlreadyRunning(directory.root, running.supervisor.pid)


def _facts(address: Address, directory: DataDirectory, pid: int, seconds: float) -> dict[str, str | int | float]:
    return {
        "url": address.url,
        "api_key_file": str(directory.secrets.directory / "api-key"),
        "data_directory": str(directory.root),
        "pid": pid,
        "seconds": round(seconds, 2),
    }


def _panel(told: dict[str, str | int | float], *, how_to_stop: str) -> Panel:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_row("gateway", Text(str(told["url"]), "bold cyan"))
    facts.add_row("API key", f"in {told['api_key_file']}")
    facts.add_row("data", str(told["data_directory"]))
    facts.add_row("stop", how_to_stop)
    facts.add_row("next", "wrenchai status   wrenchai playbooks   wrenchai demo")
    title = f"WrenchAI is ready after {duration(float(told['seconds']))}"
    return Panel(facts, title=title, title_align="left", border_style="green", expand=False)
