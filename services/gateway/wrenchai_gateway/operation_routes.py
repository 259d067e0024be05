"""Operations over REST: health, the log's head, and events that were set aside."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from wrenchai_chassis.health import health_of
from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.version import VERSION
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, unseal
from wrenchai_contracts.events import EventParked, EventRedriven
from wrenchai_contracts.subjects import parked_stream
from wrenchai_contracts.views import DependencyHealth, Health, LogHead, ParkedPage, Redriven

from wrenchai_gateway.documentation import problems
from wrenchai_gateway.gateway import Gateway, gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.refusals import NotFound
from wrenchai_gateway.submissions import Caller, caller_of
from wrenchai_gateway.task_routes import After, Limit, MinPosition

router = APIRouter(tags=["operations"])
health_router = APIRouter(tags=["operations"])


@health_router.get("/health/live", openapi_extra={"security": []})
async def live() -> dict[str, bool]:
    """The process runs."""
    return {"live": True}


@health_router.get("/health/ready", response_model=Health, openapi_extra={"security": []}, responses=problems(503))
@health_router.get("/health", response_model=Health, responses=problems(503))
async def health(request: Request) -> Response:
    """Whether the gateway can work (else 503), and each thing it needs with its latency and lag."""
    runtime = gateway_of(request).runtime
    found = await health_of(runtime.name, VERSION, runtime.checks)
    if request.url.path.endswith("/ready"):  # open to all, so it tells no more than what is up
        bare = {name: DependencyHealth(status=known.status) for name, known in found.dependencies.items()}
        found = found.model_copy(update={"dependencies": bare})
    return answer(found.model_dump(), 200 if found.ready else 503)


@router.get("/log/head", response_model=LogHead, responses=problems(401, 503))
async def log_head(request: Request) -> Response:
    """Position of the newest event."""
    position = await gateway_of(request).runtime.log.head()
    return answer({"position": position}, position=position)


@router.get("/parked", response_model=ParkedPage, responses=problems(401, 422, 503))
async def list_parked(
    request: Request, *, after: After = 0, limit: Limit = 200, min_position: MinPosition = None
) -> Response:
    """Events that a service set aside after its tries, and that nobody has sent again since."""
    reader = gateway_of(request).reader
    await reader.reached(min_position)
    rows = await reader.parked(after, limit + 1)
    items = [
        {name: value for name, value in row.items() if name != "parked_at"} | {"at": row["parked_at"]} for row in rows
    ]
    following = items[limit - 1]["position"] if len(rows) > limit else None
    return answer({"items": items[:limit], "next_after": following}, position=reader.position)


@router.post(
    "/parked/{consumer}/{position}/redrive",
    status_code=202,
    response_model=Redriven,
    responses=problems(401, 404, 422, 429, 503),
)
async def redrive(
    request: Request,
    consumer: Annotated[str, InPath(pattern=r"^[a-z][a-z0-9_-]{0,63}$")],
    position: Annotated[int, InPath(ge=1, le=2**63 - 1)],
) -> Response:
    """Send a parked event to its service again. Asking twice is asking once."""
    at = await send_again(gateway_of(request), consumer, position, caller_of(request))
    return answer({"position": at}, 202, position=at)


async def send_again(gateway: Gateway, consumer: str, position: int, caller: Caller) -> int:
    """Record that the event is to be handled again; the position of that record.

    Raises:
        NotFound: `consumer` never set such an event aside.
    """
    stream = parked_stream(consumer, position)
    while True:
        rows = await gateway.runtime.log.read_stream(stream)
        if not rows:
            message = f"{consumer} has set no event at position {position} aside"
            raise NotFound(message)
        last = unseal(rows[-1].position, rows[-1].state)
        if not isinstance(last.event, EventParked):
            return last.position
        event = EventRedriven(consumer=consumer, position=position)
        try:
            return await gateway.runtime.committer.commit(
                [NewEvent(stream, last.version + 1, event, _context(last, caller))]
            )
        except VersionConflict:
            continue


def _context(parked: Recorded, caller: Caller) -> Context:
    return Context(
        actor=caller.actor,
        tenant=parked.tenant,
        correlation=parked.correlation,
        causation=parked.id,
        trace=parked.trace or caller.trace,
    )
