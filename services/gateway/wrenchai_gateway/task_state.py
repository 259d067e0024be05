"""What is known of one task while its events are folded: a header row, and step rows by journey. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.views import TaskStatus

NOTHING: tuple[Row, ...] = ()
NOT_YET_JUDGED = frozenset({"requested", "planned", "running"})

_LONGEST_MESSAGE = 300
_ENDED = frozenset({"completed", "failed", "cancelled"})


@dataclass(slots=True)
class JourneyFold:
    """The step rows of one journey by step, in the order they run, and since when none of them is at work."""

    steps: dict[str, Row]
    idle_since: str


@dataclass(slots=True)
class TaskFold:
    """One task: rows are plain dictionaries, as they lie in the view's tables.

    The header's `phase` is where the task is in its life; its `status` is what is shown, which may also be `parked`.
    """

    header: Row
    journeys: dict[str, JourneyFold] = field(default_factory=dict)

    @property
    def status(self) -> TaskStatus:
        """What is shown."""
        return TaskStatus(self.header["status"])

    @property
    def ended(self) -> bool:
        """Whether nothing will follow."""
        return self.header["phase"] in _ENDED

    def steps(self) -> Iterator[Row]:
        """All step rows known so far."""
        for journey in self.journeys.values():
            yield from journey.steps.values()

    def remember(self, rows: Iterable[Row]) -> None:
        """Take in step rows that were written before, in the order they run."""
        for row in rows:
            journey = self.journeys.setdefault(row["journey"], JourneyFold({}, row["dispatched_at"]))
            journey.steps[row["step"]] = row
            journey.idle_since = max(journey.idle_since, row["ended_at"] or "")

    def enter(self, phase: TaskStatus, message: str) -> None:
        """The task is in `phase` from now on, unless it has ended."""
        if not self.ended:
            self.say(message)
            self.header["phase"] = phase.value

    def say(self, message: str) -> None:
        """One short sentence for people; the last one before the end stays."""
        if not self.ended:
            self.header["message"] = message[:_LONGEST_MESSAGE]


def journey_of(entry: Entry) -> str:
    """The journey that an entry tells of."""
    return entry.stream.partition("/")[2]


def seconds_between(start: str, end: str) -> float:
    """From one recorded time to another; both as ISO 8601 text."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
