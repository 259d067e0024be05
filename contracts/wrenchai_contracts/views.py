"""What readers are shown: folds of the log, kept by the gateway's projector, served by REST and WebSocket."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Frozen, JsonObject


class TaskStatus(StrEnum):
    """Where a task is in its life; the last three are for ever."""

    REQUESTED = "requested"
    PLANNED = "planned"
    RUNNING = "running"
    EVALUATING = "evaluating"
    CANCELLING = "cancelling"
    PARKED = "parked"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will follow."""
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}


class StepStatus(StrEnum):
    """Where a step is; `retrying` waits for its next attempt."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class QualityView(Frozen):
    """The inspector's judgement as shown: a probability, its interval, the decision and the reasons."""

    quality: float
    interval: tuple[float, float]
    level: float
    decision: str
    reasons: tuple[str, ...] = ()
    dimensions: dict[str, tuple[float, float, float]] = Field(default_factory=dict)
    not_measured: tuple[str, ...] = ()


class StepView(Frozen):
    """One step of one journey. Waiting: from dispatch (or the step before) to start; working: the tool's own time."""

    journey: str
    step: str
    role: str
    tool: str
    status: StepStatus
    order: int = Field(description="Position of the event that made it known; sorts steps as they were dispatched.")
    attempt: int = 0
    worker: str | None = None
    index: int | None = None
    dispatched_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    waiting_seconds: float = 0.0
    working_seconds: float = 0.0
    reason: str | None = None
    output: JsonObject | None = None
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()


class TaskMetrics(Frozen):
    """Execution metrics, all from the log: seconds and counts."""

    total_seconds: float | None = None
    waiting_seconds: float = 0.0
    working_seconds: float = 0.0
    attempts: int = 0
    failed_attempts: int = 0
    steps_total: int = 0
    steps_completed: int = 0
    events: int = 0


class TaskSummary(Frozen):
    """A task as a list shows it."""

    task_id: str
    tenant: str
    status: TaskStatus
    playbook: str | None
    description: str
    progress: float = Field(ge=0, le=1)
    message: str = ""
    created_at: datetime
    updated_at: datetime
    created_position: int
    position: int = Field(description="Position of the last event of this task in the view.")
    metadata: dict[str, str] = Field(default_factory=dict)
    quality: QualityView | None = None
    metrics: TaskMetrics = TaskMetrics()


class TaskView(TaskSummary):
    """A task in full."""

    playbook_digest: str | None = None
    plan_digest: str | None = None
    inputs: JsonObject = Field(default_factory=dict)
    roles: dict[str, str] = Field(default_factory=dict)
    tools: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    result: JsonObject | None = None
    reason: str | None = None
    steps: tuple[StepView, ...] = ()


class TaskAccepted(Frozen):
    """The answer to a submission: recorded for good. `position` lets a reader wait for its own write."""

    task_id: str
    status: TaskStatus = TaskStatus.REQUESTED
    position: int
    replayed: bool = Field(default=False, description="The idempotency key was known; this is the first answer again.")
    links: dict[str, str] = Field(default_factory=dict)


class EventView(Frozen):
    """An event as shown to clients."""

    position: int
    id: str
    type: str
    stream: str
    version: int
    task_id: str
    tenant: str
    actor: str
    correlation: str
    causation: str
    at: datetime
    data: dict[str, Any]


class BatchAccepted(Frozen):
    """The answer to a batch: all of it is recorded, in the order it was given."""

    tasks: tuple[TaskAccepted, ...]
    position: int
    replayed: bool = False


class TaskPage(Frozen):
    """Some tasks, newest first; `next_cursor` asks for those that follow, None when there are no more."""

    items: tuple[TaskSummary, ...]
    next_cursor: str | None = None
    position: int = Field(description="How far the view is.")


class EventPage(Frozen):
    """Some events in the log's order; `next_after` asks for those that follow, None when there are no more now."""

    items: tuple[EventView, ...]
    next_after: int | None = None


class PlaybookSummary(Frozen):
    """A registered playbook as a list shows it."""

    name: str
    version: str
    description: str
    digest: str
    steps: int
    inputs: JsonObject = Field(default_factory=dict)


class PlaybookList(Frozen):
    """Every registered playbook, each in its newest version."""

    items: tuple[PlaybookSummary, ...]


class PlaybookText(Frozen):
    """A registered playbook in full. `position` is that of its registration, where that was asked for."""

    digest: str
    playbook: Playbook
    position: int | None = None


class PlaybookProblem(Frozen):
    """One thing wrong with a playbook, and where."""

    field: str
    reason: str
    line: int | None = None


class PlaybookVerdict(Frozen):
    """Whether a playbook could be registered; nothing was recorded."""

    valid: bool
    digest: str | None = None
    problems: tuple[PlaybookProblem, ...] = ()


class ToolView(Frozen):
    """A tool as its worker announced it."""

    name: str
    version: str
    summary: str = ""
    inputs: JsonObject = Field(default_factory=dict)
    outputs: JsonObject = Field(default_factory=dict)
    roles: tuple[str, ...] = ()


class ToolList(Frozen):
    """Every announced tool."""

    items: tuple[ToolView, ...]


class ParkedView(Frozen):
    """An event that a service could not handle, and why; it waits for an operator."""

    consumer: str
    position: int
    task_id: str
    subject: str
    reason: str
    deliveries: int
    at: datetime


class ParkedPage(Frozen):
    """Events that wait for an operator, oldest first."""

    items: tuple[ParkedView, ...]
    next_after: int | None = None


class Redriven(Frozen):
    """The parked event is on its way again; `position` is that of the record of it."""

    position: int


class LogHead(Frozen):
    """Position of the newest event in the log."""

    position: int


class DependencyHealth(Frozen):
    """One thing a service needs: whether it answers, how fast, and how far behind it is."""

    status: str
    latency_ms: float | None = None
    lag: int | None = None
    detail: str = ""


class Health(Frozen):
    """`live`: the process runs. `ready`: it can do its work now."""

    service: str
    version: str
    live: bool
    ready: bool
    dependencies: dict[str, DependencyHealth]
