"""Starts a program so that it cannot outlive us: own session, no inherited files, no privileges it should not have."""

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wrenchai.local.errors import ProgramFailed
from wrenchai.local.system_user import SystemUser

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_NOT_BORN = 127


async def spawn(
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    output: int,
    user: SystemUser | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Process:
    """Start `argv` with exactly `env`, writing to the descriptor `output`.

    On Linux the kernel sends it `death_signal` when the thread that called us ends, however it ends: call this from
    the thread that lives longest. Elsewhere the next start ends what was left (see `leftovers`).

    Raises:
        OSError: the program cannot be started.
    """
    return await asyncio.create_subprocess_exec(
        *argv,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=_born(user, death_signal, os.getpid()),
    )


async def run_to_end(argv: Sequence[str], env: Mapping[str, str], *, user: SystemUser | None = None) -> str:
    """Run a program that takes a moment; what it printed.

    Raises:
        ProgramFailed: it ended with another exit code than 0.
    """
    reading, writing = os.pipe()
    child = await spawn(argv, env, output=writing, user=user)
    os.close(writing)
    try:
        output = await asyncio.to_thread(_read_all, reading)
        exit_code = await child.wait()
    except asyncio.CancelledError:
        end_group(child.pid, signal.SIGKILL)
        raise
    if exit_code != 0:
        raise ProgramFailed(Path(argv[0]).name, exit_code, output.strip())
    return output


def end_group(pid: int, how: signal.Signals) -> None:
    """Signal a child with all that it left in its process group; nothing happens if all are gone."""
    try:
        os.killpg(pid, how)
    except ProcessLookupError:
        return


def _read_all(descriptor: int) -> str:
    with os.fdopen(descriptor, errors="replace") as stream:
        return stream.read()


def _born(user: SystemUser | None, death_signal: signal.Signals, parent: int) -> Callable[[], None]:
    """What the child does between fork and exec. The order matters: a change of user clears the death signal."""

    def in_child() -> None:
        if user is not None:
            os.setgroups([user.gid])
            os.setgid(user.gid)
            os.setuid(user.uid)
        os.umask(0o077)
        if _LIBC is not None:
            _LIBC.prctl(_SET_DEATH_SIGNAL, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(_NOT_BORN)

    return in_child
