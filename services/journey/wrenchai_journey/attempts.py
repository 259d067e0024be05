"""One attempt of one step: checks what it asks for, then runs its tool in the way the tool needs."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic_core import to_json
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.bus import Bus
from wrenchai_chassis.subscription import LeftToAnother
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import StepStarted
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.subjects import progress_subject, task_of

from wrenchai_journey.calls import Call, call_of
from wrenchai_journey.effects import Happened, NotHappened, word_of_a_probe
from wrenchai_journey.inline import InlineRun, run_inline
from wrenchai_journey.journey import Journey
from wrenchai_journey.lookout import Lookout
from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.process import Attempt, ToolProcess
from wrenchai_journey.registry import AnyTool
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.slots import Claim, Slots
from wrenchai_journey.stops import Stops, Watch

_PROGRESS_EVERY = 0.1

PROBE_SECONDS = 30.0
"""How long a tool may look for what became of its effect; a person is asked after that."""

LATE = Failed("the task's deadline has passed", "deadline", retryable=False)
"""How an attempt ends that could not begin, or not end, in time."""


@dataclass(slots=True)
class Attempts:
    """Runs attempts for one worker."""

    tools: Mapping[str, AnyTool]
    store: ArtifactStore
    bus: Bus
    stops: Stops
    settings: JourneySettings
    clock: Callable[[], datetime]
    slots: Slots = field(init=False)

    def __post_init__(self) -> None:
        self.slots = Slots(self.settings.tool_slots)

    def is_pure(self, step: PlannedStep) -> bool:
        """See `RunsAttempts.is_pure`: inline tools are."""
        tool = self.tools.get(step.tool)
        return tool is not None and tool.inline

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:
        """How this attempt ended. What the step asks for wrongly fails it for good, before the tool is touched.

        Raises:
            LeftToAnother: another worker has gone on with the journey meanwhile; the tool was stopped.
        """
        call = call_of(self.tools, journey)
        if isinstance(call, Failed):
            return call
        if call.tool.effect and journey.claim is None:
            return Failed(f"{call.tool.name} has an effect that is not on record", "unclaimed", retryable=False)
        seconds = journey.seconds_left(self.clock())
        if seconds <= 0:
            return LATE
        if call.tool.inline:
            run = self._inline_run(cause, journey, seconds)
            return call.hidden.outcome(run_inline(call.tool, call.inputs, run))
        return await self._in_process(call, _Hands(cause, journey, started), stop)

    async def probe(self, cause: Recorded, journey: Journey) -> Happened | NotHappened | None:
        """See `RunsAttempts.probe`: its process only looks, so it waits for no slot and no stop ends it."""
        call = call_of(self.tools, journey)
        if isinstance(call, Failed):
            return None
        attempt = replace(self._attempt(call, cause, journey, PROBE_SECONDS), probe=True, heartbeat=None)
        found = await ToolProcess(attempt, self.store, _unheard).run(asyncio.Event())
        return word_of_a_probe(found.output["found"], found) if isinstance(found, Succeeded) else None

    def _inline_run(self, cause: Recorded, journey: Journey, seconds: float) -> InlineRun:
        key = f"{cause.stream}/{journey.next_step.id}" if journey.next_step else cause.stream
        return InlineRun(task_of(cause.stream), seconds, answer=journey.answer, idempotency_key=key)

    async def _in_process(self, call: Call, hands: "_Hands", stop: asyncio.Event) -> Outcome:
        with self._watched(hands) as watch:
            return await self._looked_after(call, hands, watch, stop)

    async def _looked_after(self, call: Call, hands: "_Hands", watch: Watch, stop: asyncio.Event) -> Outcome:
        def is_late() -> bool:
            hands.journey.extended = watch.told.deadline
            return hands.journey.seconds_left(self.clock()) <= 0

        lookout = Lookout(self.stops, hands.cause, hands.journey.version, stop, is_late=is_late)
        looking = asyncio.create_task(lookout.keep())
        try:
            outcome = await self._in_its_turn(call, hands, watch, lookout.halt)
        finally:
            looking.cancel()
        if lookout.overtaken:
            raise LeftToAnother
        if isinstance(outcome, Stopped) and is_late() and not stop.is_set():
            return replace(LATE, seconds=outcome.seconds, spent=outcome.spent, effect=outcome.effect)
        return outcome

    async def _in_its_turn(self, call: Call, hands: "_Hands", watch: Watch, halt: asyncio.Event) -> Outcome:
        async with self.slots.hold(call.tool.weight, halt, watch.heard, claim=hands.claim) as its_turn:
            seconds = hands.journey.seconds_left(self.clock())
            if halt.is_set() or watch.told.anything or not its_turn or seconds <= 0:
                return Stopped("cancelled before it began")
            return await self._in_a_slot(call, hands, seconds, halt)

    def _watched(self, hands: "_Hands") -> AbstractContextManager[Watch]:
        """Who waits for a slot gives way even to a pause that lets running tools come to their end."""
        journey, dispatched = hands.journey, hands.journey.dispatched
        immune = dispatched is not None and dispatched.undoes is not None
        return self.stops.watch(task_of(hands.cause.stream), journey.name, immune=immune)

    async def _in_a_slot(self, call: Call, hands: "_Hands", seconds: float, halt: asyncio.Event) -> Outcome:
        progress = ProgressBeats(self.bus, hands.cause, hands.started)
        attempt = self._attempt(call, hands.cause, hands.journey, seconds)
        return await ToolProcess(attempt, self.store, progress.beat).run(halt)

    def _attempt(self, call: Call, cause: Recorded, journey: Journey, seconds: float) -> Attempt:
        task_id, step = task_of(cause.stream), journey.next_step
        return Attempt(
            task_id=task_id,
            tool=call.tool.name,
            module=call.tool.run.__module__,
            inputs=call.given,
            seconds=seconds,
            workspace=self.settings.workspace_dir / task_id,
            shared=self.settings.shared_dir,
            steps=self.settings.step_dir,
            secrets=call.tool.secrets,
            hidden=call.hidden,
            heartbeat=step.heartbeat if step else None,
            key=f"{cause.stream}/{step.id}" if step else cause.stream,
            answer=journey.answer,
        )


@dataclass(frozen=True, slots=True)
class _Hands:
    """What an attempt is made for."""

    cause: Recorded
    journey: Journey
    started: StepStarted

    @property
    def claim(self) -> Claim:
        """For whom it asks for slots."""
        dispatched = self.journey.dispatched
        return Claim(self.cause.tenant, task_of(self.cause.stream), dispatched.priority if dispatched else 0)


def _unheard(_fraction: float, _message: str) -> None:
    """How far a probe is, nobody needs to know."""


class ProgressBeats:
    """Tells the live view how far a step is, at most ten times a second, the last word always."""

    def __init__(self, bus: Bus, cause: Recorded, started: StepStarted) -> None:
        self._bus, self._started = bus, started
        self._subject = progress_subject(cause.tenant, task_of(cause.stream))
        self._journey = cause.stream.partition("/")[2]
        self._next = 0.0
        self._sending: set[asyncio.Task[None]] = set()

    def beat(self, fraction: float, message: str) -> None:
        """Send it, unless the last one was sent just now."""
        now = time.monotonic()
        if now < self._next and fraction < 1:
            return
        self._next = now + _PROGRESS_EVERY
        said = {
            "journey": self._journey,
            "step": self._started.step,
            "attempt": self._started.attempt,
            "fraction": fraction,
            "message": message,
        }
        task = asyncio.create_task(self._bus.publish(self._subject, to_json(said)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
