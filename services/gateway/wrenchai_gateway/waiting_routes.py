"""What waits for people over all tasks, over REST: approvals, and effects of which nobody knows what became of them."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from wrenchai_chassis.projection import Row
from wrenchai_contracts.views import ApprovalPage, EffectPage

from wrenchai_gateway.documentation import problems
from wrenchai_gateway.gateway import gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.reading import Listing, Reader
from wrenchai_gateway.task_routes import Limit, MinPosition

Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next_cursor` of the page before.")]
OfTask = Annotated[
    str | None, Query(alias="task", pattern=r"^[a-z][a-z0-9]{0,23}_[0-9a-z]{8,32}$", description="Of this task only.")
]


class ApprovalState(StrEnum):
    """Where an approval is."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


class EffectState(StrEnum):
    """What is known of an effect."""

    CLAIMED = "claimed"
    DONE = "done"
    NOT_DONE = "not_done"
    IN_DOUBT = "in_doubt"


router = APIRouter(tags=["waiting"])


@router.get("/approvals", response_model=ApprovalPage, responses=problems(401, 422, 503))
async def list_approvals(  # noqa: PLR0913  # one parameter for each filter
    request: Request,
    *,
    state: ApprovalState = ApprovalState.WAITING,
    task: OfTask = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> Response:
    """Approvals in one state, asked for first first, page by page; each with all that is needed to decide on it."""
    reader = gateway_of(request).reader
    await reader.reached(min_position)
    rows = await reader.approvals(Listing(state.value, limit + 1, after=int(cursor or 0), task_id=task))
    shown = rows[:limit]
    said = await reader.told_at({place for row in shown for place in _places(row)})
    body = {
        "items": [_approval(row, said) for row in shown],
        "next_cursor": _following(rows, limit),
        "position": reader.position,
    }
    return answer(body, position=reader.position)


@router.get("/effects", response_model=EffectPage, responses=problems(401, 422, 503))
async def list_effects(  # noqa: PLR0913  # one parameter for each filter
    request: Request,
    *,
    state: EffectState = EffectState.IN_DOUBT,
    task: OfTask = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> Response:
    """Effects in one state, claimed first first, page by page."""
    reader: Reader = gateway_of(request).reader
    await reader.reached(min_position)
    rows = await reader.effects(Listing(state.value, limit + 1, after=int(cursor or 0), task_id=task))
    body = {"items": rows[:limit], "next_cursor": _following(rows, limit), "position": reader.position}
    return answer(body, position=reader.position)


def _following(rows: list[Row], limit: int) -> str | None:
    return str(rows[limit - 1]["position"]) if len(rows) > limit else None


def _places(row: Row) -> list[int]:
    """Where the log says who asked, and who said what."""
    return [row["requested_position"], *(said["position"] for said in row["decided"])]


def _approval(row: Row, told: dict[int, dict[str, Any]]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in {"requested_position", "decided"}}
    decided = [_decision(told[said["position"]]) for said in row["decided"]]
    return shown | {"requested_by": told[row["requested_position"]]["actor"], "decided": decided}


def _decision(event: dict[str, Any]) -> dict[str, Any]:
    data = event["data"]
    said = {"decision": data["decision"], "reason": data.get("reason", ""), "change": data.get("change")}
    return {"by": event["actor"], "at": event["at"]} | said
