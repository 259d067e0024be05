"""One process that is kept running: started, watched, started again, stopped."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import random

from wrenchai.local.child import end_group, spawn
from wrenchai.local.errors import LocalStartError
from wrenchai.local.log_file import LogFile
from wrenchai.local.process_identity import ProcessIdentity
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.readiness import until_ready
from wrenchai.local.restart_policy import CrashHistory
from wrenchai.local.status import ProcessStatus, State
from wrenchai.local.waiting import cancel, first_of

OnChange = Callable[[ProcessStatus], None]


class Supervised:
    """Runs one `ProcessSpec`. Only `keep` touches the child; `stop` asks it to."""

    def __init__(self, spec: ProcessSpec, log: LogFile, on_change: OnChange) -> None:
        self.spec, self.log = spec, log
        self.status = ProcessStatus(name=spec.name, state=State.WAITING, since=datetime.now(UTC))
        self.settled = asyncio.Event()  # ready for the first time, or given up
        self.ended = asyncio.Event()
        self._on_change = on_change
        self._history = CrashHistory(spec.patience)
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def was_ready(self) -> bool:
        """Whether it became ready at least once."""
        return self._history.was_ready

    def stop(self) -> None:
        """Ask it to end; `ended` tells when it has."""
        self._stop.set()

    def hurry(self) -> None:
        """Let the present stop step not be waited for."""
        self._hurry.set()

    def give_up(self, reason: str) -> None:
        """It will not be started (again)."""
        self._change(State.FAILING, process=None, last_error=reason)
        self.settled.set()

    async def keep(self, needs: Sequence["Supervised"] = ()) -> None:
        """Start it when all of `needs` are ready, and run it until it is stopped or given up."""
        try:
            await self._wait_for(needs)
            while self._wanted and await self._one_life():
                await first_of(self._stop.wait(), within=self._history.delay(random()))  # noqa: S311  # only jitter
        finally:
            self.settled.set()
            self.ended.set()
        if self.status.state is not State.FAILING:
            self._change(State.STOPPED, process=None)

    @property
    def _wanted(self) -> bool:
        return not self._stop.is_set() and self.status.state is not State.FAILING

    async def _wait_for(self, needs: Sequence["Supervised"]) -> None:
        for needed in needs:
            await first_of(needed.settled.wait(), self._stop.wait())
            if not needed.was_ready and not self._stop.is_set():
                self.give_up(f"it needs {needed.spec.name}, which did not become ready")

    async def _one_life(self) -> bool:
        """From start to end of one child; whether another shall follow."""
        born = time.monotonic()
        try:
            reason = await self._live()
        except OSError as problem:
            reason = f"cannot start {self.spec.argv[0]}: {problem.strerror}"
        except LocalStartError as problem:
            self.give_up(str(problem))
            return False
        if self._stop.is_set():
            return False
        return self._after_crash(reason, born)

    def _after_crash(self, reason: str, born: float) -> bool:
        now = time.monotonic()
        self._history = self._history.crashed(now=now, lived=now - born)
        if not self.spec.restart or self._history.hopeless:
            self.give_up(f"{reason}\n{self.log.tail()}".strip())
            return False
        self._change(State.RESTARTING, process=None, last_error=reason, restarts=self.status.restarts + 1)
        return True

    async def _live(self) -> str:
        """Start a child and stay with it to its end; why it ended."""
        child = await self._spawn()
        exited = asyncio.ensure_future(child.wait())
        ready = asyncio.ensure_future(until_ready(self.spec.ready, within=self.spec.ready_within))
        try:
            await first_of(exited, ready, self._stop.wait())
            if ready.done() and not exited.done():
                ready.result()
                self._became_ready()
                await first_of(exited, self._stop.wait())
        except TimeoutError:
            return f"not ready within {self.spec.ready_within:g} seconds"
        finally:
            await cancel(ready)
            await self._end(child, exited)
        return _why(exited.result())

    async def _spawn(self) -> Process:
        spec, output = self.spec, self.log.open()
        try:
            child = await spawn(spec.argv, spec.env, output=output, user=spec.run_as, death_signal=spec.death_signal)
        finally:
            os.close(output)
        self._change(State.STARTING, process=ProcessIdentity.of(child.pid))
        return child

    def _became_ready(self) -> None:
        self._history = self._history.became_ready()
        self._change(State.READY)
        self.settled.set()

    async def _end(self, child: Process, exited: "asyncio.Future[int]") -> None:
        """Stop it step by step, the kernel's way at last; then take what it left in its group."""
        if not exited.done():
            self._change(State.STOPPING)
        for how, patience in self.spec.stop:
            if not exited.done():
                with suppress(ProcessLookupError):
                    child.send_signal(how)
                await first_of(exited, self._hurry.wait(), within=patience)
        end_group(child.pid, signal.SIGKILL)
        await exited

    def _change(self, state: State, **facts: object) -> None:
        self.status = self.status.model_copy(update={"state": state, "since": datetime.now(UTC), **facts})
        self._on_change(self.status)


def _why(exit_code: int) -> str:
    if exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"
