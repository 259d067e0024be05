"""A journey: agreed to where that is asked for, reused where a fork may, within its budget, dispatched. Pure."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json
from wrenchai_contracts.events import JourneyDispatched, JourneyReused, StepOpened, Wait
from wrenchai_contracts.paths import group_of
from wrenchai_contracts.plan import Approval, PlannedJourney, PlannedStep, action_digest
from wrenchai_contracts.shape import JsonObject, Name, Path, Sha256
from wrenchai_language.references import BadReference, resolve

from wrenchai_orchestrator.journeys import call_digest
from wrenchai_orchestrator.nodes.approving import Agreed, Refused, agreement, asks_again
from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.budgets import OutOfBudget, reservation, waits_for_budget
from wrenchai_orchestrator.nodes.choosing import tool_for
from wrenchai_orchestrator.nodes.values import resolved
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import MAX_DATA_BYTES, NodeFailed, Scope, Turn


def advance(bodies: Bodies, node: PlannedJourney, path: Path, scope: Scope) -> Result | None:
    """One step further with a journey."""
    turn = bodies.turn
    if path in turn.task.journeys.running:
        return None
    tool = tool_for(turn, node, path)
    if tool is None:
        return None
    facts: dict[str, Any] = {"steps": _calling(tool, resolved_steps(node.steps, scope))}
    if node.approval is not None:
        agreed = _agreed(turn, node, path, facts["steps"][0], scope)
        if agreed is None or isinstance(agreed, Result):
            return agreed
        facts["steps"], facts["approved"] = agreed
    if node.undo:
        facts["undo"] = resolved_steps(node.undo, scope, own=node.steps)
    return _begun(turn, path, _dispatched(turn, node, path, facts))


def _calling(tool: Name, steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """The steps, the first of which calls `tool`."""
    first, *others = steps
    return steps if first.tool == tool else (first.model_copy(update={"tool": tool}), *others)


def _begun(turn: Turn, path: Path, dispatched: JourneyDispatched) -> Result | None:
    if (reused := _reused(turn, path, dispatched)) is not None:
        turn.say(reused)
        return turn.task.results[path]
    _refuse_endless(turn, dispatched)
    try:
        dispatched = dispatched.model_copy(update={"reserved": reservation(turn, path, dispatched.steps)})
    except OutOfBudget as out:
        if not out.for_others:
            waits_for_budget(turn, path, out.kind)
        return None
    if (size := len(to_json(dispatched))) > MAX_DATA_BYTES:
        reason = f"its inputs have {size} bytes; the limit is {MAX_DATA_BYTES}. Hand large content on as artifacts."
        raise NodeFailed(reason, "input_too_large")
    turn.tell(path, dispatched)
    return None


def resolved_steps(
    steps: tuple[PlannedStep, ...], scope: Scope, *, own: Sequence[PlannedStep] = ()
) -> tuple[PlannedStep, ...]:
    """The steps with everything filled in but what they themselves, or `own`, will come to.

    Raises:
        NodeFailed: a reference to what is not there.
    """
    later = {step.id for step in (*steps, *own)}

    def is_later(path: tuple[str, ...]) -> bool:
        return len(path) > 1 and path[0] == "steps" and path[1] in later

    try:
        return tuple(_with_inputs(step, resolve(step.inputs, scope, keep=is_later)) for step in steps)
    except BadReference as problem:
        raise NodeFailed(str(problem), "bad_reference") from problem


def _with_inputs(step: PlannedStep, inputs: JsonObject) -> PlannedStep:
    return step if inputs == step.inputs else step.model_copy(update={"inputs": inputs})


def _dispatched(turn: Turn, node: PlannedJourney, path: Path, facts: dict[str, Any]) -> JourneyDispatched:
    task, plan = turn.task, turn.plan
    group, index = _place(path)
    sole = node.final and len(plan.nodes) == 1
    judged = {"costs": plan.weights, "playbook": plan.playbook} if sole else {}
    return JourneyDispatched(
        journey=path,
        role=node.role,
        **facts,
        tools=task.tools.get(node.role, ()),
        deadline=task.deadline,
        group=group,
        index=index,
        schedule_to_start=node.schedule_to_start,
        priority=task.priority,
        final=node.final,
        sole=sole,
        **judged,
        accept_above=plan.accept_above,
        reject_below=plan.reject_below,
    )


def _place(path: Path) -> tuple[str | None, int | None]:
    """The block that it is a branch of, and which item."""
    around = group_of(path)
    number = path[len(around) + 1 :].partition(".")[0]
    return around.rpartition(".")[2].partition("~")[0] or None, int(number) if number.isdecimal() else None


def _reused(turn: Turn, path: Path, dispatched: JourneyDispatched) -> JourneyReused | None:
    """The result of the task that this one was forked from, if it was asked for just this."""
    task = turn.task
    before = (task.origin or {}).get(path)
    if before is None or task.request is None or task.request.forked_from is None:
        return None
    then, ended = before
    if (then.role, then.steps) != (dispatched.role, dispatched.steps):
        return None
    origin = task.request.forked_from.task_id
    return JourneyReused(journey=path, origin=origin, outputs=ended.outputs, evidence=ended.evidence)


def _refuse_endless(turn: Turn, dispatched: JourneyDispatched) -> None:
    """Refuse to make one and the same call for ever.

    Raises:
        NodeFailed: it was made as often as the plan allows.
    """
    if not turn.task.may_repeat(dispatched.journey):
        return
    for step in dispatched.steps:
        if turn.task.calls[call_digest(dispatched.role, step)] >= turn.plan.same_call:
            reason = (
                f"{dispatched.role} has called {step.tool} {turn.plan.same_call} times with the same arguments; "
                "if that is meant, raise `same_call` in the playbook"
            )
            raise NodeFailed(reason, "loop_guard")


_Go = tuple[tuple[PlannedStep, ...], Sha256]


def _agreed(turn: Turn, node: PlannedJourney, path: Path, step: PlannedStep, scope: Scope) -> Result | _Go | None:
    """The call as people agreed to it, with its digest; how it ended if they did not; None while they have to say."""
    opened = turn.open(path, lambda: _asks(turn, node, path, step, scope))
    match agreement(turn.task, path, opened.event):
        case Agreed(change=dict() as change) if asks_again(turn, opened, change):
            return None
        case Agreed(change=change):
            inputs = change if change is not None else _asked_inputs(opened.event)
            return (step.model_copy(update={"inputs": inputs}),), action_digest(step.tool, inputs)
        case Refused(by=by, reason=reason):
            return turn.settle(path, "failed", reason=f"{by} said no: {reason}", kind="rejected", verdict={"by": [by]})
        case None if turn.task.time_has_come(path, opened.event.due):
            return turn.settle(path, "failed", reason="nobody agreed in time", kind="approval_expired")
        case None:
            return None


def _asked_inputs(opened: StepOpened) -> JsonObject:
    inputs: Any = opened.wait.details["inputs"] if opened.wait is not None else {}
    return dict(inputs)


def _asks(turn: Turn, node: PlannedJourney, path: Path, step: PlannedStep, scope: Scope) -> StepOpened:
    approval = node.approval or Approval()
    details = {"tool": step.tool, "inputs": step.inputs, "role": node.role, "most": step.most.model_dump()}
    wait = Wait(
        waits_for="approval",
        title=str(resolved(approval.title, scope))[:2000] or f"{node.role} may call {step.tool}",
        details=details,
        approval=approval,
        digest=action_digest(step.tool, step.inputs),
    )
    if len(to_json(wait)) > MAX_DATA_BYTES:
        reason = "its inputs are too large to be agreed to; hand large content on as artifacts"
        raise NodeFailed(reason, "input_too_large")
    return StepOpened(step=path, type="wait", wait=wait, due=turn.due(approval.expires))
