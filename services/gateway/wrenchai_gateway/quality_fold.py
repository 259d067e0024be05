"""What the inspector says of a task's results, and people of that: as rows of the view hold it. Pure."""

from collections.abc import Sequence
from typing import Any

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.judging import Costs, decibans
from wrenchai_contracts.plan import WHOLE_RESULT

from wrenchai_gateway.task_state import NOTHING, TaskFold

JUDGED = frozenset({"ExecutionEvaluated", "VerdictWeighed"})
"""Events that change what is said of a result."""

_AS_ALWAYS: dict[str, Any] = {
    "level": 0.9, "reasons": [], "dimensions": {}, "not_measured": [], "model": "beta-binomial/1", "go": 1,
    "rules": [], "losses": {}, "costs": None, "asks": None, "calibrated": True,
}  # fmt: skip
"""What an evaluation is recorded without."""

_MOST_CONTRIBUTIONS = 8


def evaluated(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A result is judged: the whole, or that of the step at a path."""
    path, said = entry.data.get("step"), quality_of(entry)
    if path is None:
        task.header["quality"] = said
        task.say(f"judged: {said['decision']}")
        return NOTHING
    task.say(f"{path} is judged: {said['decision']}")
    row = _row_at(task, path)
    if row is None:
        return NOTHING
    row["judged"] = said
    return (row,)


def weighed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A person's word on a result was learnt from."""
    data, path = entry.data, entry.data.get("step")
    row = task.header if path is None else _row_at(task, path)
    column = "quality" if path is None else "judged"
    if row is None or row[column] is None:
        return NOTHING
    word = {name: data[name] for name in ("by", "verdict", "before", "after")} | {"at": entry.at}
    row[column] = row[column] | {"words": [*row[column].get("words", []), word]}
    return NOTHING if path is None else (row,)


def offered(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A result is to be judged before anything comes after it."""
    task.say(f"{entry.data['step']} is being judged")
    return NOTHING


def drawn(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Who works was drawn."""
    task.say(f"{entry.data['step']}: drawn was {', '.join(entry.data['chosen'])}")
    return NOTHING


def quality_of(entry: Entry) -> Row:
    """The fields of `judgement_views.QualityView`."""
    data, assessment = entry.data, entry.data.get("assessment") or {}
    audit, parts = data.get("audit") or {}, data.get("parts") or {}
    known = {name: data.get(name, usual) for name, usual in _AS_ALWAYS.items()}
    return {
        "quality": data["quality"],
        "interval": data["interval"],
        "decision": data["decision"],
        **known,
        "prior": assessment.get("prior"),
        "contributions": contributions_of(assessment),
        "parts": {path: part["probability"] for path, part in parts.items()},
        "audit": audit.get("probability"),
        "audited": audit.get("drawn", False),
        "words": [],
        "position": entry.position,
        "at": entry.at,
    }


def contributions_of(assessment: Row) -> list[Row]:
    """How far each judge moved the odds, against the result first; what one judge said of parts of it is one."""
    moved: dict[tuple[str, str], float] = {}
    for one in assessment.get("weighed", ()):
        about = one["report"]["judge"], one["report"]["dimension"]
        moved[about] = moved.get(about, 0.0) + one["ratio"]
    telling = sorted(moved.items(), key=lambda item: (item[1] >= 0, -abs(item[1]), item[0]))[:_MOST_CONTRIBUTIONS]
    return [
        {"judge": judge, "dimension": dimension, "decibans": round(decibans(ratio), 3)}
        for (judge, dimension), ratio in telling
    ]


# --- rows of their own -----------------------------------------------------------------------------------


def judgement_row(task: TaskFold, entry: Entry) -> Row | None:
    """The row of the result that an entry changes what is said of; None where nothing was judged by evidence."""
    path = entry.data.get("step")
    row = task.header if path is None else _row_at(task, path) or {}
    said = row.get("quality" if path is None else "judged")
    if said is None or (said["audit"] is None and said["decision"] == "accept"):
        return None
    return _judgement(task.header, WHOLE_RESULT if path is None else path, said)


def _judgement(header: Row, path: str, said: Row) -> Row:
    wants = "escalation" if said["decision"] == "escalate" else "audit" if said["audited"] else None
    costs = said["costs"] or {}
    return {
        "task_id": header["task_id"],
        "path": path,
        "tenant": header["tenant"],
        "playbook": header["playbook"],
        "position": said["position"],
        "at": said["at"],
        "quality": said["quality"],
        "low": said["interval"][0],
        "high": said["interval"][1],
        "decision": said["decision"],
        "asked": said["go"] - 1,
        "expected": said["losses"].get(said["decision"]),
        "false_accept": costs.get("false_accept", _FALSE_ACCEPT) if said["costs"] is not None else None,
        "wants": wants,
        "said": said["words"][-1]["verdict"] if said["words"] else None,
    }


_FALSE_ACCEPT = Costs().false_accept
"""What costs are recorded without."""


def choice_row(header: Row, entry: Entry) -> Row:
    """The row of what was offered beside each other: to be drawn from, or as entries of a contest."""
    given = entry.data.get("options") or entry.data.get("entries") or []
    return {
        "task_id": header["task_id"],
        "step": entry.data["step"],
        "kind": "choice" if "options" in entry.data else "contest",
        "tenant": header["tenant"],
        "position": entry.position,
        "at": entry.at,
        "options": [_option(one) for one in given],
    }


def _option(one: Row) -> Row:
    work = one["work"]
    return {name: work.get(name, "") for name in ("role", "tool", "playbook", "pair")} | {"name": one["name"]}


def _row_at(task: TaskFold, path: str) -> Row | None:
    """The row of the step whose result is at `path`: a block, or the last step of a journey."""
    if path in task.blocks:
        return task.blocks[path]
    journey = task.journeys.get(path)
    return next(reversed(journey.steps.values()), None) if journey is not None else None
