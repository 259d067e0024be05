"""What was learnt, replayed in processes that calculate otherwise: one hash (B2).

`python -m benchmarks.inspector.replay_bars [SEED [RESULTS]]` prints what this process comes to over 10,000 results: the
last link of the chain, the hash of all that is known, and two hashes that show whether numpy and BLAS calculate as
elsewhere.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib import import_module
from typing import NamedTuple

import numpy as np
from wrenchai_contracts.event import Event
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.replaying import carry_on
from wrenchai_judgement.snapshot import from_bytes, to_bytes

from benchmarks.inspector.drawn_results import learnt_from, results
from benchmarks.inspector.scores import Bar, bar

RESULTS = 10_000
_CUT = 0.6
"""At which share of the stream a snapshot is taken."""


class Fold(NamedTuple):
    """What a fold came to. `exp` and `matrix` are of numpy's own, and may differ from process to process."""

    chain: str
    known: str
    tail: str
    """The hash of all that is known by a snapshot and the rest of the stream."""
    differences: int
    exp: str
    matrix: str


def b2(seed: int) -> Bar:
    """The same stream in three processes: as this machine is, without its vector units, with another BLAS core."""
    folds = in_three_processes(seed)
    one = folds["as it is"]
    same = len({(fold.chain, fold.known) for fold in folds.values()}) == 1
    replayed = all(fold.tail == fold.known and not fold.differences for fold in folds.values())
    return bar(
        f"{RESULTS:,} results replayed in 3 processes that calculate otherwise give one hash; snapshot + tail = full",
        holds=same and replayed,
        chain=one.chain,
        hashes={way: fold.chain for way, fold in folds.items()},
        states={way: fold.known for way, fold in folds.items()},
        snapshot_and_tail_equal_full=replayed,
        numpy_exp_differs=len({fold.exp for fold in folds.values()}) > 1,
        blas_differs=len({fold.matrix for fold in folds.values()}) > 1,
    )


def in_three_processes(seed: int, many: int = RESULTS) -> dict[str, Fold]:
    """The same fold by processes that calculate otherwise."""
    ways = {"as it is": {}, "vector units off": _without_vectors(), "other BLAS core": _with_other_core()}
    return {way: _in_a_process(seed, many, settings) for way, settings in ways.items()}


def fold(seed: int, many: int = RESULTS) -> Fold:
    """Judge and learn, then replay what was recorded of it, at once and from a snapshot on."""
    first = Knowledge("bench")
    stream = list(learnt_from(first, results(seed, many)))
    whole, cut = Knowledge("bench"), int(_CUT * len(stream))
    differences = _carried(whole, stream[:cut])
    half = from_bytes(to_bytes(whole))
    differences += _carried(whole, stream[cut:]) + _carried(half, stream[cut:])
    differences += int(whole.digest != first.digest)
    return Fold(whole.digest, _hash(to_bytes(whole)), _hash(to_bytes(half)), differences, *_numpys_own())


def _carried(knowledge: Knowledge, stream: Iterable[Event]) -> int:
    """Fold on; how many events came to something else than recorded."""
    return sum(carry_on(knowledge, event, knowledge.version + 1).difference is not None for event in stream)


def _numpys_own() -> tuple[str, str]:
    """Hashes of what vector units and BLAS make of fixed numbers."""
    numbers = np.linspace(-5.0, 5.0, 4096)
    square = np.sin(np.outer(numbers[:200], numbers[:200]))
    return _hash(np.exp(numbers).tobytes()), _hash((square @ square.T).tobytes())


def _hash(state: bytes) -> str:
    return sha256(state).hexdigest()


def _without_vectors() -> dict[str, str]:
    """Everything that numpy could use of this processor beyond what it was built for."""
    core = import_module("numpy._core._multiarray_umath")  # nothing public says what is dispatched
    found = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(found)}


def _with_other_core() -> dict[str, str]:
    """A core without wide vectors or fused multiplication, which any of its architecture can play."""
    return {"OPENBLAS_CORETYPE": "ARMV8" if platform.machine() in {"aarch64", "arm64"} else "Prescott"}


def _in_a_process(seed: int, many: int, settings: Mapping[str, str]) -> Fold:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.inspector.replay_bars", str(seed), str(many)],
        capture_output=True, text=True, check=False, timeout=600, env={**os.environ, **settings},
    )  # fmt: skip
    if said.returncode:
        message = f"with {dict(settings)}: {said.stderr.strip().splitlines()[-1]}"
        raise RuntimeError(message)
    return Fold(**json.loads(said.stdout))


def main() -> None:
    """Fold, and tell as one line of JSON."""
    seed, many = (*map(int, sys.argv[1:]), *(1, RESULTS)[len(sys.argv) - 1 :])
    print(json.dumps(fold(seed, many)._asdict()))  # noqa: T201  # what a benchmark is for


if __name__ == "__main__":
    main()
