"""What was found out about a project, each fact with where it was found; pure."""

import datetime as dt
from typing import Literal

from pydantic import Field
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import Slug

Origin = Literal["git", "directory", "github", "form"]
"""Where a project's facts come from: a clone, a plain directory, GitHub's API, or only the form."""

FactName = Literal[
    "commits", "contributors", "first_commit", "last_commit", "tags", "latest_tag",
    "readme_title", "readme_intro", "run", "license",
    "stars", "forks", "topic", "created", "pushed",
]  # fmt: skip


class Found(Frozen):
    """One fact. `run` and `topic` may occur more than once, in order; every other name at most once."""

    name: FactName
    value: str | int
    source: str = Field(min_length=1, max_length=300, description="E.g. `git.log`, `readme:12`, `LICENSE:1`.")


class Consulted(Frozen):
    """A place that was asked over the network, and what it answered."""

    address: str
    status: int | None = Field(description="HTTP status; None when nothing answered.")
    etag: str | None = None


class ProjectFacts(Frozen):
    """All that is known about one project besides the form."""

    slug: Slug
    origins: tuple[Origin, ...] = ("form",)
    found: tuple[Found, ...] = ()
    language_bytes: dict[str, int] = Field(default={}, description="Bytes per language, as GitHub counts them.")
    consulted: tuple[Consulted, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="Why something is not known.")

    def all(self, name: FactName) -> tuple[Found, ...]:
        """Every fact of that name, in the order found."""
        return tuple(fact for fact in self.found if fact.name == name)

    def first(self, name: FactName) -> Found | None:
        """The fact of that name from the best source, if there is one."""
        return next(iter(self.all(name)), None)

    def number(self, name: FactName) -> int:
        """The fact as a number; 0 when it is not known."""
        fact = self.first(name)
        return fact.value if fact and isinstance(fact.value, int) else 0

    @property
    def last_activity(self) -> Found | None:
        """The newest of the last commit and GitHub's last push."""
        dated = [fact for name in ("last_commit", "pushed") if (fact := self.first(name))]
        return max(dated, key=lambda fact: dt.date.fromisoformat(str(fact.value)), default=None)
