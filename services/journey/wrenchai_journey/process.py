"""Runs a tool in a process of its own: deadline, cancellation, progress, log, artifacts."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_contracts.evidence import ArtifactRef, Evidence

from wrenchai_journey import disk_full
from wrenchai_journey.outcome import MAX_REASON, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.step_directory import step_directory
from wrenchai_journey.tool_environment import tool_environment

MAX_LOG_BYTES = 8 * 1024 * 1024
"""A step's log keeps its first 8 MiB; what a tool prints beyond is counted and thrown away."""

_GRACE = 3.0
_MAX_LINE = 1024 * 1024

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to run: which tool, with what, where, for how long.

    `steps` is where its log and artifacts lie until they are stored; `secrets` names what it may see of our settings.
    """

    task_id: str
    tool: str
    module: str
    inputs: Mapping[str, Any]
    seconds: float
    workspace: Path
    shared: Path
    steps: Path
    secrets: tuple[str, ...] = ()


@dataclass(slots=True)
class _Said:
    """What the tool's process told us."""

    output: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    evidence: list[Evidence] = field(default_factory=list)
    artifacts: list[ArtifactRef] = field(default_factory=list)


class ToolProcess:
    """One attempt in one child process; `run` once."""

    def __init__(self, attempt: Attempt, store: ArtifactStore, progress: Progress) -> None:
        self._attempt, self._store, self._progress = attempt, store, progress
        self._said = _Said()
        self._directory = attempt.steps
        self._started = time.perf_counter()

    async def run(self, stop: asyncio.Event) -> Outcome:
        """How the attempt ended. `stop` ends it early; either way nothing of it is left, running or on disk."""
        self._started = time.perf_counter()
        try:
            async with step_directory(self._attempt.steps) as self._directory:
                return await self._run(stop)
        except OSError as problem:
            if not disk_full.is_full(problem):
                raise
            seconds = time.perf_counter() - self._started
            return Failed(disk_full.REASON, disk_full.KIND, retryable=True, seconds=seconds)

    @property
    def _log(self) -> Path:
        return self._directory / "step.log"

    async def _run(self, stop: asyncio.Event) -> Outcome:
        (heard, speak), (printed, out) = _pipe(), _pipe()
        try:
            child = await self._spawn(speak, out)
        finally:
            os.close(speak)
            os.close(out)
        stopped = asyncio.create_task(stop.wait())
        reading = asyncio.gather(self._listen(heard), self._keep_log(printed))
        ended = asyncio.create_task(child.wait())
        try:
            done, _ = await asyncio.wait(
                {ended, stopped}, timeout=self._attempt.seconds, return_when=asyncio.FIRST_COMPLETED
            )
            await _end_group(child, ended)
            await asyncio.wait_for(asyncio.shield(reading), _GRACE)
        except TimeoutError:
            reading.cancel()
        finally:
            stopped.cancel()
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return await self._outcome(child.returncode or 0, timed_out=not done, stopped=stopped in done)

    async def _spawn(self, speak: int, out: int) -> asyncio.subprocess.Process:
        request = {
            "task_id": self._attempt.task_id,
            "tool": self._attempt.tool,
            "module": self._attempt.module,
            "inputs": self._attempt.inputs,
            "workspace": str(self._attempt.workspace),
            "shared": str(self._attempt.shared),
            "spool": str(self._directory / "spool"),
            "secrets": self._attempt.secrets,
            "seconds": self._attempt.seconds,
            "speak": speak,
            "worker": os.getpid(),
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "wrenchai_journey.tool_host",
            stdin=asyncio.subprocess.PIPE,
            stdout=out,  # a pipe of asyncio's own would keep `wait` waiting for whoever inherited it
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(speak,),
            start_new_session=True,
            env=tool_environment(os.environ, self._attempt.shared, secrets=self._attempt.secrets),
        )
        if child.stdin is not None:
            child.stdin.write(json.dumps(request).encode())
            child.stdin.close()
        return child

    async def _listen(self, heard: BinaryIO) -> None:
        try:
            async with _reading(heard) as reader:
                while line := await reader.readline():
                    self._hear(json.loads(line))
        except (KeyError, TypeError, ValueError) as problem:
            reason = f"{self._attempt.tool} said what cannot be read: {problem}"
            self._said.failure = {"reason": reason, "failure": "bad_output", "retryable": False}

    def _hear(self, said: dict[str, Any]) -> None:
        match said["kind"]:
            case "progress":
                self._progress(said["fraction"], said["message"])
            case "evidence":
                self._said.evidence.append(Evidence.model_validate(said["fact"]))
            case "artifact":
                self._said.artifacts.append(ArtifactRef.model_validate(said["artifact"]))
            case "result":
                self._said.output = said["output"]
            case "failed":
                self._said.failure = said

    async def _keep_log(self, printed: BinaryIO) -> None:
        written = dropped = 0
        with self._log.open("wb") as log:
            async with _reading(printed) as reader:
                while chunk := await reader.read(65536):
                    kept = chunk[: max(MAX_LOG_BYTES - written, 0)]
                    log.write(kept)
                    written += len(kept)
                    dropped += len(chunk) - len(kept)
            if dropped:
                log.write(f"\n[{dropped} more bytes were printed and thrown away]\n".encode())

    async def _outcome(self, exit_code: int, *, timed_out: bool, stopped: bool) -> Outcome:
        seconds = time.perf_counter() - self._started
        if stopped:
            return Stopped("cancelled while it ran", seconds)
        artifacts = await self._store_all()
        said, evidence = self._said, tuple(self._said.evidence)
        if timed_out:
            reason = f"{self._attempt.tool} did not end within {self._attempt.seconds:g} s and was stopped"
            return Failed(reason, "timeout", True, seconds, evidence, artifacts)  # noqa: FBT003
        if said.failure is not None:
            kind, retryable = str(said.failure["failure"]), bool(said.failure["retryable"])
            return Failed(str(said.failure["reason"])[:MAX_REASON], kind, retryable, seconds, evidence, artifacts)
        if said.output is None:
            reason = f"{self._attempt.tool} {_ending(exit_code)} without a result; the end of its log: {self._tail()}"
            return Failed(reason, "tool_crashed", True, seconds, evidence, artifacts)  # noqa: FBT003
        return Succeeded(said.output, seconds, evidence, artifacts)

    async def _store_all(self) -> tuple[ArtifactRef, ...]:
        """Store what the tool left in the spool, and its log, before any event names them."""
        kept = []
        for artifact in dict.fromkeys(self._said.artifacts):
            await self._store.put(self._directory / "spool" / artifact.sha256)
            kept.append(artifact)
        if self._log.is_file() and self._log.stat().st_size:
            sha256, size = await self._store.put(self._log)
            kept.append(ArtifactRef(sha256=sha256, name="step.log", media_type="text/plain; charset=utf-8", size=size))
        return tuple(kept)

    def _tail(self) -> str:
        text = self._log.read_bytes()[-1500:].decode(errors="replace").strip() if self._log.is_file() else ""
        return text or "(nothing was printed)"


def _pipe() -> tuple[BinaryIO, int]:
    """A pipe from a child: our end, to read from, and the child's."""
    ours, theirs = os.pipe()
    return os.fdopen(ours, "rb"), theirs


@asynccontextmanager
async def _reading(pipe: BinaryIO) -> AsyncIterator[asyncio.StreamReader]:
    """Read `pipe` without blocking; it is closed at the end of the block."""
    reader = asyncio.StreamReader(limit=_MAX_LINE)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    try:
        yield reader
    finally:
        transport.close()


async def _end_group(child: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
    """SIGTERM to the whole group, SIGKILL to what is left after the grace, or after the tool's own end."""
    if ended.done():
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        return
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    await asyncio.wait({ended}, timeout=_GRACE)
    if not ended.done():
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await ended


def _ending(exit_code: int) -> str:
    return f"was killed by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exited with code {exit_code}"
