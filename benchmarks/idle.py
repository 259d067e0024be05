"""What an idle system costs: statements, messages, processor, memory; and how often a task makes the disk sync."""

import asyncio
import json
import os
import re
import shutil
import signal
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from benchmarks.cpu import TICKS_A_SECOND, cpu_ticks, family, memory
from benchmarks.http_client import Gateway
from benchmarks.installation import Installation
from benchmarks.load import latency
from benchmarks.report import Figures

_STATEMENT = re.compile(rb"@wrenchai\S* LOG:  (?:statement|execute)")
_SYNCS = b"SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"
_SYNC_CALLS = re.compile(r"^\s*\S+\s+\S+\s+\S+\s+(\d+)\s.*\b(?:fsync|fdatasync)$", re.MULTILINE)


async def idle(found: Installation, *, seconds: float = 60.0) -> Figures:
    """One idle minute: every statement that a process of ours sent, as Postgres itself logs them."""
    await asyncio.sleep(12)  # what the load left (checkpoints, views) settles first
    messages, ticks, began = _bus_messages(found), cpu_ticks(found), time.perf_counter()
    async with _statements_logged(found) as statements:
        await asyncio.sleep(seconds)
        minutes = (time.perf_counter() - began) / 60
    return {
        "idle.sql_per_min": round(statements[0] / minutes, 1),
        "idle.nats_messages_per_min": round((_bus_messages(found) - messages) / minutes, 1),
        "idle.cpu_percent": round((cpu_ticks(found) - ticks) / TICKS_A_SECOND / (minutes * 60) * 100, 2),
        **memory(found),
    }


async def fsyncs(found: Installation, gateway: Gateway, *, tasks: int = 100) -> Figures:
    """File syncs of Postgres for each task of five steps, one in flight: counted by strace, if there is one."""
    if shutil.which("strace") is None:
        return await _fsyncs_by_postgres(found, gateway, tasks)
    file = found.directory.root / "strace.txt"
    pids = [f"--attach={pid}" for pid in family(found.pids["postgres"])]
    argv = ("strace", "--follow-forks", "--summary-only", "--trace=fsync,fdatasync", f"--output={file}", *pids)
    tracing = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.DEVNULL)
    await asyncio.sleep(1)
    await latency(gateway, tasks=tasks, warm_up=0)
    tracing.send_signal(signal.SIGINT)
    await tracing.wait()
    calls = sum(map(int, _SYNC_CALLS.findall(file.read_text())))
    return {"fsyncs.per_task": round(calls / tasks, 2)}


async def _fsyncs_by_postgres(found: Installation, gateway: Gateway, tasks: int) -> Figures:
    before = await _count(found.owner_dsn, _SYNCS)
    await latency(gateway, tasks=tasks, warm_up=0)
    await asyncio.sleep(1.5)  # backends report their counters once a second
    return {"fsyncs.per_task_by_pg_stat_io": round((await _count(found.owner_dsn, _SYNCS) - before) / tasks, 2)}


@asynccontextmanager
async def _statements_logged(found: Installation) -> AsyncIterator[list[int]]:
    """Have Postgres log every statement during the block; afterwards the list holds how many were ours."""
    log = found.directory.logs / "postgres.log"
    counted = [0]
    async with await psycopg.AsyncConnection.connect(found.superuser_dsn, autocommit=True) as connection:
        await connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        await connection.execute("SELECT pg_reload_conf()")
        start = log.stat().st_size
        try:
            yield counted
        finally:
            counted[0] = len(_STATEMENT.findall(_from(log, start)))
            await connection.execute("ALTER SYSTEM RESET log_statement")
            await connection.execute("SELECT pg_reload_conf()")


def _from(log: "os.PathLike[str]", start: int) -> bytes:
    with open(log, "rb") as lines:  # noqa: PTH123  # a path-like, to be read from the middle
        lines.seek(start)
        return lines.read()


async def _count(dsn: str, query: bytes) -> int:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        row = await (await connection.execute(query)).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _bus_messages(found: Installation) -> int:
    port = found.status.ports["nats-monitor"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/varz", timeout=5) as answer:
        varz = json.load(answer)
    return int(varz["in_msgs"])
