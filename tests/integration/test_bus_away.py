"""A service whose bus is away: it begins, records and leaves without it, and what it recorded flows when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_chassis.relay import RELAY
from wrenchai_chassis.service import Assembly, Runtime, Service, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.skeleton import application
from wrenchai_contracts.subjects import BELL

from tests.gateway_in_process import gateway_in_process, gateway_settings
from tests.samples import fact, until
from tests.servers import OpenNats, open_nats, running_nats


@pytest.fixture
def own_nats(open_path: Path) -> OpenNats:
    """A NATS that a test may stop."""
    return open_nats(open_path / "data")


async def _nothing(_: Runtime) -> Assembly:
    return Assembly()


RECORDER = Service("recorder", _nothing)


def settings(postgres_url: str, nats_url: str) -> ServiceSettings:
    return ServiceSettings(postgres_url=SecretStr(postgres_url), nats_url=nats_url)


async def carried(bus: NatsBus, position: int) -> bool:
    return bus.connected and await bus.event(position) is not None


async def test_a_gateway_started_without_a_bus_takes_tasks_in_and_they_flow_when_the_bus_comes(
    postgres_url: str, own_nats: OpenNats, tmp_path: Path
) -> None:
    async with (
        gateway_in_process(gateway_settings(postgres_url, own_nats.url, tmp_path)) as gateway,
        running(RELAY, settings(postgres_url, own_nats.url)) as relay,
    ):
        answer = await gateway.client.post("/api/v1/tasks", json={"playbook": "book", "inputs": {"title": "Early"}})
        assert answer.status_code == 202
        assert not gateway.gateway.runtime.bus.connected
        head = await relay.log.head()
        async with running_nats(own_nats):
            await until(lambda: carried(relay.bus, head), within=20)
            late = await gateway.client.post("/api/v1/tasks", json={"playbook": "book", "inputs": {"title": "Late"}})
            assert late.status_code == 202
            await until(lambda: carried(relay.bus, head + 1))


async def test_what_was_recorded_while_only_the_recorder_was_cut_off_is_told_of_when_it_is_back(
    postgres_url: str, nats_url: str
) -> None:
    heard: list[bytes] = []
    listener = await NatsBus.connect(nats_url, user="listener", report=lambda _: None)
    await listener.listen(BELL, lambda _, payload: heard.append(payload))
    async with wire(nats_url) as to_nats, running(RECORDER, settings(postgres_url, to_nats.url)) as recorder:
        await until(lambda: heard)
        await to_nats.cut()
        await until(lambda: not recorder.bus.connected)
        heard.clear()
        await recorder.committer.commit([fact()])
        await to_nats.mend()
        await until(lambda: heard)
        assert heard == [b""]
    await listener.close()


async def test_what_is_recorded_last_is_told_of_before_the_service_leaves(postgres_url: str, nats_url: str) -> None:
    heard: list[bytes] = []
    listener = await NatsBus.connect(nats_url, user="listener", report=lambda _: None)
    await listener.listen(BELL, lambda _, payload: heard.append(payload))
    async with running(RECORDER, settings(postgres_url, nats_url)) as recorder:
        await until(lambda: heard)
        heard.clear()
        await recorder.committer.commit([fact()])
    await until(lambda: heard)
    await listener.close()


async def test_a_service_can_leave_while_its_bus_is_away(postgres_url: str, own_nats: OpenNats) -> None:
    app = application(RECORDER, settings(postgres_url, own_nats.url))
    async with running_nats(own_nats):
        life = app.start_lifespan_context()
        await life.__aenter__()
    assert await life.__aexit__(None, None, None) is False


@dataclass(slots=True)
class Wire:
    """A connection to a server that can be cut and mended."""

    host: str
    port: int
    own_port: int = 0
    _server: asyncio.Server | None = None
    _ends: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.own_port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.own_port)
        self.own_port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.close()
        self._ends.clear()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond, to_server = await asyncio.open_connection(self.host, self.port)
        self._ends += [writer, to_server]
        await asyncio.gather(_copy(reader, to_server), _copy(beyond, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    address = urlsplit(url)
    made = Wire(str(address.hostname), address.port or 0)
    await made.mend()
    try:
        yield made
    finally:
        await made.cut()
