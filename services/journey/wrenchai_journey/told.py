"""What a journey was told from outside: to stop for good, to pause until its task is resumed, to hurry. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wrenchai_contracts.events import (
    Event,
    JourneysStopped,
    LimitsExtended,
    PlanAborted,
    StepRetryRequested,
    TaskCancellationRequested,
    TaskPaused,
    TaskResumed,
)

TELLING: tuple[type[Event], ...] = (
    TaskCancellationRequested, PlanAborted, JourneysStopped, TaskPaused, TaskResumed, StepRetryRequested,
    LimitsExtended,
)  # fmt: skip
"""The facts of a task's stream that running journeys must hear of."""


@dataclass(frozen=True, slots=True)
class Told:
    """What counts for one journey now. Who is stopped is not paused any more."""

    stopped: bool = False
    paused: Literal["now", "boundary"] | None = None
    hurries: int = 0
    """How often somebody wanted its next attempt at once."""
    deadline: datetime | None = None
    """When the whole task must have ended instead of what its dispatch says, if somebody allowed more time."""

    @property
    def anything(self) -> bool:
        """Whether the journey must not go on."""
        return self.stopped or self.paused is not None

    @property
    def halts(self) -> bool:
        """Whether even an attempt that runs must end."""
        return self.stopped or self.paused == "now"


NOTHING_TOLD = Told()


@dataclass(slots=True)
class TaskTold:
    """What one task was told so far, in whatever order its events were heard of."""

    ends: bool = False
    stopped: set[str] = field(default_factory=set)
    paused: Literal["now", "boundary"] | None = None
    latest: int = 0
    hurried: dict[str, set[int]] = field(default_factory=dict)
    deadline: datetime | None = None

    def note(self, event: Event, version: int) -> None:
        """Fold an event of the task's stream; of pauses and resumptions the latest counts."""
        match event:
            case TaskCancellationRequested() | PlanAborted():
                self.ends = True
            case JourneysStopped(journeys=journeys):
                self.stopped.update(journeys)
            case TaskPaused(at=at) if version > self.latest:
                self.paused, self.latest = at, version
            case TaskResumed() if version > self.latest:
                self.paused, self.latest = None, version
            case LimitsExtended(deadline=datetime() as deadline):
                self.deadline = max(deadline, self.deadline or deadline)
            case StepRetryRequested(step=step):
                self.hurried.setdefault(step, set()).add(version)
            case _:
                pass

    def tells(self, journey: str) -> Told:
        """What that means for one journey of the task."""
        if self.ends or journey in self.stopped:
            return Told(stopped=True)
        hurries = len(self.hurried.get(journey, ()))
        told = Told(paused=self.paused, hurries=hurries, deadline=self.deadline)
        return NOTHING_TOLD if told == NOTHING_TOLD else told
