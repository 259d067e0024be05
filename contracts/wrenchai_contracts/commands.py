"""Requests that may be refused: what the gateway takes in."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from wrenchai_contracts.judging import Loss, Verdict
from wrenchai_contracts.shape import Frozen, JsonObject, Name, Path, Seconds, Sha256, StepId

ShortText = Annotated[str, StringConstraints(max_length=4000)]


def _seconds_or_moment(value: object) -> object:
    """A duration as seconds, a moment as it is."""
    if not isinstance(value, str):
        return value
    for reading in (TypeAdapter(Seconds).validate_python, TypeAdapter(AwareDatetime).validate_python):
        with suppress(ValidationError):
            return reading(value)
    message = f"{value!r} is no duration and no moment; write for example 12h, 7d or 2026-11-01T00:00:00Z"
    raise ValueError(message)


Since = Annotated[float | AwareDatetime, BeforeValidator(_seconds_or_moment, json_schema_input_type=float | str)]
"""How long ago, in seconds or as `7d`; or since which moment."""


class Constraints(Frozen):
    """Limits of one task; they can only be stricter than its playbook's own."""

    deadline: Annotated[Seconds, Field(gt=0)] | None = Field(default=None, description="All must have ended by then.")
    accept_above: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="What the lower end of the inspector's interval must reach."
    )


class SubmitTask(Frozen):
    """Run a playbook with inputs, or reach a goal given in words (then `playbook` stays empty)."""

    playbook: Name | None = Field(default=None, description="Name of a registered playbook.")
    description: ShortText = Field(default="", description="The goal in words; needed when no playbook is named.")
    inputs: JsonObject = Field(default_factory=dict, description="What the playbook's input schema asks for.")
    requirements: tuple[Name, ...] = Field(
        default=(), max_length=100, description="Tools that the task must be able to use; without one it is not begun."
    )
    constraints: Constraints = Constraints()
    priority: Annotated[int, Field(ge=-100, le=100)] | None = Field(
        default=None, description="Default: the playbook's."
    )
    metadata: dict[Annotated[str, StringConstraints(max_length=64)], ShortText] = Field(
        default_factory=dict,
        max_length=32,
        description="Labels of your own; shown and filterable, never interpreted.",
    )


class SubmitBatch(Frozen):
    """Up to 1,000 tasks that are accepted together, in one commit, or not at all."""

    tasks: tuple[SubmitTask, ...] = Field(min_length=1, max_length=1000)


class CancelTask(Frozen):
    """Stop a task as soon as its running steps can be stopped."""

    reason: ShortText = ""


class PauseTask(Frozen):
    """Begin nothing more: `boundary` lets each running attempt come to its end, `now` ends it without counting it."""

    at: Literal["now", "boundary"] = "boundary"
    reason: ShortText = ""


class ResumeTask(Frozen):
    """Go on with a paused task."""

    reason: ShortText = ""


class RetryStep(Frozen):
    """Try a failed step once more, or at once instead of later. Of a task that has failed: in a new task."""

    step: Path
    reason: ShortText = ""


class SkipStep(Frozen):
    """Go on without a step; `output` stands for its own."""

    step: Path
    output: Any = None
    reason: ShortText = ""


class SendSignal(Frozen):
    """What a step waits for, or will wait for."""

    name: Name
    content: JsonObject = Field(default_factory=dict)
    reason: ShortText = ""


class AnswerQuestion(Frozen):
    """The answer to what a step, or the tool of a step, has asked."""

    step: Path
    answer: JsonObject
    reason: ShortText = ""


class DecideApproval(Frozen):
    """Yes, no, or yes with other inputs, to exactly what `digest` names."""

    step: Path
    digest: Sha256
    decision: Literal["approve", "reject", "change"]
    change: JsonObject | None = Field(default=None, description="With `change`: the inputs instead.")
    reason: ShortText = ""


class ExtendLimits(Frozen):
    """Allow a task more: added to its budget, and to the time that is left."""

    calls: Annotated[int, Field(ge=1)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    money: Annotated[float, Field(gt=0)] | None = None
    seconds: Annotated[Seconds, Field(gt=0)] | None = None
    deadline: Annotated[Seconds, Field(gt=0)] | None = Field(default=None, description="So much later than until now.")
    reason: ShortText = ""


class PrioritiseTask(Frozen):
    """How much a task matters beside others that wait: higher goes first."""

    priority: int = Field(ge=-100, le=100)
    reason: ShortText = ""


class ResolveEffect(Frozen):
    """What became of an effect in doubt: it happened (with the step's output), do it again, or take it back."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    resolution: Literal["happened", "retry", "compensate"]
    output: JsonObject | None = None
    reason: ShortText = ""


class GiveVerdict(Frozen):
    """Whether a result that was judged is acceptable, by somebody who has looked: of the whole task, or of a step."""

    step: Path | None = Field(default=None, description="Whose result; None: the whole task's.")
    verdict: Verdict
    reason: ShortText = ""


class OtherCosts(Frozen):
    """What mistakes and remedies might cost, in units of one retry; what is not said stays as it was."""

    false_accept: Loss | None = Field(default=None, description="A bad result that was accepted.")
    retry: Loss | None = Field(default=None, description="Doing it once more.")
    human: Loss | None = Field(default=None, description="A person looking at it.")


class AskWhatIf(Frozen):
    """What would have been decided if mistakes had cost something else."""

    costs: OtherCosts = OtherCosts()
    since: Since | None = Field(
        default=None, description="Of judgements since then: a moment, or how long ago (`7d`); None: of all."
    )


class ForkTask(Frozen):
    """A new task from an old one: results before `step` are used again where their inputs are the same."""

    step: StepId = Field(alias="from", description="The first step that is done anew.")
    inputs: JsonObject | None = Field(default=None, description="Instead of the old ones.")
    reason: ShortText = ""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExecutePlaybook(Frozen):
    """The first WrenchAI's call: a form for the portfolio, or `playbook` with its own inputs."""

    playbook: Name = "portfolio"
    title: ShortText | None = None
    description: ShortText | None = None
    projects: list[JsonObject] | None = None
    inputs: JsonObject = Field(default_factory=dict)
