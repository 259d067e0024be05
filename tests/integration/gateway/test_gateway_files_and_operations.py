"""Playbooks, tools, artifacts, sites, parked events and health over REST."""

import hashlib
import re
from pathlib import Path

import pytest
from wrenchai_contracts.catalogue_views import PlaybookText, PlaybookVerdict, ToolList
from wrenchai_contracts.events import EventParked
from wrenchai_contracts.subjects import parked_stream
from wrenchai_contracts.views import Health, ParkedPage

from tests.gateway_in_process import BOOK, GatewayInProcess, gateway_in_process

YAML = {"Content-Type": "application/yaml"}
NEW = "name: fresh\nsteps: [{id: a, tool: noop}]\n"


async def put(gateway: GatewayInProcess, directory: Path, content: bytes) -> str:
    file = directory / "file"
    file.write_bytes(content)
    sha256, _ = await gateway.gateway.artifacts.put(file)
    return f"/api/v1/artifacts/{sha256}"


async def test_the_same_playbook_twice_is_one_registration(gateway: GatewayInProcess) -> None:
    first, again = [await gateway.client.post("/api/v1/playbooks", content=NEW, headers=YAML) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert PlaybookText.model_validate_json(first.content).digest == again.json()["digest"]
    assert (await gateway.client.get(first.headers["location"])).json()["playbook"]["name"] == "fresh"


async def test_our_own_playbooks_are_not_registered_again(gateway: GatewayInProcess) -> None:
    response = await gateway.client.post("/api/v1/playbooks", content=BOOK, headers=YAML)
    assert response.status_code == 200


async def test_a_user_s_own_version_of_our_playbook_outlives_a_restart(gateway: GatewayInProcess) -> None:
    own = BOOK.replace("minLength: 2", "minLength: 3")
    registered = await gateway.client.post("/api/v1/playbooks", content=own, headers=YAML)
    assert registered.status_code == 201
    head = await gateway.gateway.runtime.log.head()
    async with gateway_in_process(gateway.settings, tools=()) as restarted:
        found = (await restarted.client.get("/api/v1/playbooks/book")).json()
        assert found["digest"] == registered.json()["digest"]
        assert await restarted.gateway.runtime.log.head() == head


async def test_a_new_version_of_our_own_playbook_is_registered_at_the_next_start(gateway: GatewayInProcess) -> None:
    (gateway.settings.playbooks_dir / "book.yaml").write_text(BOOK.replace("minLength: 2", "minLength: 4"))
    async with gateway_in_process(gateway.settings, tools=()) as restarted:
        found = (await restarted.client.get("/api/v1/playbooks/book")).json()
    assert found["playbook"]["inputs"]["properties"]["title"]["minLength"] == 4


async def test_a_good_playbook_is_found_good_and_not_registered(gateway: GatewayInProcess) -> None:
    response = await gateway.client.post("/api/v1/playbooks/check", content=NEW, headers=YAML)
    verdict = PlaybookVerdict.model_validate_json(response.content)
    assert (verdict.valid, verdict.problems) == (True, ())
    assert (await gateway.client.get("/api/v1/playbooks/fresh")).status_code == 404


async def test_a_tool_announced_after_our_start_is_known(gateway: GatewayInProcess) -> None:
    await gateway.announce(["late.tool"])
    playbook = "name: late\nsteps: [{id: a, tool: late.tool}]\n"
    await gateway.client.post("/api/v1/playbooks", content=playbook, headers=YAML)
    assert (await gateway.client.post("/api/v1/tasks", json={"playbook": "late"})).status_code == 202
    tools = ToolList.model_validate_json((await gateway.client.get("/api/v1/tools")).content)
    assert [tool.name for tool in tools.items] == ["late.tool", "noop"]


@pytest.mark.parametrize("size", [10, 300_000], ids=["in Postgres", "on disk"])
async def test_an_artifact_comes_whole_or_piece_by_piece(gateway: GatewayInProcess, tmp_path: Path, size: int) -> None:
    content = bytes(n % 251 for n in range(size))
    url = await put(gateway, tmp_path, content)
    whole = await gateway.client.get(url)
    piece = await gateway.client.get(url, headers={"Range": f"bytes={size - 4}-"})
    outside = await gateway.client.get(url, headers={"Range": f"bytes={size}-"})
    known = await gateway.client.get(url, headers={"If-None-Match": whole.headers["etag"]})
    head = await gateway.client.head(url)
    assert (whole.status_code, whole.content) == (200, content)
    assert (piece.status_code, piece.content) == (206, content[-4:])
    assert piece.headers["content-range"] == f"bytes {size - 4}-{size - 1}/{size}"
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    assert (known.status_code, head.headers["content-length"], head.content) == (304, str(size), b"")
    assert hashlib.sha256(whole.content).hexdigest() in whole.headers["etag"]


async def test_an_empty_artifact_is_an_artifact(gateway: GatewayInProcess, tmp_path: Path) -> None:
    url = await put(gateway, tmp_path, b"")
    assert (await gateway.client.get(url)).status_code == 200
    assert (await gateway.client.get(url, headers={"Range": "bytes=0-"})).status_code == 416


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("log.txt", "text/plain", 'inline; filename="log.txt"'),
        ("page.html", "application/octet-stream", 'attachment; filename="page.html"'),
        ("picture.svg", "application/octet-stream", 'attachment; filename="picture.svg"'),
        ('a"\r\nSet-Cookie: x=1.txt', "text/plain", 'inline; filename="a___Set-Cookie_ x_1.txt"'),
        ("../../etc/passwd", "application/octet-stream", 'attachment; filename="_.._etc_passwd"'),
        ("größe.txt", "text/plain", "filename*=UTF-8''gr%C3%B6%C3%9Fe.txt"),
    ],
)
async def test_an_artifact_cannot_be_made_to_run_in_a_browser(
    gateway: GatewayInProcess, tmp_path: Path, name: str, kind: str, disposition: str
) -> None:
    response = await gateway.client.get(await put(gateway, tmp_path, b"<script>"), params={"name": name})
    assert response.headers["content-type"].partition(";")[0] == kind
    assert disposition in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("sandbox;")
    assert "set-cookie" not in response.headers


async def test_a_built_site_is_shown_with_its_own_404_page_and_nothing_outside(gateway: GatewayInProcess) -> None:
    site = gateway.settings.sites_dir / ("a" * 64)
    (site / "docs").mkdir(parents=True)
    (site / "index.html").write_text("home")
    (site / "docs" / "index.html").write_text("docs")
    (site / "404.html").write_text("lost")
    (site / "way-out").symlink_to(gateway.settings.playbooks_dir)
    secret = gateway.settings.sites_dir.parent / "secret.txt"
    secret.write_text("secret")
    base = f"/api/v1/sites/{'a' * 64}"

    async def shown(path: str) -> tuple[int, str]:
        response = await gateway.client.get(base + path)
        return response.status_code, response.text

    assert await shown("/") == (200, "home")
    assert await shown("/docs/") == (200, "docs")
    for path in (
        "/nope",
        "/../../secret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/..%2f..%2fsecret.txt",
        "/way-out/book.yaml",
    ):
        assert (await shown(path))[0] in {404, 422}, path
    assert (await shown("/nope"))[1] == "lost"
    assert "sandbox" in (await gateway.client.get(f"{base}/")).headers["content-security-policy"]


async def test_a_parked_event_is_listed_until_it_is_sent_again(gateway: GatewayInProcess) -> None:
    accepted = (await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})).json()
    parked = EventParked(consumer="journey", position=9, subject="ev.x", reason="bad \0 luck", deliveries=5, payload="")
    position = await gateway.record(parked_stream("journey", 9), parked, story=accepted["task_id"])

    async def listed(position: int) -> ParkedPage:
        response = await gateway.client.get("/api/v1/parked", params={"min_position": position})
        return ParkedPage.model_validate_json(response.content)

    async def status(position: int) -> str:
        response = await gateway.client.get(accepted["links"]["self"], params={"min_position": position})
        return str(response.json()["status"])

    waiting = (await listed(position)).items
    assert [(one.consumer, one.position, one.task_id) for one in waiting] == [("journey", 9, accepted["task_id"])]
    assert await status(position) == "parked"
    first, again = [await gateway.client.post("/api/v1/parked/journey/9/redrive") for _ in range(2)]
    assert (first.status_code, first.json()) == (202, again.json())
    assert (await listed(first.json()["position"])).items == ()
    assert await status(first.json()["position"]) == "requested"


async def test_what_was_parked_of_a_task_is_among_its_events(gateway: GatewayInProcess) -> None:
    accepted = (await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})).json()
    place = accepted["position"]
    parked = EventParked(consumer="journey", position=place, subject="ev.x", reason="bad", deliveries=5, payload="")
    await gateway.record(parked_stream("journey", place), parked, story=accepted["task_id"])
    await gateway.record(parked_stream("inspector", place), parked, story="task_01jd3k0000")
    listed = (await gateway.client.get(accepted["links"]["events"])).json()["items"]
    assert [(event["position"], event["type"]) for event in listed] == [
        (place, "TaskRequested"),
        (place + 1, "EventParked"),
    ]


@pytest.mark.parametrize("path", ["tasks", "playbooks", "playbooks/book", "tools", "parked", "log/head"])
async def test_an_answer_names_the_position_that_it_holds(gateway: GatewayInProcess, path: str) -> None:
    head = await gateway.gateway.runtime.log.head()
    response = await gateway.client.get(f"/api/v1/{path}", params={"min_position": head})
    assert 0 < int(response.headers["wrenchai-position"]) <= head


async def test_the_events_of_a_task_name_the_position_of_the_last_one(gateway: GatewayInProcess) -> None:
    accepted = (await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})).json()
    told = await gateway.client.get(accepted["links"]["events"])
    nothing_new = await gateway.client.get(accepted["links"]["events"], params={"after": 2**62})
    assert told.headers["wrenchai-position"] == str(accepted["position"])
    assert int(nothing_new.headers["wrenchai-position"]) <= accepted["position"]


async def test_health_tells_each_dependency(gateway: GatewayInProcess) -> None:
    health = Health.model_validate_json((await gateway.client.get("/health")).content)
    assert (health.ready, health.dependencies["log"].status, health.dependencies["view"].status) == (True, "up", "up")
    assert health.dependencies["consumer journey"].status == "degraded"


async def test_the_head_is_the_position_of_the_newest_event(gateway: GatewayInProcess) -> None:
    accepted = (await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})).json()
    assert (await gateway.client.get("/api/v1/log/head")).json() == {"position": accepted["position"]}


async def test_the_api_describes_itself_with_every_body_and_problem(gateway: GatewayInProcess) -> None:
    document = (await gateway.client.get("/openapi.json")).json()
    names = document["components"]["schemas"]
    assert {"SubmitTask", "SubmitBatch", "ExecutePlaybook", "CancelTask", "TaskView", "Problem"} <= names.keys()
    submit = document["paths"]["/api/v1/tasks"]["post"]
    assert submit["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SubmitTask")
    assert {"202", "409", "413", "422", "503"} <= submit["responses"].keys()


async def test_the_page_that_describes_the_api_loads_nothing_from_elsewhere(gateway: GatewayInProcess) -> None:
    del gateway.client.headers["Authorization"]
    page = await gateway.client.get("/docs")
    loaded = re.findall(r"""(?:src|href)="([^"]+)|url: '([^']+)""", page.text)
    addresses = [address for found in loaded for address in found if address]
    assert len(addresses) == 4
    for address in addresses:
        response = await gateway.client.get(f"/{address}")
        assert (response.status_code, len(response.content) > 1000) == (200, True), address
    for outside in ("/docs/assets/%2e%2e/%2e%2e/api/v1/tasks", "/docs/assets/..%2f..%2fcore.py", "/docs/asset"):
        assert (await gateway.client.get(outside)).status_code in {401, 404}
