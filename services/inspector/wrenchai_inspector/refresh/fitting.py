"""Has a fit made by a process of its own, which costs the caller nothing but waiting and always ends.

The process gets nothing of the caller's environment but where Python finds its modules: no PATH, so that no compiler is
ever looked for; a home and a cache that are gone when it ends; no secret.
"""

import asyncio
import os
import resource
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
from pydantic import ValidationError

from wrenchai_inspector.refresh.request import ANSWER, Answer, Refused, Request

MEGABYTE = 1024 * 1024

RESERVED = 3072
"""Megabytes of addresses that numba and LLVM reserve and never touch: 2,300 were seen with 580 resident."""

LOOKS_EVERY = 0.2
"""Seconds between two looks at how much memory the process has."""

_KEPT = ("LANG", "PYTHONPATH", "TZ")
_SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")
_MOST_TOLD = 1500


class Limits(NamedTuple):
    """What a fit may take."""

    seconds: float = 900.0
    megabytes: int = 1024
    """Resident. Of addresses it may have `RESERVED` more, so that one huge request is refused by the kernel."""
    nice: int = 19


async def fit(request: Request, limits: Limits = Limits()) -> Answer:  # noqa: B008  # a frozen value
    """What a process of its own makes of `request`; nothing of it is left, however this ends."""
    try:
        async with _process(limits) as child:
            return await _heard(child, request, limits)
    except OSError as problem:
        return Refused(reason=f"the fit could not be started: {problem}")


async def _heard(child: Process, request: Request, limits: Limits) -> Answer:
    """Its answer, or what it must be ended for."""
    talk = asyncio.create_task(child.communicate(request.model_dump_json().encode()))
    outgrown = asyncio.create_task(_outgrown(child.pid, limits.megabytes * MEGABYTE))
    try:
        await asyncio.wait({talk, outgrown}, timeout=limits.seconds, return_when=asyncio.FIRST_COMPLETED)
        if talk.done():
            return _answer(await child.wait(), *talk.result())
        if outgrown.done():
            return Refused(reason=f"the fit took more than {limits.megabytes} MB and was stopped")
        return Refused(reason=f"the fit did not end within {limits.seconds:g} s and was stopped")
    finally:
        talk.cancel()
        outgrown.cancel()


def environment(home: str) -> dict[str, str]:
    """All that the process sees; what it or a library writes goes below `home`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    single = dict.fromkeys(_SINGLE, "1")
    quiet = {"PYTHONWARNINGS": "ignore"}  # the last that was printed tells how it died
    own = {"PATH": "", "HOME": home, "PYTENSOR_FLAGS": f"cxx=,base_compiledir={home}/pytensor"}
    return {**kept, **single, **quiet, **own}


@asynccontextmanager
async def _process(limits: Limits) -> AsyncIterator[Process]:
    """A fitting process with its limits; at the end of the block it is gone with all that it started and wrote."""
    with tempfile.TemporaryDirectory(prefix="wrenchai-refresh-", ignore_cleanup_errors=True) as home:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "wrenchai_inspector.refresh",
            stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment(home), cwd=home, start_new_session=True,
        )  # fmt: skip
        try:
            _limit(child.pid, limits)
            yield child
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


def _limit(pid: int, limits: Limits) -> None:
    """Set from outside: code between fork and exec is not safe where there are threads."""
    with suppress(ProcessLookupError):
        nice = max(limits.nice, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        _make_session_nice(pid, nice)
        if sys.platform == "linux":
            addresses = (limits.megabytes + RESERVED) * MEGABYTE
            resource.prlimit(pid, resource.RLIMIT_AS, (addresses, addresses))


def _make_session_nice(pid: int, nice: int) -> None:
    """Where Linux shares the processors out by session first (sched(7), autogroup), for it is alone in its own."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")


async def _outgrown(pid: int, most: int) -> None:
    """Ends when the process has more than `most` bytes resident.

    A limit of addresses alone is too blunt: what is reserved is four times what is used.
    """
    while _resident(pid) <= most:  # noqa: ASYNC110  # nobody rings a bell when a process grows
        await asyncio.sleep(LOOKS_EVERY)


def _resident(pid: int) -> int:
    """Bytes; 0 of one that has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _answer(exit_code: int, said: bytes, printed: bytes) -> Answer:
    try:
        return ANSWER.validate_json(said)
    except ValidationError:
        how = f"was killed by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exited with code {exit_code}"
        last = printed[-_MOST_TOLD:].decode(errors="replace").strip() or "(nothing)"
        return Refused(reason=f"the fit {how} without an answer; it last printed: {last}")
