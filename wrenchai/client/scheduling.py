"""Requests about schedules, which begin tasks by themselves: each defined once, for both clients."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from pydantic_core import to_json
from wrenchai_contracts.events import Schedule
from wrenchai_contracts.views import ScheduleChanged, ScheduleList, ScheduleView

from wrenchai.client.calls import API, JSON, Call, body_of, given, keyed, reads


def set_schedule(name: str, schedule: Schedule) -> Call[ScheduleChanged]:
    """Make a schedule, or change the one of that name; one that is paused stays so."""
    return Call("PUT", _path(name), reads(ScheduleChanged), content=body_of(schedule), headers=JSON)


def schedules(*, min_position: int | None = None) -> Call[ScheduleList]:
    """Every schedule, by name."""
    return Call("GET", f"{API}/schedules", reads(ScheduleList), query=given(min_position=min_position))


def schedule(name: str, *, min_position: int | None = None) -> Call[ScheduleView]:
    """One schedule: what it did last, and when it is due next."""
    return Call("GET", _path(name), reads(ScheduleView), query=given(min_position=min_position))


def pause_schedule(name: str, *, reason: str = "") -> Call[ScheduleChanged]:
    """Begin nothing more by it; moments that pass meanwhile are not made up for."""
    return _changed("POST", f"{_path(name)}/pause", {"reason": reason})


def resume_schedule(name: str, *, reason: str = "") -> Call[ScheduleChanged]:
    """Go on with a schedule that rests."""
    return _changed("POST", f"{_path(name)}/resume", {"reason": reason})


def delete_schedule(name: str, *, reason: str = "") -> Call[ScheduleChanged]:
    """Do away with a schedule; the tasks that it began go on."""
    return _changed("DELETE", _path(name), {"reason": reason})


def backfill_schedule(
    name: str, begin: datetime, end: datetime, *, idempotency_key: str | None = None
) -> Call[ScheduleChanged]:
    """Begin a task for each moment of the schedule from `begin` to `end`, both with a time zone and both counted in.

    `moments` of the answer says how many there were. Asked twice, it begins twice, unless with the same key.
    """
    return _changed("POST", f"{_path(name)}/backfill", {"from": begin, "to": end}, keyed(idempotency_key))


def _path(name: str) -> str:
    return f"{API}/schedules/{quote(name)}"


def _changed(
    method: str, path: str, parts: Mapping[str, str | datetime], headers: Mapping[str, str] = JSON
) -> Call[ScheduleChanged]:
    return Call(method, path, reads(ScheduleChanged), content=to_json(parts), headers=headers)
