"""What must hold of every task whoever crashed: I1 and I2 of the design, as pure folds that name each violation."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wrenchai_chassis.invariants import Violation
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    TASK_ENDS,
    ChoiceDrawn,
    ContestEvaluated,
    EffectClaimed,
    EffectSettled,
    Event,
    EventParked,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    RoundEvaluated,
    StepCompleted,
    StepFailed,
    StepInterrupted,
    StepOpened,
    StepSettled,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskPaused,
    TaskRequested,
    TaskResumed,
    TasksAdmitted,
    VerdictGiven,
    VerdictWeighed,
)
from wrenchai_contracts.shape import JsonObject, Path, StepId
from wrenchai_contracts.subjects import task_of


def task_violations(events: Iterable[Recorded], *, settled: bool) -> list[Violation]:
    """I1: a task ends once, and nothing of it follows.

    Only what the inspector says of a part may come late: who says it cannot know that its step was stopped meanwhile.
    And whoever looks at a result may say what they think of it for ever.
    With `settled`, when nothing should be at work any more, each accepted task must have ended or wait for something
    that has a name: see `_Task.waits`.
    """
    found: list[Violation] = []
    tasks: dict[str, _Task] = {}
    for recorded in events:
        task = task_of(recorded.stream)
        if isinstance(recorded.event, TasksAdmitted):
            for admitted in tasks.keys() & recorded.event.tasks:
                tasks[admitted].held = False
        elif task in tasks:
            found += [Violation("I1", recorded.position, what) for what in tasks[task].note(recorded)]
        elif isinstance(recorded.event, TaskRequested):
            tasks[task] = _Task(recorded, held=recorded.event.held)
        elif isinstance(recorded.event, TASK_ENDS):
            tasks[task] = _Task(recorded, end=recorded)
            found.append(Violation("I1", recorded.position, f"{task} ends and was not open"))
        elif isinstance(recorded.event, EventParked) and recorded.correlation in tasks:
            tasks[recorded.correlation].parked = True
    if settled:
        stuck = {name: task for name, task in tasks.items() if task.end is None and not task.waits}
        found += [
            Violation("I1", task.began.position, f"{name} has not ended, and nothing says why")
            for name, task in stuck.items()
        ]
    return found


@dataclass(slots=True)
class _Task:
    """Whether one task has ended, and what it waits for if not."""

    began: Recorded
    end: Recorded | None = None
    parked: bool = False
    paused: bool = False
    held: bool = False
    open_waits: set[Path] = field(default_factory=set)
    paused_journeys: set[Path] = field(default_factory=set)

    @property
    def waits(self) -> bool:
        """For its turn, or for a person: an event was parked, the task is paused, or a journey is and says for what.

        Or for whatever a step of it waits for. A journey that only says that its task is paused is no reason: it must
        go on when the task does.
        """
        return self.held or self.parked or self.paused or bool(self.open_waits or self.paused_journeys)

    def note(self, recorded: Recorded) -> list[str]:
        """What `recorded` breaks."""
        late = self.end is not None and not _may_be_late(recorded.event)
        problems = [f"{recorded.id} {_follows(recorded, self.end)}"] if late else []
        match recorded.event:
            case TaskPaused() | TaskResumed() as event:
                self.paused = isinstance(event, TaskPaused)
            case StepOpened(step=step, type="wait"):
                self.open_waits.add(step)
            case StepSettled(step=step):
                self.open_waits.discard(step)
            case JourneyPaused(journey=journey, why=why) if why != "paused":
                self.paused_journeys.add(journey)
            case JourneyResumed(journey=journey):
                self.paused_journeys.discard(journey)
            case TaskCompleted() | TaskFailed() | TaskCancelled():
                problems += [] if self.end is None else [f"{task_of(recorded.stream)} ends and was not open"]
                self.end = self.end or recorded
            case _:
                pass
        return problems


def _may_be_late(event: Event) -> bool:
    if isinstance(event, ExecutionEvaluated):
        return event.step is not None
    return isinstance(event, RoundEvaluated | ChoiceDrawn | ContestEvaluated | VerdictGiven | VerdictWeighed)


def _follows(recorded: Recorded, end: Recorded | None) -> str:
    return f"({recorded.type}) follows the task's end" + (f" ({end.type} at {end.position})" if end else "")


def step_violations(events: Iterable[Recorded]) -> list[Violation]:
    """I2: no effect is recorded twice: an attempt ends once, a completed step never begins again."""
    found: list[Violation] = []
    journeys: dict[str, _Journey] = {}
    for recorded in events:
        if "/" in recorded.stream:
            journey = journeys.setdefault(recorded.stream, _Journey())
            found += [Violation("I2", recorded.position, f"{recorded.id}: {what}") for what in journey.note(recorded)]
    return found


@dataclass(slots=True)
class _Journey:
    """What one journey's stream has said so far."""

    attempts: dict[StepId, int] = field(default_factory=dict)
    outputs: dict[StepId, JsonObject] = field(default_factory=dict)
    running: tuple[StepId, int] | None = None
    claims: dict[StepId, str] = field(default_factory=dict)
    paused: bool = False
    ended: bool = False

    def note(self, recorded: Recorded) -> list[str]:
        """What `recorded` breaks."""
        said = ["it follows the journey's end"] if self.ended else []
        if self.paused and not isinstance(recorded.event, JourneyResumed | JourneyFailed | JourneyCancelled):
            said.append("it follows the journey's pause")
        if isinstance(recorded.event, JourneyResumed) and not self.paused:
            said.append("a journey is resumed that was not paused")
        self.paused = isinstance(recorded.event, JourneyPaused)
        return said + [problem for problem in self._broken_by(recorded) if problem]

    def _broken_by(self, recorded: Recorded) -> tuple[str, ...]:
        problems: tuple[str, ...] = ()
        match recorded.event:
            case StepStarted(step=step, attempt=attempt):
                problems = self._started(step, attempt)
            case StepCompleted(step=step, attempt=attempt, output=output):
                problems = *self._attempt_ended(step, attempt), self._in_doubt(step)
                self.outputs[step] = output
            case StepFailed(step=step, attempt=attempt) | StepInterrupted(step=step, attempt=attempt):
                problems = self._attempt_ended(step, attempt)
            case EffectClaimed() | EffectSettled() as effect:
                problems = (self._effect(effect),)
            case JourneyPaused() if self.running is not None:
                problems = ("it is paused while an attempt runs",)
            case JourneyDispatched() if recorded.version != 1:
                problems = ("a journey is dispatched again",)
            case JourneyCompleted(outputs=outputs) if outputs != self.outputs:
                problems = ("its outputs are not those of its steps",)
            case _:
                pass
        self.ended |= isinstance(recorded.event, JourneyCompleted | JourneyFailed | JourneyCancelled)
        return problems

    def _started(self, step: StepId, attempt: int) -> tuple[str, str]:
        last, self.attempts[step] = self.attempts.get(step, 0), attempt
        self.running = (step, attempt)
        again = f"{step} begins again after it was completed" if step in self.outputs else ""
        return again, "" if attempt == last + 1 else f"attempt {attempt} of {step} follows attempt {last}"

    def _attempt_ended(self, step: StepId, attempt: int) -> tuple[str, str]:
        was_running, self.running = self.running, None
        twice = f"{step} was completed before" if step in self.outputs else ""
        return twice, "" if was_running == (step, attempt) else f"attempt {attempt} of {step} was not running"

    def _effect(self, effect: EffectClaimed | EffectSettled) -> str:
        """One effect for each step, claimed by an attempt that runs; settled only where it was claimed."""
        if isinstance(effect, EffectSettled):
            return "" if self.claims.pop(effect.step, None) == effect.key else f"{effect.key} was not claimed"
        before = self.claims.get(effect.step, effect.key)
        self.claims[effect.step] = effect.key
        if self.running != (effect.step, effect.attempt):
            return f"{effect.key} is claimed by an attempt that does not run"
        return "" if before == effect.key else f"{effect.key} is claimed while {before} is in doubt"

    def _in_doubt(self, step: StepId) -> str:
        return f"{step} is completed while its effect {self.claims[step]} is in doubt" if step in self.claims else ""
