"""Every process of the installation, its memory, and the health and lag of what it needs."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import ValidationError
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.errors import Unavailable
from wrenchai_contracts.views import Health

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import duration, size
from wrenchai.cli.memory import memory_of
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled
from wrenchai.client.address import URL_SETTING
from wrenchai.client.problems import Unreachable
from wrenchai.local.attached import attach
from wrenchai.local.status import ProcessStatus, StackStatus
from wrenchai.services import GATEWAY, PROGRAMS, health_url

SUPERVISOR = "supervisor"
_ANSWER_WITHIN = 2.0


def show_status(home: Path | None, *, as_json: bool) -> None:
    """`wrenchai status`."""
    screen = Screen(as_json=as_json)
    if home is None and os.environ.get(URL_SETTING):
        with connect() as client:
            health = client.health()
        screen.result(health, _health_table({GATEWAY: health}, screen.people))
        return
    running = attach(home)
    stack = running.status()
    if stack is None:
        message = f"WrenchAI is still starting on {running.directory.root}; ask again in a moment"
        raise Unreachable(message)
    memory = _memory(stack)
    services = {
        program.name: service_health(stack.ports, program.name) for program in PROGRAMS if program.name != GATEWAY
    }
    services[GATEWAY] = _gateway_health(running.directory.root)
    screen.result(_told(stack, memory, services), _shown(stack, memory, services, screen.people))


def _memory(stack: StackStatus) -> dict[str, int | None]:
    """Bytes by process, each with what it started; the supervisor's are its own alone."""
    found = {p.name: memory_of(p.process.pid) if p.process else None for p in stack.processes}
    everything = memory_of(stack.supervisor.pid)
    own = None if everything is None else everything - sum(count or 0 for count in found.values())
    return {**found, SUPERVISOR: own}


def service_health(ports: Mapping[str, int], service: str) -> Health | None:
    """What the service says of itself; None when it does not answer."""
    try:
        response = httpx.get(health_url(ports, service), timeout=_ANSWER_WITHIN, trust_env=False)
        return Health.model_validate_json(response.content, extra="ignore")
    except (httpx.TransportError, KeyError, ValidationError):
        return None


def _gateway_health(root: Path) -> Health | None:
    """In full, which it tells only to those who have its key."""
    try:
        with connect(root) as client:
            return client.health()
    except Unavailable:
        return None


def _told(
    stack: StackStatus, memory: Mapping[str, int | None], services: Mapping[str, Health | None]
) -> dict[str, object]:
    processes = [{**p.model_dump(mode="json"), "memory_bytes": memory[p.name]} for p in stack.processes]
    return {**stack.model_dump(mode="json"), "processes": processes, "memory_bytes": memory, "health": services}


def _shown(
    stack: StackStatus,
    memory: Mapping[str, int | None],
    services: Mapping[str, Health | None],
    console: Console,
) -> RenderableType:
    head = labelled("ready" if stack.ready else "starting", console)
    return Group(head, Text(), _process_table(stack, memory, console), Text(), _health_table(services, console))


def _process_table(stack: StackStatus, memory: Mapping[str, int | None], console: Console) -> Table:
    table = _table("process", "state", "pid", "restarts", "memory", "since", "")
    now = datetime.now(UTC)
    for process in stack.processes:
        table.add_row(*_process_row(process, memory[process.name], now, console))
    table.add_row(SUPERVISOR, "", str(stack.supervisor.pid), "", size(memory[SUPERVISOR] or 0), "", "")
    total = sum(count or 0 for count in memory.values())
    table.add_row("", "", "", "", Text(size(total), "bold"), "", "")
    return table


def _process_row(process: ProcessStatus, memory: int | None, now: datetime, console: Console) -> list[RenderableType]:
    return [
        process.name,
        labelled(process.state, console),
        str(process.process.pid) if process.process else "",
        Text(str(process.restarts), "yellow" if process.restarts else "dim"),
        size(memory) if memory is not None else "",
        duration((now - process.since).total_seconds()),
        Text(process.last_error or "", "red"),
    ]


def _health_table(services: Mapping[str, Health | None], console: Console) -> Table:
    table = _table("service", "needs", "is", "latency", "behind", "")
    for service, health in services.items():
        if health is None:
            table.add_row(service, "", labelled("down", console), "", "", Text("it does not answer", "red"))
            continue
        for name, dependency in health.dependencies.items():
            table.add_row(
                service,
                name,
                labelled(dependency.status, console),
                f"{dependency.latency_ms:.1f} ms" if dependency.latency_ms is not None else "",
                "" if dependency.lag is None else Text(str(dependency.lag), "yellow" if dependency.lag else "dim"),
                Text(dependency.detail, "dim"),
            )
            service = ""  # noqa: PLW2901  # named once, then only its further needs
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        right = name in {"pid", "restarts", "memory", "latency", "behind"}
        table.add_column(name, justify="right" if right else "left", no_wrap=bool(name))
    return table
