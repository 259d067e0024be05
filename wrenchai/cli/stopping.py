"""Stops the installation that another terminal, or none, holds."""

import asyncio
import sys
from pathlib import Path

from rich.text import Text

from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.screen import Screen
from wrenchai.local.attached import attach
from wrenchai.local.errors import NotRunning


def stop(home: Path | None, *, as_json: bool) -> None:
    """`wrenchai down`: returns when everything has ended."""
    screen = Screen(as_json=as_json)
    running = attach(home)
    pid = running.supervisor.pid
    ended = bring_down(running.directory.root)
    told = {"pid": pid, "stopped": ended, "data_directory": str(running.directory.root)}
    screen.result(told, Text("stopped; the data is kept" if ended else f"process {pid} is still stopping"))
    if not ended:
        sys.exit(FAILED)


def bring_down(root: Path) -> bool:
    """Ask what runs on this directory to stop; whether it has ended."""
    try:
        return asyncio.run(attach(root).request_down())
    except NotRunning:
        return True
