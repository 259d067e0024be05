"""What is kept of a log however long it is: kinds of messages, seconds with errors, the longest silences. Pure."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.incident.log_lines import Entry, Level
from wrenchai_journey.incident.templates import template_of

MAX_KINDS = 5000
OTHER = "(kinds of messages beyond those that are told apart)"
_GAPS = 20


class Kind(Frozen):
    """Messages that are equal but for what is masked: how many, and when and where the first and last came."""

    level: Level
    component: str
    template: str
    count: int
    first_line: int
    first_at: float | None
    last_at: float | None


class Silence(Frozen):
    """No entry between two moments."""

    begins: float
    ends: float


class Summary(Frozen):
    """A log in short."""

    entries: int
    dated: int
    levels: dict[str, int]
    formats: dict[str, int]
    begins: float | None
    ends: float | None
    out_of_order: int
    kinds: tuple[Kind, ...]
    error_seconds: dict[int, int]
    silences: tuple[Silence, ...]


def summary_of(entries: Iterable[Entry]) -> Summary:
    """Fold all entries, one by one."""
    folded = _Folded()
    for entry in entries:
        folded.take(entry)
    return folded.summary()


@dataclass(slots=True)
class _Seen:
    first_line: int
    first_at: float | None
    last_at: float | None
    count: int = 0


class _Folded:
    def __init__(self) -> None:
        self._levels: Counter[str] = Counter()
        self._formats: Counter[str] = Counter()
        self._errors: Counter[int] = Counter()
        self._kinds: dict[tuple[Level, str, str], _Seen] = {}
        self._silences: list[tuple[float, float, float]] = []
        self._begins: float | None = None
        self._ends: float | None = None
        self._dated = self._out_of_order = 0

    def take(self, entry: Entry) -> None:
        self._levels[entry.level] += 1
        self._formats[entry.written] += 1
        if entry.at is not None:
            self._date(entry.at, is_error=entry.level == "error")
        if entry.level != "info":
            self._sort(entry)

    def summary(self) -> Summary:
        longest = sorted(self._silences, reverse=True)
        return Summary(
            entries=self._levels.total(), dated=self._dated, levels=dict(self._levels), formats=dict(self._formats),
            begins=self._begins, ends=self._ends, out_of_order=self._out_of_order,
            kinds=tuple(_kind(key, seen) for key, seen in self._kinds.items()),
            error_seconds=dict(sorted(self._errors.items())),
            silences=tuple(Silence(begins=begins, ends=ends) for _, begins, ends in longest),
        )  # fmt: skip

    def _date(self, at: float, *, is_error: bool) -> None:
        self._dated += 1
        if is_error:
            self._errors[int(at)] += 1
        if self._begins is None or self._ends is None:
            self._begins = self._ends = at
        elif at < self._ends:
            self._out_of_order += 1
            self._begins = min(self._begins, at)
        else:
            heapq.heappush(self._silences, (at - self._ends, self._ends, at))
            if len(self._silences) > _GAPS:
                heapq.heappop(self._silences)
            self._ends = at

    def _sort(self, entry: Entry) -> None:
        key = entry.level, entry.component, template_of(entry.message)
        if key not in self._kinds and len(self._kinds) >= MAX_KINDS:
            key = entry.level, "", OTHER
        seen = self._kinds.setdefault(key, _Seen(entry.line, entry.at, entry.at))
        seen.count += 1
        seen.last_at = seen.last_at if entry.at is None else entry.at


def _kind(key: tuple[Level, str, str], seen: _Seen) -> Kind:
    level, component, template = key
    return Kind(
        level=level, component=component, template=template, count=seen.count, first_line=seen.first_line,
        first_at=seen.first_at, last_at=seen.last_at,
    )  # fmt: skip
