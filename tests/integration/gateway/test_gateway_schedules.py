"""Schedules over REST."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from wrenchai_chassis.clock import utc_now
from wrenchai_contracts.envelope import unseal
from wrenchai_contracts.events import ScheduleFired, ScheduleSet, TaskRequested
from wrenchai_contracts.subjects import schedule_stream
from wrenchai_contracts.views import ScheduleList, ScheduleView

from tests.gateway_in_process import GatewayInProcess

HERE = "/api/v1/schedules"
NIGHTLY: dict[str, Any] = {
    "playbook": "book",
    "inputs": {"title": "Mine"},
    "cron": "0 2 * * *",
    "zone": "Europe/Vienna",
}


async def put(gateway: GatewayInProcess, name: str = "nightly", **differently: Any) -> httpx.Response:
    return await gateway.client.put(f"{HERE}/{name}", json=NIGHTLY | differently, headers={"Actor": "ann"})


async def look(gateway: GatewayInProcess, response: httpx.Response, name: str = "nightly") -> ScheduleView:
    assert response.status_code == 200, response.text
    at = {"min_position": response.json()["position"]}
    found = await gateway.client.get(f"{HERE}/{name}", params=at)
    assert found.status_code == 200, found.text
    return ScheduleView.model_validate_json(found.content)


async def do(gateway: GatewayInProcess, what: str, name: str = "nightly", **body: Any) -> httpx.Response:
    return await gateway.client.post(f"{HERE}/{name}/{what}", json=body)


async def test_a_schedule_is_shown_with_its_next_moment(gateway: GatewayInProcess) -> None:
    view = await look(gateway, await put(gateway))
    assert (view.schedule.cron, view.schedule.inputs, view.paused) == ("0 2 * * *", {"title": "Mine"}, False)
    assert view.next_due is not None
    assert timedelta(0) < view.next_due - utc_now() <= timedelta(days=1, hours=1)


async def test_setting_the_same_twice_is_setting_it_once(gateway: GatewayInProcess) -> None:
    first, again = await put(gateway), await put(gateway)
    assert first.json() == again.json()
    changed = await put(gateway, cron="0 3 * * *")
    assert changed.json()["position"] > first.json()["position"]
    assert (await look(gateway, changed)).schedule.cron == "0 3 * * *"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cron": "61 * * * *"}, "cron"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"inputs": {"title": 5}}, "inputs.title"),
        ({"overlapp": "skip"}, "overlapp"),
        ({"overlap": "never"}, "overlap"),
    ],
)
async def test_what_is_wrong_with_a_schedule_is_told_field_by_field(
    gateway: GatewayInProcess, wrong: dict[str, Any], field: str
) -> None:
    response = await put(gateway, **wrong)
    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, field)
    assert await gateway.gateway.runtime.log.read_stream(schedule_stream("nightly")) == []


async def test_a_schedule_of_an_unknown_playbook_is_refused(gateway: GatewayInProcess) -> None:
    assert (await put(gateway, playbook="nobody")).status_code == 404
    assert (await put(gateway, playbook="unstaffed", inputs={})).status_code == 422


async def test_a_paused_schedule_is_due_at_no_moment_until_it_is_resumed(gateway: GatewayInProcess) -> None:
    await put(gateway)
    paused, twice = await do(gateway, "pause", reason="holidays"), await do(gateway, "pause")
    assert paused.json() == twice.json()
    view = await look(gateway, paused)
    assert (view.paused, view.reason, view.next_due) == (True, "holidays", None)
    assert (await look(gateway, await do(gateway, "resume"))).next_due is not None


async def test_a_deleted_schedule_is_gone_and_its_name_free(gateway: GatewayInProcess) -> None:
    await put(gateway)
    gone = await gateway.client.delete(f"{HERE}/nightly")
    assert (gone.status_code, (await gateway.client.delete(f"{HERE}/nightly")).json()) == (200, gone.json())
    at = {"min_position": gone.json()["position"]}
    assert (await gateway.client.get(f"{HERE}/nightly", params=at)).status_code == 404
    listed = ScheduleList.model_validate_json((await gateway.client.get(HERE, params=at)).content)
    assert listed.items == ()
    assert (await do(gateway, "pause")).status_code == 404
    assert (await look(gateway, await put(gateway))).paused is False


async def test_schedules_are_listed_by_name(gateway: GatewayInProcess) -> None:
    for name in ("weekly", "daily"):
        response = await put(gateway, name)
    found = await gateway.client.get(HERE, params={"min_position": response.json()["position"]})
    assert [one.name for one in ScheduleList.model_validate_json(found.content).items] == ["daily", "weekly"]


@pytest.mark.parametrize("what", ["pause", "resume", "backfill"])
async def test_a_schedule_that_nobody_has_set_is_not_found(gateway: GatewayInProcess, what: str) -> None:
    body = {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"} if what == "backfill" else {}
    response = await do(gateway, what, **body)
    assert (response.status_code, response.json()["type"]) == (404, "urn:wrenchai:problem:unknown-schedule")
    assert (await gateway.client.delete(f"{HERE}/nightly")).status_code == 404
    assert (await gateway.client.get(f"{HERE}/nightly")).status_code == 404


async def test_a_backfill_begins_a_task_for_each_moment_that_has_passed(gateway: GatewayInProcess) -> None:
    await put(gateway)
    asked = {"from": "2026-01-05T01:00:00Z", "to": "2026-01-07T01:00:00Z"}
    response = await do(gateway, "backfill", **asked)
    assert (response.status_code, response.json()["moments"]) == (200, 3)
    log = gateway.gateway.runtime.log
    rows = await log.read_stream(schedule_stream("nightly"))
    first, *fired = (unseal(row.position, row.state).event for row in rows)
    assert isinstance(first, ScheduleSet)
    for event in fired:
        assert isinstance(event, ScheduleFired)
        assert event.backfill
        (row,) = await log.read_stream(event.task_id or "")
        begun = unseal(row.position, row.state).event
        assert isinstance(begun, TaskRequested)
        assert (begun.inputs, begun.playbook) == ({"title": "Mine"}, "book")
    again = await do(gateway, "backfill", **asked)
    assert (again.json()["moments"], len(await log.read_stream(schedule_stream("nightly")))) == (3, 7)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-01-01T00:00:00Z", "to": "2126-01-01T00:00:00Z"}, "to"),
        ({"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "2020-01-01T00:00:00", "to": "2026-01-01T00:00:00Z"}, "from"),
    ],
)
async def test_a_backfill_of_times_to_come_or_of_too_many_is_refused(
    gateway: GatewayInProcess, asked: dict[str, str], field: str
) -> None:
    await put(gateway)
    response = await do(gateway, "backfill", **asked)
    assert (response.status_code, response.json()["problems"][0]["field"]) == (422, field)
