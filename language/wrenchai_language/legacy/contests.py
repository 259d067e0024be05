"""An old contest and an old handoff as today's. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.conditions import Condition, asked_for, in_cel
from wrenchai_language.legacy.ids import step_id
from wrenchai_language.legacy.ledger import Fields
from wrenchai_language.legacy.members import Member, members
from wrenchai_language.legacy.work import Here, Job, as_text, worked

_HIGHEST = {
    "highest_score",
    "highest_weighted_score",
    "weighted_score",
    "best_score",
    "max_score",
    "judge",
    "judge_decision",
}
_MERGES = {"merge_results", "combine_results", "aggregate_results"}
_FEWEST = 2


def versus(here: Here) -> dict[str, Any]:
    """Competitors apart from each other, and a judge."""
    field = here.fields.first("operation", "task")
    shared, at = here.fields.text(field), here.fields.at(field)
    here.fields.said(field, "is what each does that has no operation of its own")
    entries = members(here, "agents")
    if len(entries) < _FEWEST:
        here.fields.refuse(
            "agents", "has at least two competitors; write `[{name: DevOpsAgent, operation: optimise}, …]`"
        )
    competitors = [_competitor(here, one, shared, at) for one in entries]
    criteria = _criteria(here)
    judge = _judge(here, criteria, [step["id"] for step in competitors])
    step = here.block("versus", competitors=competitors, evaluation_criteria=criteria, judge=judge)
    places = {name: here.fields.at(name) for name in ("evaluation_criteria", "judge")}
    return here.made(step, competitors=here.fields.at("agents"), **places)


def _competitor(here: Here, member: Member, shared: str | None, shared_at: Place) -> dict[str, Any]:
    role = here.conversion.crew.role(member.agent, member.agent_at)
    operation, at = (member.operation, member.operation_at) if member.operation else (shared, shared_at)
    if operation is None:
        here.conversion.ledger.refuse(member.agent_at, "what does it do? write `operation: …`, for it or for all")
    job = Job(role, operation or "nothing", at, sees=member.more)
    return worked(here, job, here.conversion.ids.inner(here.id, member.name or operation or "competitor"))


def _criteria(here: Here) -> dict[str, Any]:
    """By name with their weights: 1 each, unless they are given."""
    value, weights = here.fields.take("evaluation_criteria"), {}
    entries = list(value.items()) if isinstance(value, Mapping) else list(_listed(here))
    for name, weight in entries:
        known = step_id(str(name))
        is_weight = isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0
        if not known or known in weights or not is_weight:
            here.fields.refuse(
                "evaluation_criteria", f"{name}: a name of its own, and a weight above 0; got {weight!r}"
            )
        else:
            weights[known] = weight
    if not entries:
        here.fields.refuse("evaluation_criteria", "names nothing to judge by; write for example `[accuracy, cost]`")
    told = ", ".join(f"{name} ({weight})" for name, weight in weights.items())
    here.fields.said("evaluation_criteria", f"each from 0 to 1, with its weight: {told}")
    return weights


def _listed(here: Here) -> Iterator[tuple[Any, Any]]:
    for one in here.fields.items("evaluation_criteria"):
        if isinstance(one, Mapping) and "name" in one:
            yield one["name"], one.get("weight", 1)
            for other in set(one) - {"name", "weight"}:
                here.fields.refuse(
                    "evaluation_criteria", f"no field {other!r} is known here; write {{name: cost, weight: 2}}"
                )
        elif isinstance(one, Mapping):
            yield from one.items()
        else:
            yield one, 1


def _judge(here: Here, criteria: Mapping[str, Any], competitors: list[str]) -> dict[str, Any]:
    if here.fields.has("judge"):
        role = here.agent("judge")
    else:
        role = here.conversion.crew.role("InspectorAgent", here.fields.at("judge"))
    gives = {
        "scores": f"by competitor ({', '.join(competitors)}) an object with a number from 0 to 1 for each criterion"
    }
    sees = {"entries": "${entries}", "criteria": dict(criteria)} | _selection(here)
    job = Job(
        role,
        f"Judge what each competitor gave by {', '.join(criteria)}.",
        here.fields.at("judge"),
        gives,
        sees,
        only_words=True,
    )
    return worked(here, job, here.conversion.ids.inner(here.id, f"{here.id}_judge"))


def _selection(here: Here) -> dict[str, Any]:
    """How the winner is found: by the highest weighted score; another rule is told to the judge."""
    written = here.fields.take("winner_selection")
    if written is None:
        return {}
    if str(written) in _HIGHEST:
        here.fields.said("winner_selection", f"{written}: the highest weighted score wins")
        return {}
    if str(written).startswith(("lowest", "min", "smallest", "least")):
        here.fields.refuse("winner_selection", "the highest weighted score wins; let what is low have a high score")
        return {}
    here.fields.said("winner_selection", f"{str(written)[:80]}: is told to the judge; the highest weighted score wins")
    return {"winner_selection": as_text(written)}


def handoff(here: Here) -> dict[str, Any]:
    """A primary's work, and the specialists who go on with it: each whose condition holds, as it was."""
    role = here.agent(here.fields.first("primary_agent", "agent"))
    operation, ids = here.fields.text("operation") or "", here.conversion.ids
    if not operation:
        here.fields.refuse("operation", "says what the primary agent does; write for example `operation: prepare`")
    cases = [_case(here, one, index) for index, one in enumerate(here.fields.items("handoff_conditions"))]
    if not cases:
        here.fields.refuse(
            "handoff_conditions", "names nobody; write `[{condition: …, target_agent: …, operation: …}]`"
        )
    asks = {name: said for condition, _ in cases for name, said in condition.asks.items()}
    job = Job(
        role,
        operation or "nothing",
        here.fields.at("operation"),
        asks,
        asked_in_words=any(one.in_words for one, _ in cases),
    )
    primary = worked(here, job, ids.inner(here.id, f"{here.id}_primary"))
    conditions = [_handed(here, cases)] if cases else []
    step = here.block(
        "handoff", primary=primary, handoff_conditions=conditions, **_completion(here, role, primary["id"])
    )
    places = {name: here.fields.at(name) for name in ("handoff_conditions", "completion_action")}
    return here.made(step, primary=here.fields.at("primary_agent"), **places)


def _case(here: Here, entry: Any, index: int) -> tuple[Condition, dict[str, Any]]:
    at = (*here.fields.at("handoff_conditions"), index)
    if not isinstance(entry, Mapping):
        here.conversion.ledger.refuse(at, "is `{condition: …, target_agent: …, operation: …}`")
    case = Fields(here.conversion.ledger, entry if isinstance(entry, Mapping) else {}, at)
    agent = case.first("target_agent", "agent")
    role = here.conversion.crew.role(case.take(agent), case.at(agent))
    operation = case.text("operation")
    if operation is None:
        case.refuse("operation", "says what the specialist does")
    job = Job(role, operation or "nothing", case.at("operation"), sees={"part": "${part}"})
    step = worked(here, job, here.conversion.ids.inner(here.id, operation or "specialist"))
    condition = _when(case)
    case.close("condition", "target_agent", "operation")
    return condition, step


def _when(case: Fields) -> Condition:
    value = case.take("condition")
    if value is None:
        case.refuse("condition", "says when it is handed on; write for example `needs_review == true`")
        return Condition("false", {})
    text = str(value).lower() if isinstance(value, bool) else str(value)
    found = in_cel(text, "part") or asked_for(text, "part")
    asked = "; it is no CEL expression, so the primary is asked to say whether it holds" if found.in_words else ""
    case.said("condition", f"`when: {found.cel}`, where `part` is the primary's output{asked}")
    return found


def _handed(here: Here, cases: list[tuple[Condition, dict[str, Any]]]) -> dict[str, Any]:
    """One specialist; of several, all whose condition holds: today's handoff would take the first of them only."""
    at = here.fields.at("handoff_conditions")
    (condition, step), *more = cases
    here.fields.said("handoff_conditions", "side by side, each if its condition holds" if more else "one specialist")
    if not more:
        return here.conversion.ledger.made({"when": condition.cel, "to": step}, (*at, 0))
    branches = [step | {"when": condition.cel} for condition, step in cases]
    for index, branch in enumerate(branches):
        here.conversion.ledger.made(branch, (*at, index), {"when": (*at, index, "condition")})
    own_id = here.conversion.ids.inner(here.id, f"{here.id}_specialists")
    to = here.conversion.ledger.made({"id": own_id, "type": "work_in_parallel", "branches": branches}, at)
    return {"when": " || ".join(f"({condition.cel})" for condition, _ in cases), "to": to}


def _completion(here: Here, role: str, primary: str) -> dict[str, Any]:
    action = here.fields.text("completion_action")
    if action is None:
        return {}
    if action in _MERGES:
        here.fields.said("completion_action", f"{action}: the step's output has the primary's, and what was handed on")
        return {}
    sees = {"handed": "${handed}", "prepared": f"${{steps.{primary}.output}}"}
    job = Job(role, action, here.fields.at("completion_action"), sees=sees)
    return {"completion_action": worked(here, job, here.conversion.ids.inner(here.id, action))}
