"""The gateway as a service: what runs in it besides the answering of requests, and how it is put together."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.health import Check, answered, bus_health, consumer_health
from wrenchai_chassis.inbox import Inbox
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.tail import LogTail
from wrenchai_contracts.errors import PlaybookRejected
from wrenchai_contracts.events import (
    CONTROLS,
    EventRedriven,
    IdempotencyKeyClaimed,
    PlaybookRegistered,
    ScheduleDeleted,
    ScheduleFired,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSet,
    TaskRequested,
    VerdictGiven,
)
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.views import DependencyHealth
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.shelf import shelf_of

from wrenchai_gateway.catalogue import Catalogue
from wrenchai_gateway.door import Door, keep_count
from wrenchai_gateway.door_count import DoorCount
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.live import LiveFeed
from wrenchai_gateway.reading import WORKERS, Reader, TaskFilter
from wrenchai_gateway.settings import GatewaySettings
from wrenchai_gateway.task_projection import TaskProjection

_SWEEP_SECONDS = 30.0


async def open_gateway(runtime: Runtime) -> Gateway:
    """All parts, connected to each other; the view exists, the catalogue is known, nothing runs yet."""
    settings = runtime.settings
    if not isinstance(settings, GatewaySettings):
        settings = GatewaySettings.model_validate(settings.model_dump())
    inbox, catalogue = Inbox(runtime.log), Catalogue(runtime.log)
    url = settings.postgres_url.get_secret_value()
    projector = Projector(TaskProjection, url, inbox, linger=settings.view_linger)
    await projector.prepare()
    tail = LogTail(runtime.log, runtime.bus, after=await runtime.log.head(), sweep=_SWEEP_SECONDS)
    count = DoorCount(runtime.clock)
    live = LiveFeed(tail, (inbox.put, catalogue.hear, count.hear), most_waiting=settings.max_waiting_frames)
    await live.listen(runtime.bus)
    await catalogue.look()
    gateway = Gateway(
        settings=settings,
        runtime=runtime,
        catalogue=catalogue,
        live=live,
        projector=projector,
        reader=Reader(runtime.log, projector, deadline=settings.read_deadline),
        artifacts=ArtifactStore(runtime.log, settings.artifact_dir, inline_bytes=settings.inline_artifact_bytes),
        door=Door(count, settings.limits, alone=settings.open_alone, shared=settings.open_shared),
    )
    await _register_own_playbooks(gateway, settings.playbooks_dir)
    runtime.checks |= _checks(gateway)
    return gateway


def assembly_of(gateway: Gateway) -> Assembly:
    """What runs for as long as the gateway does."""
    return Assembly(
        coroutines={
            "live feed": gateway.live.run(),
            "projector": gateway.projector.run(),
            "door": keep_count(gateway.door.count, gateway.projector, gateway.runtime),
        }
    )


async def _assemble(runtime: Runtime) -> Assembly:
    return assembly_of(await open_gateway(runtime))


GATEWAY = Service(
    "gateway",
    _assemble,
    GatewaySettings,
    emits=(
        TaskRequested,
        *CONTROLS,
        VerdictGiven,
        ScheduleSet,
        SchedulePaused,
        ScheduleResumed,
        ScheduleDeleted,
        ScheduleFired,
        IdempotencyKeyClaimed,
        PlaybookRegistered,
        EventRedriven,
    ),
)


async def _register_own_playbooks(gateway: Gateway, directory: Path) -> None:
    """Those that are new in this version: one known from before may since have been replaced by a user's own.

    One that is wrong is told of and left out. Tools are not looked at: what is announced may be an older release's.
    """
    files = await asyncio.to_thread(_playbook_files, directory)
    shelf = gateway.catalogue.shelf | shelf_of(_readable(files))
    for text, file in files:
        try:
            playbook = read_playbook(text, file=file, playbooks=shelf)
        except PlaybookRejected as rejected:
            gateway.runtime.logger.error("playbook left out: %s", rejected)  # noqa: TRY400  # an author's mistake
        else:
            if playbook.digest() not in gateway.catalogue.digests:
                await gateway.catalogue.register(playbook, gateway.runtime.committer, gateway.runtime.context)


def _readable(files: Iterable[tuple[bytes, str]]) -> Iterator[Playbook]:
    """Those that are right by themselves: any of them may be inside another."""
    for text, file in files:
        with suppress(PlaybookRejected):
            yield read_playbook(text, file=file)


def _playbook_files(directory: Path) -> list[tuple[bytes, str]]:
    return [(file.read_bytes(), file.name) for file in sorted(directory.glob("*.y*ml"))]


def _checks(gateway: Gateway) -> dict[str, Check]:
    """The log must be up; without the others tasks are still taken in, so they only degrade."""
    bus = gateway.runtime.bus

    def of_view(_: object) -> DependencyHealth:
        applied, told = gateway.projector.applied.position, gateway.live.position
        return DependencyHealth(status="up", lag=max(told - applied, 0), detail=f"at position {applied}")

    async def view() -> DependencyHealth:
        return _at_worst_degraded(await answered(gateway.reader.tasks(TaskFilter(limit=1)), of_view))

    async def bus_or_degraded() -> DependencyHealth:
        return _at_worst_degraded(await bus_health(bus))

    def consumer(name: str) -> Check:
        async def check() -> DependencyHealth:
            return _at_worst_degraded(await consumer_health(bus, name))

        return check

    return {"bus": bus_or_degraded, "view": view} | {f"consumer {name}": consumer(name) for name in WORKERS}


def _at_worst_degraded(found: DependencyHealth) -> DependencyHealth:
    return found.model_copy(update={"status": "degraded"}) if found.status == "down" else found
