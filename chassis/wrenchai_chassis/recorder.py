"""The event log as the `eventsourcing` library sees it: its Applications and Aggregates record into our log.

    PERSISTENCE_MODULE=wrenchai_chassis.recorder:LogFactory
    WRENCHAI_POSTGRES_URL=postgresql://…

How their events are named and laid out says `library_events`.
"""

from collections.abc import Sequence
from typing import Any, Literal

import eventsourcing.postgres as library
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InterfaceError,
    ListenNotifySubscription,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
    Tracking,
)
from eventsourcing.utils import Environment, EnvType, retry
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL

from wrenchai_chassis.library_events import TENANT, EventMapper
from wrenchai_chassis.postgres_log import connection_settings

URL_SETTING = "WRENCHAI_POSTGRES_URL"
SCHEMA = "wrenchai"

_APPEND = SQL(
    "SELECT wrenchai.append(%b::text[], %b::bigint[], %b::text[], %b::text[], %b::bytea[], %b::text, %b::bigint)"
)
_TRACKED = SQL("SELECT max(position) FROM wrenchai.tracking WHERE reader = %s")
_LOOK_AGAIN_AFTER = 0.1


class LogDatastore(library.PostgresDatastore):
    """Connections of the library, opened as all of ours are: least rights, durable commits, no lock held for ever."""

    def __init__(self, url: str, *, pool_size: int = 1, max_overflow: int = 9) -> None:
        ids: Literal["text"] = "text"
        super().__init__("", "", "", "", "", schema=SCHEMA, originator_id_type=ids)
        self.pool = library.ConnectionPool(
            url,
            connection_class=Connection[DictRow],
            kwargs={**connection_settings("wrenchai-library"), "row_factory": dict_row},
            min_size=pool_size,
            max_size=pool_size + max_overflow,
            open=False,
        )


class LogRecorder(library.PostgresProcessRecorder):
    """Reads and tracks as the library does, in our tables; writes by `wrenchai.append` alone, in one round trip.

    So positions have no gap, a conflict or a position tracked twice is an `IntegrityError`, and nothing of it stays.
    """

    def __init__(self, datastore: library.PostgresDatastore, **_table_names: str) -> None:
        """Table names are ours, whatever the library would call them."""
        if datastore.originator_id_type != "text" or datastore.schema != SCHEMA:
            message = "the log wants ORIGINATOR_ID_TYPE=text and POSTGRES_SCHEMA=wrenchai"
            raise ProgrammingError(message)
        super().__init__(datastore, events_table_name="stored_events", tracking_table_name="tracking")
        self.max_tracking_id_statement = _TRACKED.format()

    def create_table(self) -> None:
        """Nothing: migrations make the tables."""

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Record all of them and what they answer, or nothing; their positions.

        Raises:
            IntegrityError: a version is taken, or the tracked position was passed before.
        """
        tracking: Tracking | None = kwargs.get("tracking")
        if not stored_events and tracking is None:
            return []
        last = self._append(stored_events, tracking)
        return list(range(last - len(stored_events) + 1, last + 1))

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record that everything up to this position was answered, by no event."""
        self.insert_events([], tracking=tracking)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Events behind `gt`, and those to come."""
        return LogSubscription(self, gt, topics)

    def _append(self, events: Sequence[StoredEvent], tracking: Tracking | None) -> int:
        columns = (
            [str(event.originator_id) for event in events],
            [event.originator_version for event in events],
            [event.topic for event in events],
            [TENANT] * len(events),
            [event.state for event in events],
            tracking.application_name if tracking else None,
            tracking.notification_id if tracking else None,
        )
        with self.datastore.get_connection() as connection:
            row = connection.execute(_APPEND, columns, prepare=True).fetchone()
        return int(row["append"]) if row else 0


class LogSubscription(ListenNotifySubscription[LogRecorder]):
    """Looks into the log ten times a second: a NOTIFY in each append would make all writers wait for each other.

    Services follow the log with `LogTail`, which is rung; this is for programs built on the library.
    """

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(_LOOK_AGAIN_AFTER)
        except BaseException as problem:  # noqa: BLE001  # the library raises it in the thread that iterates
            self._thread_error = problem
            self.stop()


class LogFactory(library.PostgresFactory):
    """Makes the library's parts for our log. Needs `WRENCHAI_POSTGRES_URL` and nothing else."""

    application_recorder_class = LogRecorder
    process_recorder_class = LogRecorder
    tracking_recorder_class = LogRecorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        InfrastructureFactory.__init__(self, env)
        url = self.env.get(URL_SETTING)
        if not url:
            message = f"{URL_SETTING} is not set; it is the libpq address of the event log"
            raise OSError(message)
        self.datastore = LogDatastore(url)

    def mapper(self, transcoder: Any = None, mapper_class: Any = None) -> Any:
        """Our mapper, unless the application brings one of its own."""
        return super().mapper(transcoder, mapper_class or EventMapper)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Refused: an aggregate here is folded from its events, which costs less than keeping its snapshots."""
        message = f"the log keeps events only, no {purpose}"
        raise NotSupportedError(message)
