"""Keeps a set of processes running: each behind those it needs, stopped in the reverse order, told by a file."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from wrenchai.local.errors import NotReady
from wrenchai.local.log_file import LogFile
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.status import ProcessStatus, State
from wrenchai.local.supervised import Supervised

ROTATION_SECONDS = 10.0

OnChange = Callable[[ProcessStatus], None]


class Supervisor:
    """Processes by name, in the order in which they were given."""

    def __init__(self, logs: Path, on_change: OnChange) -> None:
        """`on_change` is told each new status of each process, from within the event loop."""
        self._logs, self._on_change = logs, on_change
        self._processes: dict[str, Supervised] = {}
        self._keepers: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def statuses(self) -> tuple[ProcessStatus, ...]:
        """How each process stands."""
        return tuple(process.status for process in self._processes.values())

    async def start(self, specs: Sequence[ProcessSpec], *, within: float) -> None:
        """Start all of them, each as soon as those it is `after` are ready. May be called again with more.

        Raises:
            NotReady: some were given up, or are not ready after `within` seconds. They stay supervised; the
                caller decides whether to `stop`.
        """
        added = [self._add(spec) for spec in specs]
        settled = [asyncio.ensure_future(process.settled.wait()) for process in added]
        if settled:
            await asyncio.wait(settled, timeout=within)
        for waiting in settled:
            waiting.cancel()
        late = f"still waiting after {within:g} seconds"
        reasons = [(p.spec.name, p.status.last_error or late) for p in added if not p.was_ready]
        if reasons:
            raise NotReady(reasons)

    async def watch(self) -> None:
        """Rotate logs for ever; ends only with the error of a keeper that died, which is a bug of ours."""
        while True:
            await asyncio.wait({self._failure}, timeout=ROTATION_SECONDS)
            if self._failure.done():
                self._failure.result()
            for process in self._processes.values():
                process.log.rotate_if_large()

    async def stop(self) -> None:
        """Stop every process behind those that need it. Returns when all have ended."""
        await asyncio.gather(*(self._stop_in_order(process) for process in self._processes.values()))
        await asyncio.gather(*self._keepers)

    def hurry(self) -> None:
        """Do not wait for anyone to drain."""
        for process in self._processes.values():
            process.hurry()

    def _add(self, spec: ProcessSpec) -> Supervised:
        process = Supervised(spec, LogFile(self._logs / f"{spec.name}.log"), self._on_change)
        self._processes[spec.name] = process
        needs = [self._processes[name] for name in spec.after]
        keeper = asyncio.create_task(process.keep(needs), name=f"keep {spec.name}")
        keeper.add_done_callback(self._keeper_ended)
        self._keepers.add(keeper)
        return process

    def _keeper_ended(self, keeper: asyncio.Task[None]) -> None:
        problem = keeper.exception()
        if problem is not None and not self._failure.done():
            self._failure.set_exception(problem)

    async def _stop_in_order(self, process: Supervised) -> None:
        """Processes that still wait to be started never will be."""
        if process.status.state is State.WAITING:
            process.stop()
        for other in self._processes.values():
            if process.spec.name in other.spec.after:
                await other.ended.wait()
        process.stop()
        await process.ended.wait()
