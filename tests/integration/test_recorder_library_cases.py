"""The library's own published test cases of recorders, run over our recorder and our log.

Every one of them is run. Three of their habits need a word from us:
- They make UUIDs; our streams are named by text, so ids are the text of a UUID.
- Some write versions from 0; our streams count from 1 and refuse 0, so `FromOne` shifts versions by one on the way in
  and out for the cases that do (and only for those: the shift itself is nothing our product does).
- Those of an aggregate recorder, which tells nobody of its events, want no positions from it; ours always has some.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests import persistence
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    RecorderTestCase,
    TrackingRecorderTestCase,
)
from wrenchai_chassis.recorder import LogDatastore, LogRecorder

from tests.servers import PostgresCluster


class FromOne(LogRecorder):
    """For cases that count versions from 0."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        shifted = [replace(event, originator_version=event.originator_version + 1) for event in stored_events]
        return list(super().insert_events(shifted, **kwargs))

    def select_events(
        self, originator_id: Any, *, gt: int | None = None, lte: int | None = None, **order: Any
    ) -> Sequence[StoredEvent]:
        above, up_to = (None if version is None else version + 1 for version in (gt, lte))
        found = super().select_events(originator_id, gt=above, lte=up_to, **order)
        return [replace(event, originator_version=event.originator_version - 1) for event in found]


class WithoutPositions(FromOne):
    """For the cases of an aggregate recorder."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:  # type: ignore[override]
        super().insert_events(stored_events, **kwargs)


class OnOurLog(RecorderTestCase):
    """A fresh log for each case."""

    recorder_class: type[LogRecorder] = LogRecorder

    @pytest.fixture(autouse=True)
    def _fresh_log(self, postgres_cluster: PostgresCluster) -> Iterator[None]:
        self.datastore = LogDatastore(postgres_cluster.migrated().service)
        yield
        self.datastore.close()

    def create_recorder(self) -> LogRecorder:
        return self.recorder_class(self.datastore)

    def new_originator_id(self) -> str:
        return str(uuid4())


class TestAggregateRecorder(OnOurLog, AggregateRecorderTestCase):
    recorder_class = WithoutPositions


class TestApplicationRecorder(OnOurLog, ApplicationRecorderTestCase[LogRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()

    def test_concurrent_no_conflicts(self) -> None:  # type: ignore[override]  # nobody gives it a position
        self.recorder_class = FromOne
        super().test_concurrent_no_conflicts()

    def test_concurrent_throughput(self) -> None:
        self.recorder_class = FromOne
        super().test_concurrent_throughput()


class TestProcessRecorder(OnOurLog, ProcessRecorderTestCase):
    def test_performance(self) -> None:
        self.recorder_class = FromOne
        super().test_performance()


class TestTrackingRecorder(OnOurLog, TrackingRecorderTestCase):
    pass


class TestNonInterleaving(OnOurLog, NonInterleavingNotificationIDsBaseCase):
    recorder_class = FromOne


class TestPromisesBeyondTheLibrarys(OnOurLog):
    def test_version_0_is_refused(self) -> None:
        with pytest.raises(IntegrityError):
            self.create_recorder().insert_events([StoredEvent("app/orders/1", 0, "Order.Created", b"{}")])

    def test_a_refused_append_leaves_no_hole_and_moves_no_tracking(self) -> None:
        recorder = self.create_recorder()
        first, second = (StoredEvent("app/orders/1", version, "Order.Created", b"{}") for version in (1, 2))
        assert list(recorder.insert_events([first])) == [1]
        with pytest.raises(IntegrityError):
            recorder.insert_events([second, first])
        assert list(recorder.insert_events([second])) == [2]

    def test_nothing_to_record_costs_nothing(self) -> None:
        assert list(self.create_recorder().insert_events([])) == []

    def test_the_recorder_may_neither_change_nor_remove(self) -> None:
        self.create_recorder()
        with self.datastore.get_connection() as connection:
            for statement in (b"DELETE FROM wrenchai.event_log", b"UPDATE wrenchai.event_log SET topic = 'x'"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_every_published_case_of_a_recorder_is_run() -> None:
    published = {
        case
        for case in vars(persistence).values()
        if isinstance(case, type) and issubclass(case, RecorderTestCase | TrackingRecorderTestCase)
    }
    ours = [
        TestAggregateRecorder,
        TestApplicationRecorder,
        TestProcessRecorder,
        TestTrackingRecorder,
        TestNonInterleaving,
    ]
    assert published - {case for test in ours for case in test.__mro__} == set()
