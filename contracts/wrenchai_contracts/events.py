"""Every fact that WrenchAI records: past tense, one field per fact. The log is a sequence of these and nothing else.

Streams, and who alone writes them:
    <task>                gateway (what people ask, `control_events`) and orchestrator (`task_events`)
    <task>/<journey>      its first event the orchestrator, the rest the journey worker that runs it (`journey_events`)
    <task>/_evaluation…   inspector: of the whole, or of one result, round, contest or choice inside
    <task>/_verdict       gateway: what people say of its results, also long after it ended
    <task>/_verdict/…     inspector, one event for each word: what it changed
    <task>/_timer/…       whoever keeps the timers, one event for each moment
    contest/<tenant>/…    orchestrator, one event for each contest whose competitors are drawn
    quality/<tenant>      inspector: what it has learnt, in the order in which it learnt it
    catalogue             gateway (playbooks), journey (tools)
    schedule/<name>       gateway (what people ask), then whoever keeps the timers
    admission             whoever admits tasks that are held
    key/<digest>          gateway, one event for each idempotency key
    parked/<consumer>     whichever service set an event aside
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from wrenchai_contracts.control_events import (
    CONTROLS,
    ApprovalDecided,
    EffectResolved,
    LimitsExtended,
    QuestionAnswered,
    SignalReceived,
    StepRetryRequested,
    StepSkipRequested,
    TaskCancellationRequested,
    TaskPaused,
    TaskPrioritised,
    TaskResumed,
)
from wrenchai_contracts.event import Event
from wrenchai_contracts.journey_events import (
    EffectClaimed,
    EffectSettled,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    Question,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepStarted,
)
from wrenchai_contracts.judging import ResourceSample
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.quality_events import (
    ChoiceDrawn,
    ContestEvaluated,
    DriftDetected,
    EvidenceLearned,
    ExecutionEvaluated,
    InspectorPriorRefreshed,
    InspectorPriorRefused,
    RoundEvaluated,
    VerdictGiven,
    VerdictLearned,
    VerdictWeighed,
)
from wrenchai_contracts.shape import JsonObject, Name, Recordable, Seconds, Sha256, TaskId
from wrenchai_contracts.spending import Spending
from wrenchai_contracts.task_events import (
    ChoiceOffered,
    ContestEnded,
    EntriesScored,
    ForkedFrom,
    JourneyReused,
    JourneysStopped,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    ResultOffered,
    RolesAssigned,
    RoundEnded,
    Share,
    StepOpened,
    StepRepeated,
    StepSettled,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    TimerFired,
    ToolsAllocated,
    UndoBegan,
    Wait,
)

__all__ = [
    "CONTROLS",
    "EVENT_TYPES",
    "STEP_TOPICS",
    "TASK_ENDS",
    "ApprovalDecided",
    "ChoiceDrawn",
    "ChoiceOffered",
    "ContestEnded",
    "ContestEvaluated",
    "DriftDetected",
    "EffectClaimed",
    "EffectResolved",
    "EffectSettled",
    "EntriesScored",
    "Event",
    "EventParked",
    "EventRedriven",
    "EvidenceLearned",
    "ExecutionEvaluated",
    "ForkedFrom",
    "IdempotencyKeyClaimed",
    "InspectorPriorRefreshed",
    "InspectorPriorRefused",
    "JourneyCancelled",
    "JourneyCompleted",
    "JourneyDispatched",
    "JourneyFailed",
    "JourneyPaused",
    "JourneyResumed",
    "JourneyReused",
    "JourneysStopped",
    "LimitsExtended",
    "PlanAborted",
    "PlanCreated",
    "PlanExecuted",
    "PlaybookRegistered",
    "Question",
    "QuestionAnswered",
    "ResourceSample",
    "ResultOffered",
    "RolesAssigned",
    "RoundEnded",
    "RoundEvaluated",
    "Schedule",
    "ScheduleDeleted",
    "ScheduleFired",
    "SchedulePaused",
    "ScheduleResumed",
    "ScheduleSet",
    "Share",
    "SignalReceived",
    "StepCompleted",
    "StepFailed",
    "StepInterrupted",
    "StepOpened",
    "StepRepeated",
    "StepRetryRequested",
    "StepSettled",
    "StepSkipRequested",
    "StepStarted",
    "TaskCancellationRequested",
    "TaskCancelled",
    "TaskCompleted",
    "TaskFailed",
    "TaskPaused",
    "TaskPrioritised",
    "TaskRequested",
    "TaskResumed",
    "TasksAdmitted",
    "TimerFired",
    "ToolRegistered",
    "ToolsAllocated",
    "UndoBegan",
    "VerdictGiven",
    "VerdictLearned",
    "VerdictWeighed",
    "Wait",
]


# --- the catalogue ---------------------------------------------------------------------------------------


class PlaybookRegistered(Event):
    """A playbook became known under its digest."""

    sparse: ClassVar[bool] = True

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
    effect: bool = Field(default=False, description="It does something outside that cannot be done twice unnoticed.")
    most: Spending = Field(default=Spending(calls=1), description="What one call costs at most.")


# --- time and turns --------------------------------------------------------------------------------------


class Schedule(Recordable):
    """When tasks of a playbook are begun by themselves."""

    playbook: Name
    inputs: JsonObject = Field(default_factory=dict)
    description: str = ""
    metadata: dict[str, str] = Field(default_factory=dict)
    cron: str = Field(max_length=200, description="Five fields: minute, hour, day of month, month, day of week.")
    zone: str = Field(default="UTC", max_length=64, description="IANA time zone, e.g. Europe/Vienna.")
    overlap: Literal["skip", "wait", "cancel_other", "allow"] = Field(
        default="skip", description="When it is time and the last task has not ended."
    )
    catch_up: Seconds = Field(default=60.0, description="Moments missed by no more than this are made up for.")
    jitter: Seconds = Field(default=0.0, ge=0, le=86400, description="Each moment is put off by up to this.")
    priority: int | None = None


class ScheduleSet(Event):
    """A schedule was made, or changed."""

    name: Name
    schedule: Schedule


class SchedulePaused(Event):
    """A schedule rests; moments that pass meanwhile are not made up for."""

    name: Name
    reason: str = ""


class ScheduleResumed(Event):
    """A schedule goes on."""

    name: Name
    reason: str = ""


class ScheduleDeleted(Event):
    """A schedule is no more; what it began goes on."""

    name: Name
    reason: str = ""


class ScheduleFired(Event):
    """A schedule's moment came: a task was begun, or why not."""

    name: Name
    due: datetime
    task_id: TaskId | None = None
    skipped: str | None = None
    backfill: bool = False


class TasksAdmitted(Event):
    """Tasks that were held may begin: their turn has come."""

    tasks: tuple[TaskId, ...] = Field(min_length=1, max_length=1000)


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


_ALL: tuple[type[Event], ...] = (
        TaskRequested, RolesAssigned, ToolsAllocated, PlanCreated, PlanExecuted, PlanAborted,
        StepOpened, RoundEnded, StepSettled, ContestEnded, StepRepeated, JourneysStopped, JourneyReused, UndoBegan,
        TimerFired,
        TaskCompleted, TaskFailed, TaskCancelled,
        *CONTROLS,
        JourneyDispatched, StepStarted, StepCompleted, StepFailed, StepInterrupted, EffectClaimed, EffectSettled,
        JourneyPaused, JourneyResumed, JourneyCompleted, JourneyFailed, JourneyCancelled,
        ResultOffered, ChoiceOffered, EntriesScored, ExecutionEvaluated, RoundEvaluated, ChoiceDrawn, ContestEvaluated,
        VerdictGiven, VerdictWeighed, EvidenceLearned, VerdictLearned, DriftDetected, InspectorPriorRefreshed,
        InspectorPriorRefused,
        PlaybookRegistered, ToolRegistered,
        ScheduleSet, SchedulePaused, ScheduleResumed, ScheduleDeleted, ScheduleFired, TasksAdmitted,
        IdempotencyKeyClaimed, EventParked, EventRedriven,
)  # fmt: skip

EVENT_TYPES: dict[str, type[Event]] = {event_type.__name__: event_type for event_type in _ALL}
"""Every event type by its name in the log."""

TASK_ENDS: tuple[type[Event], ...] = (TaskCompleted, TaskFailed, TaskCancelled)
"""One of these is the last word of every task."""

STEP_TOPICS = tuple(
    event_type.__name__
    for event_type in (StepStarted, StepCompleted, StepFailed, StepInterrupted, EffectClaimed, EffectSettled)
)
"""Most of a task's story; whoever looks at whole journeys need not read them, their ends repeat what counts."""
