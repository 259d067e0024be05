"""The timers that are due soon, in memory; those that are due later stay in the table until their time comes near."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from wrenchai_chassis.projection import Row
from wrenchai_contracts.subjects import timer_stream

from wrenchai_orchestrator.agenda import Agenda
from wrenchai_orchestrator.timer_projection import TIMERS
from wrenchai_orchestrator.timers import DEADLINE

HORIZON = timedelta(minutes=10)
"""So far ahead timers are loaded; more often only when there are very many."""

_AHEAD = timedelta(minutes=1)

TimerKey = tuple[str, str]


class NearTimers:
    """All open timers that are due before `until`, but for those that were taken already.

    At most about twice `most` are held; if there are more, the earliest, and `until` is sooner.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._agenda: Agenda[TimerKey, Row] = Agenda()
        self._taken: dict[TimerKey, int] = {}
        self._heard: set[TimerKey] = set()
        self.until = datetime.min.replace(tzinfo=UTC)

    def __len__(self) -> int:
        return len(self._agenda)

    @property
    def next(self) -> datetime | None:
        """When the first of them is due."""
        return self._agenda.next

    def hear(self, rows: Iterable[Row]) -> None:
        """What has changed in the table."""
        for row in rows:
            key = (row["task_id"], row["path"])
            self._heard.add(key)
            if not TIMERS.lives(row) or row["due"] is None:
                self._taken.pop(key, None)
                self._agenda.drop(key)
            else:
                self._consider(key, row)
        if len(self._agenda) > 2 * self._most:
            self._agenda.clear()
            self.until = datetime.min.replace(tzinfo=UTC)

    def wants_more(self, now: datetime) -> bool:
        """Whether the table is to be asked again."""
        return now >= self.looks_again and len(self._agenda) <= self._most // 2

    @property
    def looks_again(self) -> datetime:
        """When the table is to be asked again, at the latest."""
        return max(self.until, _AHEAD_OF_NOTHING) - _AHEAD

    def before_loading(self, now: datetime) -> tuple[datetime, int]:
        """Ask the table for rows due before the first, at most as many as the second, earliest first."""
        self._heard.clear()
        return now + HORIZON, self._most

    def take_in(self, rows: list[Row], until: datetime) -> None:
        """The answer. What was heard since it was asked is newer."""
        self.until = until if len(rows) < self._most else datetime.fromisoformat(rows[-1]["due"])
        for row in rows:
            key = (row["task_id"], row["path"])
            if key not in self._heard:
                self._consider(key, row, loaded=True)

    def take(self, now: datetime, most: int) -> list[Row]:
        """Timers whose time has come. They do not come back unless they are set anew, or put back."""
        taken = self._agenda.take(now, most)
        self._taken |= {(row["task_id"], row["path"]): row["n"] for row in taken}
        return taken

    def put_back(self, row: Row, when: datetime) -> None:
        """One that could not be dealt with, to be taken again at `when`."""
        key = (row["task_id"], row["path"])
        if self._taken.pop(key, None) is not None:
            self._agenda.put(key, when, row)

    def _consider(self, key: TimerKey, row: Row, *, loaded: bool = False) -> None:
        due = datetime.fromisoformat(row["due"])
        if self._taken.get(key) == row["n"]:
            return
        if loaded or due < self.until:
            self._agenda.put(key, due, row)
        else:
            self._agenda.drop(key)


_AHEAD_OF_NOTHING = datetime.min.replace(tzinfo=UTC) + _AHEAD


def moment_of(row: Row) -> str:
    """The stream whose only event is that this timer has fired."""
    return timer_stream(row["task_id"], None if row["path"] == DEADLINE else row["path"], row["n"])


def set_by(row: Row) -> str:
    """The id of the event that set it."""
    stream = f"{row['task_id']}/{row['path']}" if row["kind"] == "journey" else row["task_id"]
    return f"{stream}@{row['n']}"
