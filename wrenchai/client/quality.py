"""Questions about quality, and a person's word on a result: each defined once, for both clients."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from wrenchai_contracts.commands import AskWhatIf, GiveVerdict
from wrenchai_contracts.judgement_views import EvaluationView, TaskQualityView, VerdictTaken
from wrenchai_contracts.quality_views import (
    AuditPage,
    CalibrationView,
    DecisionsView,
    DriftView,
    JudgesView,
    QualityHealthView,
    RecommendationsView,
    ToolsView,
    WhatIfView,
)

from wrenchai.client.calls import API, JSON, Call, body_of, given, keyed, made, reads

_QUALITY = f"{API}/quality"


def give_verdict(  # noqa: PLR0913  # a word has this many parts
    task_id: str,
    verdict: Literal["good", "bad"],
    *,
    step: str | None = None,
    reason: str = "",
    wait: int = 0,
    idempotency_key: str | None = None,
) -> Call[VerdictTaken]:
    """Say whether a result is acceptable, of the whole task or of a step, also long after the task has ended.

    With `wait` the answer waits up to so many seconds for what the word changed: P before and with it.

    Raises:
        NotJudged: the inspector has said nothing of that result yet.
        NotNow: somebody else is named to look at it.
    """
    command = made(GiveVerdict, {"step": step, "verdict": verdict, "reason": reason})
    headers = keyed(idempotency_key) | ({"Prefer": f"wait={wait}"} if wait else {})
    path = f"{API}/tasks/{quote(task_id)}/verdicts"
    return Call("POST", path, reads(VerdictTaken), content=body_of(command), headers=headers)


def task_quality(task_id: str, *, min_position: int | None = None) -> Call[TaskQualityView]:
    """All judgements of a task, and which of its steps it waited for."""
    path = f"{_QUALITY}/tasks/{quote(task_id)}"
    return Call("GET", path, reads(TaskQualityView), query=given(min_position=min_position))


def explain(
    task_id: str, step: str | None = None, *, go: int | None = None, min_position: int | None = None
) -> Call[EvaluationView]:
    """One judgement with all that it was made from: of the whole task, or of a step; the last one, or number `go`."""
    path = f"{_QUALITY}/evaluations/{quote(task_id)}" + (f"/{quote(step)}" if step else "")
    return Call("GET", path, reads(EvaluationView), query=given(go=go, min_position=min_position))


def tool_quality(
    *, slo: float = 0.9, sort: Literal["rate", "name", "runs", "reaches"] = "rate", min_position: int | None = None
) -> Call[ToolsView]:
    """How often roles, tools, playbooks and pairs do acceptable work; `slo` is the rate that is wanted."""
    query = given(slo=str(slo), sort=sort, min_position=min_position)
    return Call("GET", f"{_QUALITY}/tools", reads(ToolsView), query=query)


def judges(*, min_position: int | None = None) -> Call[JudgesView]:
    """All judges as instruments."""
    return Call("GET", f"{_QUALITY}/judges", reads(JudgesView), query=given(min_position=min_position))


def calibration(*, min_position: int | None = None) -> Call[CalibrationView]:
    """How right the inspector's probabilities were, by people's verdicts alone."""
    return Call("GET", f"{_QUALITY}/calibration", reads(CalibrationView), query=given(min_position=min_position))


def decisions(*, weeks: int = 12, min_position: int | None = None) -> Call[DecisionsView]:
    """Decisions of the last weeks by kind, with the losses that were expected and what people say they cost."""
    query = given(weeks=weeks, min_position=min_position)
    return Call("GET", f"{_QUALITY}/decisions", reads(DecisionsView), query=query)


def audits(*, cursor: str | None = None, limit: int = 50, min_position: int | None = None) -> Call[AuditPage]:
    """A page of results that want a person's word, the newest first."""
    query = given(cursor=cursor, limit=limit, min_position=min_position)
    return Call("GET", f"{_QUALITY}/audits", reads(AuditPage), query=query)


def drift(*, min_position: int | None = None) -> Call[DriftView]:
    """What does not do as it used to, and how tools did from week to week."""
    return Call("GET", f"{_QUALITY}/drift", reads(DriftView), query=given(min_position=min_position))


def recommendations(*, min_position: int | None = None) -> Call[RecommendationsView]:
    """What to use instead of what, where both were offered for the same work."""
    query = given(min_position=min_position)
    return Call("GET", f"{_QUALITY}/recommendations", reads(RecommendationsView), query=query)


def quality_health(*, min_position: int | None = None) -> Call[QualityHealthView]:
    """Whether what the inspector knows can be relied on."""
    return Call("GET", f"{_QUALITY}/health", reads(QualityHealthView), query=given(min_position=min_position))


def what_if(
    *,
    false_accept: float | None = None,
    retry: float | None = None,
    human: float | None = None,
    since: str | float | datetime | None = None,
) -> Call[WhatIfView]:
    """What would have been decided if mistakes had cost something else, of judgements since then (`7d`, a moment).

    Raises:
        InputRejected: `since` is no duration and no moment, or a cost is none.
    """
    costs = {"false_accept": false_accept, "retry": retry, "human": human}
    told = {name: cost for name, cost in costs.items() if cost is not None}
    asked = made(AskWhatIf, {"costs": told, "since": since})
    return Call("POST", f"{_QUALITY}/what-if", reads(WhatIfView), content=body_of(asked), headers=JSON)
