"""A plan: a playbook made concrete for one task. Data with a digest, so a changed file never breaks a running task."""

from hashlib import sha256
from typing import Annotated

from pydantic import Field

from wrenchai_contracts.shape import Frozen, JsonObject, Name, Recordable, Seconds, Sha256, StepId


class RetryPolicy(Frozen):
    """When and how often to try again. Delay of try n: first * factor^(n-1), capped, times a jitter in [0.5, 1]."""

    max_attempts: int = Field(default=3, ge=1, le=100)
    first_delay: Annotated[Seconds, Field(ge=0, le=3600)] = 0.5
    factor: float = Field(default=2.0, ge=1, le=10)
    max_delay: Annotated[Seconds, Field(ge=0, le=86400)] = 30.0


class PlannedStep(Recordable):
    """One tool call of a journey. `inputs` may still refer to outputs of earlier steps of the same journey."""

    id: StepId
    tool: Name
    inputs: JsonObject = Field(default_factory=dict)
    timeout: Seconds = 300.0
    retry: RetryPolicy = RetryPolicy()


class PlannedJourney(Recordable):
    """The steps that one agent runs through in one go, once everything in `after` has ended.

    With `for_each` it is a pattern: one journey per item of that list, each a stream of its own.
    `on_failure="continue"` lets the task go on without its result.
    """

    id: Name
    role: Name
    steps: tuple[PlannedStep, ...] = Field(min_length=1)
    after: tuple[Name, ...] = ()
    group: StepId | None = Field(default=None, description="The parallel step this is a branch of.")
    for_each: str | None = None
    item_name: StepId = "item"
    max_parallel: int = Field(default=100, ge=1, le=1000)
    on_failure: str = Field(default="fail", pattern="^(fail|continue)$")
    final: bool = Field(default=False, description="Nothing comes after it: its end ends the plan.")


class Plan(Recordable):
    """All journeys of a task, in an order in which each comes after what it waits for."""

    playbook: Name
    journeys: tuple[PlannedJourney, ...] = Field(min_length=1)
    result_from: tuple[StepId, ...] = Field(default=(), description="Steps nothing comes after: the task's result.")
    deadline: Seconds = 86400.0
    accept_above: float = 0.7
    reject_below: float = 0.2

    def digest(self) -> Sha256:
        """SHA-256 of the plan's JSON; equal plans have equal digests."""
        return sha256(self.model_dump_json().encode()).hexdigest()
