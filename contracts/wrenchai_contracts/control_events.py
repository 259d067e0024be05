"""What people ask of a running task; recorded by the gateway, in the task's stream, if the task's state allows it.

Who asked, and when, is in the envelope.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from wrenchai_contracts.event import Event
from wrenchai_contracts.shape import JsonObject, Name, Path, Sha256
from wrenchai_contracts.spending import Limits


class TaskCancellationRequested(Event):
    """Somebody asked to stop the task."""

    reason: str = ""


class TaskPaused(Event):
    """Somebody asked to pause: `now` ends running attempts, `boundary` lets each come to its end first."""

    at: Literal["now", "boundary"] = "boundary"
    reason: str = ""


class TaskResumed(Event):
    """Somebody asked to go on."""

    reason: str = ""


class StepRetryRequested(Event):
    """Somebody decided that a step that failed is tried once more, or at once instead of later."""

    step: Path
    reason: str = ""


class StepSkipRequested(Event):
    """Somebody decided to go on without a step; `output` stands for its own."""

    step: Path
    output: Any = None
    reason: str = ""


class SignalReceived(Event):
    """Somebody sent what a step waits for, or will wait for."""

    name: Name
    content: JsonObject = Field(default_factory=dict)
    reason: str = ""


class QuestionAnswered(Event):
    """Somebody answered what a step, or the tool of a step, had asked."""

    step: Path
    answer: JsonObject
    reason: str = ""


class ApprovalDecided(Event):
    """Somebody decided on exactly what `digest` names. `change`: agreed, if it is done like this instead."""

    step: Path
    digest: Sha256
    decision: Literal["approve", "reject", "change"]
    change: JsonObject | None = Field(default=None, description="The inputs instead of those that were asked for.")
    reason: str = ""


class LimitsExtended(Event):
    """Somebody allowed the task more: `more` is added to what was allowed, `deadline` replaces it."""

    more: Limits = Limits()
    deadline: datetime | None = None
    reason: str = ""


class TaskPrioritised(Event):
    """Somebody changed how much the task matters beside others that wait."""

    priority: int = Field(ge=-100, le=100)
    reason: str = ""


class EffectResolved(Event):
    """Somebody, or a probe, found out about an effect in doubt: it happened, or not, or it is to be taken back."""

    key: str
    step: Path
    resolution: Literal["happened", "retry", "compensate"]
    output: JsonObject | None = None
    reason: str = ""


CONTROLS: tuple[type[Event], ...] = (
    TaskCancellationRequested, TaskPaused, TaskResumed, StepRetryRequested, StepSkipRequested, SignalReceived,
    QuestionAnswered, ApprovalDecided, LimitsExtended, TaskPrioritised, EffectResolved,
)  # fmt: skip
"""Everything that people may ask of a task that has not ended."""
