"""Which commands a task's state allows, why not, and the event that a command becomes. Pure: who and when are given."""

from collections.abc import Callable
from datetime import datetime, timedelta

from wrenchai_contracts.commands import (
    AnswerQuestion,
    DecideApproval,
    ExtendLimits,
    PauseTask,
    PrioritiseTask,
    ResolveEffect,
    ResumeTask,
    RetryStep,
    SendSignal,
    SkipStep,
)
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectResolved,
    Event,
    LimitsExtended,
    QuestionAnswered,
    SignalReceived,
    StepRetryRequested,
    StepSkipRequested,
    TaskPaused,
    TaskPrioritised,
    TaskResumed,
)
from wrenchai_contracts.plan import PlannedWait, nodes_in
from wrenchai_contracts.spending import MICROS, Limits

from wrenchai_gateway.control_state import ControlState, OpenWait

Command = (
    PauseTask | ResumeTask | RetryStep | SkipStep | SendSignal | AnswerQuestion | DecideApproval | ExtendLimits
    | PrioritiseTask | ResolveEffect
)  # fmt: skip


def legal(state: ControlState) -> list[str]:
    """The commands that could be given now, by the last part of their addresses."""
    again = ["fork"] if state.plan is not None else []
    in_doubt = ["effects"] if _waiting(state, "effect") else []
    if state.ended is not None:
        return again + (["retry"] if state.ended == "failed" and again else [])
    if not state.going:
        return ["cancel", *in_doubt, *again]
    always = ["cancel", "pause" if state.paused is None else "resume", "extend", "prioritise"]
    return always + [name for name, is_so in _SOMETIMES.items() if is_so(state)] + in_doubt + again


_SOMETIMES: dict[str, Callable[[ControlState], object]] = {
    "signal": lambda state: state.plan is None or signal_waits(state),
    "answer": lambda state: _waiting(state, "answer"),
    "approval": lambda state: _waiting(state, "approval"),
    "retry": lambda state: not state.executed and _may_retry(state),
    "skip": lambda state: state.plan is not None,
}


def _may_retry(state: ControlState) -> object:
    return _waiting(state, "decision") or state.retrying or "failed" in state.outcomes.values()


def refusal(  # noqa: PLR0911  # one arm for each command, nothing nested
    state: ControlState, command: Command, *, by: str, at: datetime
) -> str | None:
    """Why the task's state does not allow `command` of the person `by` at the moment `at`; None if it does.

    What it allows, the orchestrator can act on, now or when it comes to the step.
    """
    if state.ended is not None:
        return "it has ended"
    if not state.going and not isinstance(command, ResolveEffect):
        return "it is being stopped"
    match command:
        case ResumeTask() if state.paused is None:
            return "it is not paused"
        case DecideApproval():
            return _approval(state, command, by, at)
        case AnswerQuestion(step=step):
            return _answer(state.waits.get(step), step)
        case RetryStep(step=step):
            return _retry(state, step)
        case SkipStep(step=step):
            return _skip(state, step)
        case ResolveEffect():
            return _effect(state, command)
        case ExtendLimits(deadline=deadline) if deadline is not None and state.deadline is None:
            return "it is not planned yet, and has no deadline to move"
        case _:
            return None


def told_before(state: ControlState, command: Command, *, by: str) -> int | None:
    """The position of the record that this very command left before; asking twice is asking once."""
    record = _record_of(state, command, by)
    if record is None or not _is_same(record.event, event_of(state, command)):
        return None
    return record.position


def _record_of(  # noqa: PLR0911  # one arm for each command, nothing nested
    state: ControlState, command: Command, by: str
) -> Recorded | None:
    match command:
        case PauseTask():
            return state.paused
        case ResumeTask():
            return state.asked[-1] if state.asked and state.paused is None else None
        case PrioritiseTask():
            return state.prioritised
        case DecideApproval(step=step):
            wait = state.waits.get(step)
            return wait.said[by][0] if wait is not None and by in wait.said else None
        case AnswerQuestion(step=step) | RetryStep(step=step):
            wait = state.waits.get(step)
            return wait.answered if wait is not None else None
        case SkipStep(step=step):
            return state.skips.get(step)
        case ResolveEffect(key=key):
            return state.resolved.get(key)
        case _:
            return None


def _is_same(recorded: Event, asked: Event) -> bool:
    """Whether they say the same, whatever the reasons given. Who is paused at once is paused at the next boundary."""
    if type(recorded) is not type(asked):
        return False
    if isinstance(recorded, TaskPaused) and isinstance(asked, TaskPaused):
        return recorded.at == "now" or asked.at == "boundary"
    return recorded.model_dump(exclude={"reason"}) == asked.model_dump(exclude={"reason"})


def event_of(state: ControlState, command: Command) -> Event:  # noqa: C901, PLR0911  # one arm for each command
    """The event that records `command`."""
    reason = command.reason
    match command:
        case PauseTask(at=at):
            return TaskPaused(at=at, reason=reason)
        case ResumeTask():
            return TaskResumed(reason=reason)
        case RetryStep(step=step):
            return StepRetryRequested(step=step, reason=reason)
        case SkipStep(step=step, output=output):
            return StepSkipRequested(step=step, output=output, reason=reason)
        case SendSignal(name=name, content=content):
            return SignalReceived(name=name, content=content, reason=reason)
        case AnswerQuestion(step=step, answer=answer):
            return QuestionAnswered(step=step, answer=answer, reason=reason)
        case DecideApproval():
            return ApprovalDecided(**command.model_dump())
        case PrioritiseTask(priority=priority):
            return TaskPrioritised(priority=priority, reason=reason)
        case ResolveEffect(key=key):
            return EffectResolved(step=journey_of_effect(key), **command.model_dump())
        case ExtendLimits():
            return _extended(state, command)


def _extended(state: ControlState, command: ExtendLimits) -> LimitsExtended:
    micros = None if command.money is None else round(command.money * MICROS)
    more = Limits(calls=command.calls, tokens=command.tokens, micros=micros, seconds=command.seconds)
    longer, until = command.deadline, state.deadline
    deadline = None if longer is None or until is None else until + timedelta(seconds=longer)
    return LimitsExtended(more=more, deadline=deadline, reason=command.reason)


def journey_of_effect(key: str) -> str:
    """The journey in an effect's key, `<task>/<journey>/<step>`; empty if it is no such key."""
    return key.partition("/")[2].rpartition("/")[0]


# --- one by one ------------------------------------------------------------------------------------------


def _approval(state: ControlState, command: DecideApproval, by: str, at: datetime) -> str | None:
    wait = state.waits.get(command.step)
    if wait is None or wait.waits_for != "approval":
        return f"{command.step} waits for no approval"
    if wait.digest != command.digest:
        return f"what {command.step} asks has another digest, {wait.digest}; look at it again"
    if wait.decided is not None:
        return f"{command.step} is decided: {wait.decided}"
    if wait.answered is not None:
        return f"{command.step} is to be passed over"
    if wait.due is not None and wait.due <= at:
        return f"{command.step} could be decided until {wait.due.isoformat()}"
    return _may_not_decide(state, wait, by)


def _may_not_decide(state: ControlState, wait: OpenWait, by: str) -> str | None:
    approval = wait.approval
    if approval is None or by in wait.said:
        return f"{by} has decided otherwise before"
    return approval.why_not(by, state.requester)


def _answer(wait: OpenWait | None, step: str) -> str | None:
    if wait is None or wait.waits_for != "answer":
        return f"{step} asks nothing"
    return f"{step} was answered before" if wait.answered is not None else None


def _retry(state: ControlState, step: str) -> str | None:
    if state.executed:
        return "all of its plan is done, and is being judged"
    wait = state.waits.get(step)
    if wait is not None and wait.waits_for == "decision":
        return f"{step} is to be passed over" if wait.answered is not None else None
    if step in state.retrying or state.outcomes.get(step) == "failed":
        return None
    return f"{step} has not failed"


def _skip(state: ControlState, step: str) -> str | None:
    wait, outcome = state.waits.get(step), state.outcomes.get(step)
    if step in state.skips:
        return f"{step} is passed over with another output"
    if wait is not None:
        return _skip_of_wait(wait, step)
    if outcome is not None:
        return f"{step} is {outcome}"
    if step in state.at_work or step in _outermost_steps(state):
        return None
    return (
        f"{step} is at no work, and no outermost step of the plan; steps inside others can be skipped once they began"
    )


def _skip_of_wait(wait: OpenWait, step: str) -> str | None:
    if wait.waits_for == "effect":
        return f"nobody knows whether {step} did its work outside; resolve its effect first"
    return f"{step} was answered before" if wait.answered is not None else None


def _effect(state: ControlState, command: ResolveEffect) -> str | None:
    wait = state.waits.get(journey_of_effect(command.key))
    if wait is None or wait.effect != command.key:
        return f"no effect with the key {command.key!r} is in doubt"
    return "that effect was resolved otherwise before" if wait.answered is not None else None


def _waiting(state: ControlState, what: str) -> bool:
    return any(wait.waits_for == what for wait in state.waits.values())


def _outermost_steps(state: ControlState) -> set[str]:
    return {node.id for node in state.plan.nodes} if state.plan is not None else set()


def signal_waits(state: ControlState) -> list[PlannedWait]:
    """Every wait for a signal in the plan, at any depth."""
    found = nodes_in(state.plan.nodes) if state.plan is not None else ()
    return [node for node in found if isinstance(node, PlannedWait) and node.waits_for == "signal"]
