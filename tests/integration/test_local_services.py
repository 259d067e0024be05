"""What each service of a local installation is started with."""

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.ports import RememberedPorts
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.services import GATEWAY, gateway_url, health_url, service_processes


@pytest.fixture
def endpoints(tmp_path: Path) -> Endpoints:
    (tmp_path / "secrets").mkdir()
    return Endpoints(
        directory=DataDirectory.at(tmp_path),
        owner_dsn="postgresql://owner",
        service_dsn="postgresql://service",
        nats_url="nats://127.0.0.1:1",
        nats_passwords={"relay": "relays", "gateway": "gateways"},
        ports=RememberedPorts(tmp_path / "ports.json", lambda *_: None),
    )


def by_name(specs: Sequence[ProcessSpec]) -> dict[str, ProcessSpec]:
    return {spec.name: spec for spec in specs}


def test_every_service_runs_once(endpoints: Endpoints) -> None:
    names = [spec.name for spec in service_processes(endpoints)]
    assert names == ["relay", "orchestrator", "journey", "inspector", "gateway"]


def test_every_service_has_least_rights_on_the_database(endpoints: Endpoints) -> None:
    for spec in service_processes(endpoints):
        assert spec.env["WRENCHAI_POSTGRES_URL"] == "postgresql://service"


def test_each_service_is_a_user_of_its_own_on_the_bus(endpoints: Endpoints) -> None:
    specs = by_name(service_processes(endpoints))
    for name, password in endpoints.nats_passwords.items():
        assert specs[name].env["WRENCHAI_NATS_USER"] == name
        assert specs[name].env["WRENCHAI_NATS_PASSWORD"] == password


def test_only_the_gateway_knows_the_api_key(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_API_KEY", "of another installation")
    knowing = {spec.name: spec.env.get("WRENCHAI_API_KEY") for spec in service_processes(endpoints)}
    assert knowing.pop(GATEWAY) == endpoints.api_key
    assert set(knowing.values()) == {None}


def test_ports_differ_and_stay_the_same_at_the_next_start(endpoints: Endpoints, tmp_path: Path) -> None:
    service_processes(endpoints)
    ports = endpoints.ports.chosen
    assert len(set(ports.values())) == len(ports) == 5
    again = RememberedPorts(tmp_path / "ports.json", lambda *_: None)
    assert again.chosen == ports


def test_health_is_asked_where_the_service_was_told_to_answer(endpoints: Endpoints) -> None:
    specs = by_name(service_processes(endpoints))
    ports = endpoints.ports.chosen
    told = specs["relay"].env["WRENCHAI_HEALTH_PORT"]
    assert health_url(ports, "relay") == f"http://127.0.0.1:{told}/health/ready"
    assert health_url(ports, GATEWAY) == f"{gateway_url(ports)}/health/ready"
    assert specs[GATEWAY].env["WRENCHAI_GATEWAY_PORT"] == str(ports[GATEWAY])


class AnotherGateway(BaseHTTPRequestHandler):
    """Is ready, which it tells everybody, and knows no key of ours."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


async def test_another_gateway_on_our_port_is_not_taken_for_ours(endpoints: Endpoints) -> None:
    gateway = by_name(service_processes(endpoints))[GATEWAY]
    with HTTPServer(("127.0.0.1", endpoints.ports.chosen[GATEWAY]), AnotherGateway) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        assert not await gateway.ready()
        stranger.shutdown()
