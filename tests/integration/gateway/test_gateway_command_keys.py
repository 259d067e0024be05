"""Commands that bear an idempotency key: carried out once, however often they are sent, whatever has happened since."""

import asyncio
from typing import Any

import httpx
import pytest
from wrenchai_contracts.events import JourneyDispatched, PlanCreated, StepFailed, StepOpened, TaskFailed, Wait
from wrenchai_contracts.plan import Approval, Plan, PlannedJourney, PlannedWait
from wrenchai_contracts.subjects import schedule_stream
from wrenchai_contracts.views import TaskAccepted

from tests.gateway_in_process import GatewayInProcess
from tests.made_up_log import DIGEST, planned

TASKS = "/api/v1/tasks"
SEND = PlannedJourney(id="send", role="worker", steps=planned("send"))
GO, OK = PlannedWait(id="go", waits_for="signal", name="go"), PlannedWait(id="ok", waits_for="approval")
PLAN = Plan(playbook="book", nodes=(SEND, GO, OK))
NIGHTLY = {"playbook": "book", "inputs": {"title": "Mine"}, "cron": "0 2 * * *"}


async def begun(gateway: GatewayInProcess) -> str:
    response = await gateway.client.post(TASKS, json={"playbook": "book"})
    task = TaskAccepted.model_validate_json(response.content).task_id
    digest = gateway.gateway.catalogue.playbooks["book"].digest
    await gateway.record(task, PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=digest))
    await gateway.record(f"{task}/send", JourneyDispatched(journey="send", role="worker", steps=SEND.steps))
    return task


async def send(
    gateway: GatewayInProcess, task: str, command: str, key: str = "k1", *, by: str = "ann", **body: Any
) -> httpx.Response:
    headers = {"Idempotency-Key": key, "Actor": by}
    return await gateway.client.post(f"{TASKS}/{task}/{command}", json=body, headers=headers)


async def told(gateway: GatewayInProcess, task: str) -> list[str]:
    return [row.topic for row in await gateway.gateway.runtime.log.read_stream(task)]


COUNTS: list[tuple[str, dict[str, Any], str]] = [
    ("signal", {"name": "go"}, "SignalReceived"),
    ("extend", {"deadline": "1h"}, "LimitsExtended"),
]


@pytest.mark.parametrize(("command", "body", "event"), COUNTS)
async def test_what_counts_each_time_counts_once_for_each_key(
    gateway: GatewayInProcess, command: str, body: dict[str, Any], event: str
) -> None:
    task = await begun(gateway)
    first, again = [await send(gateway, task, command, **body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert (await send(gateway, task, command, "k2", **body)).status_code == 202
    assert (await told(gateway, task)).count(event) == 2


async def test_many_at_once_with_one_key_are_one(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    answers = await asyncio.gather(*(send(gateway, task, "signal", name="go") for _ in range(20)))
    assert {answer.json()["position"] for answer in answers} == {answers[0].json()["position"]}
    assert (await told(gateway, task)).count("SignalReceived") == 1


async def test_what_was_taken_is_answered_so_when_the_task_would_no_longer_take_it(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    first = await send(gateway, task, "signal", name="go")
    await gateway.record(task, TaskFailed(reason="no", step="send"))
    again = await send(gateway, task, "signal", name="go")
    assert (again.status_code, again.json()["position"]) == (200, first.json()["position"])
    assert (await send(gateway, task, "signal", "k2", name="go")).status_code == 409


async def test_a_pause_that_comes_again_late_does_not_undo_a_resumption(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    await send(gateway, task, "pause")
    await send(gateway, task, "resume", "k2")
    assert (await send(gateway, task, "pause")).status_code == 200
    assert (await told(gateway, task))[-1] == "TaskResumed"


async def test_a_retry_that_was_taken_makes_no_task_of_its_own_once_the_task_has_failed(
    gateway: GatewayInProcess,
) -> None:
    task = await begun(gateway)
    await gateway.record(f"{task}/send", StepFailed(step="send", attempt=1, reason="no", kind="x", retry_in=60.0))
    first = await send(gateway, task, "retry", step="send")
    assert first.status_code == 202, first.text
    await gateway.record(task, TaskFailed(reason="no", step="send"))
    again = await send(gateway, task, "retry", step="send")
    assert again.json() == first.json() | {"replayed": True}
    forked = await send(gateway, task, "retry", "k2", step="send")
    assert forked.json()["task_id"] != task
    assert (await send(gateway, task, "retry", "k2", step="send")).json()["task_id"] == forked.json()["task_id"]


@pytest.mark.parametrize(
    ("command", "body"),
    [("signal", {"name": "go", "content": {"n": 1}}), ("extend", {"deadline": "1h"}), ("fork", {"from": "send"})],
)
async def test_a_key_stands_for_one_request(gateway: GatewayInProcess, command: str, body: dict[str, Any]) -> None:
    task = await begun(gateway)
    await send(gateway, task, "signal", name="go")
    refused = await send(gateway, task, command, **body)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:wrenchai:problem:key-reused")


async def test_of_two_people_who_approve_with_one_key_the_second_is_told(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    wait = Wait(waits_for="approval", title="Send it?", digest=DIGEST, approval=Approval(need=2))
    await gateway.record(task, StepOpened(step="ok", type="wait", wait=wait))
    decision = {"step": "ok", "digest": DIGEST, "decision": "approve"}
    first, other = [await send(gateway, task, "approval", by=by, **decision) for by in ("ann", "bob")]
    assert (first.status_code, other.status_code) == (202, 409)
    assert other.json()["type"] == "urn:wrenchai:problem:key-reused"


async def test_a_key_that_came_with_what_was_refused_is_still_free(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    assert (await send(gateway, task, "signal", name="unheard_of")).status_code == 422
    assert (await send(gateway, task, "signal", name="go")).status_code == 202


async def test_a_backfill_begins_its_tasks_once_for_each_key(gateway: GatewayInProcess) -> None:
    await gateway.client.put("/api/v1/schedules/nightly", json=NIGHTLY)
    asked = {"from": "2026-01-05T03:00:00Z", "to": "2026-01-07T03:00:00Z"}

    async def backfill(key: str, **differently: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return await gateway.client.post(
            "/api/v1/schedules/nightly/backfill", json=asked | differently, headers=headers
        )

    first, again, other = await backfill("b1"), await backfill("b1"), await backfill("b2")
    assert (first.json()["moments"], again.json(), other.json()["moments"]) == (2, first.json(), 2)
    assert len(await gateway.gateway.runtime.log.read_stream(schedule_stream("nightly"))) == 1 + 2 + 2
    assert (await backfill("b1", to="2026-01-08T03:00:00Z")).status_code == 409
