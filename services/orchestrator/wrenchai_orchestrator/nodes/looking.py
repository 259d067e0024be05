"""A person looks at a result that the inspector would not decide about, and says whether it is acceptable. Pure."""

from typing import Any, NamedTuple

from wrenchai_contracts.events import ExecutionEvaluated, StepOpened, Wait
from wrenchai_contracts.plan import Approval, action_digest
from wrenchai_contracts.shape import JsonObject, Path

from wrenchai_orchestrator.judgements import LOOKED_AT, QUALITY
from wrenchai_orchestrator.nodes.approving import Agreed, Refused, agreement, asks_again
from wrenchai_orchestrator.nodes.values import resolved
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import NodeFailed, Scope, Turn

ANYBODY = Approval(requester_may=True)
"""Who looks where nobody is named."""


class Look(NamedTuple):
    """Where a person is asked, about the result of what, who that is, and what the question may name."""

    path: Path
    of: str
    approval: Approval | None
    scope: Scope


def looked_at(turn: Turn, look: Look, word: ExecutionEvaluated, stands: Result) -> Result | None:
    """What a result comes to by the word of those who are asked; None while they have to say.

    `word` is the inspector's, which they are shown; `stands` the result as it is if they accept it.
    """
    path = look.path
    opened = turn.open(path, lambda: _question(turn, look, word))
    match agreement(turn.task, path, opened.event):
        case Agreed(change=dict() as change) if asks_again(turn, opened, change):
            return None
        case Agreed(by=by):
            verdict = {**stands.verdict, LOOKED_AT: "accepted", "by": list(by)}
            return turn.settle(path, "completed", output=_own(stands), gathered=stands.gathered, verdict=verdict)
        case Refused(by=by, reason=reason):
            said, verdict = f"{by} refused the result: {reason}", {LOOKED_AT: "refused", "by": [by]}
            return turn.settle(path, "failed", reason=said, kind=QUALITY, verdict=stands.verdict | verdict)
        case None if turn.task.time_has_come(path, opened.event.due):
            return turn.settle(path, "failed", reason="nobody looked at the result in time", kind="approval_expired")
        case None:
            return None


def _own(result: Result) -> Any:
    """The output as it is recorded of a step: a journey whose result is judged has one."""
    if result.gathered:
        return None
    return result.output if result.block else next(iter(result.outputs.values()), None)


def _question(turn: Turn, look: Look, word: ExecutionEvaluated) -> StepOpened:
    approval, (low, high) = look.approval or ANYBODY, word.interval
    details: JsonObject = {
        "quality": word.quality,
        "interval": [low, high],
        "reasons": list(word.reasons),
        "losses": dict(word.losses),
    }
    asked = f"Is the result of {look.of} acceptable? P = {word.quality:.2f} [{low:.2f}, {high:.2f}]"
    wait = Wait(
        waits_for="approval",
        name=QUALITY,
        title=_title(approval.title, look.scope) or asked,
        details=details,
        approval=approval,
        digest=action_digest("", details),
    )
    return StepOpened(step=look.path, type="wait", wait=wait, due=turn.due(approval.expires))


def _title(text: str, scope: Scope) -> str:
    """As the author wrote it, if what it names is not there: nobody is asked less for that."""
    try:
        return str(resolved(text, scope))[:2000]
    except NodeFailed:
        return text
