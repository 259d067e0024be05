"""Quality over REST: how results were judged and why, what is known of tools and judges, and how right that was.

Whatever needs the judgement's arithmetic is imported by who asks for it: it brings numpy with it.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel
from wrenchai_chassis.projection import Row
from wrenchai_contracts.commands import AskWhatIf
from wrenchai_contracts.envelope import Undecodable, unseal
from wrenchai_contracts.errors import NotJudged
from wrenchai_contracts.judgement_views import EvaluationView, TaskQualityView
from wrenchai_contracts.plan import WHOLE_RESULT
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

from wrenchai_gateway.documentation import body_of, problems
from wrenchai_gateway.gateway import Gateway, gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.quality.decisions import decisions_of
from wrenchai_gateway.submissions import caller_of, read_optional
from wrenchai_gateway.task_routes import Limit, MinPosition, TaskId
from wrenchai_gateway.verdicts import WHOLE

if TYPE_CHECKING:
    from wrenchai_gateway.quality.known import Known
    from wrenchai_gateway.quality.task_story import TaskStory

router = APIRouter(prefix="/quality", tags=["quality"])

StepPath = Annotated[str, InPath(pattern=r"^[a-z][a-z0-9_.~-]{0,399}$", examples=["edit.3.fix"])]
Go = Annotated[int | None, Query(ge=1, description="Which judgement of that result; else the last one.")]
Slo = Annotated[float, Query(gt=0, lt=1, description="The rate of acceptable results that is wanted.")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next_cursor` of the page before.")]
Weeks = Annotated[int, Query(ge=1, le=520)]

_ASKED = problems(401, 422, 503)
_OF_A_TASK = problems(401, 404, 409, 422, 503)
_OFFERED_WITHIN = timedelta(days=90)


# --- one task --------------------------------------------------------------------------------------------


@router.get("/tasks/{task_id}", response_model=TaskQualityView, responses=_OF_A_TASK)
async def look_at_judgements(request: Request, task_id: TaskId, *, min_position: MinPosition = None) -> Response:
    """All judgements of a task: of the whole, of steps, rounds, contests and choices; and which steps it waited for."""
    gateway, tenant = gateway_of(request), caller_of(request).tenant
    await gateway.reader.reached(min_position)
    story, (_, steps) = await _story(gateway, task_id), await gateway.reader.task(task_id)
    from wrenchai_gateway.quality.task_story import bottlenecks_of  # noqa: PLC0415  # numpy, for who asks

    plan = story.plan
    slow = None
    if plan is not None:
        slow = await gateway.quality.ask(
            tenant, lambda known: bottlenecks_of(task_id, plan, steps, known.knowledge.resources.habits)
        )
    return _told(story.view(slow))


@router.get("/evaluations/{task_id}", response_model=EvaluationView, responses=_OF_A_TASK)
async def explain_whole(
    request: Request, task_id: TaskId, *, go: Go = None, min_position: MinPosition = None
) -> Response:
    """Explain the judgement of a whole task: the line of signed terms, each term, losses, rules, and hashes."""
    return await _explained(request, task_id, None, go, min_position)


@router.get("/evaluations/{task_id}/{step}", response_model=EvaluationView, responses=_OF_A_TASK)
async def explain_step(
    request: Request, task_id: TaskId, step: StepPath, *, go: Go = None, min_position: MinPosition = None
) -> Response:
    """Explain the judgement of one step's result, by its path."""
    return await _explained(request, task_id, step, go, min_position)


async def _explained(
    request: Request, task_id: str, step: str | None, go: int | None, min_position: int | None
) -> Response:
    gateway = gateway_of(request)
    await gateway.reader.reached(min_position)
    story = await _story(gateway, task_id)
    found = await asyncio.to_thread(story.evaluation, step, go)
    if found is None:
        raise NotJudged(task_id, step, [one or WHOLE for one in story.steps_judged])
    return _told(found)


async def _story(gateway: Gateway, task_id: str) -> "TaskStory":
    """The task's story as far as it was judged.

    Raises:
        UnknownTask
    """
    from wrenchai_gateway.quality.task_story import TOLD_BY, TaskStory  # noqa: PLC0415  # numpy, for who asks

    await gateway.reader.require_task(task_id)
    story, topics = TaskStory(task_id), {event_type.__name__ for event_type in TOLD_BY}
    for row in await gateway.runtime.log.read_family(task_id):
        if row.topic.partition(".")[0] not in topics:
            continue
        try:
            story.note(unseal(row.position, row.state))
        except Undecodable:  # a newer release's
            continue
    return story


# --- what is known ---------------------------------------------------------------------------------------


@router.get("/tools", response_model=ToolsView, responses=_ASKED)
async def look_at_tools(
    request: Request,
    *,
    slo: Slo = 0.9,
    sort: Literal["rate", "name", "runs", "reaches"] = "rate",
    min_position: MinPosition = None,
) -> Response:
    """How often roles, tools, playbooks and pairs of them do acceptable work, and what their steps usually use."""
    from wrenchai_gateway.quality.tools import tools_view  # noqa: PLC0415  # numpy, for who asks

    return await _asked(request, partial(tools_view, slo=slo, sort=sort), min_position)


@router.get("/judges", response_model=JudgesView, responses=_ASKED)
async def look_at_judges(request: Request, *, min_position: MinPosition = None) -> Response:
    """Judges as instruments: sensitivity, specificity, what each level tells, families, and whether they are useful."""
    from wrenchai_gateway.quality.judges import judges_view  # noqa: PLC0415  # numpy, for who asks

    return await _asked(request, judges_view, min_position)


@router.get("/calibration", response_model=CalibrationView, responses=_ASKED)
async def look_at_calibration(request: Request, *, min_position: MinPosition = None) -> Response:
    """How right the inspector's probabilities were, by people's verdicts alone; rates by audits."""
    from wrenchai_gateway.quality.calibration import calibration_view  # noqa: PLC0415  # numpy, for who asks

    return await _asked(request, calibration_view, min_position)


@router.get("/drift", response_model=DriftView, responses=_ASKED)
async def look_at_drift(request: Request, *, min_position: MinPosition = None) -> Response:
    """Alarms, what is about to become one, how tools did from week to week, and when their versions changed."""
    from wrenchai_gateway.quality.drift import drift_view  # noqa: PLC0415  # numpy, for who asks

    return await _asked(request, drift_view, min_position)


@router.get("/recommendations", response_model=RecommendationsView, responses=_ASKED)
async def look_at_recommendations(request: Request, *, min_position: MinPosition = None) -> Response:
    """What to use instead of what, of all that was offered together in choices and contests of the last 90 days."""
    from wrenchai_gateway.quality.recommending import recommendations_view  # noqa: PLC0415  # numpy, for who asks

    gateway, tenant = gateway_of(request), caller_of(request).tenant
    await gateway.reader.reached(min_position)
    rows = await gateway.reader.offered_together(gateway.runtime.clock() - _OFFERED_WITHIN, tenant)
    offered = [row["options"] for row in rows]
    return await _asked(request, partial(recommendations_view, offered=offered), None)


@router.get("/health", response_model=QualityHealthView, responses=_ASKED)
async def look_at_health(request: Request, *, min_position: MinPosition = None) -> Response:
    """Whether what the inspector knows can be relied on: hashes, the background model, its lag, and people's word."""
    from wrenchai_gateway.quality.condition import health_view  # noqa: PLC0415  # numpy, for who asks

    lag = (await gateway_of(request).runtime.checks["consumer inspector"]()).lag
    return await _asked(request, partial(health_view, lag=lag), min_position)


# --- decisions -------------------------------------------------------------------------------------------


@router.get("/decisions", response_model=DecisionsView, responses=_ASKED)
async def look_at_decisions(request: Request, *, weeks: Weeks = 12, min_position: MinPosition = None) -> Response:
    """Decisions by week and kind: how many, the losses that were expected, and what people say they have cost."""
    gateway, tenant = gateway_of(request), caller_of(request).tenant
    await gateway.reader.reached(min_position)
    rows = await gateway.reader.decisions(gateway.runtime.clock() - timedelta(weeks=weeks), tenant)
    return _told(decisions_of(rows, gateway.reader.position))


@router.get("/audits", response_model=AuditPage, responses=_ASKED)
async def list_audits(
    request: Request, *, cursor: Cursor = None, limit: Limit = 50, min_position: MinPosition = None
) -> Response:
    """Results that want a person's word: drawn at random, or not decided by the inspector; the newest first."""
    gateway, tenant = gateway_of(request), caller_of(request).tenant
    await gateway.reader.reached(min_position)
    before = 2**62 if cursor is None else int(cursor)
    rows = await gateway.reader.wanting_a_word(before, limit + 1, tenant)
    following = str(rows[limit - 1]["position"]) if len(rows) > limit else None
    position = gateway.reader.position
    return answer({"items": _audits(rows[:limit]), "next_cursor": following, "position": position}, position=position)


@router.post(
    "/what-if",
    response_model=WhatIfView,
    responses=problems(400, 401, 413, 415, 422, 503),
    openapi_extra=body_of(AskWhatIf, {"costs": {"false_accept": 20}, "since": "7d"}, required=False),
)
async def ask_what_if(request: Request) -> Response:
    """Make recorded decisions anew with other costs, each from what was known when it was made; nothing is recorded.

    No judge is asked for it. It takes as long as folding all that was learnt: a thousand results, half a second.
    """
    from wrenchai_gateway.quality.what_if import WhatIf  # noqa: PLC0415  # numpy, for who asks

    gateway, tenant = gateway_of(request), caller_of(request).tenant
    asked = await read_optional(request, AskWhatIf)
    replayed = WhatIf(tenant, asked.costs, _moment(asked.since, gateway.runtime.clock()))
    await gateway.quality.replay(tenant, replayed)
    return _told(replayed.view)


def _moment(since: float | datetime | None, now: datetime) -> datetime | None:
    if isinstance(since, datetime):
        return since.astimezone(UTC)
    return None if since is None else now - timedelta(seconds=since)


def _audits(rows: Sequence[Row]) -> list[Row]:
    return [
        {name: row[name] for name in row if name not in {"path", "low", "high"}}
        | {"step": None if row["path"] == WHOLE_RESULT else row["path"], "interval": [row["low"], row["high"]]}
        for row in rows
    ]


async def _asked(request: Request, question: "Callable[[Known], BaseModel]", min_position: int | None) -> Response:
    """What `question` makes of all that was learnt by now."""
    gateway, tenant = gateway_of(request), caller_of(request).tenant
    await gateway.reader.reached(min_position)
    return _told(await gateway.quality.ask(tenant, question))


def _told(view: BaseModel) -> Response:
    position = getattr(view, "position", None)
    return answer(view.model_dump(), position=position)
