"""Bad input to the whole system: a clear problem, nothing recorded, never a 5xx, and a step that misbehaves ends."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from wrenchai_contracts.views import TaskStatus, TaskView
from wrenchai_gateway.settings import playbooks_directory

from tests.command_line import CommandLine
from tests.servers import open_directory
from tests.system_under_test import System, running_system
from wrenchai.cli.exit_codes import FAILED, REFUSED
from wrenchai.cli.memory import _children

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASKS, JSON = "/api/v1/tasks", {"Content-Type": "application/json"}
MEBIBYTE = 1024 * 1024

STRICT = """
name: strict
inputs:
  type: object
  additionalProperties: false
  properties: {title: {type: string, minLength: 2}, form: {type: object}}
steps: [{id: only, tool: noop, with: {title: "${inputs.title}"}}]
"""
UNSTAFFED = """
name: unstaffed
steps: [{id: only, tool: nobody.has.it}]
"""
LARGE = """
name: large
inputs: {type: object, properties: {text: {type: string}}}
steps: [{id: echo, tool: noop, with: {text: "${inputs.text}"}, retry: {max_attempts: 5, first_delay: 0}}]
"""
HANGING = """
name: hanging
steps: [{id: hang, tool: wait, with: {seconds: 3600}, timeout: 700ms, retry: {max_attempts: 2, first_delay: 0}}]
"""
LOOKING = """
name: looking
inputs: {type: object, properties: {path: {type: string}}}
steps:
  - id: look
    tool: portfolio.discover_project
    with: {project: {name: Loose, path: "${inputs.path}"}}
"""
OURS = [file.stem for file in playbooks_directory().glob("*.yaml")]
EVERY = sorted([*OURS, "strict", "unstaffed", "large", "hanging", "looking"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            for playbook in (STRICT, UNSTAFFED, LARGE, HANGING, LOOKING):
                await running.client.register_playbook(playbook)
            yield running
            assert running.restarts("gateway") == 0
            assert await running.violations() == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(system: System) -> AsyncIterator[httpx.AsyncClient]:
    address = system.client.address
    async with httpx.AsyncClient(base_url=address.url, headers=address.headers, trust_env=False) as client:
        yield client


def submission(inputs: str) -> bytes:
    return f'{{"playbook":"strict","inputs":{inputs}}}'.encode()


def form(value: str) -> bytes:
    return submission(f'{{"form":{{"x":{value}}}}}')


async def ended(system: System, playbook: str, **inputs: Any) -> TaskView:
    """The task of that playbook, once it has ended."""
    accepted = await system.client.submit_task(playbook=playbook, inputs=inputs)
    return await system.client.wait(accepted.task_id, timeout=30)


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b'{"playbook":"nope"}', 404, f"known are: {', '.join(EVERY)}"),
        (b'{"playbook":"unstaffed"}', 422, "no worker has announced the tool 'nobody.has.it'"),
        (submission('{"title":"x"}'), 422, "inputs.title"),
        (submission('{"titel":"xx"}'), 422, "'titel' was unexpected"),
        (submission('{"title":"\\ud800"}'), 400, "not JSON"),
        (submission('{"title":"a\\u0000b"}'), 422, "inputs.title: holds the character U+0000"),
        (form("NaN"), 422, "inputs.form.x: is no finite number"),
        (form('{"a":' * 5000 + "1" + "}" * 5000), 400, "not JSON"),
        (b"{", 400, "not JSON"),
    ],
    ids=["playbook", "tool", "field", "typo", "surrogate", "nul", "nan", "depth", "cut"],
)
async def test_a_submission_that_is_refused_says_why_and_leaves_nothing_behind(
    system: System, http: httpx.AsyncClient, content: bytes, status: int, told: str
) -> None:
    before = (await system.client.log_head()).position
    response = await http.post(TASKS, content=content, headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert told in response.json()["detail"]
    assert (await system.client.log_head()).position == before


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
async def test_fifty_megabytes_are_refused_and_never_held(
    system: System, http: httpx.AsyncClient, *, announced: bool
) -> None:
    gateway = system.pid("gateway")
    before = start_peak(gateway)
    headers = {**JSON, "Content-Length": str(50 * MEBIBYTE)} if announced else JSON
    response = await http.post(TASKS, content=megabytes(50), headers=headers)
    assert (response.status_code, response.json()["limit"]) == (413, MEBIBYTE)
    assert peak(gateway) - before < 12 * MEBIBYTE


async def megabytes(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * MEBIBYTE


def start_peak(pid: int) -> int:
    """Measure the peak of resident memory from now on; what it is now, in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak(pid)


def peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


async def test_a_key_stands_for_one_request(http: httpx.AsyncClient) -> None:
    headers, body = {**JSON, "Idempotency-Key": "only-once"}, submission('{"title":"first"}')
    first, again = [await http.post(TASKS, content=body, headers=headers) for _ in range(2)]
    other = await http.post(TASKS, content=submission('{"title":"second"}'), headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert (again.json()["task_id"], again.json()["replayed"]) == (first.json()["task_id"], True)


async def test_another_kind_of_body_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.post(TASKS, content=b"playbook=strict", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong"])
async def test_nobody_comes_in_without_the_key(http: httpx.AsyncClient, key: str) -> None:
    assert (await http.get(TASKS, headers={"Authorization": key})).status_code == 401


@pytest.mark.parametrize("path", ["", "/events"])
async def test_an_unknown_task_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(f"{TASKS}/task_01jd3k0000{path}")).status_code == 404


@pytest.mark.parametrize(
    ("steps", "place", "told"),
    [
        ("- {id: a, tool: noop, needs: [b]}\n- {id: b, tool: noop, needs: [a]}", (3, 23), "in a circle: a -> b -> a"),
        ("- {id: a, tool: noop}\n- {id: b, tool: noop, needs: [c]}", (4, 31), "no step is called 'c' here"),
        ("- {id: a, tool: noop}\n- {id: a, tool: noop}", (4, 4), "another step is called 'a' already"),
        ("- {id: a, tool: noop, with: {x: .nan}}", (3, 33), ".nan is no number that JSON has"),
        ("- {id: a, tool: noop, tool: wait}", (3, 23), "is written twice"),
        ("- {id: a, tool: !!python/name:os.system x}", (3, 17), "tags such as"),
        ("- {id: a, <<: {tool: noop}}", (3, 11), "merges nothing here"),
        ("- " * 10_000, (3, 101), "nested more than 50 deep"),
        ("- &a [" + "x," * 2_000 + "]\n- [" + "*a," * 100 + "]", (4, 223), "more than 150000 values"),
        ("- {id: a, tool: noop, title: a\0b}", (3, 31), "the character U+0000 is not allowed"),
    ],
    ids=["cycle", "unknown", "double", "nan", "key twice", "tag", "merge", "depth", "aliases", "nul"],
)
async def test_a_wrong_playbook_is_told_with_line_and_column(
    system: System, steps: str, place: tuple[int, int], told: str
) -> None:
    verdict = await system.client.check_playbook(f"name: wrong\nsteps:\n{steps}\n")
    first, *_ = verdict.problems
    assert ((first.line, first.column), told in first.reason) == (place, True), first


@pytest.mark.parametrize("path", ["/api/v1/playbooks", "/api/v1/playbooks/check"])
async def test_a_playbook_of_fifty_megabytes_is_refused_and_never_held(
    system: System, http: httpx.AsyncClient, path: str
) -> None:
    gateway = system.pid("gateway")
    before = start_peak(gateway)
    response = await http.post(path, content=megabytes(50), headers={"Content-Type": "application/yaml"})
    assert (response.status_code, response.json()["limit"]) == (413, MEBIBYTE)
    assert peak(gateway) - before < 12 * MEBIBYTE


async def test_the_command_line_names_the_file_too(system: System, tmp_path: Path) -> None:
    wrenchai = CommandLine(system.stack.directory.root, tmp_path)
    wrenchai.file("wrong.yaml", "name: wrong\nsteps:\n- {id: a, tool: noop, needs: [b]}\n")
    checked, run = wrenchai("check", "wrong.yaml"), wrenchai("run", "wrong.yaml")
    assert (checked.code, run.code) == (FAILED, REFUSED)
    assert "wrong.yaml:3:31: steps.0.needs.0: no step is called 'b'" in checked.out
    assert "wrong.yaml:3:31: steps.0.needs.0: no step is called 'b'" in run.err


async def test_an_output_that_is_too_large_fails_the_task_at_once(system: System) -> None:
    task = await ended(system, "large", text="x" * 60_000)
    assert (task.status, task.metrics.attempts) == (TaskStatus.FAILED, 1)
    assert "the limit is 49152" in (task.reason or "")
    assert await kinds_of_failure(system, task) == ["output_too_large"]


async def test_a_tool_that_hangs_is_ended_and_its_step_fails(system: System) -> None:
    task = await ended(system, "hanging")
    assert (task.status, task.metrics.attempts) == (TaskStatus.FAILED, 2)
    assert "wait did not end within 0.7 s and was stopped" in (task.reason or "")
    assert await kinds_of_failure(system, task) == ["timeout", "timeout"]
    assert system.pid("journey") not in _children()


async def kinds_of_failure(system: System, task: TaskView) -> list[str]:
    events = (await system.client.events(task.task_id)).items
    return [event.data["kind"] for event in events if event.type == "StepFailed"]


async def test_a_project_that_is_no_git_repository_is_looked_at_all_the_same(system: System) -> None:
    with open_directory() as project:
        (project / "README.md").write_text("# Loose\n\nIt stands alone.\n")
        task = await ended(system, "looking", path=str(project))
    assert task.status is TaskStatus.COMPLETED
    (facts,) = (task.result or {}).values()
    assert facts["origins"] == ["directory"]
    assert any("not under version control by git" in note for note in facts["notes"])


async def test_text_that_only_looks_dangerous_is_kept_as_it_is(system: System) -> None:
    title = "'; DROP TABLE x; -- ${steps.only} \u202e\x1b[31m <script>"
    task = await ended(system, "strict", title=title)
    assert json.dumps(task.result) == json.dumps({"only": {"title": title}})
