"""The AsyncAPI document of a service: what it takes from the log and what it adds, with each message's schema."""

from typing import Any

from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI
from wrenchai_contracts.events import EVENT_TYPES, Event
from wrenchai_contracts.subjects import every

from wrenchai_chassis.service import Service
from wrenchai_chassis.version import VERSION


def specification(service: Service) -> AsyncAPI:
    """The document; its subscribers are descriptions and are never started."""
    described = NatsBroker(logger=None)
    for subject in service.subjects:
        described.subscriber(subject, title=subject)(_taker_of(EVENT_TYPES[subject.split(".")[1]]))
    for event_type in service.emits:
        described.publisher(
            every(event_type), title=event_type.__name__, schema=event_type, description=event_type.__doc__
        )
    title = f"WrenchAI {service.name}"
    description = "Events reach the bus through the relay; a message is the sealed event, its fields under `data`."
    return AsyncAPI(described, title=title, version=VERSION, description=description)


def _taker_of(event_type: type[Event]) -> Any:
    async def take(data: Event) -> None:
        """Described, never called: deliveries go to the chassis' subscription runtime."""

    take.__annotations__["data"] = event_type
    take.__doc__ = event_type.__doc__
    return take
