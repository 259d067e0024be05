"""What is known of one task while its events are folded: a header row, and rows of steps by path. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai_gateway.waiting_words import words_for

NOTHING: tuple[Row, ...] = ()
NOT_YET_JUDGED = frozenset({"requested", "planned", "running"})
_MAY_WAIT = NOT_YET_JUDGED | {"evaluating"}
"""A person may be asked about the whole result too."""
UNENDED = frozenset({"pending", "running", "retrying", "waiting", "paused"})

_LONGEST_MESSAGE = 300
_MOST_NAMED = 20
_ENDED = frozenset({"completed", "failed", "cancelled"})
_AT_WORK = frozenset({"pending", "running", "retrying"})


@dataclass(slots=True)
class JourneyFold:
    """The step rows of one journey by step, in the order they run, and since when none of them is at work."""

    steps: dict[str, Row]
    idle_since: str


@dataclass(slots=True)
class TaskFold:
    """One task: rows are plain dictionaries, as they lie in the view's tables.

    The header's `phase` is where the task is in its life; its `status` is what is shown, which may also say what the
    task waits for. `blocks` and `waits` are rows by path; a node may have both, and a journey besides.
    """

    header: Row
    journeys: dict[str, JourneyFold] = field(default_factory=dict)
    blocks: dict[str, Row] = field(default_factory=dict)
    waits: dict[str, Row] = field(default_factory=dict)

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
        yield from self.blocks.values()
        yield from self.waits.values()

    def remember(self, rows: Iterable[Row]) -> None:
        """Take in step rows that were written before, in the order they run."""
        for row in rows:
            if row["type"] == "tool":
                journey = self.journeys.setdefault(row["journey"], JourneyFold({}, row["dispatched_at"]))
                journey.steps[row["step"]] = row
                journey.idle_since = max(journey.idle_since, row["ended_at"] or "")
            else:
                (self.waits if row["type"] == "wait" else self.blocks)[row["journey"]] = row

    # --- what is shown -----------------------------------------------------------------------------------

    def enter(self, phase: TaskStatus, message: str) -> None:
        """The task is in `phase` from now on, unless it has ended."""
        if not self.ended:
            self.say(message)
            self.header["phase"] = phase.value

    def say(self, message: str) -> None:
        """One short sentence for people; the last one before the end stays."""
        if not self.ended:
            self.header["message"] = message[:_LONGEST_MESSAGE]

    def show(self) -> None:
        """Bring the status up to what the header says; who begins to wait says for what."""
        header = self.header
        if not (header["paused"] or header["open_waits"] or header["parked"]):
            header["status"] = header["phase"]
            return
        shown = self._shown()
        if shown == TaskStatus.WAITING.value:
            others = header["open_waits"] - 1
            first = next(iter(header["waiting_for"].values()), "its context says what is waited for")
            self.say(first if not others else f"{first}; and {others} more")
        header["status"] = shown

    def _shown(self) -> str:
        header = self.header
        phase = str(header["phase"])
        if self.ended:
            return phase
        if header["parked"]:
            return TaskStatus.PARKED.value
        if phase == TaskStatus.CANCELLING.value:
            return phase
        if header["paused"]:
            return TaskStatus.PAUSED.value
        waits = phase in _MAY_WAIT and header["open_waits"] and not header["at_work"]
        return TaskStatus.WAITING.value if waits else phase

    # --- rows --------------------------------------------------------------------------------------------

    def turn(self, row: Row, status: StepStatus) -> None:
        """The row has that status from now on; the header counts what is at work and what waits."""
        self._count(row, -1)
        row["status"] = status.value
        self._count(row, 1)

    def take_in(self, row: Row) -> Row:
        """A row that is new."""
        self._count(row, 1)
        return row

    def wait_for(self, row: Row, wait: dict[str, Any]) -> None:
        """The row waits for something from outside."""
        row["wait"] = wait
        self.turn(row, StepStatus.WAITING)
        named = self.header["waiting_for"]
        if len(named) < _MOST_NAMED:
            named[row["journey"]] = words_for(row["journey"], wait, row["due"])[:_LONGEST_MESSAGE]

    def _count(self, row: Row, by: int) -> None:
        header, status = self.header, row["status"]
        if status in _AT_WORK and row["type"] == "tool":
            header["at_work"] += by
        elif status == StepStatus.WAITING.value and row["wait"] is not None:
            header["open_waits"] += by
            if by < 0:
                header["waiting_for"].pop(row["journey"], None)

    # --- progress ----------------------------------------------------------------------------------------

    def expect(self, leaves: int) -> None:
        """So many more leaves are certain to come."""
        self.header["steps_total"] += leaves

    def pass_over(self, leaves: int = 1) -> None:
        """So many leaves are done with. Each closes its part of what is left, so that progress never goes back."""
        header = self.header
        for _ in range(leaves):
            left = header["steps_total"] - header["passed"] + len(header["unknown_lists"])
            header["progress"] += (1 - header["progress"]) / max(left, 1)
            header["passed"] += 1


def row_of(entry: Entry, path: str, kind: str, status: StepStatus) -> Row:
    """A new row for what is at `path`."""
    return {
        "task_id": entry.stream.partition("/")[0],
        "journey": path,
        "step": own_id(path),
        "type": kind,
        "known_at": entry.position,
        "place": 0,
        "role": "",
        "tool": "",
        "status": status.value,
        "attempt": 0,
        "worker": None,
        "index": None,
        "in_group": None,
        "dispatched_at": entry.at,
        "started_at": None,
        "ended_at": None,
        "waiting_seconds": 0.0,
        "working_seconds": 0.0,
        "reason": None,
        "output": None,
        "gathered": False,
        "evidence": [],
        "artifacts": [],
        "count": None,
        "round": None,
        "verdict": None,
        "wait": None,
        "due": None,
        "effect": None,
        "undoes": None,
        "reused_from": None,
        "judged": None,
    }


def journey_of(entry: Entry) -> str:
    """The journey that an entry tells of."""
    return entry.stream.partition("/")[2]


def seconds_between(start: str, end: str) -> float:
    """From one recorded time to another; both as ISO 8601 text."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
