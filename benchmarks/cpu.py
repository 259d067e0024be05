"""What processes cost: processor time and memory, each with its children, from /proc."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.installation import Installation
from benchmarks.report import Figures

TICKS_A_SECOND = 100


@dataclass(slots=True)
class CpuMeter:
    """Processor time of each process since it was made."""

    found: Installation
    _before: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = self._now()

    def microseconds_per(self, count: int, prefix: str) -> Figures:
        """For each process and in all, divided by `count`."""
        spent = {name: ticks - self._before.get(name, 0) for name, ticks in self._now().items()}
        each = {name: round(ticks / TICKS_A_SECOND / count * 1e6) for name, ticks in spent.items()}
        return {**{f"{prefix}.{name}": cost for name, cost in each.items()}, f"{prefix}.all": sum(each.values())}

    def _now(self) -> dict[str, int]:
        return {name: sum(map(_ticks, members)) for name, members in _families(self.found).items()}


def memory(found: Installation) -> Figures:
    """Proportional resident megabytes of each process with its children, and their sum."""
    each = {name: sum(map(_pss_megabytes, members)) for name, members in _families(found).items()}
    rounded = {f"idle.memory_mb.{name}": round(size, 1) for name, size in each.items()}
    return {**rounded, "idle.memory_mb": round(sum(each.values()), 1)}


def family(pid: int) -> Iterator[int]:
    """A process and all that it started, as far as they live; a supervised service is its own family."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in task.read_text().split():
                yield from family(int(child))


def _families(found: Installation) -> dict[str, list[int]]:
    """Each named process with its children; the supervisor alone, for all others are its children."""
    pids = found.pids
    return {name: [pid] if name == "supervisor" else list(family(pid)) for name, pid in pids.items()}


def _pss_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_ticks(found: Installation) -> int:
    """Ticks that all processes have spent so far."""
    return sum(_ticks(member) for members in _families(found).values() for member in members)


def _ticks(pid: int) -> int:
    """Its own time and that of children that have ended; nothing for one that has just gone, its parent counts it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[11:15]))
