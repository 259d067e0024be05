"""The envelope: ids, cause and time around an event, and the exact bytes that log and bus carry.

The bytes are made once, when an event is recorded, and never again: Postgres stores them, JetStream carries them,
proofs hash them. Their layout is one JSON object, the event's own fields under `data`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from wrenchai_contracts.errors import PayloadTooLarge
from wrenchai_contracts.events import EVENT_TYPES, Event
from wrenchai_contracts.upcasts import to_today

MAX_EVENT_BYTES = 256 * 1024
"""A larger event is refused when it is recorded; big content belongs into an artifact."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who caused new events, in which story: copied from cause to effect.

    `correlation` names the story (the task id), `causation` the event that led here (`stream@version`), `trace` is a
    W3C traceparent or None.
    """

    actor: str
    tenant: str = "default"
    correlation: str = ""
    causation: str = ""
    trace: str | None = None

    def caused_by(self, cause: "Recorded") -> "Context":
        """The context of events that answer `cause`: its story, its tenant, our actor."""
        return replace(self, tenant=cause.tenant, correlation=cause.correlation, causation=cause.id, trace=cause.trace)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be recorded as number `version` of its stream."""

    stream: str
    version: int
    event: Event
    context: Context


@dataclass(frozen=True, slots=True)
class Sealed:
    """A recorded or about-to-be-recorded event as bytes, with what storage and routing need to know of it."""

    stream: str
    version: int
    topic: str
    tenant: str
    state: bytes
    awaited: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event read back: its place in the log and in its stream, its cause, its time, and itself."""

    position: int
    stream: str
    version: int
    tenant: str
    actor: str
    correlation: str
    causation: str
    trace: str | None
    at: datetime
    event: Event

    @property
    def id(self) -> str:
        """`stream@version`: unique for ever, known before it is recorded."""
        return f"{self.stream}@{self.version}"

    @property
    def type(self) -> str:
        """The event's name, as the log and the bus spell it."""
        return type(self.event).__name__


class Undecodable(Exception):  # noqa: N818  # a noun with its facts
    """Bytes that are no event of ours: never retried, parked at once."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"event at position {position} cannot be read: {reason}")
        self.position, self.reason = position, reason


def seal(new: NewEvent, at: datetime) -> Sealed:
    """The bytes of `new`, recorded at `at` (UTC).

    Raises:
        PayloadTooLarge: they are over `MAX_EVENT_BYTES`.
    """
    event, context = new.event, new.context
    name = type(event).__name__
    head = {
        "type": name,
        "schema": event.schema_version,
        "stream": new.stream,
        "version": new.version,
        "tenant": context.tenant,
        "actor": context.actor,
        "correlation": context.correlation,
        "causation": context.causation,
        "trace": context.trace,
        "at": at.isoformat(timespec="microseconds"),
    }
    data = event.__pydantic_serializer__.to_json(event, exclude_defaults=event.sparse)
    state = b'%s,"data":%s}' % (to_json(head)[:-1], data)
    if len(state) > MAX_EVENT_BYTES:
        what = f"{name} in {new.stream}"
        raise PayloadTooLarge(what, len(state), MAX_EVENT_BYTES)
    topic = name if event.routing == "-" else f"{name}.{event.routing}"
    return Sealed(new.stream, new.version, topic, context.tenant, state, event.awaited)


def unseal(position: int, state: bytes) -> Recorded:
    """The event that `state` holds, upcast to today's shape.

    Raises:
        Undecodable: if it is not JSON, not one of our types, or not of its type's shape.
    """
    try:
        head: dict[str, Any] = from_json(state, cache_strings="keys")
        event_type = EVENT_TYPES[head["type"]]
        data = to_today(head["type"], head["schema"], head["data"])
        return Recorded(
            position=position,
            stream=head["stream"],
            version=head["version"],
            tenant=head["tenant"],
            actor=head["actor"],
            correlation=head["correlation"],
            causation=head["causation"],
            trace=head["trace"],
            at=datetime.fromisoformat(head["at"]),
            event=event_type.model_validate(data),
        )
    except (KeyError, TypeError, ValueError, ValidationError) as problem:
        raise Undecodable(position, f"{type(problem).__name__}: {str(problem)[:300]}") from problem


def unseal_all(rows: Iterable[tuple[int, bytes]]) -> list[Recorded]:
    """Every `(position, state)` of `rows` as an event, in order."""
    return [unseal(position, state) for position, state in rows]
