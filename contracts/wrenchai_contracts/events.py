"""Every fact that WrenchAI records: past tense, one field per fact. The log is a sequence of these and nothing else.

Streams, and who alone writes them:
    <task>                gateway (request, cancellation), then the orchestrator
    <task>/<journey>      its first event the orchestrator, the rest the journey worker that runs it
    <task>/evaluation     inspector
    catalogue             gateway (playbooks), journey (tools)
    key/<digest>          gateway, one event for each idempotency key
    parked/<consumer>     whichever service set an event aside
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.plan import Plan, PlannedStep
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import JsonObject, Name, Recordable, Sha256, StepId, TaskId


class Event(Recordable):
    """A fact. `schema_version` counts changes of meaning; `routing` is what a subscriber may filter by.

    `awaited`: some service acts on it, so the bus is told at once; others may travel a moment later, together.
    """

    schema_version: ClassVar[int] = 1
    awaited: ClassVar[bool] = True

    @property
    def routing(self) -> str:
        """One subject token that tells variants of this event apart on the bus."""
        return "-"


# --- the task --------------------------------------------------------------------------------------------


class TaskRequested(Event):
    """Somebody asked for a task, and we promised to finish it."""

    task_id: TaskId
    description: str = ""
    playbook: Name | None = None
    playbook_digest: Sha256 | None = Field(default=None, description="None: the orchestrator picks one by the goal.")
    inputs: JsonObject = Field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    constraints: JsonObject = Field(default_factory=dict)
    metadata: dict[str, str] = Field(default_factory=dict)


class RolesAssigned(Event):
    """Which agent plays which role in this task."""

    roles: dict[Name, Name]


class ToolsAllocated(Event):
    """Which tools each role may use in this task, each with its version: `links.check@1`."""

    tools: dict[Name, tuple[str, ...]]


class PlanCreated(Event):
    """What will be done, in full; the task keeps this plan whatever happens to the playbook's file."""

    plan: Plan
    digest: Sha256
    playbook_digest: Sha256


class PlanExecuted(Event):
    """All branches that the plan ends with have joined; the result can be judged."""

    failed_journeys: tuple[Name, ...] = ()


class PlanAborted(Event):
    """A journey failed that the plan cannot do without; what still runs is told to stop."""

    journey: Name
    reason: str


class TaskCancellationRequested(Event):
    """Somebody asked to stop the task."""

    reason: str = ""


class TaskCompleted(Event):
    """The task ended well, and how far the inspector trusts it. Its result is the output of `Plan.result_from`."""

    decision: Literal["accepted", "escalated"] = "accepted"
    quality: float | None = None


class TaskFailed(Event):
    """The task ended without what was asked for."""

    reason: str
    kind: str = "step_failed"
    step: StepId | None = None


class TaskCancelled(Event):
    """The task was stopped on request; nothing of it runs any more."""

    reason: str = ""


# --- a journey -------------------------------------------------------------------------------------------


class JourneyDispatched(Event):
    """Work for one agent: its steps, with everything resolved that is known by now."""

    journey: Name
    role: Name
    steps: tuple[PlannedStep, ...]
    tools: tuple[str, ...] = Field(default=(), description="What the role may use: `name@version`.")
    deadline: datetime | None = Field(default=None, description="When the whole task must have ended.")
    group: StepId | None = None
    index: int | None = Field(default=None, description="Which item of a for_each this is, from 0.")
    final: bool = False
    sole: bool = Field(default=False, description="It is the plan's only journey.")
    accept_above: float = Field(
        default=0.7, description="The playbook's quality bar, for who judges the final journey."
    )
    reject_below: float = 0.2


class StepStarted(Event):
    """A worker begins an attempt; recorded before the tool is touched."""

    awaited: ClassVar[bool] = False

    step: StepId
    attempt: int = Field(ge=1)
    tool: str
    worker: str


class StepCompleted(Event):
    """An attempt ended well. `seconds` is working time on a monotonic clock."""

    awaited: ClassVar[bool] = False

    step: StepId
    attempt: int
    output: JsonObject = Field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    seconds: float = 0.0


class StepFailed(Event):
    """An attempt ended badly; `retry_in` seconds until the next one, None when there is none."""

    awaited: ClassVar[bool] = False

    step: StepId
    attempt: int
    reason: str
    kind: str
    retry_in: float | None = None
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    seconds: float = 0.0


class JourneyCompleted(Event):
    """All steps of the journey ended well: their outputs and evidence together, so that readers need not fold."""

    journey: Name
    outputs: dict[StepId, JsonObject]
    evidence: tuple[Evidence, ...] = ()
    attempts: int = Field(default=0, description="Attempts over all steps; more than there are steps means retries.")
    final: bool = False
    sole: bool = Field(default=False, description="It was the plan's only journey, so this event holds all evidence.")
    accept_above: float = 0.7
    reject_below: float = 0.2

    @property
    def routing(self) -> str:
        """`final` goes to the inspector, `partial` to the orchestrator."""
        return "final" if self.final else "partial"


class JourneyFailed(Event):
    """A step of the journey failed for good."""

    journey: Name
    step: StepId
    reason: str
    kind: str
    evidence: tuple[Evidence, ...] = ()


class JourneyCancelled(Event):
    """The journey was stopped: by request, or because the plan was aborted."""

    journey: Name
    reason: str = ""


# --- judgement -------------------------------------------------------------------------------------------


class ExecutionEvaluated(Event):
    """The inspector's judgement of the whole execution: posterior mean, interval, decision, and why."""

    quality: float = Field(ge=0, le=1)
    interval: tuple[float, float]
    level: float = 0.9
    decision: Literal["accept", "escalate", "reject"]
    reasons: tuple[str, ...] = ()
    dimensions: dict[Name, tuple[float, float, float]] = Field(
        default_factory=dict, description="Per dimension: mean, lower and upper end of the interval."
    )
    not_measured: tuple[Name, ...] = ()
    model: str = "beta-binomial/1"


# --- the catalogue ---------------------------------------------------------------------------------------


class PlaybookRegistered(Event):
    """A playbook became known under its digest."""

    digest: Sha256
    playbook: Playbook


class ToolRegistered(Event):
    """A worker announced a tool: what it takes, what it gives, who may use it."""

    name: Name
    version: str
    summary: str = ""
    inputs: JsonObject
    outputs: JsonObject
    roles: tuple[Name, ...] = ()


# --- plumbing facts --------------------------------------------------------------------------------------


class IdempotencyKeyClaimed(Event):
    """A client's key stands for this request from now on."""

    request_digest: Sha256
    task_ids: tuple[TaskId, ...]


class EventParked(Event):
    """A subscription gave up on an event after its tries and set it aside; the next ones go on."""

    consumer: str
    position: int
    subject: str
    reason: str
    deliveries: int
    payload: str = Field(description="The event's bytes, base64.")


class EventRedriven(Event):
    """An operator sent a parked event to its subscription again."""

    consumer: str
    position: int


EVENT_TYPES: dict[str, type[Event]] = {
    event_type.__name__: event_type
    for event_type in (
        TaskRequested, RolesAssigned, ToolsAllocated, PlanCreated, PlanExecuted, PlanAborted,
        TaskCancellationRequested, TaskCompleted, TaskFailed, TaskCancelled,
        JourneyDispatched, StepStarted, StepCompleted, StepFailed,
        JourneyCompleted, JourneyFailed, JourneyCancelled,
        ExecutionEvaluated, PlaybookRegistered, ToolRegistered,
        IdempotencyKeyClaimed, EventParked, EventRedriven,
    )
}  # fmt: skip
"""Every event type by its name in the log."""

TASK_ENDS: tuple[type[Event], ...] = (TaskCompleted, TaskFailed, TaskCancelled)
"""One of these is the last word of every task."""

STEP_TOPICS = tuple(event_type.__name__ for event_type in (StepStarted, StepCompleted, StepFailed))
"""Most of a task's story; whoever looks at whole journeys need not read them, their ends repeat what counts."""
