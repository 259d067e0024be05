"""A whole gateway in the test's own process, over real Postgres and NATS, with a recorder that plays the workers."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import Event, ToolRegistered
from wrenchai_contracts.subjects import CATALOGUE, task_of
from wrenchai_gateway.app import application
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.settings import GatewaySettings

API_KEY = "a-key-for-tests-0123456789"
BOOK = """
name: book
id_prefix: book
inputs:
  type: object
  additionalProperties: false
  properties: {title: {type: string, minLength: 2}, form: {type: object}}
steps: [{id: a, tool: noop}]
"""
UNSTAFFED = "name: unstaffed\nsteps: [{id: a, tool: nobody.has.it}]\n"


@dataclass(slots=True)
class GatewayInProcess:
    """The application at work, and a client that has the key."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: GatewaySettings

    @property
    def gateway(self) -> Gateway:
        """Its parts."""
        gateway = self.app.state.gateway
        assert isinstance(gateway, Gateway)
        return gateway

    async def record(self, stream: str, *events: Event, story: str | None = None, cause: Recorded | None = None) -> int:
        """Append `events` as a worker would; the position of the last."""
        rows = await self.gateway.runtime.log.read_stream(stream)
        context = Context("test", correlation=story or task_of(stream))
        context = context.caused_by(cause) if cause is not None else context
        new = [NewEvent(stream, len(rows) + n, event, context) for n, event in enumerate(events, 1)]
        return await self.gateway.runtime.committer.commit(new)

    async def announce(self, tools: Iterable[str]) -> None:
        """Tell the catalogue of tools, as a worker does when it starts."""
        made = [ToolRegistered(name=name, version="1", inputs={}, outputs={}) for name in tools]
        await self.record(CATALOGUE, *made)


def gateway_settings(postgres_url: str, nats_url: str, directory: Path) -> GatewaySettings:
    """Settings for a test: two playbooks, data in a directory of the test's own."""
    books = directory / "playbooks"
    books.mkdir(parents=True)
    (books / "book.yaml").write_text(BOOK)
    (books / "unstaffed.yaml").write_text(UNSTAFFED)
    (books / "wrong.yaml").write_text("name: wrong\n")
    return GatewaySettings(
        postgres_url=SecretStr(postgres_url),
        nats_url=nats_url,
        api_key=SecretStr(API_KEY),
        data_dir=directory,
        playbooks_dir=books,
        gateway_port=0,
    )


@asynccontextmanager
async def gateway_in_process(
    settings: GatewaySettings, *, tools: tuple[str, ...] = ("noop",)
) -> AsyncIterator[GatewayInProcess]:
    """The gateway, from its start to its end, with `tools` announced."""
    app = application(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {API_KEY}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as client,
    ):
        running = GatewayInProcess(app, client, settings)
        if tools:
            await running.announce(tools)
        yield running
