"""How one attempt of a step ended: wrong states cannot be said."""

from dataclasses import dataclass, replace
from typing import Literal

from pydantic_core import to_json
from wrenchai_contracts.events import Question, ResourceSample
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import Spending

MAX_OUTPUT_BYTES = 48 * 1024
"""A step's output is part of events; anything larger belongs into an artifact."""


MAX_EVIDENCE_BYTES = 64 * 1024
"""Evidence and artifact references of one attempt together; a tool with more to say sums up and keeps a report."""

MAX_REASON = 2000
"""Characters of a reason that are kept."""

NOTHING = Spending()
"""What an attempt cost whose tool told of nothing; that it was a call, and its seconds, are counted all the same."""

Effect = Literal["not_done", "done", "unknown"]
"""What is known of the outside after an attempt of a tool that has an effect."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The tool gave an output that fits its own schema."""

    output: JsonObject
    seconds: float
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    spent: Spending = NOTHING
    resources: ResourceSample | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed. `kind` is for programs, `reason` for people."""

    reason: str
    kind: str
    retryable: bool
    seconds: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    spent: Spending = NOTHING
    effect: Effect = "not_done"
    resources: ResourceSample | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The attempt was ended from outside; its processes are gone."""

    reason: str
    seconds: float = 0.0
    spent: Spending = NOTHING
    effect: Effect = "not_done"


@dataclass(frozen=True, slots=True)
class Asked:
    """The tool must know something first; it has done nothing outside."""

    question: Question
    seconds: float
    spent: Spending = NOTHING


Outcome = Succeeded | Failed | Stopped | Asked


def within_limits(outcome: Outcome) -> Outcome:
    """`outcome` as events can hold it: one that is too large becomes a failure that says so and is not tried again."""
    match outcome:
        case Stopped():
            return outcome
        case Asked(question=question):
            size = len(to_json(question))
            return outcome if size <= MAX_OUTPUT_BYTES else _too_large("question", size, outcome)
        case Succeeded(output=output) if (size := len(to_json(output))) > MAX_OUTPUT_BYTES:
            return _too_large("output", size, outcome)
    facts = len(to_json((outcome.evidence, outcome.artifacts)))
    if facts > MAX_EVIDENCE_BYTES:
        reason = f"evidence and artifact names have {facts} bytes; the limit is {MAX_EVIDENCE_BYTES}"
        return _refused(outcome, reason, "evidence_too_large")
    return outcome if isinstance(outcome, Succeeded) else replace(outcome, reason=outcome.reason[:MAX_REASON])


def _too_large(what: str, size: int, outcome: Succeeded | Asked) -> Failed:
    reason = f"the {what} has {size} bytes; the limit is {MAX_OUTPUT_BYTES}. Keep large results as artifacts."
    return _refused(outcome, reason, "output_too_large")


def _refused(outcome: Succeeded | Failed | Asked, reason: str, kind: str) -> Failed:
    """A failure instead of `outcome`; what was done outside and what it cost are the same."""
    effect: Effect = "done" if isinstance(outcome, Succeeded) else getattr(outcome, "effect", "not_done")
    failed = Failed(reason, kind, retryable=False, seconds=outcome.seconds, spent=outcome.spent, effect=effect)
    return failed if isinstance(outcome, Asked) else replace(failed, resources=outcome.resources)
