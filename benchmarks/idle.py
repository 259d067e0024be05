"""What an idle system costs: statements, messages, processor, memory; and how often a task makes the disk sync."""

import asyncio
import json
import time
import urllib.request

import psycopg

from benchmarks.cpu import TICKS_A_SECOND, cpu_ticks, memory
from benchmarks.http_client import Gateway
from benchmarks.installation import Installation
from benchmarks.load import latency
from benchmarks.report import Figures

_TRANSACTIONS = "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = current_database()"
_SYNCS = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"


async def idle(found: Installation, *, seconds: float = 60.0) -> Figures:
    """One idle minute. A statement outside a transaction block is a transaction, so those are what is counted."""
    await asyncio.sleep(12)  # what the load left (checkpoints, views) settles first
    sql, messages, ticks = await _counts(found, _TRANSACTIONS), _bus_messages(found), cpu_ticks(found)
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    minutes = (time.perf_counter() - began) / 60
    own = 1  # the statement that read the first count was counted after it
    return {
        "idle.sql_per_min": round((await _counts(found, _TRANSACTIONS) - sql - own) / minutes, 1),
        "idle.nats_messages_per_min": round((_bus_messages(found) - messages) / minutes, 1),
        "idle.cpu_percent": round((cpu_ticks(found) - ticks) / TICKS_A_SECOND / (minutes * 60) * 100, 2),
        **memory(found),
    }


async def fsyncs(found: Installation, gateway: Gateway, *, tasks: int = 100) -> Figures:
    """How often Postgres synced its log to disk for each task of five steps, one in flight."""
    before = await _counts(found, _SYNCS)
    await latency(gateway, tasks=tasks, warm_up=0)
    await asyncio.sleep(1.5)  # backends report their counters once a second
    return {"fsyncs.per_task": round((await _counts(found, _SYNCS) - before) / tasks, 2)}


async def _counts(found: Installation, query: str) -> int:
    async with await psycopg.AsyncConnection.connect(found.endpoints.owner_dsn, autocommit=True) as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _bus_messages(found: Installation) -> int:
    port = found.endpoints.ports.chosen["nats-monitor"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/varz", timeout=5) as answer:
        varz = json.load(answer)
    return int(varz["in_msgs"])
