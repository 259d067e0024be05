"""What people have asked of a task that runs. Pure; kept by place in the stream, so twice is as good as once."""

from dataclasses import dataclass, field
from datetime import datetime

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
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
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import Name, Path
from wrenchai_contracts.spending import Limits

Decided = tuple[str, ApprovalDecided]
"""Who, and what."""


@dataclass(slots=True)
class Asked:
    """Everything that was asked and that a decision must look at."""

    cancelled: str | None = None
    deadline: datetime | None = None
    priority: int | None = None
    _pauses: dict[int, bool] = field(default_factory=dict)
    _retries: dict[Path, set[int]] = field(default_factory=dict)
    skips: dict[Path, StepSkipRequested] = field(default_factory=dict)
    signals: dict[int, SignalReceived] = field(default_factory=dict)
    answers: dict[Path, dict[int, QuestionAnswered]] = field(default_factory=dict)
    decided: dict[Path, dict[int, Decided]] = field(default_factory=dict)
    effects: dict[str, dict[int, EffectResolved]] = field(default_factory=dict)
    _more: dict[int, Limits] = field(default_factory=dict)

    @property
    def paused(self) -> bool:
        """Whether nothing new may begin."""
        return bool(self._pauses) and self._pauses[max(self._pauses)]

    def budget_of(self, plan: Plan) -> Limits:
        """What the task may spend, with all that was allowed since."""
        budget = plan.budget
        if not self._more:
            return budget
        for more in self._more.values():
            budget = budget.stretched(more)
        return budget

    def about(self, step: Path) -> bool:
        """Whether somebody has decided that a step is tried again, or passed over."""
        return step in self._retries or step in self.skips

    def retries_of(self, step: Path) -> int:
        """How often somebody asked to try that step again."""
        return len(self._retries.get(step, ()))

    def signals_of(self, name: Name) -> list[tuple[int, SignalReceived]]:
        """Signals of that name in the order they came, each with its place in the stream."""
        return [(version, signal) for version, signal in sorted(self.signals.items()) if signal.name == name]

    def note(self, recorded: Recorded) -> None:  # noqa: C901  # one arm for each event, nothing nested
        """Fold one event."""
        at = recorded.version
        match recorded.event:
            case TaskCancellationRequested(reason=reason):
                self.cancelled = reason
            case TaskPaused():
                self._pauses[at] = True
            case TaskResumed():
                self._pauses[at] = False
            case StepRetryRequested(step=step):
                self._retries.setdefault(step, set()).add(at)
            case StepSkipRequested(step=step) as skip:
                self.skips[step] = skip
            case SignalReceived() as signal:
                self.signals[at] = signal
            case QuestionAnswered(step=step) as answered:
                self.answers.setdefault(step, {})[at] = answered
            case ApprovalDecided(step=step) as decided:
                self.decided.setdefault(step, {})[at] = (recorded.actor, decided)
            case LimitsExtended(more=more, deadline=deadline):
                self._more[at] = more
                self.deadline = deadline or self.deadline
            case TaskPrioritised(priority=priority):
                self.priority = priority
            case EffectResolved(key=key) as resolved:
                self.effects.setdefault(key, {})[at] = resolved
            case _:
                pass
