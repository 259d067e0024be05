"""The journeys of a task: which run, which wait for us, what those that ended came to, what can be taken back. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic_core import to_json
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyPaused,
    JourneyResumed,
    JourneyReused,
    JourneysStopped,
)
from wrenchai_contracts.paths import group_of
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.shape import Name, Path
from wrenchai_contracts.spending import NOTHING, Spending

from wrenchai_orchestrator.results import Result

OF_JOURNEYS = (
    JourneyDispatched, JourneyCompleted, JourneyFailed, JourneyCancelled, JourneyPaused, JourneyResumed, JourneyReused,
    JourneysStopped,
)  # fmt: skip
"""What this is a fold of."""


@dataclass(slots=True)
class Running:
    """A journey that has not ended. With `paused`, no worker has it, and it is for the orchestrator to go on."""

    dispatched: JourneyDispatched
    version: int = 1
    paused: JourneyPaused | None = None
    unbegun: bool = False
    """Certainly not begun: its whole stream was read, and held its dispatch alone."""
    answered: int = 0
    """How many of its questions were answered."""
    resolved: Counter[str] = field(default_factory=Counter)
    """How often it was told what became of an effect, by the effect's key."""


@dataclass(slots=True)
class Journeys:
    """Journeys by path."""

    running: dict[Path, Running] = field(default_factory=dict)
    reserved: dict[Path, Spending] = field(default_factory=dict)
    spent: dict[Path, Spending] = field(default_factory=dict)
    undoable: dict[Path, tuple[JourneyDispatched, Result]] = field(default_factory=dict)
    """Whose effect can be taken back, in the order in which they ended."""
    undone: set[Path] = field(default_factory=set)
    stopped: set[Path] = field(default_factory=set)
    """Who was told to stop."""
    total: Spending = NOTHING
    """What all that have ended cost."""
    _in_group: Counter[Path] = field(default_factory=Counter)

    def group_of(self, path: Path) -> Path:
        """The block among whose branches it stands."""
        return group_of(path)

    def beside(self, path: Path) -> int:
        """How many run in the same block."""
        return self._in_group[group_of(path)]

    def note(self, event: Event, version: int) -> Result | None:
        """Fold an event of a journey's stream; how the journey ended, if it did.

        An end that is heard before its beginning was read changes nothing: it will be read too.
        """
        match event:
            case JourneyDispatched() as dispatched:
                self._begin(dispatched, version)
            case JourneyPaused(journey=journey) as paused if journey in self.running:
                running = self.running[journey]
                if version > running.version:
                    running.version, running.paused = version, paused
            case JourneyResumed(journey=journey) as resumed if journey in self.running:
                self._resume(self.running[journey], resumed, version)
            case JourneysStopped(journeys=journeys):
                self.stopped.update(journeys)
            case JourneyReused():
                return self._end(event)
            case JourneyCompleted(journey=journey) | JourneyFailed(journey=journey) | JourneyCancelled(journey=journey):
                return self._end(event) if journey in self.running else None
            case _:
                pass
        return None

    def _begin(self, dispatched: JourneyDispatched, version: int) -> None:
        path = dispatched.journey
        if path in self.running:
            return
        self.running[path] = Running(dispatched, version)
        if dispatched.undoes is not None:
            self.undoable.pop(dispatched.undoes, None)
        self._in_group[group_of(path)] += 1
        if dispatched.reserved is not None:
            self.reserved[path] = dispatched.reserved

    def _resume(self, running: Running, resumed: JourneyResumed, version: int) -> None:
        if version <= running.version or running.paused is None:
            return
        running.answered += resumed.answer is not None
        running.resolved[running.paused.effect or ""] += resumed.resolution is not None
        running.version, running.paused = version, None
        if resumed.reserved is not None:
            self.reserved[resumed.journey] = resumed.reserved

    def _end(self, event: "JourneyCompleted | JourneyFailed | JourneyCancelled | JourneyReused") -> Result:
        path, result = event.journey, result_of(event)
        running = self.running.pop(path, None)
        self.reserved.pop(path, None)
        if result.spent is not None and path not in self.spent:
            self.spent[path], self.total = result.spent, self.total.plus(result.spent)
        self.stopped.discard(path)
        if running is None:
            return result
        self._in_group[group_of(path)] -= 1
        dispatched = running.dispatched
        if result.outcome == "completed" and dispatched.undoes is not None:
            self.undone.add(dispatched.undoes)
        elif dispatched.undo and (result.outcome == "completed" or result.kind == "compensated"):
            self.undoable[path] = dispatched, result
        return result


def result_of(event: "JourneyCompleted | JourneyFailed | JourneyCancelled | JourneyReused") -> Result:
    """What a journey came to."""
    match event:
        case JourneyCompleted(outputs=outputs, spent=spent):
            return Result("completed", outputs=outputs, spent=spent, size=len(str(outputs)))
        case JourneyReused(outputs=outputs):
            return Result("completed", outputs=outputs, reused=True, size=len(str(outputs)))
        case JourneyFailed(reason=reason, kind=kind, step=step, spent=spent):
            return Result("failed", reason=reason, kind=kind, step=step, spent=spent)
        case _:
            return Result("cancelled", reason=event.reason, kind="cancelled", spent=event.spent)


def call_digest(role: Name, step: PlannedStep) -> str:
    """What stands for a role's call of a tool with these arguments."""
    return sha256(to_json((role, step.tool, step.inputs))).hexdigest()
