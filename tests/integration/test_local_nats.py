"""Our NATS: it is ours, it answers nobody without a password, and only the relay may say that something happened."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.errors import ForeignServer
from wrenchai.local.nats import Nats
from wrenchai.local.nats_config import OPERATOR, RELAY, USERS
from wrenchai.local.ports import LOOPBACK, RememberedPorts
from wrenchai.local.programs import Programs
from wrenchai.local.supervisor import Supervisor

SERVICES = [user for user in USERS if user != RELAY]


class Speaker:
    """A connection as one user, with what the server refused it."""

    def __init__(self, client: Client, user: str) -> None:
        self.client, self.user = client, user
        self.jetstream = client.jetstream(timeout=1)
        self.refusals: asyncio.Queue[str] = asyncio.Queue()

    @classmethod
    async def connect(cls, server: Nats, user: str) -> "Speaker":
        speaker = cls(Client(), user)

        async def refused(problem: Exception) -> None:
            speaker.refusals.put_nowait(str(problem).lower())

        await speaker.client.connect(
            server.url,
            user=user,
            password=server.passwords[user],
            inbox_prefix=f"_INBOX_{user}".encode(),
            error_cb=refused,
        )
        return speaker

    async def refusal(self) -> str:
        return await asyncio.wait_for(self.refusals.get(), 5)

    async def listens(self) -> None:
        """Return once the server knows every subscription: a client's first PING may overtake what it still holds."""
        await self.client.flush()
        await self.client.flush()


@pytest.fixture
async def server(open_path: Path) -> AsyncIterator[Nats]:
    directory = DataDirectory.at(open_path / "data")
    user = directory.open()
    ports = RememberedPorts(directory.ports_file, lambda *_: None)
    made = Nats(
        directory=directory.nats,
        port=ports.claim("nats"),
        monitor_port=ports.claim("nats-monitor"),
        secrets=directory.secrets,
        programs=Programs(directory.programs, user),
    )
    made.prepare()
    supervisor = Supervisor(directory.logs, lambda _: None)
    await supervisor.start([made.process()], within=20)
    yield made
    await supervisor.stop()


@pytest.fixture
async def speakers(server: Nats) -> AsyncIterator[dict[str, Speaker]]:
    """Every user, connected; the relay has made the stream of events."""
    made = {user: await Speaker.connect(server, user) for user in USERS}
    await made[RELAY].jetstream.add_stream(StreamConfig(name="EV", subjects=["ev.>"], first_seq=1))
    yield made
    for speaker in made.values():
        await speaker.client.close()


async def test_nobody_comes_in_without_the_right_password(server: Nats) -> None:
    for credentials in ({}, {"user": "relay", "password": "wrong"}):
        with pytest.raises(nats.errors.Error):
            await nats.connect(server.url, allow_reconnect=False, error_cb=ignore, **credentials)


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_that_claims_an_event_is_refused(speakers: dict[str, Speaker], user: str) -> None:
    await speakers[user].client.publish("ev.TaskRequested.-.default.t1", b"forged")
    assert "permissions violation for publish" in await speakers[user].refusal()
    assert (await speakers[RELAY].jetstream.stream_info("EV")).state.messages == 0


async def test_the_relay_may_publish_events_and_read_where_it_stands(speakers: dict[str, Speaker]) -> None:
    follows = {"Nats-Expected-Last-Sequence": "0"}
    acknowledged = await speakers[RELAY].jetstream.publish("ev.TaskRequested.-.default.t1", b"1", headers=follows)
    assert acknowledged.seq == 1
    assert (await speakers[RELAY].jetstream.stream_info("EV")).state.last_seq == 1


@pytest.mark.parametrize("verb", ["CREATE", "UPDATE", "DELETE", "PURGE"])
async def test_no_service_may_change_the_stream(speakers: dict[str, Speaker], verb: str) -> None:
    for user in SERVICES:
        with pytest.raises(NatsTimeout):
            await speakers[user].client.request(f"$JS.API.STREAM.{verb}.EV", b"{}", timeout=0.05)
        assert "permissions violation for publish" in await speakers[user].refusal()


@pytest.mark.parametrize("user", ["orchestrator", "journey", "inspector", "gateway"])
async def test_a_service_reads_events_through_a_durable_consumer_of_its_own(
    speakers: dict[str, Speaker], user: str
) -> None:
    service, received = speakers[user], asyncio.Queue[bytes]()

    async def deliver(message: Msg) -> None:
        await message.ack_sync()
        received.put_nowait(message.data)

    await service.client.subscribe(f"dlv.{user}.work", queue="work", cb=deliver)
    consumer = ConsumerConfig(
        durable_name=f"{user}-work",
        deliver_subject=f"dlv.{user}.work",
        deliver_group="work",
        ack_policy=AckPolicy.EXPLICIT,
    )
    await service.jetstream.add_consumer("EV", consumer)
    await speakers[RELAY].jetstream.publish("ev.TaskRequested.-.default.t1", b"happened")
    assert await asyncio.wait_for(received.get(), 5) == b"happened"
    assert (await service.jetstream.consumer_info("EV", f"{user}-work")).num_ack_pending == 0
    assert (await service.jetstream.get_msg("EV", 1)).data == b"happened"
    assert service.refusals.empty()


@pytest.mark.parametrize("subject", ["bell", "beat.progress.default.t1"])
async def test_everyone_may_ring_and_hear_the_bell_and_beats(speakers: dict[str, Speaker], subject: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    for speaker in speakers.values():
        await speaker.client.subscribe(subject, cb=hear(speaker.user, heard))
        await speaker.listens()
    await speakers["journey"].client.publish(subject, b"ding")
    assert {await asyncio.wait_for(heard.get(), 5) for _ in USERS} == set(USERS)


@pytest.mark.parametrize("subject", ["_INBOX_relay.>", "dlv.relay.>", "_INBOX.>", ">", "$SYS.>"])
async def test_nobody_may_listen_in_on_another(speakers: dict[str, Speaker], subject: str) -> None:
    await speakers["journey"].client.subscribe(subject, cb=ignore)
    assert "permissions violation for subscription" in await speakers["journey"].refusal()


async def test_only_relay_and_operator_may_remove_a_consumer(speakers: dict[str, Speaker]) -> None:
    for user in (RELAY, OPERATOR):
        await speakers["journey"].jetstream.add_consumer("EV", ConsumerConfig(durable_name="left"))
        assert await speakers[user].jetstream.delete_consumer("EV", "left")
    with pytest.raises(NatsTimeout):
        await speakers["journey"].client.request("$JS.API.CONSUMER.DELETE.EV.left", b"", timeout=0.05)


async def test_a_server_that_is_not_ours_is_found_out_before_a_password_is_sent(server: Nats) -> None:
    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_name":"somebody","version":"2.15.1"}\r\n')
        said.put_nowait(await reader.read())
        writer.close()

    impostor = await asyncio.start_server(pretend, LOOPBACK, 0)
    port = impostor.sockets[0].getsockname()[1]
    ours = Nats(server.directory, port, server.monitor_port, server.secrets, server.programs)
    async with impostor:
        with pytest.raises(ForeignServer, match=f"nats://127.0.0.1:{port}"):
            await ours.is_ready()
        assert await asyncio.wait_for(said.get(), 5) == b""


async def ignore(_: object) -> None:
    return


def hear(user: str, heard: asyncio.Queue[str]) -> Callable[[Msg], Awaitable[None]]:
    async def received(_: Msg) -> None:
        heard.put_nowait(user)

    return received
