"""All that was learnt from one tenant's results, folded as the inspector folded it, and what is counted besides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wrenchai_chassis.log import Stored
from wrenchai_contracts.envelope import Recorded, Undecodable, unseal
from wrenchai_judgement.context import Place
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.mixes import Rate, mixed
from wrenchai_judgement.replaying import carry_on

from wrenchai_gateway.quality.ledger import Ledger

DIFFERENCES_TOLD = 5
MOST_TRENDS = 5_000


class Trend(NamedTuple):
    """What was known of a tool's rate at the end of a week."""

    tool: str
    week: date
    rate: Rate
    runs: float


@dataclass(slots=True)
class Known:
    """A fold of the stream of what was learnt, from its beginning.

    Half a millisecond for each event, as measured (10,000: 5 s). A snapshot would spare most of that, but no ledger,
    no trend and no check that every state has the hash that is recorded would come of it.
    """

    tenant: str
    knowledge: Knowledge = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    position: int = 0
    differences: int = 0
    first_differences: list[str] = field(default_factory=list)
    trends: list[Trend] = field(default_factory=list)
    _week: date | None = None

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.tenant)

    @property
    def version(self) -> int:
        """How many events of the stream were folded."""
        return self.knowledge.version

    def fold(self, rows: Sequence[Stored]) -> None:
        """Carry on over the next events of the stream."""
        for row in rows:
            self.position = row.position
            try:
                recorded = unseal(row.position, row.state)
            except Undecodable as problem:
                self.knowledge.version = row.version
                self._differs(row.version, str(problem))
            else:
                self._note(recorded)

    def trend(self, week: date) -> list[Trend]:
        """What is known of each tool now."""
        return [Trend(tool, week, rate_of(self.knowledge, places), runs) for tool, (places, runs) in self._tools()]

    def _note(self, recorded: Recorded) -> None:
        self._turn_week(recorded.at)
        difference = carry_on(self.knowledge, recorded.event, recorded.version).difference
        if difference is not None:
            self._differs(recorded.version, difference)
        self.ledger.note(recorded)

    def _differs(self, version: int, difference: str) -> None:
        self.differences += 1
        if len(self.first_differences) < DIFFERENCES_TOLD:
            self.first_differences.append(f"version {version}: {difference}")

    def _turn_week(self, at: datetime) -> None:
        week = week_of(at)
        if self._week is not None and week > self._week:
            self.trends += self.trend(self._week)
            del self.trends[:-MOST_TRENDS]
        self._week = week

    def _tools(self) -> list[tuple[str, tuple[dict[Place, float], float]]]:
        found: dict[str, tuple[dict[Place, float], float]] = {}
        for cell, (good, bad) in self.knowledge.cells.items():
            places, runs = found.get(cell[1], ({}, 0.0))
            places[Place(*cell)] = good + bad
            found[cell[1]] = places, runs + good + bad
        return sorted(found.items())


def rate_of(knowledge: Knowledge, places: dict[Place, float]) -> Rate:
    """How often work at `places` is acceptable, each with how many results there were."""
    return mixed(knowledge.context, places)


def week_of(at: datetime) -> date:
    """The Monday of that week."""
    return at.date() - timedelta(days=at.weekday())
