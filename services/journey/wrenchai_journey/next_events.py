"""What a worker records next of a journey in its hands: one decision for each way an attempt may end. Pure."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic_core import to_json
from wrenchai_contracts.events import (
    EffectClaimed,
    Event,
    JourneyCancelled,
    JourneyFailed,
    JourneyPaused,
    Question,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
)
from wrenchai_contracts.plan import PlannedStep

from wrenchai_journey.effects import Happened, settled
from wrenchai_journey.journey import Journey, retry_delay
from wrenchai_journey.outcome import NOTHING, Asked, Failed, Outcome, Stopped, Succeeded
from wrenchai_journey.told import Told

MAX_JOURNEY_BYTES = 192 * 1024
"""All outputs and evidence of one journey together; they end up in one event."""

BETWEEN_STEPS = "cancelled between steps"


class Moment(NamedTuple):
    """What else counts beside the journey: who decides when, what it was told, what its attempts claim outside."""

    worker: str
    now: datetime
    told: Told
    claim: Callable[[Journey, StepStarted], EffectClaimed | None]


def onward(journey: Journey, moment: Moment) -> list[Event]:
    """How a journey goes on that is between two attempts: to its end, into a pause, or with another attempt."""
    step = journey.next_step
    if step is None:
        return [ended(journey)]
    if moment.told.stopped:
        return [cancelled(journey)]
    if journey.failed is not None and journey.has_failed:
        return [failed(journey, journey.failed.reason, journey.failed.kind)]
    return _pause_or_begin(journey, step, moment)


def _pause_or_begin(journey: Journey, step: PlannedStep, moment: Moment) -> list[Event]:
    if moment.told.paused is not None:
        return paused(journey, "paused", moment)
    if journey.is_overdue(moment.now):
        return [failed(journey, "no worker took the journey in time", "schedule_to_start")]
    if journey.is_over_budget(step):
        return paused(journey, "budget", moment)
    started = journey.start_of(step, moment.worker)
    claim = moment.claim(journey, started)
    return [started] if claim is None else [started, claim]


def not_begun(journey: Journey, begun: StepStarted, moment: Moment) -> list[Event]:
    """The journey was told something while `begun` was recorded: its tool was not touched, and will not be."""
    return after(journey, begun, Stopped(BETWEEN_STEPS), moment)


def after(journey: Journey, begun: StepStarted, outcome: Succeeded | Stopped | Asked, moment: Moment) -> list[Event]:
    """What follows an attempt that ended as `outcome`, except badly."""
    match outcome:
        case Succeeded():
            return _after_success(journey, begun, outcome, moment)
        case Stopped():
            return _after_stop(journey, begun, outcome, moment)
        case Asked(question=question):
            interrupted = [*settled(journey, "not_done"), _interrupted(journey, begun, outcome, "asks")]
            ahead = journey.with_next(*interrupted, at=moment.now)
            return [*interrupted, *paused(ahead, "question", moment, question=question)]


def _after_success(journey: Journey, begun: StepStarted, outcome: Succeeded, moment: Moment) -> list[Event]:
    done: list[Event] = [*settled(journey, "done"), _completed(journey, begun, outcome)]
    return [*done, *onward(journey.with_next(*done, at=moment.now), moment)]


def _after_stop(journey: Journey, begun: StepStarted, outcome: Stopped, moment: Moment) -> list[Event]:
    """With an effect in doubt only the attempt ends: what becomes of the journey is decided when more is known."""
    known = [*settled(journey, outcome.effect)]
    interrupted = _interrupted(journey, begun, outcome, "the task is paused" if moment.told.paused else outcome.reason)
    ahead = journey.with_next(*known, interrupted, at=moment.now)
    if ahead.claim is not None:
        return [interrupted]
    if moment.told.stopped:
        return [*known, cancelled(ahead, outcome.reason)]
    return [*known, interrupted, *onward(ahead, moment)]


def after_failure(
    journey: Journey, begun: StepStarted, outcome: Failed, moment: Moment, *, chance: random.Random
) -> list[Event]:
    """What follows an attempt that failed: another one later, or the journey's end once its effect is not in doubt."""
    failure = StepFailed(
        step=begun.step,
        attempt=begun.attempt,
        reason=outcome.reason,
        kind=outcome.kind,
        retry_in=_retry_in(journey, begun, outcome, chance),
        evidence=outcome.evidence,
        artifacts=outcome.artifacts,
        seconds=round(outcome.seconds, 6),
        spent=journey.cost_of(outcome.seconds, outcome.spent),
        resources=outcome.resources,
    )
    events: list[Event] = [*settled(journey, outcome.effect), failure]
    ahead = journey.with_next(*events, at=moment.now)
    if failure.retry_in is not None or ahead.claim is not None:
        return events
    return [*events, failed(ahead, outcome.reason, outcome.kind)]


def _retry_in(journey: Journey, begun: StepStarted, outcome: Failed, chance: random.Random) -> float | None:
    step = journey.next_step
    if step is None or not outcome.retryable or outcome.kind in step.retry.non_retryable:
        return None
    if journey.claim is not None and outcome.effect == "done":
        return None
    return retry_delay(step.retry, journey.failures.get(begun.step, 0) + 1, chance)


def after_finding(journey: Journey, word: Happened, moment: Moment) -> list[Event]:
    """What follows when an effect in doubt turns out to have happened; finding that out is an attempt of its own."""
    step = journey.next_step
    if step is None:
        return onward(journey, moment)
    started = journey.start_of(step, moment.worker)
    ahead = journey.with_next(started, at=moment.now)
    done: list[Event] = [started, *settled(journey, "done", word.by), _completed(ahead, started, word.found)]
    return [*done, *onward(journey.with_next(*done, at=moment.now), moment)]


def undecided(journey: Journey, moment: Moment, *, repeatable: bool) -> list[Event]:
    """What follows when nobody can tell yet whether an effect happened.

    Another attempt, if that does no harm and there are tries left; the end of a journey that must stop, whose claim
    stays unsettled; else it waits for a person.
    """
    claim = journey.claim
    if claim is None or (repeatable and not journey.has_failed and not moment.told.stopped):
        return onward(journey, moment)
    if moment.told.stopped:
        return [cancelled(journey, f"cancelled; whether {claim.key} was done is not known")]
    return paused(journey, "in_doubt", moment, effect=claim.key)


def ended(journey: Journey) -> Event:
    """The journey's good end, unless its outputs together are more than one event may hold."""
    completion = journey.completion()
    size = len(to_json(completion))
    if size <= MAX_JOURNEY_BYTES:
        return completion
    reason = f"the outputs of this journey have {size} bytes together; the limit is {MAX_JOURNEY_BYTES}"
    return _failed(journey, list(completion.outputs)[-1], reason, "output_too_large")


def failed(journey: Journey, reason: str, kind: str) -> JourneyFailed:
    """The journey's bad end, with what was measured if that fits."""
    step = journey.next_step
    last = _failed(journey, step.id if step else "", reason, kind)
    with_evidence = last.model_copy(update={"evidence": tuple(journey.evidence)})
    return with_evidence if len(to_json(with_evidence)) <= MAX_JOURNEY_BYTES else last


def _failed(journey: Journey, step: str, reason: str, kind: str) -> JourneyFailed:
    return JourneyFailed(journey=journey.name, step=step, reason=reason, kind=kind, spent=journey.spent)


def cancelled(journey: Journey, reason: str = BETWEEN_STEPS) -> JourneyCancelled:
    """The journey's end because it was told to stop."""
    in_doubt = journey.claim.key if journey.claim is not None else None
    return JourneyCancelled(journey=journey.name, reason=reason, spent=journey.spent, in_doubt=in_doubt)


def paused(
    journey: Journey,
    why: Literal["paused", "budget", "question", "in_doubt"],
    moment: Moment,
    *,
    question: Question | None = None,
    effect: str | None = None,
) -> list[Event]:
    """The worker lets go of the journey; an attempt that a dead worker has left behind ends with it."""
    left: list[Event] = [] if journey.running is None else [_lost(journey, journey.running)]
    after_it = journey.with_next(*left, at=moment.now) if left else journey
    step = journey.next_step
    pause = JourneyPaused(
        journey=journey.name,
        step=step.id if step else "",
        why=why,
        question=question,
        effect=effect,
        spent=after_it.spent,
    )
    return [*left, pause]


def _lost(journey: Journey, running: StepStarted) -> StepInterrupted:
    most = journey.next_step.most if journey.next_step else NOTHING
    spent = journey.cost_of(0.0, most)
    return StepInterrupted(step=running.step, attempt=running.attempt, reason="its worker went away", spent=spent)


def _interrupted(journey: Journey, begun: StepStarted, outcome: Stopped | Asked, reason: str) -> StepInterrupted:
    return StepInterrupted(
        step=begun.step,
        attempt=begun.attempt,
        reason=reason,
        seconds=round(outcome.seconds, 6),
        spent=journey.cost_of(outcome.seconds, outcome.spent),
    )


def _completed(journey: Journey, begun: StepStarted, outcome: Succeeded) -> StepCompleted:
    return StepCompleted(
        step=begun.step,
        attempt=begun.attempt,
        output=outcome.output,
        evidence=outcome.evidence,
        artifacts=outcome.artifacts,
        seconds=round(outcome.seconds, 6),
        spent=journey.cost_of(outcome.seconds, outcome.spent),
        resources=outcome.resources,
    )


def follows(
    journey: Journey, begun: StepStarted, outcome: Outcome, moment: Moment, *, chance: random.Random
) -> list[Event]:
    """What follows an attempt, however it ended."""
    if isinstance(outcome, Failed):
        return after_failure(journey, begun, outcome, moment, chance=chance)
    return after(journey, begun, outcome, moment)
