"""The rows of a task's live view: one for each tool call, block of steps and wait, and where each stands. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wrenchai_contracts.views import StepStatus

from wrenchai.cli.waiting import Waiting

Key = tuple[str, str]
"""Path and step; of a block or a wait the step is empty."""

Place = tuple[tuple[int, int], ...]
"""Where a path stands among others: for each of its parts the place in the plan, or the number of an item or round."""

LEAVES = frozenset({"tool", "wait"})
_OVER = {StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.CANCELLED, StepStatus.SKIPPED}
_WAITS = {StepStatus.PENDING, StepStatus.RETRYING}
_BEHIND = {"fix": 1, "judge": 2, "undo": 3}
_UNPLANNED = 2**31


@dataclass(frozen=True, slots=True)
class Row:
    """What is at `path`: a tool call (`step` of a journey), or by `kind` a block or a wait. Durations are seconds.

    `number` sorts the steps of one journey; `group` is a fan of a plan of 0.1, which named its branches apart from it.
    `planned`: not begun, and only the plan knows of it. `go`: how often it was gone through, attempts apart.
    `passed`: of a loop, tool calls and waits of rounds that are not shown any more; their working time is its own.
    """

    path: str
    step: str = ""
    kind: str = "tool"
    tool: str = ""
    number: int = 0
    group: str | None = None
    planned: bool = False
    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    go: int = 1
    ready_at: datetime | None = None
    started_at: datetime | None = None
    retry_at: datetime | None = None
    waiting: float = 0.0
    working: float = 0.0
    fraction: float = 0.0
    message: str = ""
    reason: str = ""
    count: int | None = None
    round: int = 0
    passed: int = 0
    wait: Waiting | None = None

    @property
    def key(self) -> Key:
        """What tells it apart."""
        return self.path, self.step

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is inside it."""
        return self.kind in LEAVES

    @property
    def over(self) -> bool:
        """Whether nothing will follow."""
        return self.status in _OVER

    @property
    def at_work(self) -> bool:
        """Whether it goes on by itself: a worker has it, or will."""
        return self.kind == "tool" and not self.planned and self.status in {*_WAITS, StepStatus.RUNNING}

    @property
    def open_wait(self) -> Waiting | None:
        """What it waits for now."""
        return self.wait if self.status is StepStatus.WAITING else None

    def waited(self, now: datetime) -> float:
        """Seconds it had to wait until `now`."""
        waits = self.status in _WAITS and self.ready_at is not None
        return self.waiting + (seconds_between(self.ready_at, now) if waits else 0.0)

    def worked(self, now: datetime) -> float:
        """Seconds its tool worked until `now`."""
        running = self.is_leaf and self.status is StepStatus.RUNNING
        return self.working + (seconds_between(self.started_at, now) if running else 0.0)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each id of the plan stands; ids are unique over the whole of it."""

    of: Mapping[str, int] = field(default_factory=dict)

    def place(self, path: str) -> Place:
        """Sorts a path behind what it lies in, and among its neighbours as the plan has them."""
        return tuple(self._part(part) for part in path.split("."))

    def ordered(self, rows: Iterable[Row]) -> list[Row]:
        """As the plan has them."""
        return sorted(rows, key=lambda row: (self.place(row.path), row.number, row.path, row.is_leaf))

    def _part(self, part: str) -> tuple[int, int]:
        own, *behind = part.split("~")
        place = int(own) if own.isdecimal() else self.of.get(own, _UNPLANNED)
        return place, max((_BEHIND.get(word, 0) for word in behind), default=0)


def around(path: str) -> Iterator[str]:
    """The paths that it lies in, whichever go of them, from the innermost out."""
    parts = [part.partition("~")[0] for part in path.split(".")[:-1]]
    while parts:
        yield ".".join(parts)
        parts.pop()


def first_gos(path: str) -> str:
    """The path as it would be if everything on it were gone through for the first time."""
    return ".".join(part.partition("~")[0] for part in path.split("."))


def item_in(path: str, block: str) -> str | None:
    """The number of the item or round of `block` that the path lies in."""
    inside = first_gos(path)[len(first_gos(block)) + 1 :].partition(".")[0]
    return inside if inside.isdecimal() else None


def seconds_between(since: datetime | None, until: datetime) -> float:
    """None counts nothing; time never goes back."""
    return max(0.0, (until - since).total_seconds()) if since else 0.0
