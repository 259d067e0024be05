"""A task as whoever steers it must know it: what was asked of it, what it waits for, what has ended. Pure.

It is folded from the task's own stream and, as far as wanted, from the streams of its journeys.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ApprovalDecided,
    EffectResolved,
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    JourneyReused,
    LimitsExtended,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    QuestionAnswered,
    StepFailed,
    StepOpened,
    StepRepeated,
    StepRetryRequested,
    StepSettled,
    StepSkipRequested,
    StepStarted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskPrioritised,
    TaskRequested,
    TaskResumed,
    TasksAdmitted,
    UndoBegan,
)
from wrenchai_contracts.paths import UNDO, with_go
from wrenchai_contracts.plan import Approval, Plan
from wrenchai_contracts.shape import JsonObject, Path
from wrenchai_contracts.spending import Limits

_WAITS_FOR = {"budget": "budget", "question": "answer", "in_doubt": "effect"}
_ENDS = {TaskCompleted: "completed", TaskFailed: "failed", TaskCancelled: "cancelled"}


@dataclass(slots=True)
class OpenWait:
    """What is waited for at a path. `answered`: what ends it was said already, and not yet acted upon."""

    step: Path
    waits_for: str
    since: datetime
    due: datetime | None = None
    name: str = ""
    title: str = ""
    details: JsonObject = field(default_factory=dict)
    form: JsonObject = field(default_factory=dict)
    approval: Approval | None = None
    digest: str | None = None
    effect: str | None = None
    said: dict[str, tuple[Recorded, ApprovalDecided]] = field(default_factory=dict)
    """By person: the first that each said about this digest."""
    answered: Recorded | None = None

    @property
    def decided(self) -> str | None:
        """What people have come to: rejected, changed or approved; None while more have to speak."""
        said = {decided.decision for _, decided in self.said.values()}
        if "reject" in said:
            return "rejected"
        if "change" in said:
            return "changed"
        return "approved" if self.approval is not None and len(self.said) >= self.approval.need else None


@dataclass(slots=True)
class ControlState:
    """Everything that decides whether a command is legal now."""

    task_id: str
    version: int = 0
    position: int = 0
    trace: str | None = None
    request: TaskRequested | None = None
    requester: str = ""
    requested_at: datetime | None = None
    held: bool = False
    plan: Plan | None = None
    playbook_digest: str | None = None
    ended: str | None = None
    cancelling: bool = False
    aborted: bool = False
    executed: bool = False
    """All of its plan is done, and is judged now."""
    undoing: bool = False
    asked: list[Recorded] = field(default_factory=list)
    """Pauses and resumptions, in order."""
    waits: dict[Path, OpenWait] = field(default_factory=dict)
    at_work: set[Path] = field(default_factory=set)
    """Blocks and journeys that have begun and not ended."""
    outcomes: dict[Path, str] = field(default_factory=dict)
    outputs: dict[Path, Any] = field(default_factory=dict)
    retrying: set[Path] = field(default_factory=set)
    """Journeys whose step has failed and is tried again later."""
    skips: dict[Path, Recorded] = field(default_factory=dict)
    resolved: dict[str, Recorded] = field(default_factory=dict)
    prioritised: Recorded | None = None
    _more: list[Limits] = field(default_factory=list)
    _deadline: datetime | None = None

    @property
    def name(self) -> str:
        """The state in one word."""
        if self.ended is not None:
            return self.ended
        for word, is_so in (("undoing", self.undoing), ("cancelling", self.cancelling), ("stopping", self.aborted)):
            if is_so:
                return word
        if self.paused is not None:
            return "paused"
        if self.plan is None:
            return "held" if self.held else "requested"
        return "running"

    @property
    def going(self) -> bool:
        """Whether it goes on: nobody has stopped it, and it has not ended."""
        return not (self.ended or self.cancelling or self.aborted or self.undoing)

    @property
    def paused(self) -> Recorded | None:
        """The pause that holds it; None while it is not paused."""
        return self.asked[-1] if self.asked and isinstance(self.asked[-1].event, TaskPaused) else None

    @property
    def budget(self) -> Limits:
        """What it may spend, with all that was allowed since."""
        budget = self.plan.budget if self.plan is not None else Limits()
        for more in self._more:
            budget = budget.stretched(more)
        return budget

    @property
    def deadline(self) -> datetime | None:
        """When all must have ended; None before there is a plan."""
        if self._deadline is not None or self.plan is None or self.requested_at is None:
            return self._deadline
        return self.requested_at + timedelta(seconds=self.plan.deadline)

    @property
    def priority(self) -> int | None:
        """How much it matters beside others."""
        if self.prioritised is not None and isinstance(self.prioritised.event, TaskPrioritised):
            return self.prioritised.event.priority
        return self.request.priority if self.request is not None else None

    def evolve(self, recorded: Recorded) -> None:
        """Fold the next event of the task or of one of its journeys."""
        self.position = max(self.position, recorded.position)
        if recorded.stream == self.task_id:
            self.version = recorded.version
            self._task(recorded)
        self._asked(recorded)
        self._steps(recorded)
        self._journey(recorded)

    def _task(self, recorded: Recorded) -> None:
        match recorded.event:
            case TaskRequested() as request:
                self.request, self.requester, self.requested_at = request, recorded.actor, recorded.at
                self.trace, self.held = recorded.trace, request.held
            case PlanCreated(plan=plan, playbook_digest=digest):
                self.plan, self.playbook_digest = plan, digest
            case PlanAborted():
                self.aborted = True
            case PlanExecuted():
                self.executed = True
            case UndoBegan(step=None):
                self.undoing = True
            case TaskCompleted() | TaskFailed() | TaskCancelled() as end:
                self.ended = _ENDS[type(end)]
                self.waits.clear()
            case _:
                pass

    def _asked(self, recorded: Recorded) -> None:  # noqa: C901  # one arm for each event, nothing nested
        match recorded.event:
            case TaskCancellationRequested():
                self.cancelling = True
            case TaskPaused() | TaskResumed():
                self.asked.append(recorded)
            case LimitsExtended(more=more, deadline=deadline):
                self._more.append(more)
                self._deadline = deadline or self._deadline
            case TaskPrioritised():
                self.prioritised = recorded
            case TasksAdmitted():
                self.held = False
            case ApprovalDecided(step=step, digest=digest) as decided:
                wait = self.waits.get(step)
                if wait is not None and wait.digest == digest:
                    wait.said.setdefault(recorded.actor, (recorded, decided))
            case QuestionAnswered(step=step):
                self._answered(step, recorded)
            case StepRetryRequested(step=step) if step in self.waits and self.waits[step].waits_for == "decision":
                self._answered(step, recorded)
            case StepSkipRequested(step=step):
                self.skips[step] = recorded
                self._answered(step, recorded)
            case EffectResolved(key=key, step=step):
                self.resolved[key] = recorded
                self._answered(step, recorded)
            case _:
                pass

    def _answered(self, step: Path, recorded: Recorded) -> None:
        wait = self.waits.get(step)
        if wait is not None and wait.answered is None:
            wait.answered = recorded

    def _steps(self, recorded: Recorded) -> None:
        match recorded.event:
            case StepOpened(step=step, type="wait") as opened:
                self.waits[step] = _opened(opened, recorded)
            case StepOpened(step=step):
                self.at_work.add(step)
            case StepSettled(step=step, outcome=outcome, output=output, gathered=gathered):
                self._over(step, outcome)
                if not gathered:
                    self.outputs[step] = output
            case StepRepeated(step=step, go=go):
                self._over(with_go(step, go - 1), "done again")
            case _:
                pass

    def _journey(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case JourneyDispatched(journey=journey):
                self.waits.pop(journey, None)
                self.at_work.add(journey)
            case JourneyPaused(journey=journey, why=why) if why in _WAITS_FOR:
                self.waits[journey] = _paused(event, recorded)
                self.retrying.discard(journey)
            case JourneyResumed(journey=journey):
                self.waits.pop(journey, None)
            case StepFailed() | StepStarted():
                self._attempt(recorded.stream.partition("/")[2], event)
            case _:
                self._journey_end(event)

    def _attempt(self, journey: Path, event: Event) -> None:
        self.retrying.discard(journey)
        if isinstance(event, StepFailed) and event.retry_in is not None:
            self.retrying.add(journey)

    def _journey_end(self, event: Event) -> None:
        match event:
            case JourneyCompleted(journey=journey) | JourneyFailed(journey=journey) if journey.endswith(UNDO):
                self.at_work.discard(journey)
            case JourneyCompleted(journey=journey, outputs=outputs) | JourneyReused(journey=journey, outputs=outputs):
                self.outputs[journey] = outputs
                self._over(journey, "completed")
            case JourneyFailed(journey=journey):
                self._over(journey, "failed")
            case JourneyCancelled(journey=journey):
                self._over(journey, "cancelled")
            case _:
                pass

    def _over(self, path: Path, outcome: str) -> None:
        self.outcomes[path] = outcome
        self.at_work.discard(path)
        self.retrying.discard(path)
        self.waits.pop(path, None)
        self.skips.pop(path, None)


def _opened(opened: StepOpened, recorded: Recorded) -> OpenWait:
    wait = opened.wait
    if wait is None:
        return OpenWait(opened.step, "time", recorded.at, opened.due)
    return OpenWait(
        opened.step,
        wait.waits_for,
        recorded.at,
        opened.due,
        name=wait.name,
        title=wait.title,
        details=wait.details,
        form=wait.form,
        approval=wait.approval,
        digest=wait.digest,
    )


def _paused(paused: JourneyPaused, recorded: Recorded) -> OpenWait:
    question = paused.question
    return OpenWait(
        paused.journey,
        _WAITS_FOR[paused.why],
        recorded.at,
        title=question.title if question is not None else "",
        form=question.form if question is not None else {},
        effect=paused.effect,
    )
