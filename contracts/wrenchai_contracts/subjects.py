"""Names on the bus and of streams: the only place that knows how they are spelt.

ev.<Type>.<routing>.<tenant>.<stream>     a recorded event; only the relay publishes here
bell                                      just committed events, for the relay and the gateway; may be lost
beat.progress.<tenant>.<task>             how far a running step is; not an event, may be lost
"""

from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.events import Event

EVENT_STREAM = "EV"
EVENTS = "ev.>"
BELL = "bell"
CATALOGUE = "catalogue"


def event_subject(topic: str, tenant: str, stream: str) -> str:
    """Where the relay publishes an event: its topic is `Type` or `Type.routing`."""
    routed = topic if "." in topic else f"{topic}.-"
    return f"ev.{routed}.{tenant}.{stream}"


def subject_of(sealed: Sealed) -> str:
    """The subject of a sealed event."""
    return event_subject(sealed.topic, sealed.tenant, sealed.stream)


def every(event_type: type[Event], routing: str = "*", tenant: str = "*") -> str:
    """Subject filter for all events of a type, of one routing variant if given."""
    return f"ev.{event_type.__name__}.{routing}.{tenant}.>"


def progress_subject(tenant: str, task_id: str) -> str:
    """Where a running step tells how far it is."""
    return f"beat.progress.{tenant}.{task_id}"


def journey_stream(task_id: str, journey: str) -> str:
    """The stream of one journey of a task."""
    return f"{task_id}/{journey}"


def evaluation_stream(task_id: str) -> str:
    """The stream of the inspector's judgements; no journey's name can begin with `_`."""
    return f"{task_id}/_evaluation"


def round_stream(task_id: str, step: str, number: int) -> str:
    """The stream of the judgement of one round of a loop."""
    return f"{task_id}/_evaluation/{step}/{number}"


def result_stream(task_id: str, step: str) -> str:
    """The stream of the judgements of one result: one, and one more for each judge that was asked besides."""
    return f"{task_id}/_evaluation/{step}"


def choice_stream(task_id: str, step: str) -> str:
    """The stream of the draw among a step's options."""
    return f"{task_id}/_choice/{step}"


def standings_stream(task_id: str, step: str) -> str:
    """The stream of the judgement of one contest's entries."""
    return f"{task_id}/_standings/{step}"


def verdict_stream(task_id: str) -> str:
    """The stream of what people say of a task's results."""
    return f"{task_id}/_verdict"


def weighed_stream(task_id: str, position: int) -> str:
    """The stream of what the word recorded at that position changed: one event."""
    return f"{task_id}/_verdict/{position}"


def quality_stream(tenant: str) -> str:
    """The stream of what the inspector has learnt from one tenant's results."""
    return f"quality/{tenant}"


def timer_stream(task_id: str, path: str | None, number: int) -> str:
    """The stream of one moment: that of a step or journey, or the task's deadline (None).

    `number` is the version of the event that set it, in its own stream, so whoever keeps the time names it alike: its
    version 1 is the only event it ever has. No path can begin with `_`.
    """
    return f"{task_id}/_timer/{path or '_deadline'}/{number}"


def schedule_stream(name: str) -> str:
    """The stream of one schedule."""
    return f"schedule/{name}"


def key_stream(tenant: str, key_digest: str) -> str:
    """The stream that one idempotency key claims."""
    return f"key/{tenant}/{key_digest}"


def parked_stream(consumer: str, position: int) -> str:
    """The story of one event that one subscription set aside."""
    return f"parked/{consumer}/{position}"


def task_of(stream: str) -> str:
    """The task that a stream belongs to; for other streams their first segment."""
    return stream.partition("/")[0]
