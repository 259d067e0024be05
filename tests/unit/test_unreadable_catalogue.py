"""An event in the catalogue that this release cannot read stops nobody; what follows it is learnt all the same."""

import asyncio

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.memory_log import MemoryLog
from wrenchai_contracts.envelope import Context, NewEvent, Sealed, seal
from wrenchai_contracts.events import PlaybookRegistered
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import CATALOGUE
from wrenchai_gateway.catalogue import Catalogue
from wrenchai_journey.registry import all_tools
from wrenchai_journey.service import announce

from tests.samples import AT

NOISE = Sealed(CATALOGUE, 1, "FromTheFuture", "default", b'{"type":"FromTheFuture"}')
PLAYBOOK = Playbook.model_validate({"name": "hello", "steps": [{"id": "one", "tool": "noop"}]})


async def test_a_gateway_learns_what_comes_after_it() -> None:
    log, told = MemoryLog(), PlaybookRegistered(digest=PLAYBOOK.digest(), playbook=PLAYBOOK)
    await log.append([NOISE, seal(NewEvent(CATALOGUE, 2, told, Context("test")), AT)])
    assert (await Catalogue(log).find("hello")).playbook == PLAYBOOK


async def test_a_worker_announces_its_tools_behind_it() -> None:
    log = MemoryLog()
    await log.append([NOISE])
    committer = Committer(log, _nobody_hears)
    committing = asyncio.create_task(committer.run())
    await announce(log, committer, Context("test"), [all_tools()["noop"]])
    committing.cancel()
    assert [row.topic for row in await log.read_stream(CATALOGUE)] == ["FromTheFuture", "ToolRegistered"]


async def _nobody_hears(_: object) -> None:
    """No bus is needed."""
