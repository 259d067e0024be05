"""Facts of a task's own stream: what was asked (by the gateway), planned and decided (by the orchestrator).

What people ask of a running task is in `control_events`.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from wrenchai_contracts.event import Event
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judging import Costs, Offered, Option
from wrenchai_contracts.plan import Approval, Plan
from wrenchai_contracts.shape import JsonObject, Name, Path, Recordable, Sha256, StepId, TaskId


class ForkedFrom(Recordable):
    """The task whose results before `step` are used again, as far as their inputs are the same."""

    task_id: TaskId
    step: StepId
    reason: str = ""


class Share(Recordable):
    """What tasks take turns at: at most `most` at once; with `within`, at most `most` that begin in so many seconds."""

    name: str
    most: int = Field(ge=1)
    within: float | None = None


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
    priority: int | None = Field(default=None, description="None: the playbook's.")
    forked_from: ForkedFrom | None = None
    key: str | None = Field(default=None, description="The playbook's concurrency key, as it came out for this task.")
    held: bool = Field(default=False, description="It waits until `TasksAdmitted` names it.")
    shares: tuple[Share, ...] = Field(default=(), description="It takes part in these from its turn to its end.")

    @property
    def routing(self) -> str:
        """`held` goes to the admission, any other to the orchestrator at once."""
        return "held" if self.held else "-"


class RolesAssigned(Event):
    """Which agent plays which role in this task."""

    roles: dict[Name, Name]


class ToolsAllocated(Event):
    """Which tools each role may use in this task, each with its version: `links.check@1`."""

    tools: dict[Name, tuple[str, ...]]


class PlanCreated(Event):
    """What will be done, in full; the task keeps this plan whatever happens to the playbook's file."""

    schema_version: ClassVar[int] = 2
    sparse: ClassVar[bool] = True

    plan: Plan
    digest: Sha256
    playbook_digest: Sha256


class PlanExecuted(Event):
    """All branches that the plan ends with have joined; the result can be judged."""

    failed_journeys: tuple[Path, ...] = ()


class PlanAborted(Event):
    """A journey failed that the plan cannot do without; what still runs is told to stop."""

    journey: Path
    reason: str
    kind: str = ""
    step: StepId | None = None


class Wait(Recordable):
    """What a step that waits waits for; with an approval, the digest of exactly what is to be agreed to."""

    waits_for: Literal["approval", "answer", "signal", "time", "decision", "budget"] = Field(
        description="decision: a step failed, and a person says whether to try again, pass it over, or give up."
    )
    name: str = ""
    title: str = ""
    details: JsonObject = Field(default_factory=dict)
    form: JsonObject = Field(default_factory=dict, description="JSON Schema of the answer or the signal's content.")
    approval: Approval | None = None
    digest: Sha256 | None = Field(default=None, description="SHA-256 of `details` as canonical JSON.")


class StepOpened(Event):
    """A step that is no tool call began: a block of steps, or a wait. `due`: when it is looked at again."""

    awaited: ClassVar[bool] = False
    sparse: ClassVar[bool] = True

    step: Path
    type: Literal["wait", "fan", "loop", "process", "versus", "handoff", "playbook"]
    count: int | None = Field(default=None, description="Items, competitors or parts.")
    chosen: tuple[StepId, ...] = Field(default=(), description="The competitors that run, where not all do.")
    chances: tuple[float, ...] = Field(default=(), description="Of each that was chosen: with what probability.")
    assigned: tuple[int | None, ...] = Field(default=(), description="The case that each part goes to.")
    inputs: JsonObject = Field(default_factory=dict, description="What a playbook inside is given.")
    wait: Wait | None = None
    due: datetime | None = None


class RoundEnded(Event):
    """A round of a loop came to its end, and whether it was the last one, and why."""

    sparse: ClassVar[bool] = True

    step: Path
    round: int = Field(ge=1)
    output: Any = None
    findings: tuple[JsonObject, ...] = Field(default=(), description="What the reviewer found, for the next round.")
    counts: dict[str, int] = Field(default_factory=dict, description="Findings by severity.")
    last: str | None = Field(default=None, description="Why no round follows; None if one may.")
    delta: float | None = Field(default=None, description="Judge it: how likely does another round improve by so much?")

    @property
    def routing(self) -> str:
        """`judge` goes to the inspector; the loop waits for what it says."""
        return "-" if self.delta is None else "judge"


class ResultOffered(Event):
    """A step that asks to be judged has a result; what comes after it waits for the inspector's word."""

    sparse: ClassVar[bool] = True

    step: Path
    number: int = Field(default=1, ge=1, description="2 and more: another judge was asked about the same result.")
    role: Name = Field(description="Whose work it is, and done with which tool.")
    tool: Name
    retries_left: int = Field(default=0, ge=0)
    judges: tuple[Offered, ...] = Field(default=(), description="Who could still be asked besides.")
    costs: Costs = Costs()
    reject_below: float = 0.0


class ChoiceOffered(Event):
    """More are offered than may run; the inspector draws who does."""

    sparse: ClassVar[bool] = True

    step: Path
    options: tuple[Option, ...] = Field(min_length=2)
    most: int = Field(default=1, ge=1)


class EntriesScored(Event):
    """The judge of a contest has scored its entries; the inspector says how good each is, all in all."""

    sparse: ClassVar[bool] = True

    step: Path
    entries: tuple[Option, ...] = Field(min_length=1)
    totals: dict[StepId, float] = Field(description="Weighted scores from 0 to 1.")
    judge: Name = Field(description="The tool that scored them.")


class StepSettled(Event):
    """A step that is no tool call has its outcome: a block, a wait, or one that was skipped.

    `gathered`: its output is what its branches' outputs are, by branch or item; they are not repeated here.
    """

    awaited: ClassVar[bool] = False
    sparse: ClassVar[bool] = True

    step: Path
    outcome: Literal["completed", "failed", "skipped", "cancelled"]
    output: Any = None
    gathered: bool = False
    reason: str = ""
    kind: str = ""
    verdict: JsonObject = Field(default_factory=dict, description="How it came to that: scores, votes, rounds.")


class ContestEnded(Event):
    """A contest whose competitors are drawn had an outcome; `standings` is what is known of each from now on."""

    awaited: ClassVar[bool] = False

    task_id: TaskId
    winner: StepId | None = None
    entrants: tuple[StepId, ...]
    standings: dict[StepId, tuple[int, int]] = Field(description="How often it won, of how often it ran.")


class StepRepeated(Event):
    """A step is gone through once more, as `go`; what its last go came to does not count."""

    awaited: ClassVar[bool] = False
    sparse: ClassVar[bool] = True

    step: Path
    go: int = Field(ge=2)
    reason: str = ""


class JourneysStopped(Event):
    """Journeys whose work is not needed any more are told to stop; the task goes on."""

    journeys: tuple[Path, ...]
    reason: str


class JourneyReused(Event):
    """A forked task takes a journey's result from its origin, where it was given equal inputs."""

    awaited: ClassVar[bool] = False

    journey: Path
    origin: TaskId
    outputs: dict[StepId, JsonObject]
    evidence: tuple[Evidence, ...] = ()


class UndoBegan(Event):
    """Effects are taken back, one after the other in this order, before the task or a process ends."""

    awaited: ClassVar[bool] = False

    journeys: tuple[Path, ...]
    reason: str
    step: Path | None = Field(default=None, description="The process that is taken back; None: the whole task.")


class TimerFired(Event):
    """The time that an open step was to be looked at again, or a task's deadline (`step` is None), has come."""

    step: Path | None = None
    due: datetime


class TaskCompleted(Event):
    """The task ended well, and how far the inspector trusts it. Its result is the output of `Plan.result_from`."""

    decision: Literal["accepted", "escalated"] = "accepted"
    quality: float | None = None


class TaskFailed(Event):
    """The task ended without what was asked for."""

    reason: str
    kind: str = "step_failed"
    step: StepId | None = None
    undone: tuple[Path, ...] = Field(default=(), description="Whose effects were taken back, in that order.")
    not_undone: tuple[Path, ...] = Field(default=(), description="Whose effects could not be taken back.")


class TaskCancelled(Event):
    """The task was stopped on request; nothing of it runs any more."""

    reason: str = ""
    undone: tuple[Path, ...] = ()
    not_undone: tuple[Path, ...] = ()
