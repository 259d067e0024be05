"""How states look in a terminal: a sign and a colour each, no emoji; plain letters where the terminal has no others."""

from rich.console import Console
from rich.text import Text
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.local.status import State

_SIGNS: dict[str, tuple[str, str, str]] = {
    StepStatus.PENDING: ("·", ".", "dim"),
    StepStatus.RUNNING: ("▸", ">", "bold cyan"),
    StepStatus.RETRYING: ("↻", "~", "yellow"),
    StepStatus.WAITING: ("?", "?", "bold yellow"),
    StepStatus.PAUSED: ("‖", "=", "yellow"),
    StepStatus.SKIPPED: ("»", "/", "dim"),
    StepStatus.COMPLETED: ("✓", "+", "green"),
    StepStatus.FAILED: ("✗", "x", "bold red"),
    StepStatus.CANCELLED: ("-", "-", "magenta"),
    TaskStatus.REQUESTED: ("·", ".", "dim"),
    TaskStatus.PLANNED: ("·", ".", "cyan"),
    TaskStatus.EVALUATING: ("▸", ">", "bold cyan"),
    TaskStatus.CANCELLING: ("-", "-", "magenta"),
    TaskStatus.PARKED: ("‖", "=", "yellow"),
    State.STARTING: ("▸", ">", "cyan"),
    State.READY: ("✓", "+", "green"),
    State.RESTARTING: ("↻", "~", "yellow"),
    State.FAILING: ("✗", "x", "bold red"),
    State.STOPPING: ("▸", ">", "magenta"),
    State.STOPPED: ("-", "-", "dim"),
    "ok": ("✓", "+", "green"),
    "up": ("✓", "+", "green"),
    "warn": ("!", "!", "yellow"),
    "degraded": ("!", "!", "yellow"),
    "fail": ("✗", "x", "bold red"),
    "down": ("✗", "x", "bold red"),
}


_OF_A_PROCESS_THAT_WAITS = ("·", ".", "dim")
"""A process waits for its turn, which is nothing; a task that waits needs somebody. Both words are the same."""


def sign(status: str, console: Console) -> Text:
    """The status as one coloured character."""
    rich, plain, style = _sign(status)
    return Text(rich if console.encoding.lower().startswith("utf") else plain, style)


def style_of(status: str) -> str:
    """The status's colour."""
    return _sign(status)[2]


def labelled(status: str, console: Console) -> Text:
    """Sign and word."""
    return Text.assemble(sign(status, console), " ", (status, style_of(status)))


def _sign(status: str) -> tuple[str, str, str]:
    if status is State.WAITING:
        return _OF_A_PROCESS_THAT_WAITS
    return _SIGNS.get(status, ("?", "?", ""))
