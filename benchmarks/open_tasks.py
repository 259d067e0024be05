"""How long a start takes while many tasks are open: they wait for a person, and must not be waited for."""

import asyncio
import json
from pathlib import Path

from benchmarks.http_client import Connection, Gateway
from benchmarks.installation import installation
from benchmarks.report import Figures

_OPEN = 10_000
_BATCH = 500
_WAITING = """name: bench_waiting
steps:
  - {id: before, tool: noop}
  - id: agree
    wait_for: {approval: {title: Shall it go on?, expires: 30d}}
"""


async def start_with_open_tasks(home: Path, *, count: int = _OPEN) -> Figures:
    """Seconds until everything is ready again, with `count` tasks that wait for an approval."""
    async with installation(home) as found:
        await _open(found.gateway, count)
    async with installation(home) as again:
        connection = await again.gateway.connection()
        waiting = await connection.get("/api/v1/approvals?state=waiting&limit=1")
        connection.close()
        seconds = again.seconds
    return {"open.tasks": count, "open.start_s": round(seconds, 2), "open.some_wait": len(waiting["items"])}


async def _open(gateway: Gateway, count: int) -> None:
    connection = await gateway.connection()
    await connection.post("/api/v1/playbooks", _WAITING.encode(), kind="application/yaml")
    batch = json.dumps({"tasks": [{"playbook": "bench_waiting"}] * _BATCH}).encode()
    for _ in range(count // _BATCH):
        await connection.post("/api/v1/tasks/batch", batch)
    await _all_wait(connection)
    connection.close()


async def _all_wait(connection: Connection) -> None:
    async with asyncio.timeout(300):
        busy = True
        while busy:
            await asyncio.sleep(0.5)
            busy = any([await _are(connection, status) for status in ("requested", "planned", "running")])


async def _are(connection: Connection, status: str) -> bool:
    return bool((await connection.get(f"/api/v1/tasks?status={status}&limit=1"))["items"])
