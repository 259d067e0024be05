"""Bad input: a clear problem, nothing recorded, never a 5xx, nothing internal told."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.gateway_in_process import API_KEY, GatewayInProcess

TASKS = "/api/v1/tasks"
JSON = {"Content-Type": "application/json"}
DEEP = '{"playbook":"book","inputs":' + '{"a":' * 5000 + "1" + "}" * 5001


def body(inputs: str) -> bytes:
    return f'{{"playbook":"book","inputs":{{"form":{{"x":{inputs}}}}}}}'.encode()


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"[]", 422, "object"),
        (b"null", 422, "object"),
        (b"\xff\xfe", 400, "not JSON"),
        (DEEP.encode(), 400, "not JSON"),
        (b'{"playbook":"book","inputs":{"title":"\\ud800"}}', 400, "not JSON"),
        (b'{"playbook":"book","inputs":{"title":"a\\u0000b"}}', 422, "U+0000"),
        (b'{"playbook":"book","inputs":{"form":{"a\\u0000":1}}}', 422, "U+0000"),
        (b'{"playbook":"book","metadata":{"a":"\\u0000"}}', 422, "U+0000"),
        (body("NaN"), 422, "no finite number"),
        (body("-Infinity"), 422, "no finite number"),
        (body("1e999"), 422, "no finite number"),
        (body("1" + "0" * 301 + "e9"), 422, "no finite number"),
        (body("9" * 400), 422, "more than 64 bits"),
        (body("9" * 5000), 400, "not JSON"),
        (b'{"playbook":"nope"}', 404, "known are: book, unstaffed"),
        (b'{"playbook":"../../etc/passwd"}', 422, "playbook"),
        (b'{"playbook":5}', 422, "playbook"),
        (b'{"playbook":"unstaffed"}', 422, "no worker has announced the tool 'nobody.has.it'; known are: noop"),
        (b'{"playbook":"book","inputs":{"title":"x"}}', 422, "inputs.title"),
        (b'{"playbook":"book","inputs":{"titel":"xx"}}', 422, "'titel' was unexpected"),
        (b'{"playbook":"book","input":{}}', 422, "input"),
        (b'{"playbook":"book","inputs":[]}', 422, "inputs"),
        (b'{"playbook":"book","metadata":{"a":1}}', 422, "metadata.a"),
        (b"{}", 422, "describe the goal"),
        (b'{"description":"  "}', 422, "describe the goal"),
        (json.dumps({"description": "x" * 5000}).encode(), 422, "4000"),
        (
            json.dumps({"playbook": "book", "inputs": {"form": {"x": "y" * 300_000}}}).encode(),
            413,
            "the limit is 262144",
        ),
        (b"x" * 1_100_000, 413, "the body has 1100000 bytes; the limit is 1048576"),
    ],
)
async def test_a_body_that_cannot_become_a_task(
    gateway: GatewayInProcess, content: bytes, status: int, told: str
) -> None:
    head = await gateway.gateway.runtime.log.head()
    response = await gateway.client.post(TASKS, content=content, headers=JSON)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:wrenchai:problem:")
    assert told in problem["detail"]
    assert await gateway.gateway.runtime.log.head() == head


async def test_a_body_without_an_announced_length_is_refused_as_soon_as_it_is_too_long(
    gateway: GatewayInProcess,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 65536
            yield b"x" * 65536

    response = await gateway.client.post(TASKS, content=endless(), headers=JSON)
    assert response.status_code == 413


async def test_a_batch_may_be_larger_but_not_without_end(gateway: GatewayInProcess) -> None:
    large = json.dumps({"tasks": [{"playbook": "book", "inputs": {"form": {"x": "y" * 50_000}}}] * 40})
    too_many = json.dumps({"tasks": [{"playbook": "book"}] * 1001})
    assert (await gateway.client.post(f"{TASKS}/batch", content=large, headers=JSON)).status_code == 202
    assert (await gateway.client.post(f"{TASKS}/batch", content=too_many, headers=JSON)).status_code == 422
    assert (await gateway.client.post(f"{TASKS}/batch", content=b" " * 8_400_000, headers=JSON)).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", TASKS, 405),
        ("PUT", f"{TASKS}/batch", 405),
        ("GET", f"{TASKS}/task_01jd3k0000", 404),
        ("GET", f"{TASKS}/task_01jd3k0000/events", 404),
        ("POST", f"{TASKS}/task_01jd3k0000/cancel", 404),
        ("GET", f"{TASKS}/%00", 422),
        ("GET", f"{TASKS}/..%2f..%2fx", 404),
        ("GET", f"{TASKS}?limit=0", 422),
        ("GET", f"{TASKS}?limit=99999", 422),
        ("GET", f"{TASKS}?cursor=abc", 422),
        ("GET", f"{TASKS}?cursor={'9' * 30}", 422),
        ("GET", f"{TASKS}?status=strange", 422),
        ("GET", f"{TASKS}?playbook=%00", 422),
        ("GET", f"{TASKS}?metadata=nothing", 422),
        ("GET", f"{TASKS}?metadata=a%3D%00", 422),
        ("GET", f"{TASKS}?metadata=a%3D%ff%fe", 200),
        ("GET", f"{TASKS}?min_position=-1", 422),
        ("GET", f"{TASKS}?min_position=99999999999999999999", 422),
        ("GET", f"{TASKS}/task_01jd3k0000/events?after=99999999999999999999", 422),
        ("GET", "/api/v1/playbooks/nope", 404),
        ("GET", "/api/v1/playbooks/%00", 422),
        ("GET", f"/api/v1/artifacts/{'0' * 64}", 404),
        ("GET", "/api/v1/artifacts/short", 422),
        ("GET", "/api/v1/sites/short/index.html", 404),
        ("GET", f"/api/v1/sites/{'0' * 64}/", 404),
        ("GET", f"/api/v1/sites/{'0' * 64}/%00", 404),
        ("POST", "/api/v1/parked/journey/1/redrive", 404),
        ("POST", "/api/v1/parked/journey/99999999999999999999/redrive", 422),
        ("POST", "/api/v1/parked/%00/1/redrive", 422),
    ],
)
async def test_an_address_that_means_nothing(gateway: GatewayInProcess, method: str, path: str, status: int) -> None:
    response = await gateway.client.request(method, path)
    assert response.status_code == status, response.text
    assert status == 200 or response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"])
async def test_a_body_of_another_kind_is_refused(gateway: GatewayInProcess, kind: str) -> None:
    response = await gateway.client.post(TASKS, content=b"{}", headers={"Content-Type": kind})
    assert (response.status_code, response.json()["given"]) == (415, kind)


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ü"])
async def test_an_idempotency_key_that_is_no_key_is_refused(gateway: GatewayInProcess, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode(), b"Content-Type": b"application/json"}
    response = await gateway.client.post(TASKS, content=b'{"playbook":"book"}', headers=headers)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Basic YTpi", f"Token {API_KEY}", API_KEY]
)
@pytest.mark.parametrize("path", [TASKS, "/health", "/api/v1/tools", "/nowhere", f"/api/v1/sites/{'0' * 64}/"])
async def test_nobody_comes_in_without_the_key(gateway: GatewayInProcess, authorization: str | None, path: str) -> None:
    del gateway.client.headers["Authorization"]
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await gateway.client.get(path, headers=headers)
    assert (response.status_code, response.json()["type"]) == (401, "urn:wrenchai:problem:key-refused")
    assert "www-authenticate" in response.headers


async def test_what_tells_only_that_we_are_alive_is_open(gateway: GatewayInProcess) -> None:
    del gateway.client.headers["Authorization"]
    live, ready, document = [
        await gateway.client.get(path) for path in ("/health/live", "/health/ready", "/openapi.json")
    ]
    assert (live.status_code, ready.status_code, document.status_code) == (200, 200, 200)
    assert all(known["detail"] == "" for known in ready.json()["dependencies"].values())


async def test_a_browser_may_send_the_key_as_password_for_looking_only(gateway: GatewayInProcess) -> None:
    del gateway.client.headers["Authorization"]
    site = await gateway.client.get(f"/api/v1/sites/{'0' * 64}/", auth=("me", API_KEY))
    tasks = await gateway.client.get(TASKS, auth=("me", API_KEY))
    assert (site.status_code, tasks.status_code) == (404, 401)


async def test_a_wrong_playbook_among_our_own_is_left_out(gateway: GatewayInProcess) -> None:
    listed = (await gateway.client.get("/api/v1/playbooks")).json()["items"]
    assert [playbook["name"] for playbook in listed] == ["book", "unstaffed"]


@pytest.mark.parametrize("path", ["/api/v1/playbooks", "/api/v1/playbooks/check"])
async def test_yaml_that_is_wrong_is_told_line_by_line(gateway: GatewayInProcess, path: str) -> None:
    text = "name: b\nsteps:\n  - id: a\n    tol: noop\n"
    response = await gateway.client.post(path, content=text, headers={"Content-Type": "application/yaml"})
    assert response.status_code == (200 if path.endswith("check") else 422)
    place = {"field": "steps.0.tol", "line": 4, "column": 5}
    assert {**place, "reason": "unknown field; did you mean 'tool'?"} in response.json()["problems"]


async def test_a_playbook_that_is_too_large_for_an_event_is_refused(gateway: GatewayInProcess) -> None:
    text = "name: b\nsteps:\n" + "".join(f"  - {{id: s{n}, tool: noop}}\n" for n in range(10_000))
    response = await gateway.client.post("/api/v1/playbooks", content=text, headers={"Content-Type": "text/yaml"})
    assert (response.status_code, response.json()["what"]) == (413, "PlaybookRegistered in catalogue")
