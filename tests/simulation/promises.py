"""What a plan promises beside the invariants: its order, its limits, and an end that its events justify."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    EffectResolved,
    Event,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    JourneyReused,
    LimitsExtended,
    PlanCreated,
    ResultOffered,
    StepFailed,
    StepOpened,
    StepRepeated,
    StepRetryRequested,
    StepSettled,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    UndoBegan,
)
from wrenchai_contracts.paths import first_go
from wrenchai_contracts.plan import WHOLE_RESULT, Node, Plan, maker_of
from wrenchai_contracts.shape import Path
from wrenchai_contracts.spending import Limits
from wrenchai_contracts.subjects import task_of

from tests.simulation.plan_tree import branch_in, place_of, way_to, width_of

LATE = "the task's deadline has passed"
"""How a whole task is late; a journey has the deadline that it was dispatched with."""

_WELL = frozenset({"completed", "skipped"})
_BADLY = frozenset({"failed", "cancelled"})


def broken_promises(events: Iterable[Recorded]) -> list[str]:
    """Every promise that the tasks in `events` break."""
    tasks: dict[str, _Told] = defaultdict(_Told)
    found: list[str] = []
    for recorded in events:
        found += [f"{recorded.id}: {what}" for what in tasks[task_of(recorded.stream)].note(recorded)]
    return found


class _Told:
    """What one task's events have told so far."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.running: dict[Path, JourneyDispatched] = {}
        self.reused: set[Path] = set()
        self.outcomes: dict[Path, str] = {}
        self.settled: set[Path] = set()
        self.goes: dict[Path, int] = {}
        self.judged = _Judged()
        self.failures: Counter[tuple[str, str]] = Counter()
        self.attempts: dict[tuple[str, str], int] = {}
        self.retries: Counter[str] = Counter()
        self.to_undo: dict[Path, None] = {}
        self.undoing: list[Path] = []
        self.budget = _Budget()
        self.requested_at: datetime | None = None
        self.deadline: datetime | None = None

    def note(self, recorded: Recorded) -> list[str]:
        """What `recorded` breaks."""
        said = [*self._work(recorded), *self.budget.note(recorded), *self._ends(recorded)]
        self._learn(recorded)
        self.judged.note(recorded.event)
        return said

    def _learn(self, recorded: Recorded) -> None:
        match recorded.event:
            case TaskRequested():
                self.requested_at = recorded.at
            case PlanCreated(plan=plan):
                self.plan = plan
            case LimitsExtended(deadline=datetime() as deadline):
                self.deadline = deadline
            case StepRetryRequested(step=step):
                self.retries[first_go(step)] += 1
            case EffectResolved(step=step, resolution="retry"):
                self.retries[step] += 1
            case StepSettled(step=step, outcome=outcome):
                self.outcomes[step] = outcome
                self.settled.add(step)
            case StepRepeated(step=step, go=go):
                self.goes[step] = go
            case UndoBegan(journeys=journeys):
                self.undoing = list(journeys)
            case _:
                pass

    # --- work --------------------------------------------------------------------------------------------

    def _work(self, recorded: Recorded) -> Iterator[str]:
        match recorded.event:
            case JourneyDispatched(undoes=None, journey=path) as dispatched:
                yield from self._untimely(path)
                self.running[path] = dispatched
                yield from self._too_wide(path)
                self.attempts |= {(recorded.stream, s.id): s.retry.max_attempts for s in dispatched.steps}
            case JourneyDispatched(journey=path) as dispatched:
                yield from self._undo_out_of_turn(dispatched)
                self.running[path] = dispatched
            case StepOpened(step=path) if path != WHOLE_RESULT:
                yield from self._untimely(path)
            case StepRepeated(step=path, go=go):
                yield from self._repeated_too_often(path, go)
            case StepFailed(step=step):
                yield from self._failed_too_often(recorded.stream, step)
            case _:
                self._journey_ended(recorded)

    def _journey_ended(self, recorded: Recorded) -> None:
        match recorded.event:
            case JourneyCompleted(journey=path) | JourneyReused(journey=path):
                self.outcomes[path] = "completed"
                if isinstance(recorded.event, JourneyReused):
                    self.reused.add(path)
            case JourneyFailed(journey=path):
                self.outcomes[path] = "failed"
            case JourneyCancelled(journey=path):
                self.outcomes[path] = "cancelled"
            case _:
                return
        dispatched = self.running.pop(path, None)
        compensated = isinstance(recorded.event, JourneyFailed) and recorded.event.kind == "compensated"
        if dispatched is not None and dispatched.undo and (self.outcomes[path] == "completed" or compensated):
            self.to_undo[path] = None

    def _untimely(self, path: Path) -> Iterator[str]:
        """It begins before what it needs, or inside what is over."""
        assert self.plan is not None
        place = place_of(self.plan, path)
        early = [need for need in place.needs if not self._went_well(place.prefix + need)]
        if early:
            yield f"{path} begins before {early} ended well"
        over = [around for around, _ in way_to(self.plan, path) if around != path and around in self.settled]
        if over:
            yield f"{path} begins inside {over}, which is settled"

    def _went_well(self, first: Path) -> bool:
        """Whether what comes after a node may begin."""
        assert self.plan is not None
        path, node = _with_go(first, self.goes.get(first, 1)), place_of(self.plan, first).node
        outcome = self.outcomes.get(path, "nothing")
        relied_on = outcome == "completed" and _is_judged(node) and path not in self.reused
        return _lets_go_on(node, outcome) and (not relied_on or self.judged.stands(path))

    def _too_wide(self, path: Path) -> Iterator[str]:
        assert self.plan is not None
        for around, place in way_to(self.plan, path):
            inside = {branch_in(name, around) for name in self.running if name.startswith(f"{around}.")}
            if len(inside) > width_of(place.node):
                yield f"{len(inside)} branches of {around} at once, {width_of(place.node)} are allowed"

    def _repeated_too_often(self, path: Path, go: int) -> Iterator[str]:
        assert self.plan is not None
        node = place_of(self.plan, path).node
        for_its_quality = min(self.judged.retries(path, go), node.gate.retries if node.gate else 0)
        allowed = node.goes + self.retries[path] + for_its_quality
        if go > allowed or go != self.goes.get(path, 1) + 1:
            yield f"go {go} of {path}, {allowed} are allowed and {self.goes.get(path, 1)} were gone"

    def _failed_too_often(self, stream: str, step: str) -> Iterator[str]:
        """A person who wants an effect tried again allows one more."""
        self.failures[stream, step] += 1
        allowed = self.attempts.get((stream, step), 100) + self.retries[stream.partition("/")[2]]
        if self.failures[stream, step] > allowed:
            yield f"{step} failed for the {self.failures[stream, step]}th time, {allowed} are allowed"

    def _undo_out_of_turn(self, dispatched: JourneyDispatched) -> Iterator[str]:
        """One after the other, in the order that was said."""
        path = dispatched.undoes or ""
        others = [name for name, one in self.running.items() if one.undoes is not None]
        before = self.undoing[: self.undoing.index(path)] if path in self.undoing else None
        if before is None:
            yield f"{path} is taken back, and nobody said that it would be"
        elif others:
            yield f"{path} is taken back while {others} are"
        if path not in self.to_undo:
            yield f"{path} is taken back and was not done, or was taken back before"
        self.to_undo.pop(path, None)

    # --- ends --------------------------------------------------------------------------------------------

    def _ends(self, recorded: Recorded) -> Iterator[str]:
        match recorded.event:
            case TaskCompleted():
                yield from self._unfinished()
            case TaskFailed() | TaskCancelled() as end if self.to_undo.keys() - {*end.undone, *end.not_undone}:
                yield f"it ends, and nobody says what became of {list(self.to_undo)}, which could be taken back"
            case TaskFailed(kind="step_failed") if not _BADLY.intersection(self.outcomes.values()):
                yield "it failed by a step, and no step had failed"
            case TaskFailed(reason=reason) if reason == LATE and self.deadline and recorded.at < self.deadline:
                yield f"it failed by a deadline that is {self.deadline}"
            case _:
                pass

    def _unfinished(self) -> Iterator[str]:
        for node in self.plan.nodes if self.plan else ():
            if not self._went_well(node.id):
                yield f"completed although {node.id} ended as {self.outcomes.get(node.id, 'nothing')}"
        if self.running:
            yield f"completed while {sorted(self.running)} ran"


class _Judged:
    """What was offered, and what was said of it; of a step that was settled then, nothing more is to be said."""

    def __init__(self) -> None:
        self._offered: dict[Path, int] = {}
        self._words: dict[tuple[Path, int], str] = {}
        self._closed: set[Path] = set()

    def note(self, event: Event) -> None:
        match event:
            case ResultOffered(step=step, number=number):
                self._offered[step] = number
            case ExecutionEvaluated(step=str(step), go=number, decision=decision):
                self._words[step, number] = decision
            case StepSettled(step=step) if step in self._offered:
                self._closed.add(step)
            case _:
                pass

    def stands(self, path: Path) -> bool:
        return path in self._closed or self._word(path) == "accept"

    def retries(self, first: Path, go: int) -> int:
        return sum(self._word(_with_go(first, before)) == "retry" for before in range(1, go))

    def _word(self, path: Path) -> str | None:
        return self._words.get((path, self._offered.get(path, 0)))


class _Budget:
    """A hard cap is exceeded by one call's known maximum at most."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.spent = 0
        self.dearest = 0

    def note(self, recorded: Recorded) -> Iterator[str]:
        match recorded.event:
            case PlanCreated(plan=plan):
                self.limits = plan.budget
            case LimitsExtended(more=more):
                self.limits = self.limits.stretched(more)
            case JourneyDispatched(steps=steps, undoes=None):
                self.dearest = max(self.dearest, *(step.most.tokens for step in steps))
            case JourneyCompleted() | JourneyFailed() | JourneyCancelled() as ended:
                yield from self._pay(ended)
            case _:
                pass

    def _pay(self, ended: JourneyCompleted | JourneyFailed | JourneyCancelled) -> Iterator[str]:
        if ended.spent is None or ended.journey.endswith("~undo"):
            return
        self.spent += ended.spent.tokens
        if self.limits.tokens is not None and self.spent > self.limits.tokens + self.dearest:
            yield f"{self.spent} tokens are spent, {self.limits.tokens} are allowed"


def _is_judged(node: Node) -> bool:
    return node.gate is not None and maker_of((node,)) is not None


def _lets_go_on(node: Node, outcome: str) -> bool:
    return outcome in _WELL or (outcome in _BADLY and node.on_failure == "continue")


def _with_go(path: Path, go: int) -> Path:
    return path if go == 1 else f"{path}~{go}"
