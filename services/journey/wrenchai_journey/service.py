"""The journey worker as a service: announces its tools, takes journeys, carries them out."""

import random

from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.service import Assembly, Runtime, Service
from wrenchai_chassis.subscription import Subscription
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
    ToolRegistered,
)
from wrenchai_contracts.subjects import CATALOGUE, every

from wrenchai_journey.attempts import Attempts
from wrenchai_journey.effects import Effects
from wrenchai_journey.housekeeping import Housekeeping
from wrenchai_journey.registry import AnyTool, all_tools, announcement
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.stops import Stops
from wrenchai_journey.worker import Worker

SUBJECTS = (every(JourneyDispatched), every(JourneyResumed))


def subscription(worker: Worker) -> Subscription:
    """The worker's one row: journeys that were dispatched, and those that may go on."""
    return Subscription("journey", SUBJECTS, worker.attend)


async def announce(log: EventLog, committer: Committer, context: Context, tools: list[AnyTool]) -> None:
    """Tell the catalogue of every tool that it does not know in this shape. Safe with several workers at once."""
    while True:
        rows = await log.read_stream(CATALOGUE)
        tools_of = events_of(row for row in rows if row.topic == ToolRegistered.__name__)
        known = {e.event.name: e.event for e in tools_of if isinstance(e.event, ToolRegistered)}
        new = [said for said in map(announcement, tools) if known.get(said.name) != said]
        if not new:
            return
        version = rows[-1].version if rows else 0
        try:
            await committer.commit([NewEvent(CATALOGUE, version + n, said, context) for n, said in enumerate(new, 1)])
        except VersionConflict:
            continue


async def _assemble(runtime: Runtime) -> Assembly:
    settings = runtime.settings
    if not isinstance(settings, JourneySettings):
        settings = JourneySettings.model_validate(settings.model_dump())
    tools, stops = all_tools(), Stops(runtime.log)
    await stops.listen(runtime.bus)
    await announce(runtime.log, runtime.committer, runtime.context, list(tools.values()))
    store = ArtifactStore(runtime.log, settings.artifact_dir, inline_bytes=settings.inline_artifact_bytes)
    worker = Worker(
        name=settings.instance,
        log=runtime.log,
        committer=runtime.committer,
        context=runtime.context,
        attempts=Attempts(tools, store, runtime.bus, stops, settings, runtime.clock),
        stops=stops,
        clock=runtime.clock,
        chance=random.Random(),  # noqa: S311  # jitter, no secret
        effects=Effects(tools),
    )
    keeper = Housekeeping(runtime.log, settings, runtime.logger.warning)
    return Assembly(subscriptions=(subscription(worker),), coroutines={"housekeeping": keeper.run()})


JOURNEY = Service(
    "journey",
    _assemble,
    JourneySettings,
    subjects=SUBJECTS,
    emits=(
        ToolRegistered,
        StepStarted,
        StepCompleted,
        StepFailed,
        StepInterrupted,
        EffectClaimed,
        EffectSettled,
        JourneyPaused,
        JourneyCompleted,
        JourneyFailed,
        JourneyCancelled,
    ),
)
