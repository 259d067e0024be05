"""What of the operator's settings reaches a tool, the programs it runs, and each service: what it needs, no secret."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.outcome import Failed, Outcome, Succeeded
from wrenchai_journey.tools import portfolio_discover_project

from tests.integration.lone_worker import attempt_of, tool_process
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.ports import RememberedPorts
from wrenchai.services import service_processes

TOKEN = "WRENCHAI_GITHUB_TOKEN"  # noqa: S105  # the setting's name, not a token
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


async def run(tool: str, directory: Path) -> dict[str, Any]:
    outcome = await tool_process(attempt_of(tool, directory), directory).run(asyncio.Event())
    assert isinstance(outcome, Succeeded), outcome
    return outcome.output


async def discover(project: Path, directory: Path) -> Outcome:
    attempt = replace(
        attempt_of("look_around", directory),
        tool="portfolio.discover_project",
        module=portfolio_discover_project.__name__,
        inputs={"project": {"name": "River", "path": str(project)}},
    )
    return await tool_process(attempt, directory).run(asyncio.Event())


class Proxy(BaseHTTPRequestHandler):
    """Stands between npm and a registry that has no address of its own; remembers what it was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None: ...


@contextmanager
def running_proxy() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Remembering", (Proxy,), {"asked": asked})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


async def test_a_project_outside_the_allowed_directories_is_refused_by_the_tool_s_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("allowed", "closed"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("WRENCHAI_PROJECT_ROOTS", str(tmp_path / "allowed"))
    refused = await discover(tmp_path / "closed", tmp_path)
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.retryable) == ("project_path", False)
    assert "WRENCHAI_PROJECT_ROOTS" in refused.reason
    assert isinstance(await discover(tmp_path / "allowed", tmp_path), Succeeded)


async def test_npm_asks_its_registry_by_the_operator_s_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://registry.invalid/")
    assert (await run("ask_npm", tmp_path))["exit_code"] != 0
    with running_proxy() as (address, asked):
        monkeypatch.setenv("HTTP_PROXY", address)
        assert (await run("ask_npm", tmp_path))["exit_code"] == 0
    assert asked[0].startswith("http://registry.invalid/")


@pytest.mark.parametrize("name", [*PROXIES, *map(str.lower, PROXIES)])
async def test_a_tool_and_its_programs_know_the_proxies(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "proxy.invalid")
    seen = await run("look_around", tmp_path)
    assert name in seen["names"]
    assert name in seen["names_in_child"]


async def test_a_tool_sees_no_secret_that_it_did_not_declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {TOKEN, "WRENCHAI_POSTGRES_URL", "WRENCHAI_NATS_PASSWORD", "WRENCHAI_API_KEY", "PGPASSWORD", "AWS_SECRET"}
    for name in secrets:
        monkeypatch.setenv(name, "a secret")
    seen = await run("look_around", tmp_path)
    assert "PATH" in seen["names"]
    assert secrets.isdisjoint(seen["names"])
    assert secrets.isdisjoint(seen["names_in_child"])


async def test_a_declared_secret_reaches_the_tool_and_not_the_programs_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "a secret")
    seen = await run("confidant", tmp_path)
    assert TOKEN in seen["names"]
    assert "PATH" in seen["names_in_child"]
    assert TOKEN not in seen["names_in_child"]


async def test_a_tool_may_hand_its_secret_to_a_program_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "a secret")
    assert TOKEN in (await run("gossip", tmp_path))["names_in_child"]


async def test_a_declared_secret_that_nobody_set_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert TOKEN not in (await run("confidant", tmp_path))["names"]


def test_of_the_services_only_the_one_that_runs_tools_is_told_their_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, "a secret")
    (tmp_path / "secrets").mkdir()
    endpoints = Endpoints(
        directory=DataDirectory.at(tmp_path),
        owner_dsn="postgresql://owner",
        service_dsn="postgresql://service",
        nats_url="nats://127.0.0.1:1",
        nats_passwords={},
        ports=RememberedPorts(tmp_path / "ports.json", lambda *_: None),
    )
    specs = service_processes(endpoints)
    assert [spec.name for spec in specs if TOKEN in spec.env] == ["journey"]
    assert all(spec.env["PATH"] == os.environ["PATH"] for spec in specs)
