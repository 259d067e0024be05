"""Commands to a task that runs, over REST. Each is one event, recorded together with the caller's idempotency key."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from wrenchai_contracts.commands import (
    AnswerQuestion,
    DecideApproval,
    ExtendLimits,
    ForkTask,
    PauseTask,
    PrioritiseTask,
    ResolveEffect,
    ResumeTask,
    RetryStep,
    SendSignal,
    SkipStep,
)
from wrenchai_contracts.paths import outermost
from wrenchai_contracts.views import TaskAccepted, TaskContext

from wrenchai_gateway.control_rules import Command
from wrenchai_gateway.documentation import body_of, problems
from wrenchai_gateway.forking import fork
from wrenchai_gateway.gateway import gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.steering import carry_out, digest_of_command, state_of, whole_state_of
from wrenchai_gateway.submissions import caller_of, digest_of, read_command, read_optional
from wrenchai_gateway.task_context import context_of
from wrenchai_gateway.task_routes import MinPosition, TaskId, told_accepted

_PROBLEMS = problems(400, 401, 404, 409, 413, 415, 422, 429, 503)
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

ACTOR = {
    "name": "Actor",
    "in": "header",
    "required": False,
    "description": "Who asks: a label that nobody verifies until there is a login.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9@._-]{1,64}$", "default": "client"},
    "example": "ann@example.org",
}

Route = TypeVar("Route", bound=Callable[..., Any])

router = APIRouter(tags=["control"])


def _command(name: str, shape: type[BaseModel], example: Any, *, required: bool = True) -> Callable[[Route], Route]:
    """Where a command is taken in, and how it is described."""
    return router.post(
        f"/tasks/{{task_id}}/{name}",
        status_code=202,
        response_model=TaskAccepted,
        responses=_PROBLEMS,
        openapi_extra=body_of(shape, example, required=required) | {"parameters": [ACTOR]},
    )


@_command("pause", PauseTask, {"at": "boundary", "reason": "the target is down"}, required=False)
async def pause(request: Request, task_id: TaskId) -> Response:
    """Begin nothing new; `now` also ends running attempts, without counting them. Paused already: the first answer."""
    return await _carried_out(request, task_id, await read_optional(request, PauseTask))


@_command("resume", ResumeTask, {"reason": "the target is up"}, required=False)
async def resume(request: Request, task_id: TaskId) -> Response:
    """Go on with a paused task."""
    return await _carried_out(request, task_id, await read_optional(request, ResumeTask))


def _anew(command: RetryStep) -> ForkTask:
    """To try a step of a failed task once more is to fork from it."""
    return ForkTask(step=outermost(command.step), reason=command.reason)


@_command("retry", RetryStep, {"step": "build"})
async def retry(request: Request, task_id: TaskId) -> Response:
    """Try a failed step once more, or one that waits for its next attempt at once.

    A task that has failed stays so: then this is a fork from the step's outermost step, and answers with the new task.
    """
    command, gateway, caller = await read_command(request, RetryStep), gateway_of(request), caller_of(request)
    state = await state_of(gateway.runtime.log, task_id)
    if state.ended != "failed":
        return await _carried_out(request, task_id, command)
    asked = digest_of_command(task_id, command, caller.actor)
    return told_accepted(await fork(gateway, task_id, _anew(command), caller, asked))


@_command("skip", SkipStep, {"step": "links", "output": {"links": []}, "reason": "checked by hand"})
async def skip(request: Request, task_id: TaskId) -> Response:
    """Go on without a step that has not ended; `output` stands for its own. What runs of it is stopped."""
    return await _carried_out(request, task_id, await read_command(request, SkipStep))


@_command("signal", SendSignal, {"name": "delivered", "content": {"parcel": 7}})
async def signal(request: Request, task_id: TaskId) -> Response:
    """Send what a step waits for, or will wait for. Each signal counts: sent twice, it is there twice.

    Send an `Idempotency-Key` to be able to repeat it safely.
    """
    return await _carried_out(request, task_id, await read_command(request, SendSignal))


@_command("answer", AnswerQuestion, {"step": "ask", "answer": {"colour": "green"}})
async def answer_question(request: Request, task_id: TaskId) -> Response:
    """Answer what a step, or the tool of a step, asks; the answer must fit the form that the context shows."""
    return await _carried_out(request, task_id, await read_command(request, AnswerQuestion))


@_command("approval", DecideApproval, {"step": "publish", "digest": _DIGEST, "decision": "approve", "reason": "seen"})
async def decide(request: Request, task_id: TaskId) -> Response:
    """Approve or reject exactly what the digest names, or approve it with other inputs (`change`).

    Who asked for the task may not, unless the step says so; the same person counts once.
    """
    return await _carried_out(request, task_id, await read_command(request, DecideApproval))


@_command("extend", ExtendLimits, {"calls": 10, "deadline": "2h"})
async def extend(request: Request, task_id: TaskId) -> Response:
    """Allow a task more: added to its budget, and to its time. Asked twice, it is added twice.

    Send an `Idempotency-Key` to be able to repeat it safely.
    """
    return await _carried_out(request, task_id, await read_command(request, ExtendLimits))


@_command("prioritise", PrioritiseTask, {"priority": 10})
async def prioritise(request: Request, task_id: TaskId) -> Response:
    """Say how much a task matters beside others that wait: higher goes first."""
    return await _carried_out(request, task_id, await read_command(request, PrioritiseTask))


@_command("effects", ResolveEffect, {"key": "task_01jd3kz9w4e6/publish/push", "resolution": "retry"})
async def resolve_effect(request: Request, task_id: TaskId) -> Response:
    """Say what became of an effect in doubt: it happened (with the step's output), do it again, or take it back."""
    return await _carried_out(request, task_id, await read_command(request, ResolveEffect))


@_command("fork", ForkTask, {"from": "build", "inputs": {"title": "Another"}})
async def fork_task(request: Request, task_id: TaskId) -> Response:
    """A new task by the same version of the playbook; what came before the step is used again where inputs are equal.

    `from` names an outermost step. Each call makes a task: send an `Idempotency-Key` to be able to repeat it safely.
    """
    command, caller = await read_command(request, ForkTask), caller_of(request)
    accepted = await fork(gateway_of(request), task_id, command, caller, digest_of(f"fork {task_id}", command))
    return told_accepted(accepted)


@router.get("/tasks/{task_id}/context", response_model=TaskContext, responses=problems(401, 404, 422, 503))
async def look_at_context(request: Request, task_id: TaskId, *, min_position: MinPosition = None) -> Response:
    """What a task knows by now, what it waits for, how to end each wait, what its budget has left, what is legal."""
    gateway = gateway_of(request)
    await gateway.reader.reached(min_position)
    state = await whole_state_of(gateway.runtime.log, task_id)
    header, _ = await gateway.reader.task(task_id)
    return answer(context_of(state, header), position=state.position)


async def _carried_out(request: Request, task_id: str, command: Command) -> Response:
    return told_accepted(await carry_out(gateway_of(request), task_id, command, caller_of(request)))
