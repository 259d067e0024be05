"""`python -m wrenchai_inspector.refresh`: one `Request` as JSON on standard input, one answer on standard output.

The answer is a `Fitted` and exit code 0, or a `Refused` and exit code 1. What libraries print goes to standard error.
"""

import ctypes
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from wrenchai_inspector.refresh.cells import counted
from wrenchai_inspector.refresh.request import Answer, Fitted, Refused, Request

_STARTED = time.perf_counter()
_PR_SET_PDEATHSIG = 1
_KILOBYTE = 1024


def main() -> int:
    """Read, fit, answer; the exit code."""
    _die_with_parent()
    answering = _own_output()
    answer = _answered(sys.stdin.buffer.read())
    answering.write(answer.model_dump_json().encode())
    answering.flush()
    return 0 if isinstance(answer, Fitted) else 1


def _answered(asked: bytes) -> Answer:
    try:
        return _fitted(Request.model_validate_json(asked))
    except ValidationError as problem:
        return Refused(reason=f"what is asked cannot be read: {problem}")
    except ImportError as missing:
        return Refused(reason=f"{missing}; the background model needs wrenchai[inspector]")
    except Exception as problem:  # noqa: BLE001  # this process' one place that answers for all that can go wrong
        return Refused(reason=f"the fit failed: {type(problem).__name__}: {problem}")


def _fitted(request: Request) -> Fitted:
    counts = counted(request.cells, random.Random(request.seed).random())  # noqa: S311  # seeded to be repeated
    if not len(counts.outcomes):
        message = "there are no outcomes to fit"
        raise ValueError(message)
    from wrenchai_inspector.refresh import model  # noqa: PLC0415  # three seconds, and not to be had everywhere

    found = model.fit(counts, request)
    return Fitted(
        **found,
        draws=request.draws,
        chains=request.chains,
        seed=request.seed,
        seconds=time.perf_counter() - _STARTED,
        peak_rss=_peak_rss(),
        versions=model.versions(),
    )


def _own_output() -> BinaryIO:
    """Standard output for the answer alone: whatever else is printed from now on goes to standard error."""
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return ours


def _die_with_parent() -> None:
    """Nobody would read the answer."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _peak_rss() -> int:
    """Bytes. Linux' own account of this program; `ru_maxrss` would begin with the size of who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
            * _KILOBYTE
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else _KILOBYTE)


if __name__ == "__main__":
    sys.exit(main())
