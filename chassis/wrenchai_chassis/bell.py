"""The doorbell: just committed events, told over core NATS so that relay and gateway need not read them back.

It may be lost, doubled or late; whoever listens checks positions and reads the log where one is missing.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.subjects import event_subject, subject_of

from wrenchai_chassis.log import Stored

_FRAME = struct.Struct("<QHI")
_MAX_BELL_BYTES = 900_000


class Rung(NamedTuple):
    """A committed event: where it is in the log, where the relay publishes it, its bytes."""

    position: int
    subject: str
    state: bytes


def rung(first_position: int, events: Sequence[Sealed]) -> list[Rung]:
    """Just appended events with their positions."""
    return [Rung(first_position + i, subject_of(event), event.state) for i, event in enumerate(events)]


def from_row(row: Stored) -> Rung:
    """The same for an event read from the log."""
    return Rung(row.position, event_subject(row.topic, row.tenant, row.stream), row.state)


def bell_payloads(events: Iterable[Rung]) -> Iterator[bytes]:
    """`events` as messages that fit on the bus."""
    parts: list[bytes] = []
    size = 0
    for position, subject, state in events:
        name = subject.encode()
        if parts and size + len(state) > _MAX_BELL_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
        parts += (_FRAME.pack(position, len(name), len(state)), name, state)
        size += _FRAME.size + len(name) + len(state)
    yield b"".join(parts)


def read_bell(payload: bytes) -> Iterator[Rung]:
    """The events in one bell message; an empty one only says "look"."""
    at, end = 0, len(payload)
    while at < end:
        position, name_size, state_size = _FRAME.unpack_from(payload, at)
        at += _FRAME.size
        subject = payload[at : at + name_size].decode()
        at += name_size
        yield Rung(position, subject, payload[at : at + state_size])
        at += state_size
