"""What readers are shown: folds of the log, kept by the gateway's projector, served by REST and WebSocket."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from wrenchai_contracts.events import Schedule
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.judgement_views import QualityView
from wrenchai_contracts.shape import Frozen, JsonObject
from wrenchai_contracts.spending import Limits, Spending


class TaskStatus(StrEnum):
    """Where a task is in its life; the last three are for ever.

    `paused`: somebody asked to; `waiting`: nothing runs until a person, a signal, a time or more budget comes.
    """

    REQUESTED = "requested"
    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
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
    """Where a step is. `retrying`: for its next attempt; `waiting`: for something from outside, which `wait` names."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepView(Frozen):
    """A tool call of a journey, or (`type`) a block of steps or a wait; of these, `journey` is the path.

    Waiting: from dispatch (or the step before) to start; working: the tool's own time.
    """

    journey: str
    step: str
    type: str = Field(default="tool", description="tool, wait, fan, loop, process, versus, handoff or playbook.")
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
    value: Any = Field(default=None, description="The output, where it is no object: of a list of items, say.")
    evidence: tuple[Evidence, ...] = ()
    artifacts: tuple[ArtifactRef, ...] = ()
    count: int | None = Field(default=None, description="Of a block: its items, competitors or parts.")
    round: int | None = Field(default=None, description="Of a loop: rounds that have ended.")
    verdict: JsonObject | None = Field(default=None, description="Of a block: how it came to its outcome.")
    wait: JsonObject | None = Field(default=None, description="What it waits for, or has waited for.")
    due: datetime | None = None
    effect: JsonObject | None = Field(default=None, description="What it did outside, and whether that is certain.")
    undoes: str | None = Field(default=None, description="It takes back what that journey did.")
    reused_from: str | None = Field(default=None, description="The task that this result was taken from.")
    judged: QualityView | None = Field(default=None, description="What the inspector says of its result, where asked.")


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
    spent: Spending = Field(default=Spending(), description="By attempts that have ended.")


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
    paused: bool = False
    open_waits: int = Field(default=0, description="Steps that wait for a person, a signal, a time or more budget.")
    held: bool = Field(default=False, description="Its turn has not come; `message` says why.")
    priority: int | None = None


class TaskView(TaskSummary):
    """A task in full."""

    playbook_digest: str | None = None
    plan_digest: str | None = None
    inputs: JsonObject = Field(default_factory=dict)
    roles: dict[str, str] = Field(default_factory=dict)
    tools: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    result: JsonObject | None = None
    reason: str | None = None
    kind: str | None = Field(default=None, description="Of a failure, for programs.")
    budget: Limits = Limits()
    deadline: datetime | None = None
    forked_from: JsonObject | None = Field(default=None, description="`task_id` and `step`.")
    undone: tuple[str, ...] = Field(default=(), description="Journeys whose effects were taken back.")
    not_undone: tuple[str, ...] = Field(default=(), description="Journeys whose effects could not be taken back.")
    steps: tuple[StepView, ...] = ()


class DecisionView(Frozen):
    """What one person said to an approval."""

    by: str
    decision: str
    at: datetime
    reason: str = ""
    change: JsonObject | None = None


class WaitView(Frozen):
    """Something a task waits for: what, since when, until when, and what is to be done about it."""

    step: str = Field(description="The path to name in the command.")
    waits_for: str = Field(description="approval, answer, signal, time, decision, budget or effect.")
    message: str
    command: str | None = Field(default=None, description="What ends it: approval, answer, signal, extend, effects…")
    name: str = Field(default="", description="The signal's.")
    title: str = ""
    details: JsonObject = Field(default_factory=dict)
    form: JsonObject = Field(default_factory=dict, description="JSON Schema of the answer or the signal's content.")
    digest: str | None = Field(default=None, description="To be named by who decides.")
    need: int | None = None
    of: tuple[str, ...] = ()
    decided: tuple[DecisionView, ...] = ()
    effect: str | None = Field(default=None, description="The key of the effect that is in doubt.")
    since: datetime
    due: datetime | None = None


class TaskContext(Frozen):
    """What a task knows by now, and what may be asked of it."""

    task_id: str
    status: TaskStatus
    message: str
    progress: float = Field(ge=0, le=1)
    paused: bool
    inputs: JsonObject
    outputs: dict[str, Any] = Field(description="By path: of a journey, by step; of a block or a wait, its own.")
    waits: tuple[WaitView, ...]
    budget: Limits
    spent: Spending
    left: Limits = Field(description="Of what is limited: what has not been spent.")
    deadline: datetime | None
    priority: int | None
    legal: tuple[str, ...] = Field(description="Commands that the task's state allows now.")
    position: int = Field(description="Of the newest event that this was told from.")


class ApprovalView(Frozen):
    """People are asked to agree to exactly what `digest` names, or were."""

    task_id: str
    step: str
    position: int = Field(description="Of the event that asked.")
    playbook: str | None = None
    title: str = ""
    details: JsonObject = Field(default_factory=dict)
    digest: str | None
    need: int = 1
    of: tuple[str, ...] = ()
    requester_may: bool = False
    requested_by: str
    asked_at: datetime
    due: datetime | None = None
    state: str = Field(description="waiting, approved, rejected, expired or void.")
    decided: tuple[DecisionView, ...] = ()
    decided_at: datetime | None = None


class ApprovalPage(Frozen):
    """Some approvals, those asked for first coming first."""

    items: tuple[ApprovalView, ...]
    next_cursor: str | None = None
    position: int = Field(description="How far the view is.")


class EffectView(Frozen):
    """Something a step did outside, or began to do."""

    key: str
    task_id: str
    journey: str
    step: str
    tool: str
    target: str = ""
    digest: str
    attempt: int
    state: str = Field(description="claimed, done, not_done or in_doubt.")
    by: str | None = Field(default=None, description="Who found out: tool, probe or person.")
    resolution: str | None = Field(default=None, description="What a person said: happened, retry or compensate.")
    position: int = Field(description="Of the event that claimed it first.")
    claimed_at: datetime
    settled_at: datetime | None = None


class EffectPage(Frozen):
    """Some effects, those claimed first coming first."""

    items: tuple[EffectView, ...]
    next_cursor: str | None = None
    position: int = Field(description="How far the view is.")


class ScheduleView(Frozen):
    """A schedule, what it did last and when it is due next."""

    name: str
    schedule: Schedule
    paused: bool = False
    reason: str = ""
    set_at: datetime
    last_due: datetime | None = None
    last_task: str | None = None
    last_skipped: str | None = Field(default=None, description="Why nothing was begun at the last moment.")
    next_due: datetime | None = Field(default=None, description="None while it is paused, or if there is none.")
    position: int = Field(description="Of its last event.")


class ScheduleList(Frozen):
    """Every schedule, by name."""

    items: tuple[ScheduleView, ...]
    position: int = Field(description="How far the view is.")


class ScheduleChanged(Frozen):
    """The change of a schedule is recorded. `moments`: those that are made up for by a backfill."""

    name: str
    position: int
    moments: int | None = None


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
