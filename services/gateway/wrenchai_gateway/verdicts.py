"""What people say of results: who may, about which, and how it is recorded; and what their word changed."""

import asyncio
from typing import NamedTuple

from wrenchai_chassis.log import EventLog, VersionConflict
from wrenchai_contracts.commands import GiveVerdict
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.errors import NotJudged, NotNow
from wrenchai_contracts.events import ExecutionEvaluated, VerdictGiven, VerdictWeighed
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.plan import Approval, Plan, nodes_in
from wrenchai_contracts.shape import Path
from wrenchai_contracts.subjects import evaluation_stream, verdict_stream, weighed_stream

from wrenchai_gateway.claims import claim_of, claimed_before
from wrenchai_gateway.control_rules import legal
from wrenchai_gateway.control_state import ControlState
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.live import FellBehind
from wrenchai_gateway.steering import digest_of_command, state_of
from wrenchai_gateway.submissions import Caller

WHOLE = "the whole"
"""How a task's own result is named beside those of its steps."""


class Taken(NamedTuple):
    """Where a word is recorded; `replayed`: it had been before."""

    position: int
    replayed: bool = False


async def give(gateway: Gateway, task_id: str, command: GiveVerdict, caller: Caller) -> Taken:
    """Record what somebody says of a result, also long after its task has ended. The same word again is no new one.

    Raises:
        UnknownTask, KeyReused
        NotJudged: the inspector has said nothing of that result yet.
        NotNow: whoever may look at that result is named, and this is somebody else.
    """
    log, digest = gateway.runtime.log, digest_of_command(task_id, command, caller.actor)
    while True:
        claimed = await claimed_before(log, caller, digest)
        said = await _said(log, task_id)
        if claimed is not None:
            return Taken(_behind(said, claimed.position), replayed=True)
        state = await state_of(log, task_id)
        await _require_judged(log, task_id, command.step)
        _require_allowed(state, command.step, caller.actor)
        if (before := _same_before(said, command, caller.actor)) is not None:
            return Taken(before.position, replayed=True)
        context = Context(caller.actor, caller.tenant, correlation=task_id, trace=state.trace or caller.trace)
        given = VerdictGiven(step=command.step, verdict=command.verdict, reason=command.reason)
        new = NewEvent(verdict_stream(task_id), len(said) + 1, given, context)
        try:
            return Taken(await gateway.runtime.committer.commit([*claim_of(caller, digest, (task_id,)), new]))
        except VersionConflict:
            continue


async def word_on(gateway: Gateway, task_id: str, position: int, seconds: float) -> Recorded | None:
    """What the word recorded at `position` changed; None if that is not known after `seconds`."""
    stream, watcher = weighed_stream(task_id, position), gateway.live.watcher(frozenset({VerdictWeighed.__name__}))
    try:
        async with asyncio.timeout(seconds):
            with gateway.live.telling(watcher, task_id):
                while not (rows := await gateway.runtime.log.read_stream(stream)):
                    await watcher.next()
    except (TimeoutError, FellBehind):
        return None
    return unseal(rows[0].position, rows[0].state)


async def judged_in(log: EventLog, task_id: str) -> list[Path | None]:
    """The results of a task that the inspector has spoken of; None is the whole."""
    rows = await log.read_family(evaluation_stream(task_id))
    found: dict[Path | None, None] = {}
    for row in rows:
        if row.topic != ExecutionEvaluated.__name__:
            continue
        try:
            event = unseal(row.position, row.state).event
        except Undecodable:
            continue
        if isinstance(event, ExecutionEvaluated):
            found[event.step] = None
    return list(found)


def who_may(plan: Plan | None, step: Path | None) -> Approval | None:
    """Who is named to look at that result; None: anybody, who asked for the task too."""
    if plan is None or step is None:
        return plan.approval if plan is not None else None
    gates = (node.gate for node in nodes_in(plan.nodes) if node.id == own_id(step) and node.gate is not None)
    return next((gate.approval for gate in gates), None)


async def _said(log: EventLog, task_id: str) -> list[Recorded]:
    return [unseal(row.position, row.state) for row in await log.read_stream(verdict_stream(task_id))]


def _behind(said: list[Recorded], position: int) -> int:
    """The word that was recorded together with the claim at `position`: right behind it."""
    return next((one.position for one in said if one.position > position), position)


async def _require_judged(log: EventLog, task_id: str, step: Path | None) -> None:
    judged = await judged_in(log, task_id)
    if step not in judged:
        raise NotJudged(task_id, step, [one or WHOLE for one in judged])


def _require_allowed(state: ControlState, step: Path | None, actor: str) -> None:
    approval = who_may(state.plan, step)
    reason = approval.why_not(actor, state.requester) if approval is not None else None
    if reason is not None:
        raise NotNow(state.task_id, state.name, reason, legal(state))


def _same_before(said: list[Recorded], command: GiveVerdict, actor: str) -> Recorded | None:
    """The last word of that person on that result, if it was this very one."""
    words = [(one, one.event) for one in said if one.actor == actor and isinstance(one.event, VerdictGiven)]
    last = next(((one, event) for one, event in reversed(words) if event.step == command.step), None)
    return last[0] if last is not None and last[1].verdict == command.verdict else None
