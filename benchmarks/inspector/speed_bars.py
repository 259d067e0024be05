"""How long a judgement takes, learning from it and the chain of hashes included, and what is imported for it (B1)."""

import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from wrenchai_contracts.judging import LEVELS, Report, Subject, Verdict, Work
from wrenchai_judgement import knowledge as knowledge_module
from wrenchai_judgement.chance import uniform
from wrenchai_judgement.exact import exp
from wrenchai_judgement.knowledge import Heard, Knowledge

from benchmarks.inspector.drawn_results import JUDGES, Chance
from benchmarks.inspector.scores import Bar, Floats, bar

RUNS = 10_000
_WARM, _HEARD_EVERY = 1_000, 20
_ROLES, _TOOLS, _PLAYBOOKS = 5, 12, 6
HEAVY = ("pymc", "pytensor", "nutpie", "scipy", "arviz")
_IMPORTS = (
    "import sys; import wrenchai_judgement, wrenchai_judgement.knowledge, wrenchai_judgement.snapshot, "
    "wrenchai_inspector.service; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
)


def b1(seed: int) -> Bar:
    """One result with five judges, at 96 effects: judge and learn; besides that without hashing, and with retries.

    `one_exp_us` tells how fast the machine is at this moment: .36 where nothing else runs, .6 and more where much does.
    """
    whole, unhashed, retried = _timed(seed), _timed(seed, hashed=False), _timed(seed, retries=2)
    heavy = [name for name in imported() if name in HEAVY]
    p50, p99 = _percentiles(whole.micros)
    return bar(
        "score + update p50 <= 100 us, p99 <= 1 ms at D = 96, 5 judges, 10,000 runs; neither pymc nor scipy imported",
        holds=p50 <= 100 and p99 <= 1000 and not heavy,
        p50_us=p50,
        p99_us=p99,
        p50_without_hash_us=_percentiles(unhashed.micros)[0],
        p50_with_retries_us=_percentiles(retried.micros)[0],
        p99_with_retries_us=_percentiles(retried.micros)[1],
        p99_by_the_clock_on_the_wall_us=_percentiles(whole.wall)[1],
        one_exp_us=min(timeit.repeat(lambda: exp(1.234), number=2000, repeat=9)) / 2000 * 1e6,
        effects=whole.effects,
        runs=RUNS,
        heavy_imports=heavy,
    )


class _Run(NamedTuple):
    """What results took, in microseconds: of the processor, which others may have had meanwhile, and in all."""

    micros: Floats
    wall: Floats
    effects: int


def _timed(seed: int, *, hashed: bool = True, retries: int = 0) -> _Run:
    """Time each run after a while, in which people have spoken too, so that nothing is as at the beginning."""
    knowledge, marks = Knowledge("bench"), list[tuple[int, int]]()
    subjects = [subject(f"{seed}/{at}", retries) for at in range(_WARM + RUNS)]
    for at, one in enumerate(subjects[:_WARM]):
        found = knowledge.judge(one)
        knowledge.learn(one, found)
        if at % _HEARD_EVERY == 0:
            reading = (found.ratio, found.evidence.raw, found.plain.before, found.plain.after)
            verdict: Verdict = "good" if found.plain.after > uniform(one.seed) else "bad"
            knowledge.hear(Heard(one.kind, one.work, one.reports, *reading, verdict))
    with _hashing(hashed):
        for one in subjects[_WARM:]:
            marks.append((time.thread_time_ns(), time.perf_counter_ns()))
            knowledge.learn(one, knowledge.judge(one))
        marks.append((time.thread_time_ns(), time.perf_counter_ns()))
    micros, wall = np.diff(np.array(marks), axis=0).T / 1000.0
    return _Run(micros, wall, len(knowledge.context.rows))


def _percentiles(micros: Floats) -> tuple[float, float]:
    """The median, and what one in a hundred exceeds."""
    p50, p99 = np.percentile(micros, (50, 99))
    return float(p50), float(p99)


@contextmanager
def _hashing(hashed: bool) -> Iterator[None]:  # noqa: FBT001  # on or off
    """Without it, the chain stays where it is: what the rest costs."""
    chained: Callable[..., str] = knowledge_module._chained  # noqa: SLF001  # measured apart
    if not hashed:
        knowledge_module._chained = lambda before, *_: before  # noqa: SLF001  # measured apart
    try:
        yield
    finally:
        knowledge_module._chained = chained  # noqa: SLF001  # measured apart


def subject(name: str, retries: int = 0) -> Subject:
    """A result on which all five judges reported."""
    chance = Chance(name)
    role, tool = chance.below("role", _ROLES), chance.below("tool", _TOOLS)
    reports = tuple(
        Report(
            judge=one.name, family=one.family, dimension="quality", scale=one.scale,
            level=max(chance.below(one.name, LEVELS[one.scale]), chance.below(f"{one.name}/2", LEVELS[one.scale])),
        )
        for one in JUDGES
    )  # fmt: skip
    work = Work(role=f"role_{role}", tool=f"tool_{tool}", playbook=f"playbook_{chance.below('playbook', _PLAYBOOKS)}")
    return Subject(kind="work", work=work, reports=reports, proven=True, retries_left=retries, seed=name)


def imported() -> list[str]:
    """The packages that judging and the service's module load, in a fresh interpreter."""
    said = subprocess.run([sys.executable, "-c", _IMPORTS], capture_output=True, text=True, check=True, timeout=120)
    return said.stdout.split()
