"""A service as a process: it tells what it takes and adds, ends on request, and never lives on without its core."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from wrenchai_chassis.relay import RELAY
from wrenchai_chassis.service import DEAD_CORE, Service
from wrenchai_inspector.service import INSPECTOR
from wrenchai_journey.service import JOURNEY
from wrenchai_orchestrator.service import ORCHESTRATOR

from tests.samples import until

MODULES = {
    "wrenchai_chassis": RELAY,
    "wrenchai_orchestrator": ORCHESTRATOR,
    "wrenchai_journey": JOURNEY,
    "wrenchai_inspector": INSPECTOR,
}
DYING = """
import asyncio
from wrenchai_chassis.service import Assembly, Service
from wrenchai_chassis.skeleton import serve

async def core():
    await asyncio.sleep(0)
    {ending}

async def assemble(runtime):
    return Assembly(coroutines={{"heart": core()}})

serve(Service("dying", assemble))
"""


@pytest.fixture
def environment(postgres_url: str, nats_url: str, tmp_path: Path) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"POSTGRES_URL": postgres_url, "NATS_URL": nats_url, "HEALTH_PORT": str(port), "DATA_DIR": str(tmp_path)}
    return os.environ | {f"WRENCHAI_{name}": value for name, value in told.items()}


@contextmanager
def process(*arguments: str, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("module", MODULES)
async def test_a_service_documents_what_it_takes_and_adds_and_drains_on_sigterm(
    module: str, environment: dict[str, str]
) -> None:
    service, url = MODULES[module], f"http://127.0.0.1:{environment['WRENCHAI_HEALTH_PORT']}"
    async with httpx.AsyncClient(base_url=url) as client:
        with process("-m", module, environment=environment) as running:
            await until(lambda: _answers(client), within=30)
            page, document = await client.get("/asyncapi"), (await client.get("/asyncapi.json")).json()
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=15)
    assert (running.returncode, "Application shutdown complete." in said) == (0, True)
    assert page.headers["content-type"].startswith("text/html")
    assert document["info"]["title"] == f"WrenchAI {service.name}"
    assert {channel["address"] for channel in document["channels"].values()} == addresses(service)
    assert {event.__name__ for event in service.emits} <= document.get("components", {}).get("schemas", {}).keys()


def addresses(service: Service) -> set[str]:
    return {*service.subjects, *(f"ev.{event.__name__}.*.*.>" for event in service.emits)}


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/live")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("ending", ["raise ZeroDivisionError('no heart')", "return"])
def test_a_process_whose_core_has_ended_ends_at_once_and_says_which(ending: str, environment: dict[str, str]) -> None:
    with process("-c", DYING.format(ending=ending), environment=environment) as running:
        _, said = running.communicate(timeout=30)
    assert running.returncode == DEAD_CORE
    last = json.loads(said.splitlines()[-1])
    assert (last["level"], last["message"]) == ("critical", "core coroutine heart died; this process ends")
    assert ("no heart" in last.get("trace", "")) == ending.startswith("raise")
