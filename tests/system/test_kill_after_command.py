"""For each command: who must act on it dies as it comes or right after it was accepted; it is acted on all the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from wrenchai_contracts.views import WaitView

from tests.servers import open_directory
from tests.system_under_test import System, running_system, until
from wrenchai.client import AsyncClient

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

PLAYBOOKS = """
name: sleepy
steps:
  - {id: before, tool: noop, undo: {tool: noop}}
  - {id: sleep, tool: wait, with: {seconds: 2}}
---
name: signalled
steps: [{id: gate, wait_for: {signal: go}}, {id: after, tool: noop}]
---
name: curious
steps: [{id: ask, tool: inquire}, {id: after, tool: noop}]
---
name: careful
steps: [{id: publish, tool: noop, with: {text: draft}, approval: {requester_may: true}}]
---
name: poor
roles: {other: {tools: [inquire]}}
budget: {tokens: 5}
steps: [{id: first, tool: noop, cost: {tokens: 9}}, {id: ask, tool: inquire, cost: {tokens: 9}, role: other}]
---
name: unlucky
steps: [{id: luck, tool: fail, with: {times: 1, retryable: false}, on_failure: ask}, {id: after, tool: noop}]
---
name: unsure
inputs: {type: object, properties: {book: {type: string}}}
steps: [{id: send, tool: post, with: {book: "${inputs.book}", hangs: after}}]
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A task that waits, what is asked of it then, of whom it is that something is expected, and how it ends."""

    playbook: str
    waits_for: str
    ask: Callable[[AsyncClient, str, WaitView], Awaitable[Any]]
    ends: str = "TaskCompleted"


SCENES = {
    "signal": Scene("signalled", "signal", lambda c, t, _: c.signal(t, "go", content={"n": 1})),
    "skip": Scene("signalled", "signal", lambda c, t, w: c.skip(t, w.step, output={"by": "hand"})),
    "cancel": Scene("signalled", "signal", lambda c, t, _: c.cancel(t), "TaskCancelled"),
    "answer": Scene("curious", "answer", lambda c, t, w: c.answer(t, w.step, {"colour": "green"})),
    "approve": Scene("careful", "approval", lambda c, t, w: c.decide(t, w.step, str(w.digest), "approve")),
    "change": Scene(
        "careful", "approval", lambda c, t, w: c.decide(t, w.step, str(w.digest), "change", change={"text": "better"})
    ),
    "reject": Scene("careful", "approval", lambda c, t, w: c.decide(t, w.step, str(w.digest), "reject"), "TaskFailed"),
    "retry": Scene("unlucky", "decision", lambda c, t, w: c.retry(t, w.step)),
    "skip a failed step": Scene("unlucky", "decision", lambda c, t, w: c.skip(t, w.step)),
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            for playbook in PLAYBOOKS.split("---"):
                await running.client.register_playbook(playbook)
            yield running


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_a_command_to_a_task_that_waits_outlives_who_must_act_on_it(system: System, scene: Scene) -> None:
    task_id = await begun(system, scene.playbook)
    wait = await system.waiting(task_id, scene.waits_for)
    before = await system.arm("orchestrator", "received")
    await scene.ask(system.client, task_id, wait)
    await system.died_again("orchestrator", before)
    await ends(system, task_id, scene.ends)


@pytest.mark.parametrize("at", ["now", "boundary"])
async def test_a_pause_and_a_resumption_outlive_worker_and_orchestrator(system: System, at: Any) -> None:
    task_id = await begun(system, "sleepy")
    await system.recorded(f"{task_id}/sleep", "StepStarted")
    await system.client.pause(task_id, at=at)
    await system.kill_alive("journey")
    await system.recorded(f"{task_id}/sleep", "JourneyPaused")
    before = await system.arm("orchestrator", "received")
    await system.client.resume(task_id)
    await system.died_again("orchestrator", before)
    await ends(system, task_id, "TaskCompleted")


@pytest.mark.parametrize("who", ["journey", "orchestrator"])
async def test_a_cancellation_outlives_whoever_must_act_on_it_and_what_was_done_is_taken_back(
    system: System, who: str
) -> None:
    task_id = await begun(system, "sleepy")
    await system.recorded(f"{task_id}/sleep", "StepStarted")
    await system.client.cancel(task_id)
    await system.kill_alive(who)
    await ends(system, task_id, "TaskCancelled")


async def test_more_that_was_allowed_and_a_priority_are_there_after_a_kill(system: System) -> None:
    task_id = await begun(system, "poor")
    wait = await system.waiting(task_id, "answer")
    await system.client.answer(task_id, wait.step, {"colour": "green"})
    await system.client.prioritise(task_id, 7)
    await system.client.extend(task_id, tokens=50)
    await system.kill_alive("orchestrator")
    await ends(system, task_id, "TaskCompleted")
    assert (await system.client.context(task_id)).priority == 7


async def test_an_effect_in_doubt_is_resolved_once_whoever_dies(system: System, tmp_path: Path) -> None:
    """Its worker is killed when it was done and not yet on record; so is the orchestrator when a person has said so."""
    book = tmp_path / "book"
    task_id = await begun(system, "unsure", book=str(book))
    await until(book.exists, within=60)
    await system.kill_alive("journey")
    wait = await system.waiting(task_id, "effect")
    before = await system.arm("orchestrator", "received")
    key = str(wait.effect)
    await system.client.resolve_effect(key, "happened", output={"key": key})
    await system.died_again("orchestrator", before)
    await ends(system, task_id, "TaskCompleted")
    assert book.read_text().splitlines() == [key]


async def test_a_fork_is_begun_once_though_the_orchestrator_dies_as_it_comes(system: System) -> None:
    origin = await begun(system, "signalled")
    await system.waiting(origin, "signal")
    await system.client.signal(origin, "go")
    await ends(system, origin, "TaskCompleted")
    before = await system.arm("orchestrator", "received")
    forked = (await system.client.fork(origin, "after")).task_id
    await system.died_again("orchestrator", before)
    await system.waiting(forked, "signal")
    await system.client.signal(forked, "go")
    await ends(system, forked, "TaskCompleted")


async def begun(system: System, playbook: str, **inputs: Any) -> str:
    return (await system.client.submit_task(playbook=playbook, inputs=inputs)).task_id


async def ends(system: System, task_id: str, how: str) -> None:
    assert await system.ended([task_id]) == {task_id: how}
    assert await system.violations() == []
    assert await system.views_equal_a_rebuild()
