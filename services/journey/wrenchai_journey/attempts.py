"""One attempt of one step: checks what it asks for, then runs its tool in the way the tool needs."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.bus import Bus
from wrenchai_chassis.subscription import LeftToAnother
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import JourneyDispatched, StepStarted
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.subjects import progress_subject, task_of
from wrenchai_language.references import BadReference, resolve

from wrenchai_journey.inline import InlineRun, run_inline
from wrenchai_journey.journey import Journey
from wrenchai_journey.lookout import Lookout
from wrenchai_journey.outcome import Failed, Outcome, Stopped
from wrenchai_journey.process import Attempt, ToolProcess
from wrenchai_journey.registry import AnyTool
from wrenchai_journey.settings import JourneySettings
from wrenchai_journey.slots import Slots
from wrenchai_journey.stops import Stops

_PROGRESS_EVERY = 0.1

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
        dispatched, step = journey.dispatched, journey.next_step
        if dispatched is None or step is None:
            return Failed("the journey has no step left to run", "no_step", retryable=False)
        tool = self.tools.get(step.tool)
        if tool is None:
            return Failed(f"this worker has no tool {step.tool!r}", "unknown_tool", retryable=False)
        refusal = _refusal(tool, dispatched)
        if refusal is not None:
            return refusal
        seconds = self._seconds(step, dispatched)
        if seconds <= 0:
            return LATE
        return await self._checked(tool, _Call(cause, journey, dispatched, started, step, seconds), stop)

    async def _checked(self, tool: AnyTool, call: "_Call", stop: asyncio.Event) -> Outcome:
        try:
            raw = resolve(call.step.inputs, {"steps": {k: {"output": v} for k, v in call.journey.outputs.items()}})
            inputs = tool.inputs.model_validate(raw)
        except BadReference as problem:
            return Failed(str(problem), "bad_reference", retryable=False)
        except ValidationError as problem:
            return Failed(_what_is_wrong(tool, problem), "bad_input", retryable=False)
        if tool.inline:
            return run_inline(tool, inputs, InlineRun(task_of(call.cause.stream), call.seconds))
        return await self._in_process(tool, call, inputs.model_dump(mode="json"), stop)

    async def _in_process(self, tool: AnyTool, call: "_Call", inputs: dict[str, Any], stop: asyncio.Event) -> Outcome:
        def is_late() -> bool:
            return self._seconds(call.step, call.dispatched) <= 0

        lookout = Lookout(self.stops, call.cause, call.journey.version, stop, is_late=is_late)
        looking = asyncio.create_task(lookout.keep())
        try:
            outcome = await self._in_its_turn(tool, call, inputs, lookout.halt)
        finally:
            looking.cancel()
        if lookout.overtaken:
            raise LeftToAnother
        return LATE if isinstance(outcome, Stopped) and is_late() and not stop.is_set() else outcome

    async def _in_its_turn(self, tool: AnyTool, call: "_Call", inputs: dict[str, Any], halt: asyncio.Event) -> Outcome:
        async with self.slots.hold(tool.weight, halt) as its_turn:
            seconds = self._seconds(call.step, call.dispatched)
            if halt.is_set() or not its_turn or seconds <= 0:
                return Stopped("cancelled before it began")
            progress = ProgressBeats(self.bus, call.cause, call.started)
            return await ToolProcess(self._attempt(tool, call, inputs, seconds), self.store, progress.beat).run(halt)

    def _attempt(self, tool: AnyTool, call: "_Call", inputs: dict[str, Any], seconds: float) -> Attempt:
        task_id = task_of(call.cause.stream)
        return Attempt(
            task_id=task_id,
            tool=tool.name,
            module=tool.run.__module__,
            inputs=inputs,
            seconds=seconds,
            workspace=self.settings.workspace_dir / task_id,
            shared=self.settings.shared_dir,
            steps=self.settings.step_dir,
            secrets=tool.secrets,
        )

    def _seconds(self, step: PlannedStep, dispatched: JourneyDispatched) -> float:
        if dispatched.deadline is None:
            return step.timeout
        return min(step.timeout, (dispatched.deadline - self.clock()).total_seconds())


@dataclass(frozen=True, slots=True)
class _Call:
    cause: Recorded
    journey: Journey
    dispatched: JourneyDispatched
    started: StepStarted
    step: PlannedStep
    seconds: float


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


def _refusal(tool: AnyTool, dispatched: JourneyDispatched) -> Failed | None:
    allowed = {name.partition("@")[0] for name in dispatched.tools}
    if tool.name in allowed:
        return None
    reason = (
        f"the role {dispatched.role!r} may not use {tool.name!r}; it may use: {', '.join(sorted(allowed)) or 'nothing'}"
    )
    return Failed(reason, "tool_not_allowed", retryable=False)


def _what_is_wrong(tool: AnyTool, problem: ValidationError) -> str:
    found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'inputs'}: {e['msg']}" for e in problem.errors()[:10])
    return f"{tool.name} cannot use its inputs: {found}"
