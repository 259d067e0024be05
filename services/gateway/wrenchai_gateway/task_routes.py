"""Tasks over REST: submit, list, look at, follow the events of, cancel."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from starlette.routing import Route
from wrenchai_chassis.log import Stored, VersionConflict
from wrenchai_contracts.commands import CancelTask, SubmitBatch, SubmitTask
from wrenchai_contracts.envelope import Context, NewEvent, Undecodable, unseal
from wrenchai_contracts.errors import FieldProblem, InputRejected, TaskEnded, UnknownTask
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_contracts.views import BatchAccepted, EventPage, TaskAccepted, TaskPage, TaskStatus, TaskView

from wrenchai_gateway.documentation import body_of, problems
from wrenchai_gateway.event_view import ENDS, event_view
from wrenchai_gateway.gateway import Gateway, gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.intake import Accepted
from wrenchai_gateway.reading import TaskFilter
from wrenchai_gateway.submissions import Caller, caller_of, digest_of, read_command, read_optional
from wrenchai_gateway.task_answers import summary_of, view_of

TASKS = "/api/v1/tasks"
_POSITIONS = Query(ge=0, le=2**63 - 1)

TaskId = Annotated[str, InPath(pattern=r"^[a-z][a-z0-9]{0,23}_[0-9a-z]{8,32}$", examples=["task_01jd3kz9w4e6"])]
MinPosition = Annotated[
    int | None,
    Query(ge=0, le=2**63 - 1, description="Answer only once the view holds this position: read your own writes."),
]
After = Annotated[int, _POSITIONS]
Limit = Annotated[int, Query(ge=1, le=1000)]

router = APIRouter(tags=["tasks"])


async def submit(request: Request) -> Response:
    """Ask for a task: a playbook with its inputs, or a goal in words.

    202 says that the request is on disk and will be carried out, whatever crashes. With an `Idempotency-Key` the same
    request may be sent again: it starts nothing twice and is answered as the first time (200, `replayed`).
    """
    gateway, caller = gateway_of(request), caller_of(request)
    command = await read_command(request, SubmitTask)
    digest = digest_of("tasks", command) if caller.key is not None else ""
    accepted = await gateway.intake.accept((command,), caller, digest)
    return told_accepted(accepted)


router.add_api_route(
    "/tasks",
    submit,
    methods=["POST"],
    status_code=202,
    response_model=TaskAccepted,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=body_of(SubmitTask, {"playbook": "portfolio", "inputs": {"form": {"title": "My work"}}}),
)
SUBMIT_ROUTE = Route(TASKS, submit, methods=["POST"])
"""The same function without the framework's own work around it, which costs as much as the submission itself."""


@router.post(
    "/tasks/batch",
    status_code=202,
    response_model=BatchAccepted,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=body_of(SubmitBatch, {"tasks": [{"playbook": "hello"}, {"playbook": "hello"}]}),
)
async def submit_batch(request: Request) -> Response:
    """Ask for up to 1,000 tasks: all are accepted in one commit, or none."""
    gateway, caller = gateway_of(request), caller_of(request)
    batch = await read_command(request, SubmitBatch)
    digest = digest_of("batch", batch) if caller.key is not None else ""
    accepted = await gateway.intake.accept(batch.tasks, caller, digest)
    body = {
        "tasks": [accepted_body(task_id, accepted) for task_id in accepted.task_ids],
        "position": accepted.position,
        "replayed": accepted.replayed,
    }
    return answer(body, 200 if accepted.replayed else 202, position=accepted.position)


@router.get("/tasks", response_model=TaskPage, responses=problems(401, 422, 503))
async def list_tasks(  # noqa: PLR0913  # one parameter for each filter
    request: Request,
    *,
    status: TaskStatus | None = None,
    playbook: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")] = None,
    metadata: Annotated[list[str] | None, Query(description="A label `name=value`; several must all fit.")] = None,
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next_cursor` of the page before.")
    ] = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> Response:
    """Tasks, newest first, page by page."""
    reader = gateway_of(request).reader
    await reader.reached(min_position)
    wanted = TaskFilter(
        limit=limit + 1,
        before=None if cursor is None else int(cursor),
        status=None if status is None else status.value,
        playbook=playbook,
        metadata=_labels(metadata or []),
    )
    rows = await reader.tasks(wanted)
    shown = rows[:limit]
    following = str(shown[-1]["created_position"]) if len(rows) > limit else None
    body = {"items": [summary_of(row) for row in shown], "next_cursor": following, "position": reader.position}
    return answer(body, position=reader.position)


@router.get("/tasks/{task_id}", response_model=TaskView, responses=problems(401, 404, 422, 503))
async def look_at_task(request: Request, task_id: TaskId, *, min_position: MinPosition = None) -> Response:
    """A task in full: status, progress, quality, metrics, result, and every step with its output and evidence."""
    reader = gateway_of(request).reader
    await reader.reached(min_position)
    header, steps = await reader.task(task_id)
    return answer(view_of(header, steps), position=header["position"])


@router.get("/tasks/{task_id}/events", response_model=EventPage, responses=problems(401, 404, 422, 503))
async def list_events(request: Request, task_id: TaskId, *, after: After = 0, limit: Limit = 500) -> Response:
    """The events of a task and all its journeys, in the log's order, straight from the log."""
    gateway, reader = gateway_of(request), gateway_of(request).reader
    rows = await reader.story(task_id, after=after, limit=limit + 1)
    if not rows:
        await reader.require_task(task_id)
    items = [event_view(position, state) for position, state in rows[:limit]]
    last = items[-1]["position"] if items else gateway.live.position
    return answer({"items": items, "next_after": last if len(rows) > limit else None}, position=last)


@router.post(
    "/tasks/{task_id}/cancel",
    status_code=202,
    response_model=TaskAccepted,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=body_of(CancelTask, {"reason": "no longer needed"}, required=False),
)
async def cancel(request: Request, task_id: TaskId) -> Response:
    """Stop a task as soon as its running steps can be stopped. Asking twice is asking once."""
    command = await read_optional(request, CancelTask)
    position = await request_cancellation(gateway_of(request), task_id, command.reason, caller_of(request))
    body = accepted_body(task_id, Accepted((task_id,), position)) | {"status": TaskStatus.CANCELLING.value}
    return answer(body, 202, position=position)


async def request_cancellation(gateway: Gateway, task_id: str, reason: str, caller: Caller) -> int:
    """Record that somebody asked; the position of that record.

    Raises:
        UnknownTask, TaskEnded
    """
    event = TaskCancellationRequested(reason=reason)
    context = Context(actor=caller.actor, tenant=caller.tenant, correlation=task_id)
    while True:
        rows = await gateway.runtime.log.read_stream(task_id)
        if not rows:
            raise UnknownTask(task_id)
        for row in rows:
            if row.topic in ENDS:
                raise TaskEnded(task_id, ENDS[row.topic])
            if row.topic == TaskCancellationRequested.__name__:
                return row.position
        traced = replace(context, trace=_trace_begun_by(rows[0]) or caller.trace)
        try:
            return await gateway.runtime.committer.commit([NewEvent(task_id, rows[-1].version + 1, event, traced)])
        except VersionConflict:
            continue


def _trace_begun_by(first: Stored) -> str | None:
    """The trace that a task keeps from its first event to its last."""
    try:
        return unseal(first.position, first.state).trace
    except Undecodable:
        return None


def told_accepted(accepted: Accepted) -> Response:
    """The answer to one submission."""
    task_id = accepted.task_ids[0]
    status = 200 if accepted.replayed else 202
    return answer(accepted_body(task_id, accepted), status, position=accepted.position, location=f"{TASKS}/{task_id}")


def accepted_body(task_id: str, accepted: Accepted) -> dict[str, Any]:
    """The fields of `views.TaskAccepted`."""
    here = f"{TASKS}/{task_id}"
    return {
        "task_id": task_id,
        "status": TaskStatus.REQUESTED.value,
        "position": accepted.position,
        "replayed": accepted.replayed,
        "links": {
            "self": here,
            "context": f"{here}/context",
            "events": f"{here}/events",
            "cancel": f"{here}/cancel",
            "live": f"/ws/tasks/{task_id}",
        },
    }


def _labels(given: list[str]) -> dict[str, str]:
    labels = dict(label.partition("=")[::2] for label in given)
    wrong = [label for label in given if "=" not in label or "\0" in label]
    if wrong:
        raise InputRejected([FieldProblem("metadata", f"{label[:80]!r} is no `name=value`") for label in wrong])
    return labels
