"""Steering a task: its state is folded from the log, the command is checked against it, and one event records it."""

from collections.abc import Iterable

from pydantic import BaseModel
from wrenchai_chassis.log import EventLog, Stored, VersionConflict
from wrenchai_contracts.commands import AnswerQuestion, DecideApproval, ResolveEffect, RetryStep, SkipStep
from wrenchai_contracts.envelope import Context, NewEvent, Undecodable, unseal
from wrenchai_contracts.errors import InputRejected, NotNow, UnknownTask
from wrenchai_contracts.events import STEP_TOPICS
from wrenchai_contracts.shape import Path
from wrenchai_contracts.subjects import journey_stream

from wrenchai_gateway.claims import claim_of
from wrenchai_gateway.command_fields import field_problems
from wrenchai_gateway.control_rules import Command, event_of, journey_of_effect, legal, refusal, told_before
from wrenchai_gateway.control_state import ControlState
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.intake import Accepted
from wrenchai_gateway.submissions import Caller, digest_of


async def carry_out(gateway: Gateway, task_id: str, command: Command, caller: Caller) -> Accepted:
    """Record that somebody asked; the first answer again if the caller's key or the same command is recorded already.

    Raises:
        UnknownTask, NotNow, InputRejected
        KeyReused: the key stands for another request.
    """
    asked = digest_of_command(task_id, command, caller.actor)
    while True:
        if (first := await gateway.intake.first_answer(caller, asked)) is not None:
            return first
        state = await state_of(gateway.runtime.log, task_id, _journey_named_by(command))
        before = told_before(state, command, by=caller.actor)
        if before is not None and (state.going or isinstance(command, ResolveEffect)):
            return Accepted((task_id,), before)
        reason = refusal(state, command, by=caller.actor, at=gateway.runtime.clock())
        if reason is not None:
            raise NotNow(task_id, state.name, reason, legal(state))
        if problems := field_problems(state, command):
            raise InputRejected(problems)
        context = Context(caller.actor, caller.tenant, correlation=task_id, trace=state.trace or caller.trace)
        new = NewEvent(task_id, state.version + 1, event_of(state, command), context)
        try:
            position = await gateway.runtime.committer.commit([new, *claim_of(caller, asked, (task_id,))])
            return Accepted((task_id,), position)
        except VersionConflict:
            continue


def digest_of_command(task_id: str, command: BaseModel, by: str) -> str:
    """SHA-256 of what somebody asks of a task: what an idempotency key that comes with it stands for.

    Two people who ask the same have not asked once: each may have to agree.
    """
    return digest_of(f"{type(command).__name__} {task_id} {by}", command)


async def state_of(log: EventLog, task_id: str, journey: Path | None = None) -> ControlState:
    """The task's state by its own stream, and as far as it is named by one journey's.

    Raises:
        UnknownTask
    """
    rows = await log.read_stream(task_id)
    if not rows:
        raise UnknownTask(task_id)
    if journey:
        rows = sorted([*rows, *await log.read_stream(journey_stream(task_id, journey))], key=lambda row: row.position)
    return folded(task_id, rows)


async def whole_state_of(log: EventLog, task_id: str) -> ControlState:
    """The task's state by all its streams, but for what happened to single attempts.

    Raises:
        UnknownTask
    """
    rows = await log.read_family(task_id, without=STEP_TOPICS)
    if not rows:
        raise UnknownTask(task_id)
    return folded(task_id, rows)


def folded(task_id: str, rows: Iterable[Stored]) -> ControlState:
    """The state that `rows` tell; what a newer release has written is passed over, but counts as a version."""
    state = ControlState(task_id)
    for row in rows:
        try:
            state.evolve(unseal(row.position, row.state))
        except Undecodable:
            state.version = row.version if row.stream == task_id else state.version
    return state


def _journey_named_by(command: Command) -> Path | None:
    match command:
        case RetryStep(step=step) | SkipStep(step=step) | AnswerQuestion(step=step) | DecideApproval(step=step):
            return step
        case ResolveEffect(key=key):
            return journey_of_effect(key)
        case _:
            return None
