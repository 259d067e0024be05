"""Fairness: how long one tenant's tasks wait while another has thousands queued, and what holding them costs the other.

The flood comes through the public door; there are no tenants there yet, so the steady tenant records its requests
itself, as a gateway of its own would.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from pydantic import SecretStr
from wrenchai_chassis.clock import new_id
from wrenchai_chassis.log import events_of
from wrenchai_chassis.service import Runtime, connected
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import PlaybookRegistered, TaskRequested
from wrenchai_contracts.subjects import CATALOGUE

from benchmarks.installation import Installation
from benchmarks.playbooks import SEQUENTIAL, submission
from benchmarks.report import Figures, percentile
from wrenchai.services import GATEWAY

_STEADY = "steady"
_BATCH = 250
_PATIENCE = 120
_WAITED = """
    WITH facts AS (
        SELECT split_part(stream, '/', 1) AS task, topic,
               (convert_from(state, 'UTF8')::json ->> 'at')::timestamptz AS at
        FROM wrenchai.event_log
        WHERE position > %s AND tenant = %s AND topic IN ('TaskRequested', 'TaskRequested.held', 'StepStarted')
    )
    SELECT extract(epoch FROM min(at) FILTER (WHERE topic = 'StepStarted')
                            - min(at) FILTER (WHERE topic <> 'StepStarted'))::float8
    FROM facts GROUP BY task
"""
_ENDED = "SELECT count(*) FROM wrenchai.event_log WHERE position > %s AND tenant = %s AND topic = 'TaskCompleted'"


async def fairness(
    found: Installation, *, queued: int = 10_000, rate: float = 20.0, seconds: float = 15.0, settle: float = 8.0
) -> Figures:
    """Waiting of the steady tenant's tasks, `rate` a second: alone, and beside `queued` tasks of another.

    Then the flood's own rate while nobody else is there. What is still queued at the end runs out in the background.
    """
    async with _recording(found) as runtime:
        digest = await _digest_of(runtime, SEQUENTIAL)
        await _steady(runtime, digest, rate, 2.0)
        alone = await _measured(found, runtime, digest, rate, seconds)
        before = await runtime.log.head()
        began = time.perf_counter()
        await _flood(found, queued)
        accepted = time.perf_counter() - began
        await _steady(runtime, digest, rate, settle)
        beside = await _measured(found, runtime, digest, rate, seconds)
        left = queued - await _count(found, before, "default")
        flood = await _rate_of_flood(found, before, within=seconds)
    return {
        "fairness.alone_p50_ms": _ms(alone, 0.5),
        "fairness.alone_p95_ms": _ms(alone, 0.95),
        "fairness.beside_p50_ms": _ms(beside, 0.5),
        "fairness.beside_p95_ms": _ms(beside, 0.95),
        "fairness.p95_ratio": round(percentile(beside, 0.95) / percentile(alone, 0.95), 3),
        "fairness.still_queued": left,
        "fairness.flood_accepted_per_s": round(queued / accepted),
        "fairness.flood_tasks_per_s": round(flood, 1),
    }


@asynccontextmanager
async def _recording(found: Installation) -> AsyncIterator[Runtime]:
    settings = ServiceSettings(
        postgres_url=SecretStr(found.service_dsn),
        nats_url=f"nats://127.0.0.1:{found.status.ports['nats']}",
        nats_user=GATEWAY,
        nats_password=SecretStr(found.directory.secrets.get(f"nats-{GATEWAY}")),
        log_level="WARNING",
    )
    async with connected("bench", settings) as runtime:
        yield runtime


async def _digest_of(runtime: Runtime, name: str) -> str:
    told = [recorded.event for recorded in events_of(await runtime.log.read_stream(CATALOGUE))]
    return next(e.digest for e in reversed(told) if isinstance(e, PlaybookRegistered) and e.playbook.name == name)


async def _measured(found: Installation, runtime: Runtime, digest: str, rate: float, seconds: float) -> list[float]:
    """Seconds that each task waited from its request to its first step, sorted."""
    before = await runtime.log.head()
    count = await _steady(runtime, digest, rate, seconds)
    await _completed(found, before, _STEADY, count)
    return sorted(seconds for (seconds,) in await _rows(found, _WAITED, (before, _STEADY)) if seconds is not None)


async def _steady(runtime: Runtime, digest: str, rate: float, seconds: float) -> int:
    began, count = time.perf_counter(), int(rate * seconds)
    for number in range(count):
        await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
        task = f"bench_{new_id()}"
        request = TaskRequested(task_id=task, playbook=SEQUENTIAL, playbook_digest=digest)
        await runtime.committer.commit([NewEvent(task, 1, request, Context("bench", _STEADY, correlation=task))])
    return count


async def _flood(found: Installation, tasks: int) -> None:
    body = json.dumps({"tasks": [json.loads(submission(SEQUENTIAL))] * _BATCH}).encode()
    connection = await found.gateway.connection()
    for _ in range(tasks // _BATCH):
        await connection.post("/api/v1/tasks/batch", body)
    connection.close()


async def _rate_of_flood(found: Installation, before: int, *, within: float) -> float:
    """Tasks a second over the next seconds, once the other tenant is forgotten."""
    await asyncio.sleep(11)
    first, began = await _count(found, before, "default"), time.perf_counter()
    await asyncio.sleep(min(within, 8))
    return (await _count(found, before, "default") - first) / (time.perf_counter() - began)


async def _completed(found: Installation, before: int, tenant: str, count: int) -> None:
    """Wait until so many have completed."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            await asyncio.sleep(0.1)
            if await _count(found, before, tenant) >= count:
                return


async def _count(found: Installation, before: int, tenant: str) -> int:
    ((count,),) = await _rows(found, _ENDED, (before, tenant))
    return int(count)


async def _rows(found: Installation, query: str, parameters: tuple[object, ...]) -> list[tuple[float]]:
    async with await psycopg.AsyncConnection.connect(found.service_dsn, autocommit=True) as connection:
        return await (await connection.execute(query.encode(), parameters)).fetchall()


def _ms(ordered: list[float], share: float) -> float:
    return round(percentile(ordered, share) * 1000, 1)
