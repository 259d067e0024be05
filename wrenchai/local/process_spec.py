"""What the supervisor has to know about a process to keep it running."""

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wrenchai.local.restart_policy import PATIENT, Patience
from wrenchai.local.system_user import SystemUser

Probe = Callable[[], Awaitable[bool]]
"""Says whether a process is ready. A `LocalStartError` from it means that waiting longer is useless."""

StopSteps = Sequence[tuple[signal.Signals, float]]
"""Signals with the seconds to wait after each; behind the last comes SIGKILL."""

_DRAIN: StopSteps = ((signal.SIGTERM, 10.0),)


async def at_once() -> bool:
    """The probe of a process that is ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: what to start, behind what, when it counts as ready, and how it is stopped.

    `env` is the child's whole environment. `after` names processes that must be ready before this one starts and
    that are stopped only behind it. Without `restart` its first end is its failure. `run_as` needs root.
    `death_signal` is what the kernel sends it when the supervisor dies. Its log is `logs/<name>.log`.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    ready: Probe = at_once
    after: tuple[str, ...] = ()
    restart: bool = True
    ready_within: float = 30.0
    patience: Patience = PATIENT
    run_as: SystemUser | None = None
    stop: StopSteps = _DRAIN
    death_signal: signal.Signals = signal.SIGKILL
