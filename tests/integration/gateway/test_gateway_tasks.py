"""Tasks over REST, against a real log, a real view and a real bus."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from wrenchai_contracts.events import TaskCompleted
from wrenchai_contracts.views import BatchAccepted, EventPage, EventView, TaskAccepted, TaskPage, TaskView

from tests.gateway_in_process import GatewayInProcess, gateway_in_process, gateway_settings
from tests.made_up_log import MadeUpLog, whole_task
from tests.samples import until

TASKS = "/api/v1/tasks"
ASK = {"playbook": "book", "inputs": {"title": "My work"}, "metadata": {"team": "blue"}}


async def submit(gateway: GatewayInProcess, **ask: object) -> TaskAccepted:
    response = await gateway.client.post(TASKS, json=ASK | ask)
    assert response.status_code == 202, response.text
    return TaskAccepted.model_validate_json(response.content)


async def look(gateway: GatewayInProcess, accepted: TaskAccepted) -> TaskView:
    response = await gateway.client.get(f"{TASKS}/{accepted.task_id}", params={"min_position": accepted.position})
    assert response.status_code == 200, response.text
    return TaskView.model_validate_json(response.content)


async def test_a_reader_sees_its_own_write(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway)
    view = await look(gateway, accepted)
    assert (view.task_id, view.status, view.inputs) == (accepted.task_id, "requested", {"title": "My work"})


async def test_an_answer_names_where_to_look_and_the_position_to_wait_for(gateway: GatewayInProcess) -> None:
    response = await gateway.client.post(TASKS, json=ASK)
    body = response.json()
    assert response.headers["location"] == body["links"]["self"] == f"{TASKS}/{body['task_id']}"
    assert response.headers["wrenchai-position"] == str(body["position"])
    assert body["task_id"].startswith("book_")


async def test_a_task_is_found_right_after_its_acceptance_without_asking_for_a_position(
    gateway: GatewayInProcess,
) -> None:
    accepted = await submit(gateway)
    assert (await gateway.client.get(f"{TASKS}/{accepted.task_id}")).status_code == 200


@pytest.mark.parametrize("beyond", [1, 2**62])
async def test_a_position_beyond_the_log_is_refused_and_not_waited_for(gateway: GatewayInProcess, beyond: int) -> None:
    head = await gateway.gateway.runtime.log.head()
    async with asyncio.timeout(gateway.settings.read_deadline / 2):
        response = await gateway.client.get(TASKS, params={"min_position": head + beyond})
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "urn:wrenchai:problem:input-rejected")
    assert problem["problems"][0]["field"] == "min_position"
    assert f"the log ends at position {head}" in problem["detail"]


@pytest_asyncio.fixture
async def hasty(postgres_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[GatewayInProcess]:
    """A gateway whose view is always behind and waited for by nobody."""
    settings = gateway_settings(postgres_url, nats_url, tmp_path)
    async with gateway_in_process(settings.model_copy(update={"view_linger": 60, "read_deadline": 0})) as running:
        yield running


async def test_a_position_that_the_view_does_not_reach_in_time_is_answered_with_the_present_one(
    hasty: GatewayInProcess,
) -> None:
    accepted = await submit(hasty)
    response = await hasty.client.get(TASKS, params={"min_position": accepted.position})
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["position"] == hasty.gateway.projector.applied.position < accepted.position


async def test_the_same_key_with_the_same_request_starts_nothing_twice(gateway: GatewayInProcess) -> None:
    answers = [await gateway.client.post(TASKS, json=ASK, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    first, *others = (TaskAccepted.model_validate_json(answer.content) for answer in answers)
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert all(other == first.model_copy(update={"replayed": True}) for other in others)


async def test_many_at_once_with_one_key_are_one_task(gateway: GatewayInProcess) -> None:
    asking = [gateway.client.post(TASKS, json=ASK, headers={"Idempotency-Key": "k2"}) for _ in range(20)]
    answers = await asyncio.gather(*asking)
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert len({answer.json()["task_id"] for answer in answers}) == 1


async def test_the_same_key_with_another_request_is_refused(gateway: GatewayInProcess) -> None:
    await gateway.client.post(TASKS, json=ASK, headers={"Idempotency-Key": "k3"})
    other = await gateway.client.post(TASKS, json=ASK | {"metadata": {}}, headers={"Idempotency-Key": "k3"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:wrenchai:problem:key-reused")


async def test_a_known_key_is_answered_even_when_the_request_would_be_refused_today(
    gateway: GatewayInProcess,
) -> None:
    first = await gateway.client.post(TASKS, json=ASK, headers={"Idempotency-Key": "k4"})
    await gateway.client.post(
        "/api/v1/playbooks",
        content="name: book\ninputs: {required: [other]}\nsteps: [{id: a, tool: noop}]\n",
        headers={"Content-Type": "application/yaml"},
    )
    again = await gateway.client.post(TASKS, json=ASK, headers={"Idempotency-Key": "k4"})
    assert (again.status_code, again.json()["task_id"]) == (200, first.json()["task_id"])


async def test_a_batch_is_accepted_together_in_the_order_given(gateway: GatewayInProcess) -> None:
    tasks = [{"playbook": "book", "metadata": {"n": str(n)}} for n in range(1000)]
    response = await gateway.client.post(f"{TASKS}/batch", json={"tasks": tasks}, headers={"Idempotency-Key": "b"})
    batch = BatchAccepted.model_validate_json(response.content)
    assert (response.status_code, len(batch.tasks)) == (202, 1000)
    assert (await look(gateway, batch.tasks[7])).metadata == {"n": "7"}
    again = await gateway.client.post(f"{TASKS}/batch", json={"tasks": tasks}, headers={"Idempotency-Key": "b"})
    assert (again.status_code, again.json()["tasks"][999]["task_id"]) == (200, batch.tasks[999].task_id)


async def test_a_batch_with_one_wrong_task_is_refused_whole(gateway: GatewayInProcess) -> None:
    head = await gateway.gateway.runtime.log.head()
    tasks = [{"playbook": "book"}, {"playbook": "book", "inputs": {"title": "x"}}]
    response = await gateway.client.post(f"{TASKS}/batch", json={"tasks": tasks})
    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, "tasks.1.inputs.title")
    assert await gateway.gateway.runtime.log.head() == head


async def test_a_goal_in_words_needs_no_playbook(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway, playbook=None, description="a site for my work", inputs={})
    assert (await look(gateway, accepted)).description == "a site for my work"


async def test_pages_of_tasks_hold_each_task_once_newest_first(gateway: GatewayInProcess) -> None:
    accepted = [await submit(gateway) for _ in range(7)]
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 3, "min_position": accepted[-1].position}
    while True:
        page = TaskPage.model_validate_json((await gateway.client.get(TASKS, params=query)).content)
        seen += [task.task_id for task in page.items]
        if page.next_cursor is None:
            break
        query["cursor"] = page.next_cursor
    assert seen == [one.task_id for one in reversed(accepted)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"metadata": "team=red"}, ["red"]),
        ({"metadata": ["team=red", "size=s"]}, []),
        ({"playbook": "book"}, ["red", "blue"]),
        ({"playbook": "other"}, []),
        ({"status": "requested"}, ["red", "blue"]),
        ({"status": "failed"}, []),
    ],
)
async def test_tasks_are_filtered(
    gateway: GatewayInProcess, query: dict[str, str | list[str]], found: list[str]
) -> None:
    await submit(gateway, metadata={"team": "blue"})
    last = await submit(gateway, metadata={"team": "red"})
    response = await gateway.client.get(TASKS, params=query | {"min_position": str(last.position)})
    assert [task["metadata"]["team"] for task in response.json()["items"]] == found


async def test_events_come_from_the_log_page_by_page(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway)
    await gateway.gateway.runtime.log.append(whole_task(MadeUpLog(), accepted.task_id, "a", "b").sealed[1:])
    url, after, seen = f"{TASKS}/{accepted.task_id}/events", 0, list[EventView]()
    while True:
        page = EventPage.model_validate_json(
            (await gateway.client.get(url, params={"after": after, "limit": 4})).content
        )
        seen += page.items
        if page.next_after is None:
            break
        after = page.next_after
    positions = [event.position for event in seen]
    assert positions == list(range(accepted.position, accepted.position + 12))
    assert [event.type for event in seen][::11] == ["TaskRequested", "TaskCompleted"]


async def test_a_finished_task_is_shown_with_its_result_and_steps(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway)
    end = await gateway.gateway.runtime.log.append(whole_task(MadeUpLog(), accepted.task_id, "a", "b").sealed[1:])
    await gateway.gateway.runtime.bus.ring([])
    view = await look(gateway, accepted.model_copy(update={"position": end}))
    assert (view.status, view.result, [step.step for step in view.steps]) == (
        "completed",
        {"b": {"by": "b"}},
        ["a", "b"],
    )
    assert view.quality is not None
    assert view.quality.decision == "accept"


async def test_a_cancellation_is_recorded_once(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway)
    asking = [gateway.client.post(f"{TASKS}/{accepted.task_id}/cancel", json={"reason": "enough"}) for _ in range(5)]
    answers = await asyncio.gather(*asking, gateway.client.post(f"{TASKS}/{accepted.task_id}/cancel"))
    assert {(answer.status_code, answer.json()["position"]) for answer in answers} == {
        (202, answers[0].json()["position"])
    }
    view = await look(gateway, accepted.model_copy(update={"position": answers[0].json()["position"]}))
    assert view.status == "cancelling"


async def test_a_task_that_has_ended_cannot_be_cancelled(gateway: GatewayInProcess) -> None:
    accepted = await submit(gateway)
    await gateway.record(accepted.task_id, TaskCompleted())
    response = await gateway.client.post(f"{TASKS}/{accepted.task_id}/cancel")
    assert (response.status_code, response.json()["task_status"]) == (409, "completed")


async def test_execute_fills_the_form_of_the_playbook(gateway: GatewayInProcess) -> None:
    form = {"playbook": "book", "title": "Ada", "description": "Engines", "projects": [{"name": "x"}]}
    response = await gateway.client.post("/api/v1/playbooks/execute", json=form)
    view = await look(gateway, TaskAccepted.model_validate_json(response.content))
    assert view.inputs == {"form": {"title": "Ada", "description": "Engines", "projects": [{"name": "x"}]}}


async def test_execute_waits_for_the_end_if_that_is_preferred(gateway: GatewayInProcess) -> None:
    form, headers = {"playbook": "book", "title": "Ada"}, {"Prefer": "respond-async, wait=20", "Idempotency-Key": "e"}
    asking = asyncio.create_task(gateway.client.post("/api/v1/playbooks/execute", json=form, headers=headers))
    task_id = await _only_task(gateway.client)
    await gateway.record(task_id, TaskCompleted())
    answered = await asking
    assert (answered.status_code, answered.json()["status"]) == (200, "completed")
    assert answered.headers["preference-applied"] == "wait=20"


async def test_execute_does_not_wait_longer_than_preferred(gateway: GatewayInProcess) -> None:
    response = await gateway.client.post(
        "/api/v1/playbooks/execute", json={"playbook": "book"}, headers={"Prefer": "wait=1"}
    )
    assert response.status_code == 202


async def test_a_task_whose_end_cannot_be_shown_in_time_is_still_told_accepted(hasty: GatewayInProcess) -> None:
    form, headers = {"playbook": "book", "title": "Ada"}, {"Prefer": "wait=20"}
    asking = asyncio.create_task(hasty.client.post("/api/v1/playbooks/execute", json=form, headers=headers))
    task_id = await _requested(hasty)
    await hasty.record(task_id, TaskCompleted())
    answered = await asking
    assert (answered.status_code, answered.json()["task_id"]) == (202, task_id)
    assert answered.headers["location"] == f"{TASKS}/{task_id}"


async def _requested(gateway: GatewayInProcess) -> str:
    async def streams() -> list[str]:
        return [row.stream for row in await gateway.gateway.runtime.log.read(0, 100) if row.topic == "TaskRequested"]

    await until(streams)
    return (await streams())[0]


async def _only_task(client: httpx.AsyncClient) -> str:
    async def items() -> list[dict[str, str]]:
        return list((await client.get(TASKS)).json()["items"])

    await until(items)
    return (await items())[0]["task_id"]
