"""Children of a supervisor that was killed: nothing starts before the last of them is gone."""

import asyncio
import signal
from collections.abc import Callable, Iterable

from wrenchai.local.child import end_group
from wrenchai.local.process_identity import ProcessIdentity
from wrenchai.local.status import StackStatus

_PATIENCE = 5.0
_PAUSE = 0.05


async def end_leftovers(status: StackStatus | None, report: Callable[[str], None]) -> None:
    """End what an earlier, dead supervisor started. The kernel has mostly told them already; we make sure."""
    left = _alive(p.process for p in status.processes if p.process) if status else []
    if not left:
        return
    report(f"ending {len(left)} processes that a killed WrenchAI left behind")
    for how in (signal.SIGINT, signal.SIGKILL):
        for process in _alive(left):
            end_group(process.pid, how)
        await gone(left, within=_PATIENCE)


async def gone(processes: Iterable[ProcessIdentity], *, within: float) -> bool:
    """Whether all of them ended within the time."""
    left = _alive(processes)
    clock = asyncio.get_running_loop().time
    deadline = clock() + within
    while left and clock() < deadline:
        await asyncio.sleep(_PAUSE)
        left = _alive(left)
    return not left


def _alive(processes: Iterable[ProcessIdentity]) -> list[ProcessIdentity]:
    return [process for process in processes if process.alive]
