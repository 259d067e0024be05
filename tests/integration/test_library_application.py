"""An application of the `eventsourcing` library on our log, as a user writes one."""

from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import event
from eventsourcing.persistence import IntegrityError, NotSupportedError, ProgrammingError
from pydantic_core import from_json
from wrenchai_chassis.library_events import StreamAggregate, recorded
from wrenchai_chassis.log import Stored
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projection import entry_of
from wrenchai_contracts.envelope import Undecodable, unseal
from wrenchai_contracts.errors import PayloadTooLarge
from wrenchai_contracts.subjects import event_subject

from tests.samples import sealed


@recorded
class Order(StreamAggregate):
    """An order that gathers articles."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.articles: list[str] = []

    @staticmethod
    def create_id(*_: Any, number: int, **__: Any) -> str:
        return f"app/orders/{number}"

    @event("ArticleAdded")
    def add(self, article: str) -> None:
        self.articles.append(article)


class Shop(Application[str]):
    env = {"PERSISTENCE_MODULE": "wrenchai_chassis.recorder:LogFactory"}  # noqa: RUF012  # as the library declares it


@pytest.fixture
def shop(postgres_url: str) -> Iterator[Shop]:
    made = Shop({"WRENCHAI_POSTGRES_URL": postgres_url})
    yield made
    made.close()


def order(number: int = 7, *articles: str) -> Order:
    made = Order(number=number)
    for article in articles:
        made.add(article)
    return made


async def rows(postgres_url: str) -> list[Stored]:
    async with PostgresLog(postgres_url, application_name="test") as log:
        return await log.read(0, 100)


def test_an_aggregate_that_was_saved_is_read_back(shop: Shop) -> None:
    saved = order(7, "wrench", "nut")
    assert [recording.notification.id for recording in shop.save(saved)] == [1, 2, 3]
    read: Order = shop.repository.get("app/orders/7")
    assert (read.number, read.articles, read.version) == (7, ["wrench", "nut"], 3)
    assert (read.created_on, read.modified_on) == (saved.created_on, saved.modified_on)


def test_of_two_who_change_the_same_aggregate_one_is_refused(shop: Shop) -> None:
    shop.save(order())
    mine: Order = shop.repository.get("app/orders/7")
    yours: Order = shop.repository.get("app/orders/7")
    mine.add("wrench")
    yours.add("nut")
    shop.save(mine)
    with pytest.raises(IntegrityError):
        shop.save(yours)


async def test_its_events_have_names_of_their_own_and_lie_between_ours(shop: Shop, postgres_url: str) -> None:
    async with PostgresLog(postgres_url, application_name="test") as log:
        await log.append([sealed()])
        shop.save(order(7, "wrench"))
        await log.append([sealed(version=2)])
        found = await log.read(0, 10)
        assert await log.read_family("app/orders/7") == found[1:3]
    assert [(row.position, row.stream, row.version, row.topic) for row in found[1:3]] == [
        (2, "app/orders/7", 1, "Order.Created"),
        (3, "app/orders/7", 2, "Order.ArticleAdded"),
    ]


async def test_its_events_are_sealed_like_ours_so_that_projections_and_proofs_can_read_them(
    shop: Shop, postgres_url: str
) -> None:
    shop.save(order(7, "wrench"))
    added = (await rows(postgres_url))[1]
    entry = entry_of(added.position, added.state)
    assert (entry.type, entry.stream, entry.version, entry.tenant) == (added.topic, "app/orders/7", 2, "default")
    assert entry.data["article"] == "wrench"
    assert list(from_json(added.state)) == list(from_json(sealed().state))


async def test_its_events_reach_the_bus_and_no_service_takes_them_for_its_own(shop: Shop, postgres_url: str) -> None:
    shop.save(order())
    (created,) = await rows(postgres_url)
    assert event_subject(created.topic, created.tenant, created.stream) == "ev.Order.Created.default.app/orders/7"
    with pytest.raises(Undecodable):
        unseal(created.position, created.state)


def test_it_follows_its_own_events_in_the_log(shop: Shop) -> None:
    shop.save(order(7, "wrench"))
    with shop.recorder.subscribe(gt=1, topics=["Order.ArticleAdded"]) as subscription:
        assert next(subscription).originator_id == "app/orders/7"
        shop.save(order(8, "nut"))
        assert next(subscription).originator_id == "app/orders/8"


def test_an_id_outside_the_applications_streams_is_refused(shop: Shop) -> None:
    @recorded
    class Stray(StreamAggregate):
        @staticmethod
        def create_id(*_: Any, **__: Any) -> str:
            return "task_01jd3k0000"

    with pytest.raises(ProgrammingError, match="'task_01jd3k0000' cannot be a stream"):
        shop.save(Stray())


def test_an_aggregate_without_names_in_the_log_is_refused(shop: Shop) -> None:
    class Nameless(StreamAggregate):
        @staticmethod
        def create_id(*_: Any, **__: Any) -> str:
            return "app/nameless/1"

    with pytest.raises(ProgrammingError, match=r"Nameless.Created has no name in the log; .* @recorded"):
        shop.save(Nameless())


def test_an_aggregate_cannot_take_the_name_of_one_of_our_events() -> None:
    with pytest.raises(ProgrammingError, match="TaskRequested is an event of WrenchAI's own"):
        recorded(type("TaskRequested", (), {}))


def test_an_event_larger_than_an_event_may_be_is_refused(shop: Shop) -> None:
    with pytest.raises(PayloadTooLarge):
        shop.save(order(7, "x" * 300_000))


def test_snapshots_and_secret_bytes_are_refused_with_the_reason(postgres_url: str) -> None:
    url = {"WRENCHAI_POSTGRES_URL": postgres_url}
    with pytest.raises(NotSupportedError, match="the log keeps events only, no snapshots"):
        Shop({**url, "IS_SNAPSHOTTING_ENABLED": "y"})
    with pytest.raises(ProgrammingError, match="no compressor, no cipher"):
        Shop({**url, "COMPRESSOR_TOPIC": "eventsourcing.compressor:ZlibCompressor"})


def test_a_missing_address_is_named() -> None:
    with pytest.raises(OSError, match="WRENCHAI_POSTGRES_URL is not set"):
        Shop({"WRENCHAI_POSTGRES_URL": ""})
