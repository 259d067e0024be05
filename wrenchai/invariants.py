"""What must hold of every task whoever crashed: I1 and I2 of the design, as pure folds that name each violation."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wrenchai_chassis.invariants import Violation
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    EventParked,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    StepCompleted,
    StepFailed,
    StepStarted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_contracts.shape import JsonObject, StepId
from wrenchai_contracts.subjects import task_of


def task_violations(events: Iterable[Recorded], *, settled: bool) -> list[Violation]:
    """I1: a task ends once, and nothing of it follows.

    With `settled`, when nothing should be at work any more, each accepted task must have ended or wait for a person
    because an event of its story was parked.
    """
    found: list[Violation] = []
    open_since: dict[str, int] = {}
    ended: dict[str, Recorded] = {}
    waiting: set[str] = set()
    for recorded in events:
        task = task_of(recorded.stream)
        if task in ended:
            found.append(Violation("I1", recorded.position, f"{recorded.id} {_follows(recorded, ended[task])}"))
        match recorded.event:
            case TaskRequested():
                open_since[task] = recorded.position
            case TaskCompleted() | TaskFailed() | TaskCancelled():
                ended.setdefault(task, recorded)
                if open_since.pop(task, None) is None:
                    found.append(Violation("I1", recorded.position, f"{task} ends and was not open"))
            case EventParked():
                waiting.add(recorded.correlation)
            case _:
                pass
    if settled:
        stuck = {task: since for task, since in open_since.items() if task not in waiting}
        found += [
            Violation("I1", since, f"{task} has not ended, and nothing says why") for task, since in stuck.items()
        ]
    return found


def _follows(recorded: Recorded, end: Recorded) -> str:
    return f"({recorded.type}) follows the task's end ({end.type} at {end.position})"


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
    ended: bool = False

    def note(self, recorded: Recorded) -> list[str]:
        """What `recorded` breaks."""
        said = ["it follows the journey's end"] if self.ended else []
        return said + [problem for problem in self._broken_by(recorded) if problem]

    def _broken_by(self, recorded: Recorded) -> tuple[str, ...]:
        problems: tuple[str, ...] = ()
        match recorded.event:
            case StepStarted(step=step, attempt=attempt):
                problems = self._started(step, attempt)
            case StepCompleted(step=step, attempt=attempt, output=output):
                problems = self._attempt_ended(step, attempt)
                self.outputs[step] = output
            case StepFailed(step=step, attempt=attempt):
                problems = self._attempt_ended(step, attempt)
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
