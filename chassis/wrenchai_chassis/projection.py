"""What a projection is: a pure fold from log entries to rows of a few tables, which the projector keeps in Postgres."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pydantic_core import from_json
from wrenchai_contracts.upcasts import to_today

from wrenchai_chassis.bell import Rung

Row = dict[str, Any]
"""A row as JSON: column name to value. Times are ISO 8601 text."""


class Entry(NamedTuple):
    """An event as a fold reads it: the fields of its envelope, and its data upcast to today but not validated.

    The writer validated it; a fold that sees tens of thousands a second does not do so again.
    """

    position: int
    type: str
    stream: str
    version: int
    tenant: str
    correlation: str
    at: str
    data: dict[str, Any]


UNREADABLE = "Unreadable"
"""The type of an entry whose bytes are no event of ours; no fold knows it, so it changes nothing."""


def entry_of(position: int, state: bytes) -> Entry:
    """The entry that sealed bytes hold; an `UNREADABLE` one if they do not hold any, so that the view goes on."""
    try:
        head = envelope_of(state)
    except NoEvent:
        return Entry(position, UNREADABLE, "", 0, "", "", "", {})
    stream, tenant, correlation = head["stream"], head["tenant"], head["correlation"]
    return Entry(position, head["type"], stream, head["version"], tenant, correlation, head["at"], head["data"])


class NoEvent(Exception):  # noqa: N818  # a noun with its facts
    """Bytes that are no sealed event: not JSON, a field is missing or of another kind, or a time that is none."""


def envelope_of(state: bytes) -> dict[str, Any]:
    """The envelope's fields, each of its kind, and the data upcast to today but not validated.

    Raises:
        NoEvent: nothing that a fold could rely on.
    """
    try:
        head: dict[str, Any] = from_json(state, cache_strings="keys")
        text = "".join(_TEXTS(head))  # the cheapest way to ask whether all of them are text
        version, data = head["version"], to_today(head["type"], head["schema"], head["data"])
        datetime.fromisoformat(head["at"])
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        raise NoEvent from problem
    if type(data) is not dict or type(version) is not int or "\0" in text:
        raise NoEvent
    head["data"] = data
    return head


_TEXTS = itemgetter("type", "stream", "tenant", "actor", "correlation", "causation", "at")


def entries_of(batch: Sequence[Rung]) -> list[Entry]:
    """A batch of the log as entries."""
    return [entry_of(event.position, event.state) for event in batch]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a view. Columns in `once` are written with a row's first version and neither changed nor loaded."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    loaded_by: str
    once: frozenset[str] = field(default_factory=frozenset)
    indexes: tuple[str, ...] = ()
    """What follows `CREATE INDEX ON table`."""
    vanishing: bool = False
    """Of a row that is no more, `changes` gives the key alone: it is removed."""

    def lives(self, row: Row) -> bool:
        """Whether `row` is to be kept, not removed."""
        return not self.vanishing or len(row) > len(self.key)


class Projection(Protocol):
    """A fold with a bounded memory of the rows in play. Everything comes from the entries: no clock, no chance, no I/O.

    For each batch the projector asks what is `missing`, lets it `remember` those rows, `fold`s, writes the `changes`,
    and says `settle` when they are committed or `forget` when they are not.
    """

    name: str
    shape: int
    """Raise it whenever the same log would give other rows; views of another shape are rebuilt."""
    tables: tuple[Table, ...]

    def missing(self, entries: Sequence[Entry]) -> Mapping[str, Collection[str]]:
        """By table: the `loaded_by` values whose rows `entries` need and memory has not."""

    def remember(self, table: str, rows: Sequence[Row]) -> None:
        """Take in rows that were missing."""

    def fold(self, entries: Sequence[Entry]) -> None:
        """Bring the rows in memory up to the last of `entries`."""

    def complaints(self) -> Sequence[str]:
        """What could not be folded since the last call; such an entry was passed over."""

    def changes(self) -> Mapping[str, Sequence[Row]]:
        """By table: every row that changed since the last `settle`, in full but for columns written before."""

    def settle(self) -> None:
        """The changes are durable: drop what need not be remembered."""

    def forget(self) -> None:
        """Nothing in memory is right any more: drop all."""


@runtime_checkable
class Selective(Protocol):
    """A projection that knows, before anything is parsed, which events it can pass over."""

    def wanted(self, batch: Sequence[Rung]) -> Sequence[Rung]:
        """Those of `batch` that it must fold; without the others the rows are the same, however the log is cut."""
