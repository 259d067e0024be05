"""What waits for people over all tasks, over REST."""

from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    JourneyDispatched,
    JourneyPaused,
    PlanCreated,
    StepOpened,
    StepSettled,
    StepStarted,
    TaskRequested,
    Wait,
)
from wrenchai_contracts.plan import Approval, Plan, PlannedWait
from wrenchai_contracts.views import ApprovalPage, EffectPage

from tests.gateway_in_process import GatewayInProcess
from tests.made_up_log import DIGEST, planned

APPROVALS, EFFECTS = "/api/v1/approvals", "/api/v1/effects"
PLAN = Plan(playbook="book", nodes=(PlannedWait(id="ok", waits_for="approval"),))
ASKS = Wait(waits_for="approval", title="Send it?", digest=DIGEST, approval=Approval(need=2, of=("ann", "bob", "eve")))
OPENED = StepOpened(step="ok", type="wait", wait=ASKS)


async def asking(gateway: GatewayInProcess, number: int) -> tuple[str, int]:
    task = f"task_{number:08}"
    created = PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=DIGEST)
    return task, await gateway.record(task, TaskRequested(task_id=task), created, OPENED)


async def approvals(gateway: GatewayInProcess, position: int, **wanted: Any) -> ApprovalPage:
    response = await gateway.client.get(APPROVALS, params={"min_position": position, **wanted})
    assert response.status_code == 200, response.text
    return ApprovalPage.model_validate_json(response.content)


async def test_an_approval_is_listed_with_all_that_is_needed_to_decide(gateway: GatewayInProcess) -> None:
    task, position = await asking(gateway, 1)
    (one,) = (await approvals(gateway, position)).items
    assert (one.task_id, one.step, one.position, one.playbook) == (task, "ok", position, "book")
    assert (one.title, one.digest, one.need, one.of) == ("Send it?", DIGEST, 2, ("ann", "bob", "eve"))
    assert (one.state, one.requested_by, one.decided) == ("waiting", "test", ())


async def test_who_has_decided_is_shown_and_what_is_decided_waits_no_more(gateway: GatewayInProcess) -> None:
    task, _ = await asking(gateway, 1)
    body = {"step": "ok", "digest": DIGEST, "decision": "approve", "reason": "fine"}
    for by in ("ann", "bob"):
        response = await gateway.client.post(f"/api/v1/tasks/{task}/approval", json=body, headers={"Actor": by})
    (one,) = (await approvals(gateway, response.json()["position"])).items
    assert [(said.by, said.decision, said.reason) for said in one.decided] == [
        ("ann", "approve", "fine"),
        ("bob", "approve", "fine"),
    ]
    position = await gateway.record(task, StepSettled(step="ok", outcome="completed"))
    assert (await approvals(gateway, position)).items == ()
    (decided,) = (await approvals(gateway, position, state="approved")).items
    assert decided.decided_at is not None


async def test_pages_hold_each_approval_once_in_the_order_they_were_asked_for(gateway: GatewayInProcess) -> None:
    asked = [await asking(gateway, number) for number in range(7)]
    seen: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = await approvals(gateway, asked[-1][1], limit=3, cursor=cursor)
        seen += [one.task_id for one in page.items]
        cursor = page.next_cursor
    assert seen == [task for task, _ in asked]
    (one,) = (await approvals(gateway, asked[-1][1], task=asked[3][0])).items
    assert one.task_id == asked[3][0]


async def test_ten_thousand_waiting_approvals_are_paged_by_an_index_and_remembered_by_no_row(
    gateway: GatewayInProcess,
) -> None:
    position, each = 0, 500
    created = PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=DIGEST)
    for start in range(0, 10_000, each):
        events = [
            NewEvent(task, version, event, Context("test", correlation=task))
            for task in (f"task_{number:08}" for number in range(start, start + each))
            for version, event in enumerate((TaskRequested(task_id=task), created, OPENED), 1)
        ]
        position = await gateway.gateway.runtime.committer.commit(events)
    assert await gateway.gateway.projector.applied.wait_for(position, 60)
    page = await approvals(gateway, position, limit=1000)
    last = await approvals(gateway, position, limit=1000, cursor=str(page.items[-1].position + 26_000))
    assert (len(page.items), page.next_cursor is not None, last.next_cursor) == (1000, True, None)
    async with await psycopg.AsyncConnection.connect(gateway.settings.postgres_url.get_secret_value()) as connection:
        await connection.execute(SQL("SET search_path TO {}").format(Identifier(gateway.gateway.projector.schema)))
        found = await connection.execute(
            "EXPLAIN SELECT * FROM approval WHERE tenant = 'default' AND state = 'waiting' AND position > 20000 "
            "ORDER BY position LIMIT 50"
        )
        plan = " ".join(row[0] for row in await found.fetchall())
    assert "Index Scan" in plan
    assert "Sort" not in plan


async def effects(gateway: GatewayInProcess, position: int, state: str) -> EffectPage:
    response = await gateway.client.get(EFFECTS, params={"min_position": position, "state": state})
    assert response.status_code == 200, response.text
    return EffectPage.model_validate_json(response.content)


async def test_an_effect_is_listed_by_what_is_known_of_it(gateway: GatewayInProcess) -> None:
    task, _ = await asking(gateway, 1)
    stream, key = f"{task}/send", f"{task}/send/push"
    claimed = EffectClaimed(key=key, step="push", attempt=1, tool="noop", target="repo", digest=DIGEST)
    position = await gateway.record(
        stream,
        JourneyDispatched(journey="send", role="worker", steps=planned("push")),
        StepStarted(step="push", attempt=1, tool="noop", worker="w"),
        claimed,
    )
    (one,) = (await effects(gateway, position, "claimed")).items
    assert (one.key, one.journey, one.step, one.target) == (key, "send", "push", "repo")
    position = await gateway.record(stream, JourneyPaused(journey="send", step="push", why="in_doubt", effect=key))
    assert [one.key for one in (await effects(gateway, position, "in_doubt")).items] == [key]
    position = await gateway.record(stream, EffectSettled(key=key, step="push", outcome="done", by="probe"))
    (one,) = (await effects(gateway, position, "done")).items
    assert (one.by, (await effects(gateway, position, "in_doubt")).items) == ("probe", ())


@pytest.mark.parametrize(("path", "state"), [(APPROVALS, "lost"), (EFFECTS, "lost"), (APPROVALS, "done")])
async def test_a_state_that_is_none_is_refused(gateway: GatewayInProcess, path: str, state: str) -> None:
    assert (await gateway.client.get(path, params={"state": state})).status_code == 422
