"""Events of the `eventsourcing` library in our envelope: names of their own instead of module paths, our bytes layout.

Aggregates of the library live in streams `app/…`, beside the tasks and out of their way: services neither fold nor
subscribe to them (`unseal` does not know their types), while relay, proofs and invariants carry and count them like
every other event.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from eventsourcing.domain import (
    BaseAggregate,
    CanInitAggregate,
    CanMutateAggregate,
    DomainEventProtocol,
    HasOriginatorIDVersion,
    MetaDomainEvent,
)
from eventsourcing.persistence import Mapper, ProgrammingError, StoredEvent
from eventsourcing.utils import register_topic
from pydantic_core import from_json, to_json
from wrenchai_contracts.envelope import MAX_EVENT_BYTES
from wrenchai_contracts.errors import PayloadTooLarge
from wrenchai_contracts.events import EVENT_TYPES

TENANT = "default"
A = TypeVar("A")

_STREAM = re.compile(r"app(/[A-Za-z0-9_-]+)+")


class StreamAggregate(BaseAggregate[str]):
    """An aggregate whose id is the name of its stream; a subclass says by `create_id` which."""

    class Event(CanMutateAggregate[str], metaclass=MetaDomainEvent):
        """What every event of it has."""

        originator_id: str
        originator_version: int
        timestamp: datetime

    class Created(Event, CanInitAggregate[str]):
        """Its first event."""

        originator_topic: str


def recorded(aggregate: type[A]) -> type[A]:
    """Name an aggregate in the log by its class, and its events `<Aggregate>.<Event>`, wherever the class moves.

    Raises:
        ProgrammingError: an event of WrenchAI's own has the aggregate's name.
    """
    if aggregate.__name__ in EVENT_TYPES:
        message = f"{aggregate.__name__} is an event of WrenchAI's own; give the aggregate another name"
        raise ProgrammingError(message)
    _give_topic(aggregate, aggregate.__name__)
    for name, member in vars(aggregate).items():
        if isinstance(member, type) and issubclass(member, HasOriginatorIDVersion):
            _give_topic(member, f"{aggregate.__name__}.{name}")
    return aggregate


class EventMapper(Mapper[str]):
    """Seals what the library makes of an event; encoding and upcasting stay the library's."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.compressor or self.cipher:
            message = "events in the log are JSON that everybody can read and prove: no compressor, no cipher"
            raise ProgrammingError(message)

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The event sealed.

        Raises:
            ProgrammingError: its aggregate is not `recorded`, or its id is no stream `app/…`.
            PayloadTooLarge: it is larger than an event may be.
        """
        name, plain = _name(type(domain_event)), super().to_stored_event(domain_event)
        state = b'%s,"data":%s}' % (to_json(_head(name, domain_event))[:-1], plain.state)
        if len(state) > MAX_EVENT_BYTES:
            raise PayloadTooLarge(name, len(state), MAX_EVENT_BYTES)
        return replace(plain, topic=name, state=state)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The event in today's shape."""
        data = from_json(stored_event.state)["data"]
        return super().to_domain_event(replace(stored_event, state=to_json(data)))


def _head(name: str, event: DomainEventProtocol[str]) -> dict[str, Any]:
    stream = _stream(event.originator_id)
    at: datetime = getattr(event, "timestamp", None) or datetime.now(UTC)
    return {
        "type": name,
        "schema": getattr(event, "class_version", 1),
        "stream": stream,
        "version": event.originator_version,
        "tenant": TENANT,
        "actor": "library",
        "correlation": stream,
        "causation": "",
        "trace": None,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def _stream(originator_id: object) -> str:
    stream = str(originator_id)
    if not _STREAM.fullmatch(stream):
        message = f"{stream!r} cannot be a stream; let the aggregate's create_id() give one such as app/orders/7"
        raise ProgrammingError(message)
    return stream


def _name(event_class: type) -> str:
    if "TOPIC" not in vars(event_class):
        message = f"{event_class.__qualname__} has no name in the log; decorate its aggregate with @recorded"
        raise ProgrammingError(message)
    return str(vars(event_class)["TOPIC"])


def _give_topic(named: type, topic: str) -> None:
    named.TOPIC = topic  # type: ignore[attr-defined]  # where the library looks for it
    register_topic(topic, named)
