"""Events a second through the log itself: appended by group commit, by the library's recorder, projected, rebuilt."""

import asyncio
import time
from threading import Thread

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from psycopg.conninfo import conninfo_to_dict
from wrenchai_chassis.bell import Rung
from wrenchai_chassis.clock import new_id
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.recorder import LogDatastore, LogRecorder
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import StepCompleted

from benchmarks.report import Figures

_WRITERS = 64
_PER_COMMIT = 4


async def append(dsn: str, *, seconds: float = 5.0) -> Figures:
    """Our log: many callers, one committer, four events a commit."""
    async with PostgresLog(dsn, application_name="bench") as log:
        committer = Committer(log, _nobody_hears)
        running = asyncio.create_task(committer.run())
        began, ends = time.perf_counter(), time.perf_counter() + seconds
        counts = await asyncio.gather(*(_writer(committer, ends) for _ in range(_WRITERS)))
        running.cancel()
    return {"append.per_s": round(sum(counts) / (time.perf_counter() - began))}


async def _writer(committer: Committer, ends: float) -> int:
    stream, version, context = f"bench_{new_id()}", 0, Context("bench")
    while time.perf_counter() < ends:
        events = [NewEvent(stream, version + n, _event(), context) for n in range(1, _PER_COMMIT + 1)]
        await committer.commit(events)
        version += _PER_COMMIT
    return version


def library_append(service_dsn: str, owner_dsn: str, *, seconds: float = 4.0, threads: int = 4) -> Figures:
    """The library's own recorder, as it comes, and ours by the library's door: the same threads, commits and bytes.

    They take turns, so that a noisy minute meets both; the first of each warms up.
    """
    store = _library_store(owner_dsn, threads)
    with store, LogDatastore(service_dsn, max_overflow=threads) as own_store:
        theirs = PostgresProcessRecorder(store, events_table_name="bench_library_events")
        theirs.create_table()
        ours = LogRecorder(own_store)
        rates = [(_threaded(theirs, seconds, threads), _threaded(ours, seconds, threads)) for _ in range(2)]
    return {"append.library_per_s": rates[1][0], "append.recorder_per_s": rates[1][1]}


def _library_store(dsn: str, threads: int) -> PostgresDatastore:
    told = conninfo_to_dict(dsn)
    return PostgresDatastore(
        str(told["dbname"]),
        str(told.get("host", "127.0.0.1")),
        str(told.get("port", "5432")),
        str(told["user"]),
        str(told.get("password", "")),
        schema="public",
        originator_id_type="text",
        max_overflow=threads,
    )


def _threaded(recorder: PostgresProcessRecorder, seconds: float, threads: int) -> int:
    counts: list[int] = []
    began = time.perf_counter()
    workers = [Thread(target=_library_writer, args=(recorder, began + seconds, counts)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return round(sum(counts) / (time.perf_counter() - began))


def _library_writer(recorder: PostgresProcessRecorder, ends: float, counts: list[int]) -> None:
    stream, version, state = f"bench_{new_id()}", 0, _event().model_dump_json().encode()
    while time.perf_counter() < ends:
        batch = [StoredEvent(stream, version + n, "StepCompleted", state) for n in range(1, _PER_COMMIT + 1)]
        recorder.insert_events(batch)
        version += _PER_COMMIT
    counts.append(version)


def _event() -> StepCompleted:
    return StepCompleted(step="s1", attempt=1, output={"value": "x" * 100}, seconds=0.001)


async def _nobody_hears(_: list[Rung]) -> None:
    """The bell of a log that is measured alone."""
