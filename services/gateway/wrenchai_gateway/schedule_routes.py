"""Schedules over REST: set, list, look at, pause, resume, delete, and make up for moments that have passed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from pydantic import ConfigDict, Field
from wrenchai_chassis.projection import Row
from wrenchai_contracts.errors import UnknownSchedule
from wrenchai_contracts.events import Schedule
from wrenchai_contracts.shape import Frozen
from wrenchai_contracts.views import ScheduleChanged, ScheduleList, ScheduleView
from wrenchai_language.schedule_moments import next_moment

from wrenchai_gateway.documentation import body_of, problems
from wrenchai_gateway.gateway import gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.schedules import (
    Backfill,
    backfill,
    delete_schedule,
    pause_schedule,
    resume_schedule,
    set_schedule,
)
from wrenchai_gateway.submissions import caller_of, read_command, read_optional
from wrenchai_gateway.task_routes import MinPosition

ScheduleName = Annotated[str, InPath(pattern=r"^[a-z][a-z0-9_.-]{0,63}$", examples=["nightly"])]

_EXAMPLE = {"playbook": "portfolio", "inputs": {}, "cron": "30 2 * * 1-5", "zone": "Europe/Vienna", "overlap": "skip"}
_PROBLEMS = problems(400, 401, 404, 413, 415, 422, 429, 503)

router = APIRouter(tags=["schedules"])


class SetSchedule(Schedule):
    """A schedule as somebody asks for it: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WhyOfSchedule(Frozen):
    """Why a schedule is paused, resumed or deleted."""

    reason: str = Field(default="", max_length=4000)


@router.put(
    "/schedules/{name}", response_model=ScheduleChanged, responses=_PROBLEMS, openapi_extra=body_of(Schedule, _EXAMPLE)
)
async def put(request: Request, name: ScheduleName) -> Response:
    """Make a schedule, or change it; one that is as asked for already is left alone. A paused one stays paused."""
    asked = await read_command(request, SetSchedule)
    schedule = Schedule.model_validate(asked.model_dump())
    return _changed(name, await set_schedule(gateway_of(request), name, schedule, caller_of(request)))


@router.get("/schedules", response_model=ScheduleList, responses=problems(401, 422, 503))
async def list_schedules(request: Request, *, min_position: MinPosition = None) -> Response:
    """Every schedule by name, with what it did last and when it is due next."""
    gateway = gateway_of(request)
    await gateway.reader.reached(min_position)
    items = [_view(row, gateway.runtime.clock()) for row in await gateway.reader.schedules()]
    return answer({"items": items, "position": gateway.reader.position}, position=gateway.reader.position)


@router.get("/schedules/{name}", response_model=ScheduleView, responses=problems(401, 404, 422, 503))
async def look_at_schedule(request: Request, name: ScheduleName, *, min_position: MinPosition = None) -> Response:
    """One schedule."""
    gateway = gateway_of(request)
    await gateway.reader.reached(min_position)
    rows = await gateway.reader.schedules(name)
    if not rows:
        raise UnknownSchedule(name)
    return answer(_view(rows[0], gateway.runtime.clock()), position=gateway.reader.position)


@router.delete("/schedules/{name}", response_model=ScheduleChanged, responses=_PROBLEMS)
async def delete(request: Request, name: ScheduleName) -> Response:
    """End a schedule; tasks that it began go on. Asking twice is asking once."""
    why = await read_optional(request, WhyOfSchedule)
    return _changed(name, await delete_schedule(gateway_of(request), name, why.reason, caller_of(request)))


@router.post(
    "/schedules/{name}/pause",
    response_model=ScheduleChanged,
    responses=_PROBLEMS,
    openapi_extra=body_of(WhyOfSchedule, {"reason": "holidays"}, required=False),
)
async def pause(request: Request, name: ScheduleName) -> Response:
    """Let a schedule rest; moments that pass meanwhile are passed over. Asking twice is asking once."""
    why = await read_optional(request, WhyOfSchedule)
    return _changed(name, await pause_schedule(gateway_of(request), name, why.reason, caller_of(request)))


@router.post(
    "/schedules/{name}/resume",
    response_model=ScheduleChanged,
    responses=_PROBLEMS,
    openapi_extra=body_of(WhyOfSchedule, {"reason": "back again"}, required=False),
)
async def resume(request: Request, name: ScheduleName) -> Response:
    """Let a schedule go on. Asking twice is asking once."""
    why = await read_optional(request, WhyOfSchedule)
    return _changed(name, await resume_schedule(gateway_of(request), name, why.reason, caller_of(request)))


@router.post(
    "/schedules/{name}/backfill",
    response_model=ScheduleChanged,
    responses=_PROBLEMS | problems(409),
    openapi_extra=body_of(Backfill, {"from": "2026-11-01T00:00:00Z", "to": "2026-11-07T00:00:00Z"}),
)
async def make_up_for(request: Request, name: ScheduleName) -> Response:
    """Begin a task for each moment between two times that have passed, in one commit. Asked twice, it begins twice.

    Send an `Idempotency-Key` to be able to repeat it safely.
    """
    wanted = await read_command(request, Backfill)
    position, count = await backfill(gateway_of(request), name, wanted, caller_of(request))
    return answer({"name": name, "position": position, "moments": count}, position=position)


def _changed(name: str, position: int) -> Response:
    body = {"name": name, "position": position, "moments": None}
    return answer(body, position=position, location=f"/api/v1/schedules/{name}")


def _view(row: Row, now: datetime) -> dict[str, Any]:
    due = None if row["paused"] else next_moment(Schedule.model_validate(row["schedule"]), now)
    return row | {"next_due": due}
