"""Carries a journey from wherever its stream says it is to its end, or into a pause, recording every step on the way.

What another worker, or this one before it died, has completed is never run again. Whoever finds that somebody else has
begun a later attempt steps back: the version check of every commit decides between two who believe to be the one.
A delivery carries the journey up to the next `JourneyResumed`, which is a delivery of its own.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

from wrenchai_chassis.committer import Committer
from wrenchai_chassis.fault import fault_point
from wrenchai_chassis.log import EventLog, LogUnavailable, VersionConflict, events_of
from wrenchai_chassis.subscription import LeftToAnother
from wrenchai_contracts.envelope import Context, NewEvent, Recorded
from wrenchai_contracts.errors import Overloaded
from wrenchai_contracts.events import EffectClaimed, Event, JourneyDispatched, StepStarted
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.subjects import task_of

from wrenchai_journey.effects import Effects, Happened, NotHappened, settled, word_of_a_person
from wrenchai_journey.journey import Journey
from wrenchai_journey.next_events import Moment, after_finding, follows, not_begun, onward, undecided
from wrenchai_journey.outcome import Outcome, within_limits
from wrenchai_journey.stops import LOOK_EVERY, Stops, Watch


class RunsAttempts(Protocol):
    """What a worker runs attempts with; `Attempts` in production."""

    def is_pure(self, step: PlannedStep) -> bool:
        """Whether running the step once more could do no harm, so that its beginning need not be on disk first."""

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:
        """How this attempt of the journey's next step ended."""

    async def probe(self, cause: Recorded, journey: Journey) -> Happened | NotHappened | None:
        """What the tool of the journey's next step sees of its effect that is in doubt; None if it cannot tell."""


@dataclass(slots=True)
class Run:
    """A journey in this worker's hands: its folded state, and the attempt this worker itself has begun.

    `outcome` is how that attempt ended, as long as that is not on record.
    """

    cause: Recorded
    context: Context
    watch: Watch
    journey: Journey
    begun: StepStarted | None = None
    outcome: Outcome | None = None


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
    effects: Effects = field(default_factory=Effects)
    _active: set[str] = field(default_factory=set)
    _unrecorded: dict[str, tuple[StepStarted, Outcome]] = field(default_factory=dict)

    async def attend(self, event: Recorded, first: bool) -> None:  # noqa: FBT001  # the signature of a handler
        """Bring the journey that `event` dispatched or resumed to its end, or into a pause.

        Raises:
            LeftToAnother: it is in other hands now.
        """
        if event.stream in self._active:
            raise LeftToAnother
        self._active.add(event.stream)
        try:
            journey = await self._known(event, first=first)
            await self._take(event, journey)
        finally:
            self._active.discard(event.stream)

    async def _known(self, event: Recorded, *, first: bool) -> Journey:
        if not (first and isinstance(event.event, JourneyDispatched)):
            await self.stops.look(task_of(event.stream))
            return await self._fold(event.stream)
        journey = Journey()
        journey.evolve(event)
        return journey

    async def _take(self, event: Recorded, journey: Journey) -> None:
        immune = journey.dispatched is not None and journey.dispatched.undoes is not None
        with self.stops.watch(task_of(event.stream), journey.name, immune=immune) as watch:
            run = Run(event, self.context.caused_by(event), watch, journey)
            begun, outcome = self._unrecorded.pop(event.stream, (None, None))
            if begun is not None and begun == journey.running:
                run.begun, run.outcome = begun, outcome
            try:
                await self._carry(run)
            except (LogUnavailable, Overloaded):
                self._remember(run)
                raise

    def _remember(self, run: Run) -> None:
        """While the log is away, what a tool has done is not forgotten; so it need not be done again."""
        if run.begun is not None and run.outcome is not None:
            self._unrecorded[run.cause.stream] = run.begun, run.outcome

    async def _carry(self, run: Run) -> None:
        while not (run.journey.ended or run.journey.paused) and run.cause.version >= run.journey.leg:
            try:
                await self._advance(run)
            except VersionConflict:
                run.journey, run.begun, run.outcome = await self._fold(run.cause.stream), None, None
                running = run.journey.running
                if running is not None and running.worker != self.name:
                    raise LeftToAnother from None

    async def _advance(self, run: Run) -> None:
        """One commit further: begin an attempt, record how it ended, or find out what became of its effect."""
        journey = run.journey
        journey.extended = run.watch.told.deadline
        if run.begun is not None:
            await self._record(run, await self._end_of(run, run.begun))
            return
        if not (run.watch.told.stopped or journey.has_failed):
            await self._wait_for_retry(run)
        if journey.claim is not None:
            await self._record(run, await self._found_out(run, journey.claim))
        else:
            await self._go_on(run, journey)

    async def _go_on(self, run: Run, journey: Journey) -> None:
        """Record what follows; of a pure tool's attempt, beginning and end in one commit."""
        moment, step = self._moment(run), journey.next_step
        events = onward(journey, moment)
        if step is not None and isinstance(events[0], StepStarted) and self.attempts.is_pure(step):
            begun = events[0]
            ahead = journey.with_next(begun, at=moment.now)
            outcome = await self._try(run, ahead, begun)
            events = [begun, *follows(ahead, begun, outcome, self._moment(run), chance=self.chance)]
        await self._record(run, events)

    async def _end_of(self, run: Run, begun: StepStarted) -> list[Event]:
        """Run the attempt that is on record as begun, unless the journey was told something since."""
        if run.outcome is None:
            if run.watch.told.anything:
                return not_begun(run.journey, begun, self._moment(run))
            run.outcome = await self._try(run, run.journey, begun)
        return follows(run.journey, begun, run.outcome, self._moment(run), chance=self.chance)

    async def _try(self, run: Run, journey: Journey, begun: StepStarted) -> Outcome:
        fault_point("tool_started")
        outcome = await self.attempts.run(run.cause, journey, begun, run.watch.halt)
        fault_point("tool_done")
        return within_limits(outcome)

    async def _found_out(self, run: Run, claim: EffectClaimed) -> list[Event]:
        """Nobody knows whether the effect of `claim` happened: ask, and go on by what is known then."""
        journey, word = run.journey, word_of_a_person(run.journey)
        if word is None and self.effects.can_look(claim):
            word = await self.attempts.probe(run.cause, journey)
        match word:
            case Happened():
                return after_finding(journey, word, self._moment(run))
            case NotHappened(by=by):
                return [*settled(journey, "not_done", by)]
            case None:
                return undecided(journey, self._moment(run), repeatable=self.effects.may_repeat(claim))

    async def _wait_for_retry(self, run: Run) -> None:
        watch = run.watch
        while (seconds := run.journey.seconds_to_wait(self.clock())) > 0:
            watch.changed.clear()
            if watch.told.anything or watch.takes_hurry():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, LOOK_EVERY)):
                    await watch.changed.wait()
            if seconds > LOOK_EVERY:
                await self.stops.look(task_of(run.cause.stream))

    def _moment(self, run: Run) -> Moment:
        claim = partial(self.effects.claim, run.cause.stream)
        return Moment(self.name, self.clock(), run.watch.told, claim)

    async def _record(self, run: Run, events: list[Event]) -> None:
        """Commit `events` as the next of the stream, and only then believe them."""
        version = run.journey.version
        new = [NewEvent(run.cause.stream, version + n, event, run.context) for n, event in enumerate(events, 1)]
        await self.committer.commit(new)
        now = self.clock()
        for n, event in enumerate(events, 1):
            run.journey.note(event, now, version + n)
        running = run.journey.running
        run.begun, run.outcome = running if any(event is running for event in events) else None, None

    async def _fold(self, stream: str) -> Journey:
        journey = Journey()
        for event in events_of(await self.log.read_stream(stream)):
            journey.evolve(event)
        return journey
