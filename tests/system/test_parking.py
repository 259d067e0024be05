"""A poison event is set aside with its reason and bytes, holds up nobody, and is sent again once its cause is gone."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.nats_bus import NatsBus
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, unseal
from wrenchai_contracts.events import EventParked, JourneyDispatched, TaskRequested
from wrenchai_contracts.subjects import parked_stream
from wrenchai_contracts.views import ParkedView, TaskStatus

from tests.command_line import CommandLine
from tests.servers import open_directory
from tests.system_under_test import System, running_system, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = """
name: quick
steps: [{id: only, tool: noop}]
"""
IN_A_PROCESS = """
name: in_a_process
steps: [{id: only, tool: wait, with: {seconds: 0}}]
"""
GIVEN_UP_WITHIN = 40.0
"""Seconds: five tries lie 0.1, 0.4, 1.6 and 6.4 s apart, and the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A running system, the directory where its tools' processes keep what passes, and its command line."""

    system: System
    steps: Path
    wrenchai: CommandLine

    async def completes(self, playbook: str) -> bool:
        """Whether a new task of that playbook ends well."""
        accepted = await self.system.client.submit_task(playbook=playbook)
        return (await self.system.client.wait(accepted.task_id, timeout=30)).status is TaskStatus.COMPLETED

    async def parked(self, consumer: str) -> list[ParkedView]:
        """What that service has set aside."""
        return [event for event in (await self.system.client.parked()).items if event.consumer == consumer]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation() -> AsyncIterator[Installation]:
    with open_directory() as root:
        async with running_system(root) as system:
            for playbook in (QUICK, IN_A_PROCESS):
                await system.client.register_playbook(playbook)
            home = system.stack.directory.root
            yield Installation(system, home / "steps", CommandLine(home, root))


@contextmanager
def in_the_way(directory: Path) -> Iterator[None]:
    """Somebody has put a file where a directory belongs."""
    elsewhere = directory.with_suffix(".elsewhere")
    directory.rename(elsewhere)
    directory.touch()
    try:
        yield
    finally:
        directory.unlink()
        elsewhere.rename(directory)


async def test_what_a_worker_cannot_do_is_parked_and_done_when_it_is_sent_again(installation: Installation) -> None:
    system, wrenchai = installation.system, installation.wrenchai
    assert await installation.completes("in_a_process")

    with in_the_way(installation.steps):
        task_id = (await system.client.submit_task(playbook="in_a_process")).task_id
        assert await installation.completes("quick")
        await until(lambda: _is_parked(installation, "journey"), within=GIVEN_UP_WITHIN)
    (event,) = wrenchai.told("parked")["items"]
    task = await system.client.task(task_id)

    assert (event["consumer"], event["task_id"], event["deliveries"]) == ("journey", task_id, 5)
    assert event["reason"].startswith("FileExistsError: ")
    assert (task.status, event["reason"] in (task.reason or "")) == (TaskStatus.PARKED, True)
    assert await _kept(system, "journey", event["position"]) == await _recorded(system, event["position"])

    wrenchai.told("parked", "redrive", "journey", str(event["position"]))
    assert (await system.client.wait(task_id, timeout=30)).status is TaskStatus.COMPLETED
    assert wrenchai.told("parked")["items"] == []
    assert await system.violations() == []


async def test_a_request_for_a_playbook_that_nobody_registered_fails_with_the_reason(
    installation: Installation,
) -> None:
    system = installation.system
    request = TaskRequested(task_id="task_0000000001", playbook="ghost", playbook_digest="0" * 64)
    await _record(system, NewEvent(request.task_id, 1, request, Context("test", correlation=request.task_id)))
    task = await system.client.wait(request.task_id, timeout=30)
    assert task.status is TaskStatus.FAILED
    assert task.reason == f"no playbook with the digest {'0' * 64} was ever registered"


async def test_bytes_that_nobody_can_read_are_parked_at_once_and_hold_up_nobody(installation: Installation) -> None:
    system, wrenchai = installation.system, installation.wrenchai
    state = b"\xff\x00 no event of ours"
    async with system.log() as log:
        position = await log.append([Sealed("task_0000000002", 1, "TaskRequested", "default", state)])

    assert await installation.completes("quick")
    await until(lambda: _is_parked(installation, "orchestrator"), within=GIVEN_UP_WITHIN)
    (event,) = await installation.parked("orchestrator")

    assert (event.position, event.deliveries) == (position, 1)
    assert event.reason.startswith("ValueError: ")
    assert await _kept(system, "orchestrator", position) == state
    told = wrenchai("events", "--all", "--json").lines
    assert [one["type"] for one in told if one["position"] == position] == ["Unreadable"]
    assert wrenchai("verify").code == 0
    assert [system.restarts(name) for name in ("gateway", "orchestrator", "journey", "inspector", "relay")] == [0] * 5


async def _is_parked(installation: Installation, consumer: str) -> bool:
    return bool(await installation.parked(consumer))


async def _kept(system: System, consumer: str, position: int) -> bytes:
    """The bytes that were set aside."""
    async with system.log() as log:
        row = (await log.read_stream(parked_stream(consumer, position)))[0]
    parked = unseal(row.position, row.state).event
    assert isinstance(parked, EventParked)
    return base64.b64decode(parked.payload)


async def _recorded(system: System, position: int) -> bytes:
    """The bytes of the dispatched journey at that place in the log."""
    async with system.log() as log:
        (row,) = await log.read(position - 1, 1)
    assert isinstance(unseal(row.position, row.state).event, JourneyDispatched)
    return row.state


async def _record(system: System, event: NewEvent) -> None:
    """Record an event as a service does."""
    endpoints = system.endpoints
    bus = await NatsBus.connect(endpoints.nats_url, user="gateway", password=endpoints.nats_passwords["gateway"])
    async with system.log() as log:
        committer = Committer(log, bus.ring)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(committer.run())
            await committer.commit([event])
            running.cancel()
    await bus.close()
