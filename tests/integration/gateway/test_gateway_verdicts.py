"""A person's word on a result over REST, against a real log, a real view and a real bus."""

import asyncio
from typing import Any

import httpx
import pytest
from wrenchai_contracts.envelope import unseal
from wrenchai_contracts.events import PlanCreated, VerdictGiven, VerdictWeighed
from wrenchai_contracts.judgement_views import VerdictTaken
from wrenchai_contracts.plan import Approval, Gate, Plan, PlannedJourney
from wrenchai_contracts.subjects import evaluation_stream, result_stream, verdict_stream, weighed_stream
from wrenchai_contracts.views import TaskView

from tests.gateway_in_process import GatewayInProcess
from tests.made_up_log import DIGEST, MadeUpLog, planned
from tests.samples import until
from tests.unit.quality.judged_story import TASK, a_judgement, judged_task

VERDICTS = f"/api/v1/tasks/{TASK}/verdicts"


async def record(gateway: GatewayInProcess, log: MadeUpLog | None = None) -> int:
    """A judged task that has ended stands in the log."""
    end = await gateway.gateway.runtime.log.append((log or judged_task(MadeUpLog())).sealed)
    await gateway.gateway.runtime.bus.ring([])
    return end


async def say(
    gateway: GatewayInProcess,
    verdict: str = "good",
    actor: str = "ann",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    return await gateway.client.post(
        VERDICTS, json={"verdict": verdict} | more, headers={"Actor": actor} | (headers or {})
    )


async def said(gateway: GatewayInProcess) -> list[tuple[str, str | None, str]]:
    """Who said what of which result, as it stands in the log."""
    rows = await gateway.gateway.runtime.log.read_stream(verdict_stream(TASK))
    words = [unseal(row.position, row.state) for row in rows]
    return [(one.actor, one.event.step, one.event.verdict) for one in words if isinstance(one.event, VerdictGiven)]


async def test_a_word_on_a_task_that_has_ended_is_recorded_with_who_and_why(gateway: GatewayInProcess) -> None:
    await record(gateway)
    response = await say(gateway, "bad", reason="two pages contradict each other")
    taken = VerdictTaken.model_validate_json(response.content)
    assert (response.status_code, taken.task_id, taken.step, taken.word) == (202, TASK, None, None)
    (row,) = await gateway.gateway.runtime.log.read_stream(verdict_stream(TASK))
    word = unseal(row.position, row.state)
    assert (word.actor, word.position, word.correlation) == ("ann", taken.position, TASK)
    assert word.event == VerdictGiven(verdict="bad", reason="two pages contradict each other")


async def test_a_step_s_result_is_spoken_of_by_its_path(gateway: GatewayInProcess) -> None:
    await record(gateway)
    assert (await say(gateway, step="write~2")).status_code == 202
    assert await said(gateway) == [("ann", "write~2", "good")]


async def test_the_same_word_again_is_no_new_one_and_another_replaces_it(gateway: GatewayInProcess) -> None:
    await record(gateway)
    first, again = await say(gateway), await say(gateway)
    assert (first.status_code, again.status_code, again.json()["replayed"]) == (202, 200, True)
    assert again.json()["position"] == first.json()["position"]
    await say(gateway, "bad")
    await say(gateway, "good", actor="bob")
    assert await said(gateway) == [("ann", None, "good"), ("ann", None, "bad"), ("bob", None, "good")]


async def test_a_key_stands_for_its_first_word_even_when_another_was_said_since(gateway: GatewayInProcess) -> None:
    await record(gateway)
    first = await say(gateway, "good", headers={"Idempotency-Key": "v1"})
    await say(gateway, "bad", headers={"Idempotency-Key": "v2"})
    again = await say(gateway, "good", headers={"Idempotency-Key": "v1"})
    assert (again.status_code, again.json()["position"]) == (200, first.json()["position"])
    assert [verdict for *_, verdict in await said(gateway)] == ["good", "bad"]
    other = await say(gateway, "bad", headers={"Idempotency-Key": "v1"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:wrenchai:problem:key-reused")


async def test_many_who_speak_at_once_are_all_heard(gateway: GatewayInProcess) -> None:
    await record(gateway)
    answers = await asyncio.gather(*(say(gateway, actor=f"person{n}") for n in range(12)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(set(await said(gateway))) == 12


async def test_many_with_one_key_are_one_word(gateway: GatewayInProcess) -> None:
    await record(gateway)
    answers = await asyncio.gather(*(say(gateway, headers={"Idempotency-Key": "k"}) for _ in range(12)))
    assert len({answer.json()["position"] for answer in answers}) == 1
    assert len(await said(gateway)) == 1


@pytest.mark.parametrize(
    ("step", "named"), [("contest.one", "step contest.one of task"), ("nowhere", "step nowhere of task")]
)
async def test_what_was_not_judged_is_refused_with_what_was(gateway: GatewayInProcess, step: str, named: str) -> None:
    await record(gateway)
    response = await say(gateway, step=step)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (409, "urn:wrenchai:problem:not-judged")
    assert problem["judged"] == ["write", "write~2", "the whole"]
    assert problem["detail"].startswith(named)
    assert await said(gateway) == []


async def test_a_task_that_is_not_known_is_refused(gateway: GatewayInProcess) -> None:
    response = await say(gateway)
    assert (response.status_code, response.json()["type"]) == (404, "urn:wrenchai:problem:unknown-task")


async def test_where_somebody_is_named_to_look_nobody_else_may_speak(gateway: GatewayInProcess) -> None:
    gate = Gate(approval=Approval(of=("eve", "test"), requester_may=False))
    node = PlannedJourney(id="write", role="writer", steps=planned("write"), gate=gate)
    log = judged_task(MadeUpLog())
    at = next(n for n, one in enumerate(log.sealed) if one.topic == "PlanCreated")
    plan = Plan(playbook="book", nodes=(node,), result_from=("write",))
    made = MadeUpLog().record(TASK, PlanCreated(plan=plan, digest=DIGEST, playbook_digest=DIGEST))
    made.sealed[0] = _as_version(made, 2)
    log.sealed[at] = made.sealed[0]
    await record(gateway, log)
    refused = await say(gateway, actor="ann", step="write")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:wrenchai:problem:not-now")
    assert refused.json()["reason"] == "ann is none of those who may decide: eve, test"
    requester = await say(gateway, actor="test", step="write")
    assert requester.json()["reason"] == "test asked for the task, and so may not decide"
    assert (await say(gateway, actor="eve", step="write")).status_code == 202
    assert (await say(gateway, actor="ann")).status_code == 202


def _as_version(log: MadeUpLog, version: int) -> Any:
    """The one event of that log, as if another had stood before it."""
    (sealed,) = log.sealed
    state = sealed.state.replace(b'"version":1', b'"version":%d' % version, 1)
    return type(sealed)(sealed.stream, version, sealed.topic, sealed.tenant, state, sealed.awaited)


async def test_what_the_word_changed_is_told_if_that_is_waited_for(gateway: GatewayInProcess) -> None:
    await record(gateway)
    asking = asyncio.create_task(say(gateway, "bad", headers={"Prefer": "wait=20"}))
    await until(lambda: said(gateway))
    (row,) = await gateway.gateway.runtime.log.read_stream(verdict_stream(TASK))
    word = VerdictWeighed(by="ann", verdict="bad", before=0.85, after=0.15)
    end = await gateway.record(weighed_stream(TASK, row.position), word)
    response = await asking
    taken = VerdictTaken.model_validate_json(response.content)
    assert response.status_code == 200
    assert taken.word is not None
    assert (taken.word.by, taken.word.before, taken.word.after) == ("ann", 0.85, 0.15)
    view = await gateway.client.get(f"/api/v1/tasks/{TASK}", params={"min_position": end})
    quality = TaskView.model_validate_json(view.content).quality
    assert quality is not None
    assert [one.after for one in quality.words] == [0.15]


async def test_a_word_that_nobody_learns_from_in_time_is_still_recorded(gateway: GatewayInProcess) -> None:
    await record(gateway)
    response = await say(gateway, headers={"Prefer": "wait=1"})
    assert (response.status_code, response.json()["word"]) == (202, None)
    assert await said(gateway) == [("ann", None, "good")]


async def test_a_result_that_was_just_judged_can_be_spoken_of_at_once(gateway: GatewayInProcess) -> None:
    log = judged_task(MadeUpLog())
    late = [one for one in log.sealed if one.stream in {evaluation_stream(TASK), result_stream(TASK, "write")}]
    await record(gateway, MadeUpLog(sealed=[one for one in log.sealed if one not in late]))
    assert (await say(gateway)).status_code == 409
    await gateway.record(evaluation_stream(TASK), a_judgement("accept"))
    assert (await say(gateway)).status_code == 202
