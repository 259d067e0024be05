"""From a log's summary to what happened: bursts of errors, the window of the impact, what was new before it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Literal

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.incident.areas import Area, area_of
from wrenchai_journey.incident.log_lines import Level
from wrenchai_journey.incident.log_summary import Kind, Summary

Part = Literal["first_cause", "in_burst", "beside"]
MAX_FINDINGS = 24
MAX_BURSTS = 20
_WIDTHS = (1, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 86400)
_MOST_BINS = 200
_FEWEST = 3
"""Errors that a burst has at least, in its hottest interval."""

_TIMES = 4.0
"""An interval is hot when it has so many times the usual errors."""

_BRIDGED = 2
_LOOKED_BACK = 10
_BACK_AT_LEAST = 300.0
_SILENT_AT_LEAST = 60.0
_SILENT_TIMES = 20.0


class Burst(Frozen):
    """Intervals with far more errors than usual."""

    begins: str
    ends: str
    errors: int
    peak: int


class Gap(Frozen):
    """A silence far longer than the usual pause between entries."""

    begins: str
    ends: str
    seconds: float


class Finding(Frozen):
    """One kind of message that a specialist should look at; `part` says what it is in the incident."""

    id: str
    part: Part
    area: Area
    level: Level
    component: str
    template: str
    count: int
    first_line: int
    first_at: str | None
    last_at: str | None
    seconds_before: float | None = None


class Analysis(Frozen):
    """What happened, as far as a log can tell."""

    begins: str | None
    ends: str | None
    interval: int
    usual: float
    bursts: tuple[Burst, ...]
    impact: Burst | None
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    left_out: int
    not_measured: tuple[str, ...]


def analysis_of(summary: Summary) -> Analysis:
    """Without times there are findings, but neither bursts nor causes; that is said."""
    interval = _interval(summary)
    usual = _usual(summary, interval)
    spans = _bursts(summary.error_seconds, interval, usual)
    impact = _impact(spans, interval)
    findings = _findings(summary.kinds, spans, impact, interval)
    return Analysis(
        begins=moment(summary.begins), ends=moment(summary.ends), interval=interval, usual=round(usual, 3),
        bursts=tuple(span.told() for span in spans[:MAX_BURSTS]), impact=None if impact is None else impact.told(),
        gaps=tuple(_gaps(summary)),
        findings=tuple(findings[:MAX_FINDINGS]), left_out=max(len(findings) - MAX_FINDINGS, 0),
        not_measured=tuple(_not_measured(summary)),
    )  # fmt: skip


def moment(at: float | None) -> str | None:
    """A time as people write it, in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class _Span(Frozen):
    begins: float
    ends: float
    errors: int
    peak: int

    def told(self) -> Burst:
        return Burst(begins=str(moment(self.begins)), ends=str(moment(self.ends)), errors=self.errors, peak=self.peak)


def _interval(summary: Summary) -> int:
    """The shortest that makes no more than so many intervals of the whole log."""
    if summary.begins is None or summary.ends is None:
        return _WIDTHS[0]
    whole = summary.ends - summary.begins
    return next((width for width in _WIDTHS if whole / width <= _MOST_BINS), _WIDTHS[-1])


def _usual(summary: Summary, interval: int) -> float:
    """The median of errors in an interval, quiet ones included."""
    if summary.begins is None or summary.ends is None:
        return 0.0
    counts = _binned(summary.error_seconds, interval)
    bins = int(summary.ends // interval) - int(summary.begins // interval) + 1
    quiet = max(bins - len(counts), 0)
    return float(median([*counts.values(), *([0] * min(quiet, 10 * _MOST_BINS))] or [0]))


def _binned(seconds: dict[int, int], interval: int) -> Counter[int]:
    counts: Counter[int] = Counter()
    for second, errors in seconds.items():
        counts[second // interval] += errors
    return counts


def _bursts(seconds: dict[int, int], interval: int, usual: float) -> list[_Span]:
    counts = _binned(seconds, interval)
    hot = sorted(at for at, errors in counts.items() if errors >= max(_FEWEST, _TIMES * usual))
    spans: list[list[int]] = []
    for at in hot:
        if spans and at - spans[-1][-1] <= _BRIDGED + 1:
            spans[-1].append(at)
        else:
            spans.append([at])
    return [_span(bins, counts, interval) for bins in spans]


def _span(bins: Sequence[int], counts: Counter[int], interval: int) -> _Span:
    within = range(bins[0], bins[-1] + 1)
    return _Span(
        begins=bins[0] * interval, ends=(bins[-1] + 1) * interval,
        errors=sum(counts[at] for at in within), peak=max(counts[at] for at in within),
    )  # fmt: skip


def _impact(spans: Sequence[_Span], interval: int) -> _Span | None:
    """The burst with most errors, together with those before and after it that are no farther than one looks back."""
    if not spans:
        return None
    most = max(range(len(spans)), key=lambda at: spans[at].errors)
    first = last = most
    while first > 0 and spans[first].begins - spans[first - 1].ends <= _back(interval):
        first -= 1
    while last + 1 < len(spans) and spans[last + 1].begins - spans[last].ends <= _back(interval):
        last += 1
    within = spans[first : last + 1]
    errors, peak = sum(span.errors for span in within), max(span.peak for span in within)
    return _Span(begins=within[0].begins, ends=within[-1].ends, errors=errors, peak=peak)


def _back(interval: int) -> float:
    return max(_LOOKED_BACK * interval, _BACK_AT_LEAST)


def _findings(kinds: Sequence[Kind], spans: Sequence[_Span], impact: _Span | None, interval: int) -> list[Finding]:
    """What may be the cause first, the earliest before the others; then what the bursts are made of, by number."""
    parts = [(_part(kind, spans, impact, interval), kind) for kind in kinds]
    order = {"first_cause": 0, "in_burst": 1, "beside": 2}
    parts.sort(
        key=lambda one: (
            order[one[0]], (one[1].first_at or 0.0) if one[0] == "first_cause" else -one[1].count, one[1].first_line,
        )
    )  # fmt: skip
    return [_finding(number, part, kind, impact) for number, (part, kind) in enumerate(parts, start=1)]


def _part(kind: Kind, spans: Sequence[_Span], impact: _Span | None, interval: int) -> Part:
    """A first cause is new: it came first shortly before the impact began, or in its first interval."""
    if impact is None or kind.first_at is None:
        return "beside"
    if impact.begins - _back(interval) <= kind.first_at < impact.begins + interval:
        return "first_cause"
    seen = (kind.first_at, kind.last_at or kind.first_at)
    return "in_burst" if any(span.begins <= at < span.ends for span in spans for at in seen) else "beside"


def _finding(number: int, part: Part, kind: Kind, impact: _Span | None) -> Finding:
    before = None
    if part == "first_cause" and impact is not None and kind.first_at is not None:
        before = round(impact.begins - kind.first_at, 3)
    return Finding(
        id=f"finding-{number}", part=part, area=area_of(kind.template, kind.component), level=kind.level,
        component=kind.component, template=kind.template, count=kind.count, first_line=kind.first_line,
        first_at=moment(kind.first_at), last_at=moment(kind.last_at), seconds_before=before,
    )  # fmt: skip


def _gaps(summary: Summary) -> Iterator[Gap]:
    if summary.begins is None or summary.ends is None or summary.dated < _FEWEST:
        return
    usual = (summary.ends - summary.begins) / (summary.dated - 1)
    for silence in summary.silences:
        seconds = silence.ends - silence.begins
        if seconds >= max(_SILENT_AT_LEAST, _SILENT_TIMES * usual):
            begins, ends = str(moment(silence.begins)), str(moment(silence.ends))
            yield Gap(begins=begins, ends=ends, seconds=round(seconds, 3))


def _not_measured(summary: Summary) -> Iterator[str]:
    if summary.dated == 0:
        yield "no entry has a time: bursts, impact, causes and gaps are not measured"
    elif summary.dated < summary.entries:
        yield f"{summary.entries - summary.dated} entries have no time and count in no burst"
    if summary.out_of_order:
        yield f"{summary.out_of_order} entries are earlier than the one before: several clocks, or several logs in one"
