"""A journey as its events tell it, and what its worker should do next. Pure."""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    StepCompleted,
    StepFailed,
    StepStarted,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_contracts.shape import JsonObject, StepId


@dataclass(slots=True)
class Journey:
    """The folded state of one journey stream."""

    version: int = 0
    dispatched: JourneyDispatched | None = None
    outputs: dict[StepId, JsonObject] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    attempts: dict[StepId, int] = field(default_factory=dict)
    failures: dict[StepId, int] = field(default_factory=dict)
    running: StepStarted | None = None
    not_before: datetime | None = None
    ended: bool = False

    def evolve(self, recorded: Recorded) -> None:
        """Fold one event of the stream."""
        self.note(recorded.event, recorded.at, recorded.version)

    def note(self, event: Event, at: datetime, version: int) -> None:
        """Fold an event that was recorded as `version` of the stream at `at`."""
        self.version = version
        match event:
            case JourneyDispatched() as dispatched:
                self.dispatched = dispatched
            case StepStarted(step=step, attempt=attempt) as started:
                self.attempts[step], self.running, self.not_before = attempt, started, None
            case StepCompleted(step=step, output=output, evidence=evidence):
                self.outputs[step], self.running = output, None
                self.evidence += evidence
            case StepFailed(step=step, retry_in=retry_in, evidence=evidence):
                self.failures[step] = self.failures.get(step, 0) + 1
                self.running = None
                self.not_before = at + timedelta(seconds=retry_in) if retry_in is not None else None
                self.evidence += evidence if retry_in is None else ()
            case JourneyCompleted() | JourneyFailed() | JourneyCancelled():
                self.ended = True
            case _:
                pass

    def begun(self, started: StepStarted) -> "Journey":
        """What this journey would be with `started` recorded; itself it stays as it is."""
        return replace(self, attempts={**self.attempts, started.step: started.attempt}, running=started)

    def after(self, completed: StepCompleted) -> "Journey":
        """What this journey would be with `completed` recorded; itself it stays as it is."""
        outputs = {**self.outputs, completed.step: completed.output}
        return replace(self, outputs=outputs, evidence=[*self.evidence, *completed.evidence], running=None)

    @property
    def next_step(self) -> PlannedStep | None:
        """The first step that has no output yet; None when all have. They end in order, so counting is enough."""
        return self._step(len(self.outputs))

    @property
    def step_after_next(self) -> PlannedStep | None:
        """The step that follows once the next one has ended well."""
        return self._step(len(self.outputs) + 1)

    def _step(self, number: int) -> PlannedStep | None:
        steps = self.dispatched.steps if self.dispatched else ()
        return steps[number] if number < len(steps) else None

    def seconds_to_wait(self, now: datetime) -> float:
        """How long from `now` until the next attempt may begin."""
        return 0.0 if self.not_before is None else (self.not_before - now).total_seconds()

    def start_of(self, step: PlannedStep, worker: str) -> StepStarted:
        """The event that begins the next attempt of `step`."""
        return StepStarted(step=step.id, attempt=self.attempts.get(step.id, 0) + 1, tool=step.tool, worker=worker)

    def completion(self) -> JourneyCompleted:
        """The event that ends the journey well."""
        dispatched = self.dispatched
        if dispatched is None:
            message = "a journey that was not dispatched cannot be completed"
            raise ValueError(message)
        return JourneyCompleted(
            journey=dispatched.journey,
            outputs=self.outputs,
            evidence=tuple(self.evidence),
            attempts=sum(self.attempts.values()),
            final=dispatched.final,
            sole=dispatched.sole,
            accept_above=dispatched.accept_above,
            reject_below=dispatched.reject_below,
        )


def retry_delay(policy: RetryPolicy, failures: int, chance: random.Random) -> float | None:
    """Seconds until the next try after `failures` failed ones; None when there are no tries left.

    Exponential back-off with jitter in [0.5, 1], so that many workers do not return at one moment.
    """
    if failures >= policy.max_attempts:
        return None
    full = min(policy.first_delay * policy.factor ** (failures - 1), policy.max_delay)
    return full * (0.5 + chance.random() / 2)
