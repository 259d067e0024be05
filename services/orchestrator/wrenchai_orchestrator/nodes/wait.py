"""A wait: for people to agree or answer, for a signal, for a time. Nothing runs meanwhile. Pure."""

from datetime import UTC, datetime
from typing import Any

from wrenchai_contracts.events import StepOpened, Wait
from wrenchai_contracts.plan import Approval, PlannedWait, action_digest
from wrenchai_contracts.shape import JsonObject, Path

from wrenchai_orchestrator.nodes.approving import Agreed, Refused, agreement, asks_again
from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.values import resolved
from wrenchai_orchestrator.results import Opened, Result
from wrenchai_orchestrator.turn import NodeFailed, Scope, Turn


def advance(bodies: Bodies, node: PlannedWait, path: Path, scope: Scope) -> Result | None:
    """One step further with a wait."""
    turn = bodies.turn
    opened = turn.open(path, lambda: _opened(turn, node, path, scope))
    came = _came(turn, node, path, opened)
    if came is not None:
        return came
    if not turn.task.time_has_come(path, opened.event.due):
        return None
    if node.waits_for == "time" or node.on_timeout == "continue":
        return turn.settle(path, "completed", output={}, verdict={"timeout": node.waits_for != "time"})
    return turn.settle(path, "failed", reason=f"{node.id} waited in vain for: {_said(node)}", kind="timeout")


def _said(node: PlannedWait) -> str:
    return f"the signal {node.name}" if node.waits_for == "signal" else f"an {node.waits_for}"


def _opened(turn: Turn, node: PlannedWait, path: Path, scope: Scope) -> StepOpened:
    title = resolved(node.title, scope)
    details = resolved(node.details, scope)
    wait = Wait(waits_for=node.waits_for, name=node.name, title=str(title)[:2000], details=details, form=node.answer)
    if node.approval is not None:
        wait = wait.model_copy(update={"approval": node.approval, "digest": action_digest("", details)})
    return StepOpened(step=path, type="wait", wait=wait, due=_due(turn, node, scope))


def _due(turn: Turn, node: PlannedWait, scope: Scope) -> datetime | None:
    if node.until is not None:
        return moment(resolved(node.until, scope))
    expires = node.approval.expires if isinstance(node.approval, Approval) else None
    return turn.due(node.timeout if node.timeout is not None else expires)


def moment(text: Any) -> datetime:
    """A moment as an author writes it; without an offset it is UTC.

    Raises:
        NodeFailed: it is no moment.
    """
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as problem:
        reason = f"until: {text!r} is no moment such as 2027-01-31T08:00:00+01:00"
        raise NodeFailed(reason, "bad_moment") from problem
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _came(turn: Turn, node: PlannedWait, path: Path, opened: Opened) -> Result | None:
    """The result, if what it waits for has come."""
    asked = turn.task.asked
    match node.waits_for:
        case "answer" if path in asked.answers:
            answered = asked.answers[path][min(asked.answers[path])]
            return turn.settle(path, "completed", output=answered.answer)
        case "signal":
            return _signalled(turn, node, path)
        case "approval":
            return _approved(turn, path, opened)
        case _:
            return None


def _signalled(turn: Turn, node: PlannedWait, path: Path) -> Result | None:
    """The earliest signal of its name that no wait has taken yet."""
    taken = turn.task.signals_taken
    for version, signal in turn.task.asked.signals_of(node.name):
        if version not in taken:
            verdict: JsonObject = {"signal": version}
            return turn.settle(path, "completed", output=signal.content, verdict=verdict)
    return None


def _approved(turn: Turn, path: Path, opened: Opened) -> Result | None:
    match agreement(turn.task, path, opened.event):
        case Agreed(change=dict() as change) if asks_again(turn, opened, change):
            return None
        case Agreed(by=by, change=change):
            output: JsonObject = {"approved": True, "by": list(by), "change": change}
            return turn.settle(path, "completed", output=output, verdict={"by": list(by)})
        case Refused(by=by, reason=reason):
            verdict: JsonObject = {"by": [by]}
            return turn.settle(path, "failed", reason=f"{by} said no: {reason}", kind="rejected", verdict=verdict)
        case None:
            return None
