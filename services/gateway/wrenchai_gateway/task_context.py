"""What a task knows and may be asked, as its context shows it. Pure."""

from typing import Any

from wrenchai_chassis.projection import Row
from wrenchai_contracts.spending import Limits, Spending

from wrenchai_gateway.control_rules import legal
from wrenchai_gateway.control_state import ControlState, OpenWait
from wrenchai_gateway.task_answers import progress_of, spent_of
from wrenchai_gateway.waiting_words import COMMANDS, words_for


def context_of(state: ControlState, header: Row) -> dict[str, Any]:
    """The fields of `views.TaskContext`: of the log's newest, but for what only the view counts."""
    spent = Spending.model_validate(spent_of(header))
    return {
        "task_id": state.task_id,
        "status": header["status"],
        "message": header["message"],
        "progress": progress_of(header),
        "paused": state.paused is not None,
        "inputs": state.request.inputs if state.request is not None else {},
        "outputs": state.outputs,
        "waits": [wait_view(wait) for wait in state.waits.values()],
        "budget": state.budget.model_dump(),
        "spent": spent.model_dump(),
        "left": left_of(state.budget, spent).model_dump(),
        "deadline": state.deadline,
        "priority": state.priority,
        "legal": legal(state),
        "position": state.position,
    }


def left_of(budget: Limits, spent: Spending) -> Limits:
    """Of what is limited: what has not been spent."""
    kinds = budget.model_dump(exclude_none=True)
    return Limits(**{kind: max(most - getattr(spent, kind), 0) for kind, most in kinds.items()})


def wait_view(wait: OpenWait) -> dict[str, Any]:
    """The fields of `views.WaitView`."""
    rule = wait.approval
    due = wait.due.isoformat() if wait.due is not None else None
    told: dict[str, Any] = {
        "waits_for": wait.waits_for,
        "title": wait.title,
        "name": wait.name,
        "effect": wait.effect or "",
    }
    told |= {"approval": {"need": rule.need}} if rule is not None else {}
    return {
        "step": wait.step,
        "waits_for": wait.waits_for,
        "message": words_for(wait.step, told, due),
        "command": COMMANDS[wait.waits_for],
        "name": wait.name,
        "title": wait.title,
        "details": wait.details,
        "form": wait.form,
        "digest": wait.digest,
        "need": rule.need if rule is not None else None,
        "of": rule.of if rule is not None else (),
        "decided": [
            {"by": by, "decision": said.decision, "at": recorded.at, "reason": said.reason, "change": said.change}
            for by, (recorded, said) in wait.said.items()
        ],
        "effect": wait.effect,
        "since": wait.since,
        "due": wait.due,
    }
