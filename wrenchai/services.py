"""Which service processes a local installation runs, and what each is told."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wrenchai.local.endpoints import Endpoints
from wrenchai.local.process_spec import Probe, ProcessSpec
from wrenchai.local.readiness import answers_http

GATEWAY = "gateway"
GATEWAY_PORT = 8321
"""Taken when it is free, so that the address is the same on most machines."""

_RUNS_TOOLS = "journey"

_CLIENT_SETTINGS = ("WRENCHAI_URL", "WRENCHAI_API_KEY")
"""They tell a client which gateway to ask; no service needs the key of another one."""

_TOOL_SECRETS = ("WRENCHAI_GITHUB_TOKEN", "WRENCHAI_SECRET_")
"""How the names of what only tools need begin, and so only the service that runs them is told."""


@dataclass(frozen=True, slots=True)
class ServiceProgram:
    """A service by name, and the module that runs it."""

    name: str
    module: str
    ready_within: float = 30.0


PROGRAMS = (
    ServiceProgram("relay", "wrenchai_chassis"),
    ServiceProgram("orchestrator", "wrenchai_orchestrator"),
    ServiceProgram(_RUNS_TOOLS, "wrenchai_journey"),
    ServiceProgram("inspector", "wrenchai_inspector"),
    ServiceProgram(GATEWAY, "wrenchai_gateway"),
)


def service_processes(endpoints: Endpoints) -> Sequence[ProcessSpec]:
    """Every service, each at a port of its own that it keeps over restarts."""
    surroundings = _without(os.environ, _CLIENT_SETTINGS)
    return [_process(program, endpoints, surroundings) for program in PROGRAMS]


def gateway_url(ports: Mapping[str, int]) -> str:
    """Where the gateway answers, from the ports of a running installation."""
    return f"http://127.0.0.1:{ports[GATEWAY]}"


def health_url(ports: Mapping[str, int], service: str) -> str:
    """Where a service says whether it can work."""
    if service == GATEWAY:
        return f"{gateway_url(ports)}/health/ready"
    return f"http://127.0.0.1:{ports[_health_port(service)]}/health/ready"


def _health_port(service: str) -> str:
    return f"{service}-health"


def _process(program: ServiceProgram, endpoints: Endpoints, surroundings: Mapping[str, str]) -> ProcessSpec:
    told = _gateway_settings(endpoints) if program.name == GATEWAY else _health_settings(program, endpoints)
    withheld = () if program.name == _RUNS_TOOLS else _TOOL_SECRETS
    return ProcessSpec(
        name=program.name,
        argv=(sys.executable, "-m", program.module),
        env={**_without(surroundings, withheld), **endpoints.environment(program.name), **told},
        ready=_ready(program.name, endpoints),
        ready_within=program.ready_within,
    )


def _without(environment: Mapping[str, str], beginnings: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(beginnings)}


def _ready(service: str, endpoints: Endpoints) -> Probe:
    """The gateway's port is the same on most machines, so it has to show that it is ours and not another one."""
    ports = endpoints.ports.chosen
    if service == GATEWAY:
        return answers_http(f"{gateway_url(ports)}/health", api_key=endpoints.api_key)
    return answers_http(health_url(ports, service))


def _health_settings(program: ServiceProgram, endpoints: Endpoints) -> dict[str, str]:
    return {"WRENCHAI_HEALTH_PORT": str(endpoints.port(_health_port(program.name)))}


def _gateway_settings(endpoints: Endpoints) -> dict[str, str]:
    port = endpoints.port(GATEWAY, preferred=GATEWAY_PORT)
    return {"WRENCHAI_GATEWAY_PORT": str(port), "WRENCHAI_API_KEY": endpoints.api_key}
