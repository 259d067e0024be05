"""Health with a server really gone: told fast, and true."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from wrenchai_contracts.views import Health
from wrenchai_gateway.reading import WORKERS

from tests.gateway_in_process import GatewayInProcess, gateway_in_process, gateway_settings
from tests.samples import until
from tests.servers import PostgresCluster, open_directory, open_nats, running_nats, running_postgres

WITHIN = 2.0
"""Seconds that `wrenchai status` waits."""


@dataclass(slots=True)
class Mortal:
    """A gateway whose servers a test may stop."""

    gateway: GatewayInProcess
    postgres: AsyncExitStack
    nats: AsyncExitStack

    async def health(self) -> Health:
        async with asyncio.timeout(WITHIN):
            return Health.model_validate_json((await self.gateway.client.get("/health")).content)


@pytest_asyncio.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    with open_directory() as root:
        async with AsyncExitStack() as postgres, AsyncExitStack() as nats:
            server = open_nats(root / "bus")
            await nats.enter_async_context(running_nats(server))
            cluster = PostgresCluster.with_template(await postgres.enter_async_context(running_postgres(root / "log")))
            settings = gateway_settings(cluster.migrated().service, server.url, tmp_path)
            async with gateway_in_process(settings) as gateway:
                yield Mortal(gateway, postgres, nats)


async def test_with_everything_there_each_dependency_answers_with_its_latency(gateway: GatewayInProcess) -> None:
    health = Health.model_validate_json((await gateway.client.get("/health")).content)
    up = [name for name, one in health.dependencies.items() if one.status == "up" and one.latency_ms is not None]
    assert (health.ready, up) == (True, ["log", "bus", "view"])


async def test_without_the_bus_we_are_ready_but_degraded(mortal: Mortal) -> None:
    await mortal.nats.aclose()
    await until(lambda: not mortal.gateway.gateway.runtime.bus.connected)
    health = await mortal.health()
    assert (health.ready, health.dependencies["log"].status) == (True, "up")
    lost = {name: one.detail for name, one in health.dependencies.items() if one.status == "degraded"}
    assert lost == dict.fromkeys(("bus", *(f"consumer {name}" for name in WORKERS)), "reconnecting")


async def test_without_the_log_we_are_not_ready(mortal: Mortal) -> None:
    await mortal.postgres.aclose()
    health = await mortal.health()
    assert not health.ready
    assert {name: health.dependencies[name].status for name in ("log", "bus", "view")} == {
        "log": "down",
        "bus": "up",
        "view": "degraded",
    }
