"""Requests that may be refused: what the gateway takes in."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wrenchai_contracts.shape import Frozen, JsonObject, Name, Seconds

ShortText = Annotated[str, StringConstraints(max_length=4000)]


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


class ExecutePlaybook(Frozen):
    """The first WrenchAI's call: a form for the portfolio, or `playbook` with its own inputs."""

    playbook: Name = "portfolio"
    title: ShortText | None = None
    description: ShortText | None = None
    projects: list[JsonObject] | None = None
    inputs: JsonObject = Field(default_factory=dict)
