"""What is told about a running stack: to the terminal as it happens, to other processes by a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wrenchai.local.process_identity import ProcessIdentity


class State(StrEnum):
    """Where a process stands."""

    WAITING = "waiting"  # for those it must start behind
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"  # it crashed, and the back-off runs
    FAILING = "failing"  # it was given up
    STOPPING = "stopping"
    STOPPED = "stopped"


class ProcessStatus(BaseModel):
    """One process as of `since`; `restarts` counts the crashes, `last_error` keeps the last one's reason."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: State
    since: datetime
    process: ProcessIdentity | None = None
    restarts: int = 0
    last_error: str | None = None


class StackStatus(BaseModel):
    """The whole: who supervises, where things listen, and each process in the order of starting. No secrets."""

    model_config = ConfigDict(frozen=True)

    supervisor: ProcessIdentity
    ready: bool
    ports: dict[str, int]
    processes: tuple[ProcessStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a line on the terminal: `about` what, one short sentence, seconds since the start."""

    about: str
    text: str
    seconds: float
    warning: bool = False


OnNotice = Callable[[Notice], None]


def write_status(path: Path, status: StackStatus) -> None:
    """Replace the file in one go, so that a reader never sees half of it."""
    draft = path.with_suffix(".new")
    draft.write_text(status.model_dump_json(indent=1))
    draft.replace(path)


def read_status(path: Path) -> StackStatus | None:
    """What the file says; None if there is none that can be read."""
    try:
        return StackStatus.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
