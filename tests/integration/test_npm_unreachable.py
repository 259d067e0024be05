"""A whole task on a machine whose npm reaches no registry: tried again, then failed with the reason and what to do."""

from pathlib import Path

import pytest
from wrenchai_contracts.envelope import unseal
from wrenchai_contracts.events import StepFailed
from wrenchai_contracts.subjects import journey_stream
from wrenchai_contracts.views import TaskStatus

from tests.system_under_test import running_system
from wrenchai.local.ports import is_free, random_ports

NEEDS_NPM = """
name: needs_npm
steps: [{id: prepare, tool: check.prepare, retry: {max_attempts: 2, first_delay: 0.1s, max_delay: 0.2s}}]
"""


@pytest.fixture
def closed_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    port = next(port for port in random_ports() if is_free(port))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "npm_config_cache", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{port}")


@pytest.mark.usefixtures("closed_registry")
async def test_a_task_that_cannot_get_its_npm_packages_is_tried_again_and_fails_with_that_reason(
    open_path: Path,
) -> None:
    async with running_system(open_path) as system:
        await system.client.register_playbook(NEEDS_NPM)
        accepted = await system.client.submit_task(playbook="needs_npm")
        task = await system.client.wait(accepted.task_id, timeout=90)
        async with system.log() as log:
            rows = await log.read_stream(journey_stream(accepted.task_id, "prepare"))
    events = [unseal(row.position, row.state).event for row in rows]
    first, last = [event for event in events if isinstance(event, StepFailed)]
    assert task.status is TaskStatus.FAILED
    assert "npm could not reach its registry" in (task.reason or "")
    assert [first.kind, last.kind] == ["npm_unreachable", "npm_unreachable"]
    assert (first.retry_in is not None, last.retry_in) == (True, None)
    assert {kept.name for kept in last.artifacts} == {"step.log"}
