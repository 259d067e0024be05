"""Playbooks at the door: checked by what workers have announced, registered before they have, run only after."""

from typing import Any

from wrenchai_contracts.events import ToolRegistered
from wrenchai_contracts.subjects import CATALOGUE

from tests.gateway_in_process import GatewayInProcess, gateway_in_process, gateway_settings

YAML = {"Content-Type": "application/yaml"}
COUNT = {"type": "object", "additionalProperties": False, "properties": {"n": {"type": "integer"}}}
TEXT = {"type": "object", "additionalProperties": False, "properties": {"text": {"type": "string"}}}


async def post(gateway: GatewayInProcess, path: str, text: str) -> dict[str, Any]:
    response = await gateway.client.post(f"/api/v1/{path}", content=text, headers=YAML)
    found: dict[str, Any] = response.json()
    return found


async def check(gateway: GatewayInProcess, text: str) -> dict[str, Any]:
    return await post(gateway, "playbooks/check", text)


async def submit(gateway: GatewayInProcess, playbook: str, **inputs: Any) -> tuple[int, dict[str, Any]]:
    response = await gateway.client.post("/api/v1/tasks", json={"playbook": playbook, "inputs": inputs})
    return response.status_code, response.json()


async def test_what_announced_tools_take_and_give_is_checked(gateway: GatewayInProcess) -> None:
    counts = ToolRegistered(name="count", version="1", inputs=TEXT, outputs=COUNT)
    await gateway.record(CATALOGUE, counts)
    steps = "[{id: a, tool: count, with: {text: x}}, {id: b, tool: count, with: {text: '${steps.a.output.n}'}}]"
    verdict = await check(gateway, f"name: b\nsteps: {steps}\n")
    assert verdict["valid"] is False
    assert [problem["field"] for problem in verdict["problems"]] == ["steps.1.with.text"]
    verdict = await check(gateway, "name: b\nsteps: [{id: a, tool: cuont, with: {text: x}}]\n")
    assert "did you mean 'count'?" in verdict["problems"][0]["reason"]


async def test_a_playbook_may_be_registered_before_its_worker_is_there_and_run_once_it_is(
    gateway: GatewayInProcess,
) -> None:
    registered = await post(gateway, "playbooks", "name: early\nsteps: [{id: a, tool: to.come}]\n")
    assert [note["field"] for note in registered["notes"]] == ["steps.0.tool"]
    assert (await submit(gateway, "early"))[0] == 422
    await gateway.announce(["to.come"])
    assert (await submit(gateway, "early"))[0] == 202


async def test_a_tool_that_only_a_playbook_inside_uses_must_be_announced_too(gateway: GatewayInProcess) -> None:
    await post(gateway, "playbooks", "name: inner\nsteps: [{id: a, tool: far.away}]\n")
    registered = await post(gateway, "playbooks", "name: outer\nsteps: [{id: a, playbook: inner}]\n")
    assert [note["field"] for note in registered["notes"]] == ["steps.0.playbook"]
    status, refused = await submit(gateway, "outer")
    assert (status, "no worker has announced the tool 'far.away'" in refused["detail"]) == (422, True)
    await gateway.announce(["far.away"])
    assert (await submit(gateway, "outer"))[0] == 202


async def test_a_playbook_inside_that_asks_for_more_later_is_looked_at_again(gateway: GatewayInProcess) -> None:
    await post(gateway, "playbooks", "name: inner\nsteps: [{id: a, tool: noop}]\n")
    await post(gateway, "playbooks", "name: outer\nsteps: [{id: a, playbook: inner}]\n")
    assert (await submit(gateway, "outer"))[0] == 202
    await post(gateway, "playbooks", "name: inner\nsteps: [{id: a, tool: far.away}]\n")
    assert (await submit(gateway, "outer"))[0] == 422


async def test_a_playbook_that_would_stand_inside_itself_is_refused(gateway: GatewayInProcess) -> None:
    await post(gateway, "playbooks", "name: one\nsteps: [{id: a, tool: noop}]\n")
    await post(gateway, "playbooks", "name: two\nsteps: [{id: a, playbook: one}]\n")
    refused = await post(gateway, "playbooks", "name: one\nsteps: [{id: a, playbook: two}]\n")
    assert refused["status"] == 422
    assert "a playbook cannot stand inside itself" in refused["detail"]


async def test_what_nobody_does_is_noted_and_a_run_refused_before_anything_is_recorded(
    gateway: GatewayInProcess,
) -> None:
    text = "name: baking\nroles: {cook: {tools: [noop]}}\nsteps: [{id: a, role: cook, operation: Bake.}]\n"
    verdict = await check(gateway, text)
    assert (verdict["valid"], verdict["notes"][0]["field"]) == (True, "steps.0.operation")
    await post(gateway, "playbooks", text)
    before = await gateway.gateway.runtime.log.head()
    status, refused = await submit(gateway, "baking")
    assert status == 422
    assert "no tool implements 'Bake.', and no model is configured; the role cook can do: noop" in refused["detail"]
    assert await gateway.gateway.runtime.log.head() == before
    await gateway.announce(["model.ask"])
    assert (await submit(gateway, "baking"))[0] == 202


async def test_the_first_layout_is_registered_with_notes_on_what_became_of_it(gateway: GatewayInProcess) -> None:
    text = "- metadata:\n    name: old\n- step_id: a\n  type: standard\n  agent: SuperAgent\n  operation: noop\n"
    registered = await post(gateway, "playbooks", text)
    assert registered["playbook"]["name"] == "old"
    assert {note["line"] for note in registered["notes"]} >= {2, 5}


async def test_a_secret_is_recorded_by_its_name_and_a_value_in_its_place_nowhere(gateway: GatewayInProcess) -> None:
    text = "name: login\ninputs: {properties: {token: {type: string, writeOnly: true}}}\nsteps: [{id: a, tool: noop}]\n"
    await post(gateway, "playbooks", text)
    status, refused = await submit(gateway, "login", token="hunter2-hunter2")  # noqa: S106  # made up
    assert (status, "hunter2" in str(refused)) == (422, False)
    status, accepted = await submit(gateway, "login", token="GITHUB_TOKEN")  # noqa: S106  # made up
    assert status == 202
    (row,) = await gateway.gateway.runtime.log.read_stream(accepted["task_id"])
    assert b'{"$secret":"GITHUB_TOKEN"}' in row.state
    assert (await submit(gateway, "book", form={"x": {"$secret": "GITHUB_TOKEN"}}))[0] == 422


async def test_before_any_worker_is_there_a_check_only_notes_what_is_to_come(
    postgres_url: str, nats_url: str, tmp_path: Any
) -> None:
    async with gateway_in_process(gateway_settings(postgres_url, nats_url, tmp_path), tools=()) as gateway:
        verdict = await check(gateway, "name: b\nsteps: [{id: a, tool: noop}]\n")
    assert (verdict["valid"], [note["field"] for note in verdict["notes"]]) == (True, ["steps.0.tool"])


async def test_our_own_playbooks_may_be_inside_each_other_in_any_order(
    postgres_url: str, nats_url: str, tmp_path: Any
) -> None:
    settings = gateway_settings(postgres_url, nats_url, tmp_path)
    (settings.playbooks_dir / "a.yaml").write_text("name: a\nsteps: [{id: x, playbook: z}]\n")
    (settings.playbooks_dir / "z.yaml").write_text("name: z\nsteps: [{id: x, tool: noop}]\n")
    async with gateway_in_process(settings) as gateway:
        assert {"a", "z"} <= gateway.gateway.catalogue.playbooks.keys()
