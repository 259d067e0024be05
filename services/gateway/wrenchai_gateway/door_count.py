"""How many tasks of each tenant are open, as far as this gateway knows: from its view once, then from the live feed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.clock import Clock
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.view_snapshot import Question, snapshot

from wrenchai_gateway.event_view import ENDS
from wrenchai_gateway.view_tables import TASKS

LATELY = 10.0
"""Seconds for which a tenant counts as there after it has asked for a task."""

_HOWEVER_LONG = 86400.0
_OPEN = Question(
    TASKS.name,
    "tenant, count(*) AS open",
    "WHERE status <> ALL (%(ended)s) GROUP BY tenant",
    {"ended": [*ENDS.values()]},
)


class Change(NamedTuple):
    """One task more, or one less, of a tenant."""

    position: int
    tenant: str
    by: int


class DoorCount:
    """Hears of each task's beginning and end. About right: what is being recorded now is not counted yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._unsettled: list[Change] | None = []
        self._asked: dict[str, float] = {}

    def hear(self, batch: Iterable[Rung]) -> None:
        """Take in what was just recorded."""
        for event in batch:
            _, event_type, _, tenant, _ = event.subject.split(".", 4)
            if event_type == "TaskRequested":
                self._asked[tenant] = self._clock().timestamp()
                self._change(Change(event.position, tenant, 1))
            elif event_type in ENDS:
                self._change(Change(event.position, tenant, -1))

    def know(self, position: int, opened: Mapping[str, int]) -> None:
        """So many were open at `position`; what was heard from behind it comes on top."""
        heard, self._unsettled, self._open = self._unsettled or [], None, Counter(opened)
        for change in heard:
            if change.position > position:
                self._change(change)

    def of(self, tenant: str) -> int:
        """How many are open."""
        return self._open.get(tenant, 0)

    def is_alone(self, tenant: str) -> bool:
        """Whether nobody else has asked for a task lately."""
        if len(self._asked) > 1 or tenant not in self._asked:
            since = self._clock().timestamp() - LATELY
            self._asked = {name: at for name, at in self._asked.items() if at > since}
        return not self._asked.keys() - {tenant}

    def _change(self, change: Change) -> None:
        if self._unsettled is not None:
            self._unsettled.append(change)
        self._open[change.tenant] += change.by
        if self._open[change.tenant] <= 0:
            del self._open[change.tenant]


async def settle(count: DoorCount, projector: Projector, log: PostgresLog) -> None:
    """Let `count` know what was open before it heard anything, when the view holds all up to here.

    Raises:
        LogUnavailable: try again.
    """
    await projector.applied.wait_for(await log.head(), _HOWEVER_LONG)
    position, rows = await snapshot(log, projector, _OPEN)
    count.know(position, {row["tenant"]: row["open"] for row in rows})
