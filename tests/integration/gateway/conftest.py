"""What the gateway's tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.gateway_in_process import GatewayInProcess, gateway_in_process, gateway_settings


@pytest_asyncio.fixture
async def gateway(postgres_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[GatewayInProcess]:
    """A gateway at work, over a database and a bus of the test's own."""
    async with gateway_in_process(gateway_settings(postgres_url, nats_url, tmp_path)) as running:
        yield running
