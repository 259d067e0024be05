"""The batch projector over real Postgres: in step with the log, together with others, rebuilt from zero."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.rebuild import NoView, compare, ensure_view, rebuild
from wrenchai_chassis.view_store import connect, create_schema, next_schema
from wrenchai_contracts.envelope import Sealed
from wrenchai_contracts.events import TaskCancellationRequested
from wrenchai_gateway.task_projection import TaskProjection

from tests.made_up_log import MadeUpLog, finished, requested, whole_task, worked
from tests.samples import until

TASK = "task_01jd3k0000"
OTHER = "task_01jd3k0001"
LAST = "task_01jd3k9999"


class OtherShape(TaskProjection):
    """What a later version might be."""

    shape = TaskProjection.shape + 1


class Views:
    """A log and its view, looked at from outside."""

    def __init__(self, log: PostgresLog, url: str) -> None:
        self.log, self.url = log, url

    @asynccontextmanager
    async def projecting(self, make: type[TaskProjection] = TaskProjection) -> AsyncIterator[Projector]:
        inbox = Inbox(self.log)
        projector = Projector(make, self.url, inbox, linger=0.001)
        await projector.prepare()
        running = asyncio.create_task(projector.run())
        feeding = asyncio.create_task(self._feed(inbox))
        try:
            yield projector
        finally:
            running.cancel()
            feeding.cancel()
            await asyncio.wait([running, feeding])

    async def _feed(self, inbox: Inbox) -> None:
        while True:
            inbox.look()
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.02)

    async def has(self, query: str, *parameters: object) -> Any:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            served = await (await connection.execute("SELECT schema FROM wrenchai.projection")).fetchone()
            assert served is not None
            await connection.execute(f"SET search_path = {served[0]}")
            row = await (await connection.execute(query, parameters)).fetchone()
            return row[0] if row else None

    async def schemas(self) -> list[str]:
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            rows = await connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ^@ 'view_' ORDER BY 1")
            return [name for (name,) in await rows.fetchall()]


@pytest_asyncio.fixture
async def views(postgres_url: str) -> AsyncIterator[Views]:
    async with PostgresLog(postgres_url, application_name="test") as log:
        yield Views(log, postgres_url)


async def test_the_view_follows_the_log(views: Views) -> None:
    async with views.projecting() as projector:
        end = await views.log.append(whole_task(MadeUpLog(), TASK, "a", "b").sealed)
        assert await projector.applied.wait_for(end, 10)
        assert await views.has("SELECT status FROM task WHERE task_id = %s", TASK) == "completed"
        assert await views.has("SELECT count(*) FROM step WHERE status = 'completed'") == 2
        assert await views.has("SELECT position FROM checkpoint") == end


async def test_who_starts_again_goes_on_with_the_tasks_in_play(views: Views) -> None:
    log = worked(requested(MadeUpLog(), TASK, "a", "b"), TASK, "a")
    begun = len(log.sealed)
    finished(worked(log, TASK, "b"), TASK, "a", "b")
    for part in (log.sealed[:begun], log.sealed[begun:]):
        async with views.projecting() as projector:
            end = await views.log.append(part)
            assert await projector.applied.wait_for(end, 10)
    assert await views.has("SELECT working_seconds FROM task") == 4.0
    assert await views.has("SELECT result::text FROM task") == '{"b":{"by":"b"}}'
    assert await views.has("SELECT inputs::text FROM task") == '{"n":1}'
    assert (await compare(TaskProjection, views.url)).equal


async def test_two_projectors_apply_each_batch_once(views: Views) -> None:
    tasks = [f"task_01jd3k{number:04}" for number in range(40)]
    async with views.projecting() as one, views.projecting() as other:
        for task in tasks:
            end = await views.log.append(whole_task(MadeUpLog(), task, "a", "b").sealed)
        assert await one.applied.wait_for(end, 20)
        assert await other.applied.wait_for(end, 20)
    assert await views.has("SELECT count(*) FROM task WHERE events = 12 AND status = 'completed'") == len(tasks)
    assert (await compare(TaskProjection, views.url)).equal


async def test_a_rebuild_gives_the_same_bytes_and_leaves_one_view(views: Views) -> None:
    async with views.projecting() as projector:
        end = await views.log.append(whole_task(MadeUpLog(), TASK, "a", "b").sealed)
        assert await projector.applied.wait_for(end, 10)
        before = await compare(TaskProjection, views.url)
        assert await rebuild(TaskProjection, views.url) == "view_2"
        assert (await compare(TaskProjection, views.url)).live == before.live
        assert await views.schemas() == ["view_2"]
        end = await views.log.append(whole_task(MadeUpLog(), "task_01jd3k9999", "a").sealed)
        assert await projector.applied.wait_for(end, 10)
        assert projector.schema == "view_2"


async def test_a_rebuild_beside_a_working_projector_loses_nothing(views: Views) -> None:
    async with views.projecting() as projector:
        rebuilding = asyncio.create_task(rebuild(TaskProjection, views.url))
        for number in range(50):
            end = await views.log.append(whole_task(MadeUpLog(), f"task_01jd3k{number:04}", "a").sealed)
        await rebuilding
        end = await views.log.append(whole_task(MadeUpLog(), LAST, "a").sealed)  # by which it notices the switch
        await until(lambda: projector.applied.position >= end and projector.schema == "view_2")
    assert await views.has("SELECT count(*) FROM task WHERE status = 'completed'") == 51
    assert (await compare(TaskProjection, views.url)).equal


async def test_a_row_that_was_tampered_with_is_found(views: Views) -> None:
    async with views.projecting() as projector:
        end = await views.log.append(whole_task(MadeUpLog(), TASK, "a", "b").sealed)
        assert await projector.applied.wait_for(end, 10)
    await views.has("UPDATE step SET working_seconds = working_seconds + 1 WHERE step = 'a' RETURNING 1")
    found = await compare(TaskProjection, views.url)
    assert not found.equal
    assert [name for name in found.live if found.live[name] != found.rebuilt[name]] == ["step"]
    assert await views.schemas() == ["view_1"]


async def test_a_view_of_another_shape_is_rebuilt_at_the_start(views: Views) -> None:
    await views.log.append(whole_task(MadeUpLog(), TASK, "a").sealed)
    assert await ensure_view(TaskProjection, views.url) == "view_1"
    assert await ensure_view(OtherShape, views.url) == "view_2"
    assert await ensure_view(OtherShape, views.url) == "view_2"
    assert await views.has("SELECT status FROM task") == "completed"


async def test_what_a_killed_rebuild_left_is_gone_after_the_next_one(views: Views) -> None:
    async with views.projecting():
        pass
    async with await connect(views.url, "killed") as connection:
        await create_schema(connection, TaskProjection(), left := await next_schema(connection))
    assert left in await views.schemas()
    served = await rebuild(TaskProjection, views.url)
    assert await views.schemas() == [served]


async def test_several_that_start_at_once_make_one_view(views: Views) -> None:
    made = await asyncio.gather(*(ensure_view(TaskProjection, views.url) for _ in range(5)))
    assert set(made) == {"view_1"}


async def test_a_projector_survives_the_loss_of_its_connection(views: Views) -> None:
    async with views.projecting() as projector:
        first = await views.log.append(requested(MadeUpLog(), TASK, "a").sealed)
        assert await projector.applied.wait_for(first, 10)
        end_it = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wrenchai-projector'"
        assert await views.has(end_it)
        end = await views.log.append(whole_task(MadeUpLog(), "task_01jd3k9999", "a").sealed)
        assert await projector.applied.wait_for(end, 10)
    assert (await compare(TaskProjection, views.url)).equal


async def test_text_that_postgres_has_no_character_for_does_not_stop_the_view(views: Views) -> None:
    log = requested(MadeUpLog(), TASK, "a").record(TASK, TaskCancellationRequested(reason="a\0b"))
    async with views.projecting() as projector:
        end = await views.log.append(log.sealed)
        assert await projector.applied.wait_for(end, 10)
    assert await views.has("SELECT reason FROM task") == "a\ufffdb"


async def test_an_event_whose_values_no_column_can_hold_is_passed_over_alone(views: Views) -> None:
    log = whole_task(whole_task(MadeUpLog(), TASK, "a"), OTHER, "a")
    broken = [with_wrong_attempt(event) if event.stream.startswith(OTHER) else event for event in log.sealed]
    async with views.projecting() as projector:
        end = await views.log.append(broken)
        assert await projector.applied.wait_for(end, 10)
    assert await views.has("SELECT status FROM task WHERE task_id = %s", TASK) == "completed"
    assert await views.has("SELECT status FROM task WHERE task_id = %s", OTHER) == "completed"
    assert (await compare(TaskProjection, views.url)).equal


def with_wrong_attempt(event: Sealed) -> Sealed:
    """A number where no column has room for it, as only another program could have recorded it."""
    return replace(event, state=event.state.replace(b'"attempt":1', b'"attempt":"first"'))


async def test_what_was_never_projected_cannot_be_compared(views: Views) -> None:
    with pytest.raises(NoView):
        await compare(TaskProjection, views.url)
