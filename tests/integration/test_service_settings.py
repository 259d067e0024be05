"""What an operator sets reaches the bus: how much of the log it holds, and how many events are handled at once."""

from pydantic import SecretStr
from wrenchai_chassis.relay import RELAY
from wrenchai_chassis.service import Assembly, Runtime, Service, running
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.subjects import EVENT_STREAM

from tests.deliveries import NAME, SUBJECTS, Handler
from tests.samples import until


async def _assemble(_: Runtime) -> Assembly:
    return Assembly(subscriptions=(Subscription(NAME, SUBJECTS, Handler()),))


JUDGE = Service(NAME, _assemble)


async def test_the_relay_keeps_a_stream_of_the_size_and_age_that_were_set(postgres_url: str, nats_url: str) -> None:
    settings = ServiceSettings(
        postgres_url=SecretStr(postgres_url), nats_url=nats_url, bus_max_bytes=2 * 1024**2, bus_max_age=3600.0
    )
    async with running(RELAY, settings) as relay:
        await until(lambda: _has_stream(relay))
        config = (await relay.bus.client.jetstream().stream_info(EVENT_STREAM)).config
    assert (config.max_bytes, config.max_age, config.num_replicas) == (2 * 1024**2, 3600.0, 1)


async def test_a_service_has_as_many_events_in_flight_as_was_set(postgres_url: str, nats_url: str) -> None:
    settings = ServiceSettings(postgres_url=SecretStr(postgres_url), nats_url=nats_url, max_in_flight=7)
    async with running(RELAY, settings), running(JUDGE, settings) as judge:
        await until(lambda: judge.bus.progress(NAME))
        info = await judge.bus.client.jetstream().consumer_info(EVENT_STREAM, NAME)
    assert info.config.max_ack_pending == 7


async def _has_stream(relay: Runtime) -> bool:
    return (await relay.bus.client.jetstream().streams_info()) != []
