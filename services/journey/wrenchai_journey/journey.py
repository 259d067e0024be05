"""A journey as its events tell it, and what its worker should do next. Pure."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    EffectClaimed,
    EffectSettled,
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    ResourceSample,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
)
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import Work
from wrenchai_contracts.plan import PlannedStep, RetryPolicy
from wrenchai_contracts.shape import JsonObject, Name, StepId
from wrenchai_contracts.spending import Spending

from wrenchai_journey.spent import Sum, exceeds

_LONGEST_VERSION = 40
"""What `Work` has room for."""


@dataclass(slots=True)
class Journey:
    """The folded state of one journey stream.

    `leg` is the version of the event whose delivery carries it: the latest of its dispatch and its resumptions.
    `claim` is the effect of its next step that nobody has settled yet; `failed` how the latest attempt of that step
    failed.
    """

    version: int = 0
    leg: int = 0
    dispatched: JourneyDispatched | None = None
    ready_at: datetime | None = None
    outputs: dict[StepId, JsonObject] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    attempts: dict[StepId, int] = field(default_factory=dict)
    failures: dict[StepId, int] = field(default_factory=dict)
    resources: dict[StepId, ResourceSample] = field(default_factory=dict)
    sum: Sum = field(default_factory=Sum)
    reserved: Spending | None = None
    running: StepStarted | None = None
    failed: StepFailed | None = None
    claim: EffectClaimed | None = None
    paused: JourneyPaused | None = None
    resumed: JourneyResumed | None = None
    answer: JsonObject | None = None
    not_before: datetime | None = None
    extended: datetime | None = None
    """A later deadline than its dispatch says, if its worker was told of one."""
    ended: bool = False

    def evolve(self, recorded: Recorded) -> None:
        """Fold one event of the stream."""
        self.note(recorded.event, recorded.at, recorded.version)

    def note(self, event: Event, at: datetime, version: int) -> None:
        """Fold an event that was recorded as `version` of the stream at `at`."""
        self.version = version
        fold = self._FOLDS.get(type(event))
        if fold is not None:
            fold(self, event, at)

    def _dispatched(self, event: JourneyDispatched, at: datetime) -> None:
        self.dispatched, self.reserved = event, event.reserved
        self.ready_at, self.leg = at, self.version

    def _step_started(self, event: StepStarted, _: datetime) -> None:
        if self.running is not None:
            self.sum = self.sum.with_lost(self.next_step)
        self.attempts[event.step], self.running = event.attempt, event
        self.failed = self.not_before = None

    def _step_completed(self, event: StepCompleted, _: datetime) -> None:
        self.outputs[event.step], self.answer = event.output, None
        self.evidence += event.evidence
        self._sampled(event)
        self._attempt_ended(event)

    def _step_failed(self, event: StepFailed, at: datetime) -> None:
        self.failures[event.step] = self.failures.get(event.step, 0) + 1
        self.failed = event
        self.not_before = at + timedelta(seconds=event.retry_in) if event.retry_in is not None else None
        self.evidence += event.evidence if event.retry_in is None else ()
        self._attempt_ended(event)

    def _sampled(self, event: StepCompleted) -> None:
        if event.resources is not None:
            self.resources[event.step] = event.resources

    def _step_interrupted(self, event: StepInterrupted, _: datetime) -> None:
        self._attempt_ended(event)

    def _attempt_ended(self, event: StepCompleted | StepFailed | StepInterrupted) -> None:
        self.running, self.sum = None, self.sum.plus(event.seconds, event.spent)

    def _effect_claimed(self, event: EffectClaimed, _: datetime) -> None:
        self.claim = event

    def _effect_settled(self, event: EffectSettled, _: datetime) -> None:
        """What failed for good is tried again all the same if a person wants it."""
        self.claim = self.resumed = None
        self.failed = None if event.by == "person" else self.failed

    def _paused(self, event: JourneyPaused, _: datetime) -> None:
        self.paused = event

    def _resumed(self, event: JourneyResumed, at: datetime) -> None:
        """What an earlier resumption brought stays, as far as this one brings nothing instead."""
        self.paused, self.ready_at, self.leg = None, at, self.version
        self.reserved = event.reserved or self.reserved
        self.answer = event.answer if event.answer is not None else self.answer
        if event.resolution is not None and self.claim is not None:
            self.resumed = event

    def _ended(self, _: Event, __: datetime) -> None:
        self.ended = True

    _FOLDS: ClassVar[dict[type[Event], Callable[[Any, Any, datetime], None]]] = {
        JourneyDispatched: _dispatched,
        StepStarted: _step_started,
        StepCompleted: _step_completed,
        StepFailed: _step_failed,
        StepInterrupted: _step_interrupted,
        EffectClaimed: _effect_claimed,
        EffectSettled: _effect_settled,
        JourneyPaused: _paused,
        JourneyResumed: _resumed,
        JourneyCompleted: _ended,
        JourneyFailed: _ended,
        JourneyCancelled: _ended,
    }
    """What each event does to a journey."""

    def with_next(self, *events: Event, at: datetime) -> "Journey":
        """What this journey would be with `events` recorded next, at `at`; itself it stays as it is."""
        ahead = Journey.__new__(Journey)
        for name in Journey.__slots__:  # `replace` takes three times as long, and this happens for every step
            setattr(ahead, name, getattr(self, name))
        ahead.outputs, ahead.evidence = dict(self.outputs), list(self.evidence)
        ahead.attempts, ahead.failures = dict(self.attempts), dict(self.failures)
        ahead.resources = dict(self.resources)
        for version, event in enumerate(events, self.version + 1):
            ahead.note(event, at, version)
        return ahead

    @property
    def name(self) -> str:
        """The journey's path in its task."""
        return self.dispatched.journey if self.dispatched else ""

    @property
    def next_step(self) -> PlannedStep | None:
        """The first step that has no output yet; None when all have. They end in order, so counting is enough."""
        steps, number = self.dispatched.steps if self.dispatched else (), len(self.outputs)
        return steps[number] if number < len(steps) else None

    @property
    def has_failed(self) -> bool:
        """Whether its latest attempt failed for good, and only its effect was still to be found out."""
        return self.failed is not None and self.failed.retry_in is None

    def seconds_to_wait(self, now: datetime) -> float:
        """How long from `now` until the next attempt may begin."""
        return 0.0 if self.not_before is None else (self.not_before - now).total_seconds()

    def seconds_left(self, now: datetime) -> float:
        """How long an attempt of the next step may take from `now`: its timeout, the deadline, what was reserved."""
        step, dispatched = self.next_step, self.dispatched
        left = [step.timeout] if step is not None else []
        if dispatched is not None and dispatched.deadline is not None:
            left.append((max(dispatched.deadline, self.extended or dispatched.deadline) - now).total_seconds())
        if self.reserved is not None and self.reserved.seconds > 0:
            left.append(self.reserved.seconds - self.sum.seconds)
        return min(left, default=0.0)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it has waited longer for a worker than it may. Who has begun does not wait any more."""
        if self.dispatched is None or self.dispatched.schedule_to_start is None or self.ready_at is None:
            return False
        return not self.attempts and (now - self.ready_at).total_seconds() > self.dispatched.schedule_to_start

    def is_over_budget(self, step: PlannedStep) -> bool:
        """Whether one more call of `step` might cost more than was reserved. The first call was reserved for."""
        if self.reserved is None or not self.attempts:
            return False
        return exceeds(self.reserved, spent=self.sum.as_spending(self.calls), call=step.most)

    @property
    def calls(self) -> int:
        """Attempts over all steps: each is a call, whatever became of it."""
        return sum(self.attempts.values())

    @property
    def spent(self) -> Spending | None:
        """All that it has cost so far; None where nothing counts but calls and seconds, and nobody budgets."""
        counts = self.reserved is not None or self.sum.is_told
        return self.sum.as_spending(self.calls) if counts else None

    def cost_of(self, seconds: float, told: Spending) -> Spending | None:
        """One attempt's cost as its end records it; None where nothing counts but the call and its seconds."""
        if self.reserved is None and not (told.tokens or told.micros):
            return None
        return Spending(calls=1, tokens=told.tokens, micros=told.micros, seconds=round(seconds, 6))

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
            attempts=self.calls,
            final=dispatched.final,
            sole=dispatched.sole,
            accept_above=dispatched.accept_above,
            reject_below=dispatched.reject_below,
            costs=dispatched.costs if dispatched.sole else None,
            work=sole_work(dispatched),
            spent=self.spent,
            resources=self.resources,
        )


def sole_work(dispatched: JourneyDispatched) -> Work | None:
    """Whose work the result of a plan's only journey is: that of the tool of its last step; None of any other."""
    if not dispatched.sole or dispatched.playbook is None:
        return None
    return _work_of(dispatched.role, dispatched.steps[-1].tool, dispatched.tools, dispatched.playbook)


@lru_cache(maxsize=256)
def _work_of(role: Name, tool: Name, allocated: tuple[str, ...], playbook: Name) -> Work:
    """The same for all tasks by one playbook, so it is made once."""
    version = next((entry.partition("@")[2] for entry in allocated if entry.partition("@")[0] == tool), "")
    return Work(role=role, tool=tool, version=version[:_LONGEST_VERSION], playbook=playbook)


def retry_delay(policy: RetryPolicy, failures: int, chance: random.Random) -> float | None:
    """Seconds until the next try after `failures` failed ones; None when there are no tries left.

    Exponential back-off with jitter in [0.5, 1], so that many workers do not return at one moment.
    """
    if failures >= policy.max_attempts:
        return None
    full = min(policy.first_delay * policy.factor ** (failures - 1), policy.max_delay)
    return full * (0.5 + chance.random() / 2)
