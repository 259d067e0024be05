"""Facts of a journey's stream: its first event is the orchestrator's, the rest the worker's that runs it.

`JourneyResumed` is the orchestrator's too: it only ever follows `JourneyPaused`, when no worker has the journey.
"""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from wrenchai_contracts.event import Event
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.judging import Costs, ResourceSample, Work
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.shape import JsonObject, Name, Path, Recordable, Sha256, StepId
from wrenchai_contracts.spending import Spending


class JourneyDispatched(Event):
    """Work for one agent: its steps, with everything resolved that is known by now."""

    sparse: ClassVar[bool] = True

    journey: Path
    role: Name
    steps: tuple[PlannedStep, ...]
    tools: tuple[str, ...] = Field(default=(), description="What the role may use: `name@version`.")
    deadline: datetime | None = Field(default=None, description="When the whole task must have ended.")
    group: StepId | None = None
    index: int | None = Field(default=None, description="Which item of a for_each this is, from 0.")
    undoes: Path | None = Field(
        default=None, description="It takes back the effect of that journey, and no stop of the task ends it."
    )
    undo: tuple[PlannedStep, ...] = Field(default=(), description="What would take its effect back, if that is needed.")
    approved: Sha256 | None = Field(default=None, description="The digest of the one call that people agreed to.")
    reserved: Spending | None = Field(default=None, description="What it may spend; None without a budget.")
    schedule_to_start: float | None = Field(default=None, description="Seconds that it may wait for a worker.")
    priority: int = 0
    final: bool = False
    sole: bool = Field(default=False, description="It is the plan's only journey.")
    accept_above: float = Field(
        default=0.7, description="The playbook's quality bar, for who judges the final journey."
    )
    reject_below: float = 0.2
    costs: Costs | None = Field(default=None, description="The playbook's, for who judges the sole journey.")
    playbook: Name | None = None


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
    spent: Spending | None = Field(default=None, description="What the call cost, where anything counts.")
    resources: ResourceSample | None = None


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
    spent: Spending | None = Field(default=None, description="What the call cost, where anything counts.")
    resources: ResourceSample | None = None


class JourneyCompleted(Event):
    """All steps of the journey ended well: their outputs and evidence together, so that readers need not fold."""

    journey: Path
    outputs: dict[StepId, JsonObject]
    evidence: tuple[Evidence, ...] = ()
    attempts: int = Field(default=0, description="Attempts over all steps; more than there are steps means retries.")
    final: bool = False
    sole: bool = Field(default=False, description="It was the plan's only journey, so this event holds all evidence.")
    accept_above: float = 0.7
    reject_below: float = 0.2
    costs: Costs | None = None
    work: Work | None = Field(default=None, description="Of the sole journey: whose work its result is.")
    spent: Spending | None = None
    resources: dict[StepId, ResourceSample] = Field(
        default_factory=dict, description="What the last attempt of each step used, as far as it was measured."
    )

    @property
    def routing(self) -> str:
        """`final` goes to the inspector, `partial` to the orchestrator."""
        return "final" if self.final else "partial"


class JourneyFailed(Event):
    """A step of the journey failed for good."""

    journey: Path
    step: StepId
    reason: str
    kind: str
    evidence: tuple[Evidence, ...] = ()
    spent: Spending | None = None


class JourneyCancelled(Event):
    """The journey was stopped: by request, or because the plan was aborted."""

    journey: Path
    reason: str = ""
    spent: Spending | None = None
    in_doubt: str | None = Field(default=None, description="The key of an effect of which nobody knows if it was done.")


class StepInterrupted(Event):
    """An attempt was ended from outside and does not count: the task pauses, or its worker goes away."""

    awaited: ClassVar[bool] = False

    step: StepId
    attempt: int
    reason: str
    seconds: float = 0.0
    spent: Spending | None = None


class Question(Recordable):
    """What a tool must know before it can go on; `form` is the JSON Schema of the answer."""

    title: str = Field(max_length=2000)
    form: JsonObject = Field(default_factory=dict)


class JourneyPaused(Event):
    """The journey's worker has let go of it; `JourneyResumed` makes a worker go on at its first unfinished step."""

    journey: Path
    step: StepId
    why: Literal["paused", "budget", "question", "in_doubt"]
    question: Question | None = None
    effect: str | None = Field(default=None, description="The key of the effect that is in doubt.")
    spent: Spending | None = Field(default=None, description="So far.")


class JourneyResumed(Event):
    """The journey may go on: with more to spend, or with the answer to its question."""

    journey: Path
    reserved: Spending | None = Field(default=None, description="What it may spend in all, instead of before.")
    answer: JsonObject | None = None
    resolution: Literal["happened", "retry"] | None = Field(default=None, description="What became of its effect.")
    output: JsonObject | None = Field(default=None, description="The step's, where its effect had happened.")


class EffectClaimed(Event):
    """A step is about to do something outside. Until that is settled nobody knows whether it was done."""

    awaited: ClassVar[bool] = False

    key: str = Field(description="The idempotency key that the outside is given; equal for every attempt of the step.")
    step: StepId
    attempt: int
    tool: Name
    target: str = Field(default="", max_length=500)
    digest: Sha256 = Field(description="Of tool and arguments.")


class EffectSettled(Event):
    """What became of a claimed effect: done, not done, or found by a probe to be one of them."""

    awaited: ClassVar[bool] = False

    key: str
    step: StepId
    outcome: Literal["done", "not_done"]
    by: Literal["tool", "probe", "person"] = "tool"
