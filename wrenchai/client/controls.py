"""Requests to a running task, and about what tasks wait for: each defined once, for both clients.

A task's state may not allow a command: then it is refused with `NotNow`, which says what is allowed instead. The same
command twice is the same as once, but for a signal, an extension and a fork: each of these counts, unless it bears the
idempotency key of one before. Each call bears a key, one of its own if none is given.
"""

from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel
from wrenchai_contracts.commands import (
    AnswerQuestion,
    CancelTask,
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
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import ApprovalPage, EffectPage, TaskAccepted, TaskContext

from wrenchai.client.calls import API, Call, body_of, given, keyed, made, reads


def _command(
    task_id: str, word: str, shape: type[BaseModel], key: str | None = None, /, **parts: Any
) -> Call[TaskAccepted]:
    path = f"{API}/tasks/{quote(task_id)}/{word}"
    return Call("POST", path, reads(TaskAccepted), content=body_of(made(shape, parts)), headers=keyed(key))


# --- the whole task --------------------------------------------------------------------------------------


def cancel(task_id: str, *, reason: str = "") -> Call[TaskAccepted]:
    """Stop a task as soon as its running steps can be stopped; what can be undone is undone."""
    return _command(task_id, "cancel", CancelTask, reason=reason)


def pause(task_id: str, *, at: Literal["now", "boundary"] = "boundary", reason: str = "") -> Call[TaskAccepted]:
    """Begin nothing more: `boundary` lets each running attempt come to its end, `now` ends it without counting it."""
    return _command(task_id, "pause", PauseTask, at=at, reason=reason)


def resume(task_id: str, *, reason: str = "") -> Call[TaskAccepted]:
    """Go on with a paused task."""
    return _command(task_id, "resume", ResumeTask, reason=reason)


def extend(  # noqa: PLR0913  # one parameter for each limit
    task_id: str,
    *,
    calls: int | None = None,
    tokens: int | None = None,
    money: float | None = None,
    seconds: float | str | None = None,
    deadline: float | str | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Call[TaskAccepted]:
    """Allow a task more of what is limited, and so much more time: durations in seconds, or as `2h`."""
    limits = {"calls": calls, "tokens": tokens, "money": money, "seconds": seconds, "deadline": deadline}
    return _command(task_id, "extend", ExtendLimits, idempotency_key, **limits, reason=reason)


def prioritise(task_id: str, priority: int, *, reason: str = "") -> Call[TaskAccepted]:
    """How much a task matters beside others that wait, from -100 to 100: higher goes first."""
    return _command(task_id, "prioritise", PrioritiseTask, priority=priority, reason=reason)


def fork(
    task_id: str,
    step: str,
    *,
    inputs: JsonObject | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Call[TaskAccepted]:
    """A new task from an old one, done anew from the outermost `step` on; the answer is the new task's."""
    parts = {"from": step, "inputs": inputs, "reason": reason}
    return _command(task_id, "fork", ForkTask, idempotency_key, **parts)


# --- one step of it --------------------------------------------------------------------------------------


def retry(task_id: str, step: str, *, reason: str = "", idempotency_key: str | None = None) -> Call[TaskAccepted]:
    """Try a failed step once more, or at once instead of later. Of a task that has failed: in the task answered."""
    return _command(task_id, "retry", RetryStep, idempotency_key, step=step, reason=reason)


def skip(task_id: str, step: str, *, output: Any = None, reason: str = "") -> Call[TaskAccepted]:
    """Go on without a step; `output` stands for its own."""
    return _command(task_id, "skip", SkipStep, step=step, output=output, reason=reason)


def signal(
    task_id: str,
    name: str,
    *,
    content: JsonObject | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> Call[TaskAccepted]:
    """Send what a step waits for, or will wait for."""
    return _command(task_id, "signal", SendSignal, idempotency_key, name=name, content=content, reason=reason)


def answer(task_id: str, step: str, answer: JsonObject, *, reason: str = "") -> Call[TaskAccepted]:
    """Answer what a step, or the tool of a step, has asked."""
    return _command(task_id, "answer", AnswerQuestion, step=step, answer=answer, reason=reason)


def decide(  # noqa: PLR0913  # a decision has this many parts
    task_id: str,
    step: str,
    digest: str,
    decision: Literal["approve", "reject", "change"],
    *,
    change: JsonObject | None = None,
    reason: str = "",
) -> Call[TaskAccepted]:
    """Say yes or no to exactly what `digest` names, or yes to it with `change` as its inputs instead."""
    parts = {"step": step, "digest": digest, "decision": decision, "change": change, "reason": reason}
    return _command(task_id, "approval", DecideApproval, **parts)


def resolve_effect(
    key: str,
    resolution: Literal["happened", "retry", "compensate"],
    *,
    output: JsonObject | None = None,
    reason: str = "",
) -> Call[TaskAccepted]:
    """Say what became of an effect in doubt: it happened (with the step's output), do it again, or take it back."""
    parts = {"key": key, "resolution": resolution, "output": output, "reason": reason}
    return _command(key.partition("/")[0], "effects", ResolveEffect, **parts)


# --- what is known, and what waits -----------------------------------------------------------------------


def context(task_id: str, *, min_position: int | None = None) -> Call[TaskContext]:
    """What a task knows by now, what it waits for, what is left of its budget, and what may be asked of it."""
    path = f"{API}/tasks/{quote(task_id)}/context"
    return Call("GET", path, reads(TaskContext), query=given(min_position=min_position))


def approvals(
    *,
    state: str = "waiting",
    task_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    min_position: int | None = None,
) -> Call[ApprovalPage]:
    """A page of approvals, those asked for first coming first: waiting, approved, rejected, expired or void."""
    query = given(state=state, task=task_id, cursor=cursor, limit=limit, min_position=min_position)
    return Call("GET", f"{API}/approvals", reads(ApprovalPage), query=query)


def effects(
    *,
    state: str = "in_doubt",
    task_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    min_position: int | None = None,
) -> Call[EffectPage]:
    """A page of what steps did outside, those claimed first coming first: claimed, done, not_done or in_doubt."""
    query = given(state=state, task=task_id, cursor=cursor, limit=limit, min_position=min_position)
    return Call("GET", f"{API}/effects", reads(EffectPage), query=query)
