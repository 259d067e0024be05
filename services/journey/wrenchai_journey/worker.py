"""Carries a journey from wherever its stream says it is to its end, recording every step as it happens.

What another worker, or this one before it died, has completed is never run again. Whoever finds that somebody else has
begun a later attempt steps back: the version check of every commit decides between two who believe to be the one.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic_core import to_json
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import EventLog, VersionConflict, events_of
from wrenchai_chassis.subscription import LeftToAnother
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.events import Event, JourneyCancelled, JourneyFailed, StepCompleted, StepFailed, StepStarted
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.subjects import task_of

from wrenchai_journey.journey import Journey, retry_delay
from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded, within_limits
from wrenchai_journey.stops import LOOK_EVERY, Stops

MAX_JOURNEY_BYTES = 192 * 1024
"""All outputs and evidence of one journey together; they end up in one event."""


class RunsAttempts(Protocol):
    """What a worker runs attempts with; `Attempts` in production."""

    def is_pure(self, step: PlannedStep) -> bool:
        """Whether running the step once more could do no harm, so that its beginning need not be on disk first."""

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:
        """How this attempt of the journey's next step ended."""


@dataclass(slots=True)
class Run:
    """A journey in this worker's hands: its folded state, and the attempt this worker itself has begun."""

    cause: Recorded
    context: Context
    stop: asyncio.Event
    journey: Journey
    begun: StepStarted | None = None


@dataclass(slots=True)
class Worker:
    """One journey worker; many journeys at once."""

    name: str
    log: EventLog
    committer: Committer
    context: Context
    attempts: RunsAttempts
    stops: Stops
    clock: Callable[[], datetime]
    chance: random.Random
    _active: set[str] = field(default_factory=set)

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the signature of a handler
        """Bring the journey that `event` dispatched to its end.

        Raises:
            LeftToAnother: it is in other hands now.
        """
        if event.stream in self._active:
            raise LeftToAnother
        self._active.add(event.stream)
        try:
            with self.stops.watch(task_of(event.stream)) as stop:
                await self._carry(
                    Run(event, self.context.caused_by(event), stop, await self._known(event, first=first))
                )
        finally:
            self._active.discard(event.stream)

    async def _known(self, event: Recorded, *, first: bool) -> Journey:
        if not first:
            await self.stops.look(task_of(event.stream))
            return await self._fold(event.stream)
        journey = Journey()
        journey.evolve(event)
        return journey

    async def _carry(self, run: Run) -> None:
        while not run.journey.ended:
            try:
                await self._advance(run)
            except VersionConflict:
                run.journey, run.begun = await self._fold(run.cause.stream), None
                running = run.journey.running
                if running is not None and running.worker != self.name:
                    raise LeftToAnother from None

    async def _advance(self, run: Run) -> None:
        """One commit further: begin an attempt, or run it and record how it ended."""
        if run.stop.is_set():
            await self._record(run, [_cancelled(run.journey)])
        elif run.journey.next_step is None:
            await self._record(run, [_ended(run.journey)])
        elif run.begun is None:
            await self._wait_for_retry(run)
            await self._begin(run, run.journey.next_step)
        else:
            outcome = await self._try(run, run.begun)
            await self._record(run, self._events_after(run.journey, run.begun, outcome))

    async def _begin(self, run: Run, step: PlannedStep) -> None:
        """Record that an attempt begins; of a pure tool's attempt, beginning and end in one commit."""
        if run.stop.is_set():
            return
        begun = run.journey.start_of(step, self.name)
        if self.attempts.is_pure(step):
            outcome = await self._try(run, begun)
            await self._record(run, [begun, *self._events_after(run.journey.begun(begun), begun, outcome)])
        else:
            await self._record(run, [begun])

    async def _try(self, run: Run, begun: StepStarted) -> Outcome:
        fault_point("tool_started")
        outcome = await self.attempts.run(run.cause, run.journey, begun, run.stop)
        fault_point("tool_done")
        return within_limits(outcome)

    async def _wait_for_retry(self, run: Run) -> None:
        while not run.stop.is_set() and (seconds := run.journey.seconds_to_wait(self.clock())) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(run.stop.wait(), min(seconds, LOOK_EVERY))
            if seconds > LOOK_EVERY:
                await self.stops.look(task_of(run.cause.stream))

    async def _record(self, run: Run, events: list[Event]) -> None:
        """Commit `events` as the next of the stream, and only then believe them."""
        version = run.journey.version
        new = [NewEvent(run.cause.stream, version + n, event, run.context) for n, event in enumerate(events, 1)]
        await self.committer.commit(new)
        now = self.clock()
        for n, event in enumerate(events, 1):
            run.journey.note(event, now, version + n)
        run.begun = run.journey.running

    def _events_after(self, journey: Journey, begun: StepStarted, outcome: Outcome) -> list[Event]:
        match outcome:
            case Succeeded():
                return self._after_success(journey, begun, outcome)
            case Failed():
                return self._after_failure(journey, begun, outcome)
            case Stopped(reason=reason):
                return [_cancelled(journey, reason)]

    def _after_success(self, journey: Journey, begun: StepStarted, outcome: Succeeded) -> list[Event]:
        completed = StepCompleted(
            step=begun.step,
            attempt=begun.attempt,
            output=outcome.output,
            evidence=outcome.evidence,
            artifacts=outcome.artifacts,
            seconds=round(outcome.seconds, 6),
        )
        following = journey.step_after_next
        if following is not None:
            return [completed, journey.start_of(following, self.name)]
        return [completed, _ended(journey.after(completed))]

    def _after_failure(self, journey: Journey, begun: StepStarted, outcome: Failed) -> list[Event]:
        step, failures = journey.next_step, journey.failures.get(begun.step, 0) + 1
        retry_in = retry_delay(step.retry, failures, self.chance) if step is not None and outcome.retryable else None
        failed = StepFailed(
            step=begun.step,
            attempt=begun.attempt,
            reason=outcome.reason,
            kind=outcome.kind,
            retry_in=retry_in,
            evidence=outcome.evidence,
            artifacts=outcome.artifacts,
            seconds=round(outcome.seconds, 6),
        )
        if retry_in is not None:
            return [failed]
        last = _failed(journey, begun.step, outcome.reason, outcome.kind)
        with_evidence = last.model_copy(update={"evidence": (*journey.evidence, *outcome.evidence)})
        return [failed, with_evidence if len(to_json(with_evidence)) <= MAX_JOURNEY_BYTES else last]

    async def _fold(self, stream: str) -> Journey:
        journey = Journey()
        for event in events_of(await self.log.read_stream(stream)):
            journey.evolve(event)
        return journey


def _ended(journey: Journey) -> Event:
    """The journey's good end, unless its outputs together are more than one event may hold."""
    completion = journey.completion()
    size = len(to_json(completion))
    if size <= MAX_JOURNEY_BYTES:
        return completion
    reason = f"the outputs of this journey have {size} bytes together; the limit is {MAX_JOURNEY_BYTES}"
    return _failed(journey, list(completion.outputs)[-1], reason, "output_too_large")


def _failed(journey: Journey, step: str, reason: str, kind: str) -> JourneyFailed:
    name = journey.dispatched.journey if journey.dispatched else ""
    return JourneyFailed(journey=name, step=step, reason=reason, kind=kind)


def _cancelled(journey: Journey, reason: str = "cancelled between steps") -> JourneyCancelled:
    return JourneyCancelled(journey=journey.dispatched.journey if journey.dispatched else "", reason=reason)
