"""Runs a tool in a process of its own: deadline, cancellation, progress, log, artifacts."""

import asyncio
import json
import math
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_contracts.events import Question, ResourceSample
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import Spending

from wrenchai_journey import disk_full
from wrenchai_journey.outcome import MAX_REASON, NOTHING, Asked, Effect, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.secret_values import NOTHING_HIDDEN, Hidden, HiddenStream
from wrenchai_journey.step_directory import step_directory
from wrenchai_journey.tool_environment import tool_environment
from wrenchai_journey.usage import sample_in

MAX_LOG_BYTES = 8 * 1024 * 1024
"""A step's log keeps its first 8 MiB; what a tool prints beyond is counted and thrown away."""

_GRACE = 3.0
_MAX_LINE = 1024 * 1024

Progress = Callable[[float, str], None]
Why = Literal["itself", "stopped", "timeout", "heartbeat"]
"""What ended a tool's process."""

_SILENCED = {
    "timeout": "did not end within {0.seconds:g} s",
    "heartbeat": "said nothing for {0.heartbeat:g} s",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to run: which tool, with what, where, for how long.

    `steps` is where its log and artifacts lie until they are stored; `secrets` names what it may see of our settings;
    `hidden` is taken out of all that it says and prints; `heartbeat` is how long it may be silent; a `probe` only looks
    for what became of an effect under `key`.
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
    hidden: Hidden = NOTHING_HIDDEN
    heartbeat: float | None = None
    key: str = ""
    answer: JsonObject | None = None
    probe: bool = False


@dataclass(slots=True)
class _Said:
    """What the tool's process told us, and when it last said or printed anything."""

    heard_at: float
    output: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    question: Question | None = None
    spent: Spending = NOTHING
    evidence: list[Evidence] = field(default_factory=list)
    artifacts: list[ArtifactRef] = field(default_factory=list)


class ToolProcess:
    """One attempt in one child process; `run` once."""

    def __init__(self, attempt: Attempt, store: ArtifactStore, progress: Progress) -> None:
        self._attempt, self._store, self._progress = attempt, store, progress
        self._directory = attempt.steps
        self._started = time.perf_counter()
        self._said = _Said(self._started)
        self._touched = False

    async def run(self, stop: asyncio.Event) -> Outcome:
        """How the attempt ended. `stop` ends it early; either way nothing of it is left, running or on disk."""
        self._started = self._said.heard_at = time.perf_counter()
        try:
            async with step_directory(self._attempt.steps) as self._directory:
                return await self._run(stop)
        except OSError as problem:
            if not disk_full.is_full(problem):
                raise
            return replace(self._failure(disk_full.REASON, disk_full.KIND), evidence=())

    @property
    def _log(self) -> Path:
        return self._directory / "step.log"

    @property
    def _used(self) -> Path:
        return self._directory / "used.json"

    async def _run(self, stop: asyncio.Event) -> Outcome:
        (heard, speak), (printed, out) = _pipe(), _pipe()
        try:
            child = await self._spawn(speak, out)
        finally:
            os.close(speak)
            os.close(out)
        self._touched = True
        stopped = asyncio.create_task(stop.wait())
        reading = asyncio.gather(self._listen(heard), self._keep_log(printed))
        ended = asyncio.create_task(child.wait())
        try:
            why = await self._why_it_ends(ended, stopped)
            await _end_group(child, ended)
            async with asyncio.timeout(_GRACE):
                await asyncio.shield(reading)
        except TimeoutError:
            reading.cancel()
        finally:
            stopped.cancel()
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        return await self._outcome(why, child.returncode or 0)

    async def _why_it_ends(self, ended: "asyncio.Task[int]", stopped: "asyncio.Task[Any]") -> Why:
        """Wait until the tool ends or must be ended."""
        timeout = self._started + self._attempt.seconds
        while True:
            silence = math.inf if self._attempt.heartbeat is None else self._said.heard_at + self._attempt.heartbeat
            left = min(timeout, silence) - time.perf_counter()
            if left > 0:
                await asyncio.wait({ended, stopped}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if stopped.done() or ended.done():
                return "stopped" if stopped.done() else "itself"
            if left <= 0:
                return "timeout" if timeout <= silence else "heartbeat"

    async def _spawn(self, speak: int, out: int) -> asyncio.subprocess.Process:
        request = {
            "task_id": self._attempt.task_id,
            "tool": self._attempt.tool,
            "module": self._attempt.module,
            "inputs": self._attempt.inputs,
            "workspace": str(self._attempt.workspace),
            "shared": str(self._attempt.shared),
            "spool": str(self._directory / "spool"),
            "used": str(self._used),
            "secrets": self._attempt.secrets,
            "seconds": self._attempt.seconds,
            "key": self._attempt.key,
            "answer": self._attempt.answer,
            "probe": self._attempt.probe,
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
                    self._hear(self._attempt.hidden.json(json.loads(line)))
        except (KeyError, TypeError, ValueError) as problem:
            reason = f"{self._attempt.tool} said what cannot be read: {problem}"
            self._said.failure = {"reason": reason, "failure": "bad_output", "retryable": False, "effect": "unknown"}

    def _hear(self, said: dict[str, Any]) -> None:
        self._said.heard_at = time.perf_counter()
        match said["kind"]:
            case "progress":
                self._progress(said["fraction"], said["message"])
            case "evidence":
                self._said.evidence.append(Evidence.model_validate(said["fact"]))
            case "artifact":
                self._said.artifacts.append(ArtifactRef.model_validate(said["artifact"]))
            case "result":
                self._said.output = said["output"]
            case "spent":
                spent = Spending(tokens=said["tokens"], micros=said["micros"])
                self._said.spent = self._said.spent.plus(spent)
            case "asks":
                self._said.question = Question(title=said["title"], form=said["form"])
            case "failed":
                self._said.failure = said

    async def _keep_log(self, printed: BinaryIO) -> None:
        written, stream = 0, HiddenStream(self._attempt.hidden)
        with self._log.open("wb") as log:
            async with _reading(printed) as reader:
                while chunk := await reader.read(65536):
                    self._said.heard_at = time.perf_counter()
                    written = _append(log, stream.passed(chunk), written)
            written = _append(log, stream.rest(), written)
            if written > MAX_LOG_BYTES:
                log.write(f"\n[{written - MAX_LOG_BYTES} more bytes were printed and thrown away]\n".encode())

    async def _outcome(self, why: Why, exit_code: int) -> Outcome:
        """What the tool has given counts, whatever ended its process after that."""
        said, name = self._said, self._attempt.tool
        if said.output is None and why == "stopped":
            return Stopped("cancelled while it ran", self._seconds, said.spent, "unknown")
        artifacts = await self._store_all()
        if said.output is not None:
            return Succeeded(said.output, self._seconds, tuple(said.evidence), artifacts, said.spent, self._resources)
        if why in _SILENCED:
            return self._failure(f"{name} {_SILENCED[why].format(self._attempt)} and was stopped", why, artifacts)
        if said.question is not None:
            return Asked(said.question, self._seconds, said.spent)
        if said.failure is not None:
            return self._told_failure(said.failure, artifacts)
        reason = f"{name} {_ending(exit_code)} without a result; the end of its log: {self._tail()}"
        return self._failure(reason, "tool_crashed", artifacts)

    def _told_failure(self, told: dict[str, Any], artifacts: tuple[ArtifactRef, ...]) -> Failed:
        effect: Effect = told["effect"]
        failure = self._failure(str(told["reason"])[:MAX_REASON], str(told["failure"]), artifacts)
        return replace(failure, retryable=bool(told["retryable"]), effect=effect)

    def _failure(self, reason: str, kind: str, artifacts: tuple[ArtifactRef, ...] = ()) -> Failed:
        """One that may be tried again, and of which nobody knows what the tool had done outside before."""
        return Failed(
            reason,
            kind,
            retryable=True,
            seconds=self._seconds,
            evidence=tuple(self._said.evidence),
            artifacts=artifacts,
            spent=self._said.spent,
            effect=self._effect,
            resources=self._resources,
        )

    @property
    def _resources(self) -> ResourceSample | None:
        """What the tool has used, of which its guardian has told; nothing if its process never was."""
        if not self._touched:
            return None
        return sample_in(self._used, seconds=self._seconds, tokens=self._said.spent.tokens or None)

    @property
    def _effect(self) -> Effect:
        if self._said.output is not None:
            return "done"
        return "unknown" if self._touched else "not_done"

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._started

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


def _append(log: BinaryIO, told: bytes, written: int) -> int:
    """Write as much of it as there is room for; how much there would be by now."""
    log.write(told[: max(MAX_LOG_BYTES - written, 0)])
    return written + len(told)


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
