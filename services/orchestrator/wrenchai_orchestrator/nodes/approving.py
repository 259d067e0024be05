"""Whether people have agreed: to exactly what was asked, so many of those who may, never the requester. Pure."""

from dataclasses import dataclass

from wrenchai_contracts.events import ApprovalDecided, StepOpened, Wait
from wrenchai_contracts.plan import Approval, action_digest
from wrenchai_contracts.shape import JsonObject, Path

from wrenchai_orchestrator.judgements import QUALITY
from wrenchai_orchestrator.results import Opened
from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.turn import Turn


@dataclass(frozen=True, slots=True)
class Agreed:
    """Enough people said yes; `change`: to this instead of what was asked."""

    by: tuple[str, ...]
    change: JsonObject | None


@dataclass(frozen=True, slots=True)
class Refused:
    """One who may decide said no."""

    by: str
    reason: str


def agreement(task: Task, path: Path, opened: StepOpened) -> Agreed | Refused | None:
    """What people have come to; None while more have to speak.

    Words about another digest than the one that is open are about something else, and change nothing.
    """
    wait = opened.wait
    if wait is None or wait.approval is None:
        return None
    said = [
        (who, decided)
        for _, (who, decided) in sorted(task.asked.decided.get(path, {}).items())
        if decided.digest == wait.digest and wait.approval.why_not(who, task.requester) is None
    ]
    for who, decided in said:
        if decided.decision == "reject":
            return Refused(who, decided.reason)
    return _enough(wait.approval, said)


def _enough(approval: Approval, said: list[tuple[str, ApprovalDecided]]) -> Agreed | None:
    """Yes by so many different people, or a change by one of them: where more must agree, they are asked about that."""
    by = tuple(dict.fromkeys(who for who, _ in said))
    change = next((decided.change for _, decided in said if decided.decision == "change"), None)
    if change is not None:
        return Agreed((next(who for who, decided in said if decided.decision == "change"),), change)
    return Agreed(by, None) if len(by) >= approval.need else None


def asks_again(turn: Turn, opened: Opened, change: JsonObject) -> bool:
    """Ask everybody about `change` instead, where one person's word is not enough."""
    wait = opened.event.wait
    if wait is None or wait.approval is None or wait.approval.need == 1:
        return False
    details = _instead(wait, change)
    digest = action_digest(str(details.get("tool", "")), details.get("inputs", details))
    turn.say(opened.event.model_copy(update={"wait": wait.model_copy(update={"details": details, "digest": digest})}))
    return True


def _instead(wait: Wait, change: JsonObject) -> JsonObject:
    """What is asked about from now on. Of a result that stands as it is, what was said of it is shown besides."""
    if wait.name == QUALITY:
        return {**wait.details, "change": change}
    return {**wait.details, "inputs": change} if "tool" in wait.details else change
