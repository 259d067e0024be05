"""What must hold of log and bus whoever crashed: I3 and I7 of the design, as pure checks that name each violation."""

from collections.abc import Iterable
from dataclasses import dataclass

from wrenchai_chassis.bell import Rung, from_row
from wrenchai_chassis.log import Stored


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: which invariant, at which position of the log, and what is wrong there."""

    invariant: str
    position: int
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} at position {self.position}: {self.what}"


def log_violations(rows: Iterable[Stored]) -> list[Violation]:
    """I3: the positions of the whole log are 1, 2, 3 … without a gap, and so are the versions of each stream."""
    found: list[Violation] = []
    versions: dict[str, int] = {}
    before = 0
    for row in rows:
        if row.position != before + 1:
            found.append(Violation("I3", row.position, f"position {before + 1} should come here"))
        version = versions.get(row.stream, 0) + 1
        if row.version != version:
            found.append(Violation("I3", row.position, f"{row.stream} is at {row.version}, should be at {version}"))
        before, versions[row.stream] = row.position, row.version
    return found


def bus_violations(rows: Iterable[Stored], carried: Iterable[Rung], *, reached: int = 0) -> list[Violation]:
    """I7: what the bus holds is a run of the log, byte for byte, that goes at least up to position `reached`.

    `rows` must begin no later than `carried`; both are read once, in order.
    """
    found: list[Violation] = []
    expected = map(from_row, rows)
    last = 0
    for event in carried:
        if last and event.position != last + 1:
            found.append(Violation("I7", event.position, f"the bus goes on here after {last}"))
        last = event.position
        row = next((row for row in expected if row.position >= event.position), None)
        if row != event:
            found.append(Violation("I7", event.position, _difference(row, event)))
    if last < reached:
        found.append(Violation("I7", last, f"the bus ends here and should reach {reached}"))
    return found


def _difference(row: Rung | None, event: Rung) -> str:
    if row is None or row.position != event.position:
        return "the bus holds an event that the log has not"
    if row.subject != event.subject:
        return f"the bus has it as {event.subject}, the log as {row.subject}"
    return "its bytes on the bus are not those of the log"
