"""How one attempt of a step ended: wrong states cannot be said."""

from dataclasses import dataclass, replace

from pydantic_core import to_json
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import JsonObject

MAX_OUTPUT_BYTES = 48 * 1024
"""A step's output is part of events; anything larger belongs into an artifact."""


MAX_EVIDENCE_BYTES = 64 * 1024
"""Evidence and artifact references of one attempt together; a tool with more to say sums up and keeps a report."""

MAX_REASON = 2000
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The tool gave an output that fits its own schema."""

    output: JsonObject
    seconds: float
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed. `kind` is for programs, `reason` for people."""

    reason: str
    kind: str
    retryable: bool
    seconds: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """The attempt was cancelled from outside; its processes are gone."""

    reason: str
    seconds: float = 0.0


Outcome = Succeeded | Failed | Stopped


def within_limits(outcome: Outcome) -> Outcome:
    """`outcome` as events can hold it: one that is too large becomes a failure that says so and is not tried again."""
    if isinstance(outcome, Stopped):
        return outcome
    output = outcome.output if isinstance(outcome, Succeeded) else {}
    size, facts = len(to_json(output)), len(to_json((outcome.evidence, outcome.artifacts)))
    if size > MAX_OUTPUT_BYTES:
        reason = f"the output has {size} bytes; the limit is {MAX_OUTPUT_BYTES}. Keep large results as artifacts."
        return Failed(reason, "output_too_large", retryable=False, seconds=outcome.seconds)
    if facts > MAX_EVIDENCE_BYTES:
        reason = f"evidence and artifact names have {facts} bytes; the limit is {MAX_EVIDENCE_BYTES}"
        return Failed(reason, "evidence_too_large", retryable=False, seconds=outcome.seconds)
    return outcome if isinstance(outcome, Succeeded) else replace(outcome, reason=outcome.reason[:MAX_REASON])
