"""Pause, question, effect and kill with real tool processes, a real log, and workers that really die."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import events_of
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_contracts.events import (
    Event,
    JourneyCompleted,
    JourneyDispatched,
    JourneyPaused,
    JourneyResumed,
    TaskCancellationRequested,
    TaskPaused,
    TaskRequested,
    TaskResumed,
)
from wrenchai_contracts.plan import PlannedStep
from wrenchai_journey.stops import LOOK_EVERY

from tests.integration.lone_journey_worker import (
    TOOLS,
    latest_leg,
    record,
    running_committer,
    start_lone_journey_worker,
    worker_on,
)
from tests.integration.test_tool_process import gone
from tests.samples import TASK, until
from wrenchai.invariants import step_violations

STREAM = f"{TASK}/a"
KEY = f"{STREAM}/a"


@dataclass(slots=True)
class Bench:
    """One journey, its log, and hands to write into it."""

    log: PostgresLog
    committer: Committer
    directory: Path
    url: str

    @property
    def book(self) -> Path:
        return self.directory / "book"

    def noted(self) -> list[int]:
        """The tool's processes, once it runs."""
        noted = [*self.directory.rglob("pids")]
        return list(json.loads(noted[0].read_text())) if noted else []

    async def dispatch(self, tool: str, *more: str, **inputs: Any) -> None:
        steps = (PlannedStep(id="a", tool=tool, inputs=inputs), *(PlannedStep(id=one, tool="talk") for one in more))
        dispatched = JourneyDispatched(
            journey="a", role="worker", steps=steps, tools=tuple(f"{name}@1" for name in TOOLS)
        )
        await record(self.committer, self.log, TASK, TaskRequested(task_id=TASK))
        await record(self.committer, self.log, STREAM, dispatched)

    async def told(self, *events: Event) -> None:
        await record(self.committer, self.log, TASK, *events)

    async def resume(self, **facts: Any) -> None:
        await record(self.committer, self.log, STREAM, JourneyResumed(journey="a", **facts))

    async def attend(self) -> None:
        """By a new worker, to the end or into a pause."""
        worker = worker_on(self.log, self.committer, self.directory, "w-here")
        await worker.attend(await latest_leg(self.log, STREAM), first=False)

    async def killed(self, *, when: str | None = None) -> None:
        """A worker process takes the journey and is killed: at a fault point, or once its tool runs."""
        environment = {"WRENCHAI_FAULT": when} if when else {}
        worker = await start_lone_journey_worker(self.url, self.directory, STREAM, **environment)
        if when is None:
            await until(self.noted, within=20)
            worker.kill()
        assert await worker.wait() == -9

    async def events(self) -> list[Event]:
        events = events_of(await self.log.read_stream(STREAM))
        assert step_violations(events) == []
        return [recorded.event for recorded in events]

    async def story(self) -> list[str]:
        return [type(event).__name__ for event in await self.events()]


@pytest.fixture
async def bench(postgres_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with PostgresLog(postgres_url, application_name="bench") as log, running_committer(log) as committer:
        yield Bench(log, committer, tmp_path, postgres_url)


async def test_a_pause_now_ends_the_tool_with_all_it_has_begun_and_the_journey_goes_on_later(bench: Bench) -> None:
    await bench.dispatch("post_and_look", book=str(bench.book), hangs="before")
    attending = asyncio.create_task(bench.attend())
    await until(bench.noted, within=20)
    await bench.told(TaskPaused(at="now"))
    await asyncio.wait_for(attending, LOOK_EVERY + 20)
    assert all(map(gone, bench.noted()))
    assert (await bench.story())[-4:] == ["EffectClaimed", "StepInterrupted", "EffectSettled", "JourneyPaused"]
    await bench.told(TaskResumed())
    await bench.resume()
    await bench.attend()
    assert isinstance((await bench.events())[-1], JourneyCompleted)
    assert bench.book.read_text() == f"{KEY}\n"


async def test_a_pause_at_the_boundary_waits_for_the_tool_s_own_end(bench: Bench) -> None:
    await bench.dispatch("talk", "b", how="progress", lasts=1)
    worker = worker_on(bench.log, bench.committer, bench.directory, "w-here")
    attending = asyncio.create_task(worker.attend(await latest_leg(bench.log, STREAM), first=True))
    await until((bench.directory / "steps").is_dir, within=20)
    await bench.told(TaskPaused(at="boundary"))
    await worker.stops.look(TASK)
    await asyncio.wait_for(attending, 30)
    assert await bench.story() == ["JourneyDispatched", "StepStarted", "StepCompleted", "JourneyPaused"]


async def test_a_question_is_answered_and_the_tool_run_again_with_it(bench: Bench) -> None:
    await bench.dispatch("inquire")
    await bench.attend()
    paused = (await bench.events())[-1]
    assert isinstance(paused, JourneyPaused)
    assert paused.question is not None
    assert (paused.question.title, paused.question.form["required"]) == ("Which colour?", ["colour"])
    await bench.resume(answer={"colour": "red"})
    await bench.attend()
    last = (await bench.events())[-1]
    assert isinstance(last, JourneyCompleted)
    assert last.outputs == {"a": {"colour": "red"}}
    assert last.spent is not None
    assert (last.spent.calls, last.spent.tokens) == (2, 2)


@pytest.mark.parametrize(
    ("tool", "dies", "lines", "last"),
    [
        ("post", "tool_started", 0, "JourneyPaused"),
        ("post", "tool_done", 1, "JourneyPaused"),
        ("post", "appended", 0, "JourneyPaused"),
        ("post_and_look", "tool_started", 1, "JourneyCompleted"),
        ("post_and_look", "tool_done", 1, "JourneyCompleted"),
        ("post_again", "tool_done", 2, "JourneyCompleted"),
        ("post", "decided", 1, "JourneyCompleted"),
    ],
)
async def test_wherever_a_worker_dies_an_effect_is_found_out_about_or_waits_for_a_person(
    tool: str, dies: str, lines: int, last: str, bench: Bench
) -> None:
    await bench.dispatch(tool, book=str(bench.book))
    await bench.killed(when=dies)
    await bench.attend()
    assert (await bench.story())[-1] == last
    assert (bench.book.read_text() if bench.book.exists() else "").splitlines() == [KEY] * lines
    paused = (await bench.events())[-1]
    if isinstance(paused, JourneyPaused):
        assert (paused.why, paused.effect) == ("in_doubt", KEY)


@pytest.mark.parametrize(("hangs", "lines"), [("before", 1), ("after", 1)])
async def test_a_worker_that_is_killed_in_the_middle_of_an_effect_leaves_it_to_be_looked_for(
    hangs: str, lines: int, bench: Bench
) -> None:
    await bench.dispatch("post_and_look", book=str(bench.book), hangs=hangs)
    await bench.killed()
    await until(lambda: all(map(gone, bench.noted())), within=20)
    await bench.attend()
    last = (await bench.events())[-1]
    assert isinstance(last, JourneyCompleted)
    assert last.outputs == {"a": {"key": KEY}}
    assert bench.book.read_text().splitlines() == [KEY] * lines, "it was done once"


@pytest.mark.parametrize(("resolution", "lines"), [("happened", 1), ("retry", 2)])
async def test_a_person_settles_what_a_killed_worker_has_left_in_doubt(
    resolution: str, lines: int, bench: Bench
) -> None:
    await bench.dispatch("post", book=str(bench.book))
    await bench.killed(when="tool_done")
    await bench.attend()
    assert (await bench.story())[-2:] == ["StepInterrupted", "JourneyPaused"]
    await bench.resume(resolution=resolution, output={"key": KEY})
    await bench.attend()
    assert isinstance((await bench.events())[-1], JourneyCompleted)
    assert bench.book.read_text().splitlines() == [KEY] * lines


async def test_a_cancel_in_the_middle_of_an_effect_leaves_its_claim_to_be_seen(bench: Bench) -> None:
    await bench.dispatch("post", book=str(bench.book), hangs="after")
    attending = asyncio.create_task(bench.attend())
    await until(bench.noted, within=20)
    await bench.told(TaskCancellationRequested())
    await asyncio.wait_for(attending, LOOK_EVERY + 20)
    assert all(map(gone, bench.noted()))
    assert (await bench.story())[-3:] == ["EffectClaimed", "StepInterrupted", "JourneyCancelled"]
    assert KEY in getattr((await bench.events())[-1], "reason", "")
