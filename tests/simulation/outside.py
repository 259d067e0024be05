"""The world outside: what effects have done to it, how often, and when."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Outside:
    """Counts each key. Whoever only looks changes nothing; nobody but a tool with an effect does."""

    done: Counter[str] = field(default_factory=Counter)
    latest: dict[str, datetime] = field(default_factory=dict)

    def do(self, key: str, now: datetime, *, knows_keys: bool) -> None:
        """Do it; an outside that `knows_keys` passes over one that it has seen."""
        if knows_keys and self.done[key]:
            return
        self.done[key] += 1
        self.latest[key] = now

    def has(self, key: str) -> bool:
        """Whether that was done."""
        return self.done[key] > 0
