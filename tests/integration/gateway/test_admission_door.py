"""The door over real Postgres and NATS: what begins at once, what is held, and what a restarted gateway knows of it."""

from pathlib import Path
from typing import Any

from wrenchai_chassis.log import events_of
from wrenchai_contracts.events import Share, TaskCompleted, TaskRequested
from wrenchai_gateway.door_count import settle

from tests.gateway_in_process import GatewayInProcess, gateway_in_process, gateway_settings
from tests.samples import until

ONE_EACH = """
name: one_each
priority: 3
inputs: {type: object, required: [customer], properties: {customer: {type: string}}}
concurrency: {key: inputs.customer, limit: 1}
rate: {per: 1m, most: 60}
steps: [{id: a, tool: noop}]
"""


async def submit(gateway: GatewayInProcess, *tasks: dict[str, Any]) -> list[TaskRequested]:
    answer = await gateway.client.post("/api/v1/tasks/batch", json={"tasks": tasks})
    assert answer.status_code == 202, answer.text
    return [await requested(gateway, task["task_id"]) for task in answer.json()["tasks"]]


async def requested(gateway: GatewayInProcess, task_id: str) -> TaskRequested:
    first, *_ = events_of(await gateway.gateway.runtime.log.read_stream(task_id))
    assert isinstance(first.event, TaskRequested)
    return first.event


async def test_a_playbook_with_a_key_is_held_with_all_that_it_takes_turns_at(gateway: GatewayInProcess) -> None:
    answer = await gateway.client.post(
        "/api/v1/playbooks", content=ONE_EACH, headers={"content-type": "application/yaml"}
    )
    assert answer.is_success, answer.text
    (held,) = await submit(gateway, {"playbook": "one_each", "inputs": {"customer": "c1"}})
    assert (held.held, held.key, held.priority) == (True, "c1", 3)
    assert held.shares == (Share(name="one_each=c1", most=1), Share(name="one_each~all", most=60, within=60.0))


async def test_a_tenant_with_few_open_tasks_is_never_held_and_one_with_many_is_until_some_end(
    postgres_url: str, nats_url: str, tmp_path: Path
) -> None:
    settings = gateway_settings(postgres_url, nats_url, tmp_path).model_copy(update={"open_alone": 2})
    async with gateway_in_process(settings) as first:
        tasks = await submit(first, *({"playbook": "book"} for _ in range(3)))
        assert [task.held for task in tasks] == [False, False, True]
    async with gateway_in_process(settings) as again:
        count = again.gateway.door.count
        await until(lambda: count.of("default") == 3)
        assert [task.held for task in await submit(again, {"playbook": "book"})] == [True]
        for task in tasks:
            await again.record(task.task_id, TaskCompleted())
        await until(lambda: count.of("default") == 1)
        assert [task.held for task in await submit(again, {"playbook": "book"})] == [False]


async def test_counting_anew_from_the_view_comes_to_the_same(gateway: GatewayInProcess) -> None:
    await submit(gateway, *({"playbook": "book"} for _ in range(5)))
    count = gateway.gateway.door.count
    await until(lambda: count.of("default") == 5)
    await settle(count, gateway.gateway.projector, gateway.gateway.runtime.log)
    assert count.of("default") == 5
