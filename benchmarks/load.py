"""Load through the public door: latency, throughput, acceptance, fan-out."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.cpu import CpuMeter
from benchmarks.http_client import Connection, Ends, Gateway
from benchmarks.installation import Installation
from benchmarks.playbooks import FANOUT, SEQUENTIAL, fanout, sequential, submission
from benchmarks.report import Figures, milliseconds

_BATCH = 250


@asynccontextmanager
async def heard(gateway: Gateway) -> AsyncIterator[Ends]:
    """Hear of every end, for as long as the block lasts."""
    ends, ready = Ends(gateway), asyncio.Event()
    listening = asyncio.create_task(ends.listen(ready))
    await asyncio.wait_for(ready.wait(), 10)
    try:
        yield ends
    finally:
        listening.cancel()


async def register(gateway: Gateway) -> None:
    """Make the gateway know the playbooks of the load."""
    connection = await gateway.connection()
    for text in (sequential(5), fanout()):
        await connection.post("/api/v1/playbooks", text.encode(), kind="application/yaml")
    connection.close()


async def latency(gateway: Gateway, *, tasks: int = 300, warm_up: int = 50) -> Figures:
    """Submit to completed, one task of five steps at a time."""
    seconds = await _one_by_one(gateway, submission(SEQUENTIAL), tasks, warm_up)
    return milliseconds(seconds, "latency")


async def fan_out(gateway: Gateway, *, tasks: int = 100, warm_up: int = 10) -> Figures:
    """Submit to completed, one task of fifty parallel steps at a time."""
    body = submission(FANOUT, {"items": list(range(50))})
    return milliseconds(await _one_by_one(gateway, body, tasks, warm_up), "fanout")


async def throughput(
    found: Installation, *, seconds: float = 10.0, in_flight: int = 256, connections: int = 16
) -> Figures:
    """Completed tasks a second, many in flight, by single POSTs and then by batches; and who spent what on each."""
    gateway = found.gateway
    body = submission(SEQUENTIAL)
    batch = json.dumps({"tasks": [json.loads(body)] * _BATCH}).encode()

    async def single(connection: Connection) -> list[str]:
        return [(await connection.post("/api/v1/tasks", body))["task_id"]]

    async def batched(connection: Connection) -> list[str]:
        return [task["task_id"] for task in (await connection.post("/api/v1/tasks/batch", batch))["tasks"]]

    meter = CpuMeter(found)
    singles, tasks = await _sustained(gateway, single, seconds, in_flight=in_flight, connections=connections)
    figures = {"throughput.single_tasks_per_s": round(singles, 1), **meter.microseconds_per(tasks, "cpu_us.single")}
    meter = CpuMeter(found)
    batches, tasks = await _sustained(gateway, batched, seconds, in_flight=6, connections=6)
    figures |= {"throughput.batch_tasks_per_s": round(batches, 1), **meter.microseconds_per(tasks, "cpu_us.batch")}
    return figures


async def accept(gateway: Gateway, *, seconds: float = 8.0, connections: int = 64, rate: float = 550.0) -> Figures:
    """Durable POST /tasks over many connections, while all that was accepted is carried out on the same cores.

    First at a steady `rate`, each waiting time counted from when the request was due (so a stall is counted for all
    that it held up); then as fast as it takes them, where waiting is no more than connections divided by rate.
    """
    steady = await _submitted(gateway, connections, seconds, pause=connections / rate)
    saturated = await _submitted(gateway, connections, seconds, pause=0.0)
    return {
        "accept.per_s": round(len(steady) / seconds, 1),
        **milliseconds(steady, "accept"),
        "accept.saturated_per_s": round(len(saturated) / seconds, 1),
        **milliseconds(saturated, "accept.saturated"),
    }


async def _submitted(gateway: Gateway, connections: int, seconds: float, *, pause: float) -> list[float]:
    """Seconds until each submission was accepted; each connection sends one every `pause`, or the next at once."""
    body, taken = submission(SEQUENTIAL), list[float]()
    began = time.perf_counter()

    async def one(connection: Connection, number: int) -> None:
        due = began + pause * number / connections
        while due < began + seconds:
            await asyncio.sleep(due - time.perf_counter())
            await connection.post("/api/v1/tasks", body)
            taken.append(time.perf_counter() - due)
            due = due + pause if pause else time.perf_counter()
        connection.close()

    await asyncio.gather(*[one(await gateway.connection(), number) for number in range(connections)])
    await _quiet(gateway)
    return taken


async def _one_by_one(gateway: Gateway, body: bytes, tasks: int, warm_up: int) -> list[float]:
    connection, seconds = await gateway.connection(), list[float]()
    async with heard(gateway) as ends:
        for _ in range(warm_up + tasks):
            began = time.perf_counter()
            accepted = await connection.post("/api/v1/tasks", body)
            seconds.append(await ends.of(accepted["task_id"]) - began)
    connection.close()
    return seconds[warm_up:]


async def _sustained(
    gateway: Gateway,
    submit: Callable[[Connection], Awaitable[list[str]]],
    seconds: float,
    *,
    in_flight: int,
    connections: int,
) -> tuple[float, int]:
    """Tasks completed a second, and in all, between the first second and the end of submitting."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await gateway.connection())
    completed: list[float] = []
    async with heard(gateway) as ends:
        began = time.perf_counter()

        async def one() -> None:
            while time.perf_counter() - began < seconds + 1:
                connection = await free.get()
                task_ids = await submit(connection)
                free.put_nowait(connection)
                completed.extend(await asyncio.gather(*map(ends.of, task_ids)))

        await asyncio.gather(*(one() for _ in range(in_flight)))
    counted = [moment for moment in completed if began + 1 <= moment <= began + 1 + seconds]
    return len(counted) / seconds, len(completed)


async def _quiet(gateway: Gateway) -> None:
    """Wait until nothing that was accepted is still under way."""
    connection = await gateway.connection()
    async with asyncio.timeout(120):
        busy = True
        while busy:
            await asyncio.sleep(0.5)
            busy = await _under_way(connection)
    connection.close()


async def _under_way(connection: Connection) -> bool:
    lists = [await connection.get(f"/api/v1/tasks?status={status}&limit=1") for status in _UNDER_WAY]
    return any(found["items"] for found in lists)


_UNDER_WAY = ("requested", "planned", "running", "evaluating")
