"""What is to be counted of all that was learnt: decisions, people's words, alarms, refreshes, families. Pure fold.

It is folded from the same events as the judgement's knowledge, which forgets them; nothing here changes a judgement.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    DriftDetected,
    EvidenceLearned,
    InspectorPriorRefreshed,
    InspectorPriorRefused,
    VerdictLearned,
)
from wrenchai_contracts.judging import Report, Verdict, Work
from wrenchai_contracts.shape import Path
from wrenchai_judgement.judges import key_of, named

MOST_ALARMS = 500
DAYS_KEPT = 56
OF_ITS_OWN = frozenset({"accept", "retry", "reject"})
"""What the inspector decided by itself; of these an audit is drawn."""

Scope = tuple[str, str]
"""`("tool", its name)`, `("playbook", its name)`, `("all", "")`."""


class Said(NamedTuple):
    """A person's last word on a result, and what had been thought of it and done about it."""

    verdict: Verdict
    quality: float
    decision: str
    source: str
    audit: float | None
    """With which probability it was drawn."""
    work: Work
    reports: tuple[Report, ...]
    at: datetime


class Alarmed(NamedTuple):
    """An alarm, and when it was raised."""

    event: DriftDetected
    at: datetime
    position: int


class Renewed(NamedTuple):
    """Another version of a tool was at work."""

    tool: str
    version: str
    at: datetime


class Worker(NamedTuple):
    """By whom work was done, as far as runs are counted by it."""

    role: str
    tool: str
    playbook: str
    pair: str


@dataclass(slots=True)
class Ledger:
    """The counts, up to the last event that was noted."""

    decided: dict[Scope, Counter[str]] = field(default_factory=dict)
    """Decisions by scope and action. Entries of a contest are not decided on."""
    words: dict[tuple[str, Path | None, str], Said] = field(default_factory=dict)
    """The last word of each person on each result: by task, step and person, in the order of the first."""
    alarms: deque[Alarmed] = field(default_factory=lambda: deque(maxlen=MOST_ALARMS))
    refreshed: tuple[InspectorPriorRefreshed, datetime] | None = None
    refused: tuple[InspectorPriorRefused, datetime] | None = None
    """What came of the last fit, unless that was a refresh."""
    renewed: deque[Renewed] = field(default_factory=lambda: deque(maxlen=MOST_ALARMS))
    families: dict[str, str] = field(default_factory=dict)
    """Of each judge, by its key."""
    together: dict[str, Counter[str]] = field(default_factory=dict)
    """Of each family, how many `results` it has reported on, and how many `reports` those were."""
    prices: dict[str, float] = field(default_factory=dict)
    runs: dict[date, Counter[Worker]] = field(default_factory=dict)
    """Of the last weeks, by day."""
    last: datetime | None = None
    _versions: dict[str, str] = field(default_factory=dict)

    def note(self, recorded: Recorded) -> None:
        """Fold one event of the stream."""
        self.last = recorded.at
        match recorded.event:
            case EvidenceLearned() as learnt:
                self._evidence(learnt, recorded.at)
            case VerdictLearned() as learnt:
                self._verdict(learnt, recorded.at)
            case DriftDetected() as alarm:
                self.alarms.append(Alarmed(alarm, recorded.at, recorded.position))
            case InspectorPriorRefreshed() as refresh:
                self.refreshed, self.refused = (refresh, recorded.at), None
            case InspectorPriorRefused() as refusal:
                self.refused = refusal, recorded.at
            case _:
                pass

    def lately(self, worker: Worker, days: int) -> int:
        """How often it ran within so many days before the last event."""
        if self.last is None:
            return 0
        since = self.last.date() - timedelta(days=days)
        return sum(runs[worker] for day, runs in self.runs.items() if day > since)

    def of_judge(self, key: str) -> Iterator[tuple[int, Said]]:
        """At which levels that judge spoke of results that a person has spoken of too."""
        for said in self.words.values():
            for report in said.reports:
                if named(report) == key:
                    yield report.level, said

    def _evidence(self, learnt: EvidenceLearned, at: datetime) -> None:
        work = learnt.subject.work
        self._renew(work, at)
        self._families(learnt)
        self._ran(work, at)
        for offer in learnt.subject.judges:
            self.prices[key_of(offer.judge, offer.version, offer.scale)] = offer.price
        if learnt.subject.all_reports and not is_entry(learnt):
            for scope in (("all", ""), ("tool", work.tool), ("playbook", work.playbook)):
                self.decided.setdefault(scope, Counter())[learnt.decision] += 1

    def _verdict(self, learnt: VerdictLearned, at: datetime) -> None:
        self.words[learnt.task_id, learnt.step, learnt.by] = Said(
            learnt.verdict, learnt.quality, learnt.decision, learnt.source, learnt.audit_probability, learnt.work,
            learnt.reports, at,
        )  # fmt: skip

    def _renew(self, work: Work, at: datetime) -> None:
        before = self._versions.get(work.tool)
        if work.version and before not in {None, work.version}:
            self.renewed.append(Renewed(work.tool, work.version, at))
        if work.version:
            self._versions[work.tool] = work.version

    def _families(self, learnt: EvidenceLearned) -> None:
        sizes = Counter[str]()
        for report in learnt.subject.all_reports:
            self.families[named(report)] = report.family
            sizes[report.family] += report.times
        for family, size in sizes.items():
            self.together.setdefault(family, Counter()).update(results=1, reports=size)

    def _ran(self, work: Work, at: datetime) -> None:
        day = at.date()
        if day not in self.runs:
            self.runs[day] = Counter()
            for old in [one for one in self.runs if one <= day - timedelta(days=DAYS_KEPT)]:
                del self.runs[old]
        self.runs[day][Worker(work.role, work.tool, work.playbook, work.pair)] += 1


def is_entry(learnt: EvidenceLearned) -> bool:
    """Whether the result was an entry of a contest: ranked beside others, and not decided on by itself."""
    return learnt.step is not None and learnt.subject.seed == f"{learnt.task_id}/{learnt.step}"
