"""Commands to a task that runs, over REST; the orchestrator's and the worker's events are written by the test."""

import asyncio
from typing import Any

import httpx
import pytest
from wrenchai_contracts.envelope import Recorded, unseal
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectResolved,
    JourneyCompleted,
    JourneyDispatched,
    JourneyPaused,
    LimitsExtended,
    PlanCreated,
    Question,
    StepOpened,
    TaskFailed,
    TaskPaused,
    TaskRequested,
    Wait,
)
from wrenchai_contracts.plan import Approval, Plan, PlannedJourney, PlannedWait
from wrenchai_contracts.spending import Limits
from wrenchai_contracts.views import TaskAccepted, TaskContext, TaskView

from tests.gateway_in_process import GatewayInProcess
from tests.made_up_log import DIGEST, planned

TASKS = "/api/v1/tasks"
FORM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
PLAN = Plan(
    playbook="book",
    nodes=(
        PlannedJourney(id="send", role="worker", steps=planned("send", "then")),
        PlannedWait(id="go", waits_for="signal", name="go", answer=FORM),
        PlannedWait(id="ok", waits_for="approval"),
    ),
    budget=Limits(calls=5),
)


async def begun(gateway: GatewayInProcess, *, by: str = "requester") -> str:
    """A task that the orchestrator has planned, and whose first journey is at work."""
    response = await gateway.client.post(TASKS, json={"playbook": "book"}, headers={"Actor": by})
    task = TaskAccepted.model_validate_json(response.content).task_id
    digest = gateway.gateway.catalogue.playbooks["book"].digest
    await gateway.record(task, PlanCreated(plan=PLAN, digest=DIGEST, playbook_digest=digest))
    sent = JourneyDispatched(journey="send", role="worker", steps=PLAN.nodes[0].steps)  # type: ignore[union-attr]
    await gateway.record(f"{task}/send", sent)
    return task


async def steer(gateway: GatewayInProcess, task: str, command: str, *, by: str = "ann", **body: Any) -> httpx.Response:
    return await gateway.client.post(f"{TASKS}/{task}/{command}", json=body, headers={"Actor": by})


async def recorded_at(gateway: GatewayInProcess, response: httpx.Response) -> Recorded:
    assert response.status_code == 202, response.text
    position = response.json()["position"]
    (row,) = await gateway.gateway.runtime.log.read(position - 1, 1)
    return unseal(row.position, row.state)


async def context_of(gateway: GatewayInProcess, task: str) -> TaskContext:
    response = await gateway.client.get(f"{TASKS}/{task}/context")
    assert response.status_code == 200, response.text
    return TaskContext.model_validate_json(response.content)


async def look(gateway: GatewayInProcess, task: str, position: int) -> TaskView:
    response = await gateway.client.get(f"{TASKS}/{task}", params={"min_position": position})
    return TaskView.model_validate_json(response.content)


def asks(**more: Any) -> StepOpened:
    wait = Wait(waits_for="approval", title="Send it?", digest=DIGEST, approval=Approval(**more))
    return StepOpened(step="ok", type="wait", wait=wait)


async def test_a_command_is_one_event_with_actor_and_reason(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    event = await recorded_at(gateway, await steer(gateway, task, "pause", at="now", reason="hold on"))
    assert (event.event, event.actor, event.stream) == (TaskPaused(at="now", reason="hold on"), "ann", task)
    view = await look(gateway, task, event.position)
    assert (view.status, view.paused, view.message) == ("paused", True, "paused: hold on; resume it to go on")


async def test_an_actor_that_is_no_name_is_refused(gateway: GatewayInProcess) -> None:
    response = await steer(gateway, await begun(gateway), "pause", by="ann smith")
    assert (response.status_code, response.json()["type"]) == (400, "urn:wrenchai:problem:malformed-request")


async def test_pausing_twice_is_pausing_once_and_resuming_ends_it(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    first, second = await steer(gateway, task, "pause"), await steer(gateway, task, "pause", reason="again")
    assert (second.status_code, second.json()["position"]) == (202, first.json()["position"])
    resumed, twice = await steer(gateway, task, "resume"), await steer(gateway, task, "resume")
    assert twice.json()["position"] == resumed.json()["position"]
    assert (await look(gateway, task, resumed.json()["position"])).paused is False


async def test_many_who_pause_at_once_leave_one_record(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    answers = await asyncio.gather(*(steer(gateway, task, "pause", by=f"p{n}") for n in range(20)))
    assert len({answer.json()["position"] for answer in answers}) == 1


async def test_what_the_state_does_not_allow_is_refused_with_the_state_and_what_is_legal(
    gateway: GatewayInProcess,
) -> None:
    task = await begun(gateway)
    problem = (await steer(gateway, task, "resume")).json()
    assert (problem["status"], problem["type"], problem["state"]) == (409, "urn:wrenchai:problem:not-now", "running")
    assert problem["reason"] == "it is not paused"
    assert {"pause", "cancel", "signal", "skip", "extend", "prioritise", "fork"} == set(problem["legal"])


COMMANDS: dict[str, dict[str, Any]] = {
    "pause": {},
    "resume": {},
    "retry": {"step": "send"},
    "skip": {"step": "send"},
    "signal": {"name": "go", "content": {"n": 1}},
    "answer": {"step": "send", "answer": {}},
    "approval": {"step": "ok", "digest": DIGEST, "decision": "approve"},
    "extend": {"calls": 1},
    "prioritise": {"priority": 1},
    "effects": {"key": "task_01jd3k0000/send/send", "resolution": "retry"},
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_task_that_is_being_stopped_takes_none_of_them(gateway: GatewayInProcess, command: str) -> None:
    task = await begun(gateway)
    await gateway.client.post(f"{TASKS}/{task}/cancel")
    refused = await steer(gateway, task, command, **COMMANDS[command])
    assert (refused.status_code, refused.json()["state"]) == (409, "cancelling")


@pytest.mark.parametrize("command", [*COMMANDS, "fork"])
async def test_a_task_that_nobody_knows_is_not_found(gateway: GatewayInProcess, command: str) -> None:
    body = COMMANDS.get(command, {"from": "send"})
    assert (await steer(gateway, "task_01jd3k0000", command, **body)).status_code == 404
    assert (await gateway.client.get(f"{TASKS}/task_01jd3k0000/context")).status_code == 404


@pytest.mark.parametrize(
    ("command", "body", "field"),
    [
        ("signal", {"name": "stop"}, "name"),
        ("signal", {"name": "go", "content": {"n": "x"}}, "content.n"),
        ("extend", {}, ""),
        ("extend", {"tokens": 5}, "tokens"),
        ("prioritise", {"priority": 1000}, "priority"),
        ("fork", {"from": "ok.inner"}, "from"),
        ("fork", {"from": "nowhere"}, "from"),
        ("fork", {"from": "send", "inputs": {"title": 7}}, "inputs.title"),
    ],
)
async def test_wrong_fields_are_told_one_by_one(
    gateway: GatewayInProcess, command: str, body: dict[str, Any], field: str
) -> None:
    response = await steer(gateway, await begun(gateway), command, **body)
    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, field)


async def test_limits_are_extended_from_where_they_are(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    before = await context_of(gateway, task)
    event = await recorded_at(gateway, await steer(gateway, task, "extend", calls=3, deadline="1h"))
    assert isinstance(event.event, LimitsExtended)
    after = await context_of(gateway, task)
    assert (before.budget, after.budget) == (Limits(calls=5), Limits(calls=8))
    assert before.deadline is not None
    assert after.deadline is not None
    assert (after.deadline - before.deadline).total_seconds() == 3600


class TestApprovals:
    async def test_enough_people_agree_and_no_one_after_them(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.record(task, asks(need=2))
        decision = COMMANDS["approval"]
        first = await recorded_at(gateway, await steer(gateway, task, "approval", **decision, reason="seen"))
        assert first.event == ApprovalDecided(step="ok", digest=DIGEST, decision="approve", reason="seen")
        again = await steer(gateway, task, "approval", **decision)
        assert again.json()["position"] == first.position
        await recorded_at(gateway, await steer(gateway, task, "approval", by="bob", **decision))
        late = await steer(gateway, task, "approval", by="eve", **decision)
        assert (late.status_code, late.json()["reason"]) == (409, "ok is decided: approved")

    async def test_who_asked_for_the_task_may_not(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.record(task, asks())
        refused = await steer(gateway, task, "approval", by="requester", **COMMANDS["approval"])
        assert (refused.status_code, "asked for the task" in refused.json()["reason"]) == (409, True)

    async def test_another_digest_is_refused_with_the_one_that_counts(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.record(task, asks())
        refused = await steer(gateway, task, "approval", step="ok", digest="cd" * 32, decision="approve")
        assert (refused.status_code, DIGEST in refused.json()["reason"]) == (409, True)

    async def test_one_that_a_journey_has_begun_by_is_used_up(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.record(task, asks().model_copy(update={"step": "push"}))
        sent = JourneyDispatched(journey="push", role="worker", steps=planned("push"), approved=DIGEST)
        await gateway.record(f"{task}/push", sent)
        refused = await steer(gateway, task, "approval", **COMMANDS["approval"] | {"step": "push"})
        assert (refused.status_code, refused.json()["reason"]) == (409, "push waits for no approval")


async def test_a_question_of_a_tool_is_answered_by_what_fits_its_form(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    question = Question(title="How many?", form=FORM)
    await gateway.record(f"{task}/send", JourneyPaused(journey="send", step="send", why="question", question=question))
    wrong = await steer(gateway, task, "answer", step="send", answer={"n": "many"})
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "answer.n")
    right = await steer(gateway, task, "answer", step="send", answer={"n": 3})
    assert (await steer(gateway, task, "answer", step="send", answer={"n": 3})).json() == right.json()
    assert (await steer(gateway, task, "answer", step="send", answer={"n": 4})).status_code == 409


async def test_an_effect_in_doubt_is_listed_and_resolved(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    key = f"{task}/send/send"
    await gateway.record(f"{task}/send", JourneyPaused(journey="send", step="send", why="in_doubt", effect=key))
    (wait,) = (await context_of(gateway, task)).waits
    assert (wait.waits_for, wait.effect, wait.command) == ("effect", key, "effects")
    skipped = await steer(gateway, task, "skip", step="send")
    assert (skipped.status_code, "resolve its effect" in skipped.json()["reason"]) == (409, True)
    event = await recorded_at(gateway, await steer(gateway, task, "effects", key=key, resolution="happened", output={}))
    assert event.event == EffectResolved(key=key, step="send", resolution="happened", output={})
    assert (await steer(gateway, task, "effects", key=key, resolution="retry")).status_code == 409


async def test_the_context_shows_what_is_known_what_is_waited_for_and_what_is_legal(gateway: GatewayInProcess) -> None:
    task = await begun(gateway)
    outputs: dict[str, dict[str, Any]] = {"send": {"v": 1}, "then": {"v": 2}}
    await gateway.record(f"{task}/send", JourneyCompleted(journey="send", outputs=outputs))
    go = Wait(waits_for="signal", name="go", form=FORM)
    await gateway.record(task, StepOpened(step="go", type="wait", wait=go), asks(need=2, of=("ann", "bob")))
    await steer(gateway, task, "approval", **COMMANDS["approval"])
    context = await context_of(gateway, task)
    signal, approval = context.waits
    assert (context.outputs, context.left) == ({"send": outputs}, Limits(calls=5))
    assert (signal.name, signal.form, signal.message) == ("go", FORM, "go waits for the signal go, send it")
    assert (approval.digest, approval.need, approval.of) == (DIGEST, 2, ("ann", "bob"))
    assert [(said.by, said.decision) for said in approval.decided] == [("ann", "approve")]
    assert {"signal", "approval", "pause", "cancel", "skip", "fork"} <= set(context.legal)


class TestForks:
    async def test_a_fork_is_a_new_task_by_the_same_version_of_the_playbook(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.client.post(
            "/api/v1/playbooks",
            content="name: book\nid_prefix: book\nsteps: [{id: other, tool: noop}]\n",
            headers={"Content-Type": "application/yaml"},
        )
        response = await steer(gateway, task, "fork", **{"from": "then", "inputs": {"title": "Another"}})
        accepted = TaskAccepted.model_validate_json(response.content)
        event = await recorded_at(gateway, response)
        assert isinstance(event.event, TaskRequested)
        assert event.event.forked_from is not None
        assert accepted.task_id != task
        assert (event.event.forked_from.task_id, event.event.forked_from.step) == (task, "send")
        assert (event.event.inputs, event.actor) == ({"title": "Another"}, "ann")
        origin = await look(gateway, task, accepted.position)
        assert event.event.playbook_digest == origin.playbook_digest

    async def test_a_fork_with_a_key_is_made_once(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        key = {"Idempotency-Key": "f1"}
        ask = {"from": "send"}
        first, again = [await gateway.client.post(f"{TASKS}/{task}/fork", json=ask, headers=key) for _ in range(2)]
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["task_id"] == again.json()["task_id"]

    async def test_a_task_without_a_plan_cannot_be_forked(self, gateway: GatewayInProcess) -> None:
        response = await gateway.client.post(TASKS, json={"playbook": "book"})
        refused = await steer(gateway, response.json()["task_id"], "fork", **{"from": "send"})
        assert (refused.status_code, refused.json()["state"]) == (409, "requested")

    async def test_retrying_a_task_that_has_failed_makes_a_new_one(self, gateway: GatewayInProcess) -> None:
        task = await begun(gateway)
        await gateway.record(task, TaskFailed(reason="no", step="send"))
        response = await steer(gateway, task, "retry", step="send~2")
        event = await recorded_at(gateway, response)
        assert isinstance(event.event, TaskRequested)
        assert (event.event.forked_from is not None, response.json()["task_id"] != task) == (True, True)


async def test_every_control_command_is_described_with_an_example(gateway: GatewayInProcess) -> None:
    paths = (await gateway.client.get("/openapi.json")).json()["paths"]
    for command in [*COMMANDS, "fork"]:
        described = paths[f"{TASKS}/{{task_id}}/{command}"]["post"]
        body = described["requestBody"]["content"]["application/json"]
        assert body["example"] is not None
        assert {"202", "404", "409", "422"} <= described["responses"].keys()
        assert described["description"]
