"""An old process as today's. Pure.

There, a `condition` was looked at after an operation: it told whether the operation had come to what it should. Here,
`condition` is looked at before. So an operation with one becomes a loop of one round that fails unless it holds.
"""

from typing import Any

from wrenchai_language.legacy.conditions import Condition, asked_for, in_cel
from wrenchai_language.legacy.ledger import Fields
from wrenchai_language.legacy.members import Operation
from wrenchai_language.legacy.work import Here, Job, worked

_ACTIONS = {
    "retry": "retry",
    "log_and_retry": "retry",
    "skip": "skip",
    "continue": "skip",
    "log_and_skip": "skip",
    "log_and_continue": "skip",
    "abort": "abort",
    "fail": "abort",
    "stop": "abort",
    "log_error": "abort",
    "log_and_abort": "abort",
    "compensate": "compensate",
    "rollback": "compensate",
    "log_and_fix": "log_and_fix",
}


def process(here: Here) -> dict[str, Any]:
    """The operations in sequence."""
    role = here.agent(here.fields.first("agent", "agents"))
    field = here.fields.first("process", "operations")
    written, at = here.fields.items(field), here.fields.at(field)
    here.fields.said(field, "the operations, in sequence")
    if not written:
        here.fields.refuse(field, "has no operation; write for example `process: [{operation: run_tests}]`")
    whole = here.fields.text("condition")
    steps: list[dict[str, Any]] = []
    for index, entry in enumerate(written):
        last = whole if index == len(written) - 1 else None
        steps.append(_operation(here, _fields(here, entry, (*at, index)), role, steps, last))
    here.fields.said("condition", "is looked at after the last operation, which fails unless it holds")
    return here.made(here.block("process", operations=steps), operations=at)


def _fields(here: Here, entry: Any, at: tuple[str | int, ...]) -> Fields:
    if isinstance(entry, dict):
        return Fields(here.conversion.ledger, entry, at)
    if not isinstance(entry, str) or not entry.strip():
        here.conversion.ledger.refuse(at, "is an operation, such as `{operation: run_tests, failure_action: retry}`")
    return Fields(here.conversion.ledger, {"operation": str(entry)}, at)


def _operation(
    here: Here, written: Fields, role: str, before: list[dict[str, Any]], last: str | None
) -> dict[str, Any]:
    field = written.first("operation", "name")
    operation = Operation(written.text(field) or "nothing", None, written.at(field))
    own = here.conversion.crew.role(written.take("agent"), written.at("agent")) if written.has("agent") else role
    conditions = [_condition(written, "condition"), _condition_of(last)]
    wanted = [one for one in conditions if one is not None]
    asks = {name: said for one in wanted for name, said in one.asks.items()}
    so_far = {"so_far": {step["id"]: f"${{steps.{step['id']}.output}}" for step in before}} if before else {}
    in_words = any(one.in_words for one in wanted)
    job = Job(own, operation.name, operation.at, asks, so_far, asked_in_words=in_words)
    ids = here.conversion.ids
    own_id = ids.inner(here.id, operation.name)
    step = _checked(here, job, own_id, wanted, written) if wanted else worked(here, job, own_id)
    step |= _failure_action(here, written, own, own_id)
    written.close("operation", "condition", "failure_action", "agent")
    return step


def _checked(here: Here, job: Job, own_id: str, wanted: list[Condition], written: Fields) -> dict[str, Any]:
    """A loop of one round: it fails unless what is wanted of its output holds."""
    inner = worked(here, job, here.conversion.ids.inner(here.id, f"{own_id}_go"))
    holds = " && ".join(f"({one.cel})" if len(wanted) > 1 else one.cel for one in wanted)
    loop = {
        "id": own_id,
        "type": "self_feedback_loop",
        "operations": [inner],
        "max_iterations": 1,
        "exit_condition": holds,
        "on_exhausted": "fail",
    }
    places = {"exit_condition": written.at("condition"), "failure_action": written.at("failure_action")}
    return here.conversion.ledger.made(loop, written.place, places)


def _condition(written: Fields, name: str) -> Condition | None:
    value = written.take(name)
    if value is None:
        return None
    found = _condition_of(str(value).lower() if isinstance(value, bool) else str(value))
    if found is not None:
        written.said(name, f"it fails unless `{found.cel}` holds afterwards{_ASKED if found.in_words else ''}")
    return found


_ASKED = "; it is no CEL expression, so whoever does it is asked to say whether it holds"


def _condition_of(text: str | None) -> Condition | None:
    return None if text is None else in_cel(text, "output") or asked_for(text, "output")


def _failure_action(here: Here, written: Fields, role: str, operation: str) -> dict[str, Any]:
    value = written.take("failure_action")
    if value is None:
        return {}
    if isinstance(value, dict) and set(value) == {"retry"}:
        written.said("failure_action", f"`failure_action: {{retry: {value['retry']}}}`")
        return {"failure_action": {"retry": value["retry"]}}
    action = _ACTIONS.get(str(value))
    if action is None:
        written.refuse("failure_action", f"no action is called {value!r}; known are: {', '.join(_ACTIONS)}")
        return {}
    written.said("failure_action", f"{value} -> `failure_action: {action}`; every failure is in the log")
    return {"failure_action": action if action != "log_and_fix" else {action: _fix(here, written, role, operation)}}


def _fix(here: Here, written: Fields, role: str, operation: str) -> dict[str, Any]:
    """The step that mends; then the operation is done once more."""
    words = f"Mend what made {operation} fail; then it is done once more."
    job = Job(role, words, written.at("failure_action"), sees={"failure": "${failure}"}, only_words=True)
    return worked(here, job, here.conversion.ids.inner(here.id, f"{operation}_fix"))
