"""Old event shapes to today's, on reading: history is not rewritten, a changed meaning is a new version and a step."""

from collections.abc import Callable, Mapping

from wrenchai_contracts.shape import JsonObject

Upcast = Callable[[JsonObject], JsonObject]

UPCASTS: Mapping[tuple[str, int], Upcast] = {}
"""`(event type, version n)` -> a function from the data of version n to the data of version n + 1."""


def to_today(
    event_type: str, version: int, data: JsonObject, *, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> JsonObject:
    """`data` as today's version of `event_type` would have written it."""
    while (step := upcasts.get((event_type, version))) is not None:
        data, version = step(data), version + 1
    return data
