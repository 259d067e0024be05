"""A task as its events tell it: the state that one decision needs. Pure; events are the only thing that changes it."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    CONTROLS,
    Event,
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    ResultOffered,
    RoundEnded,
    RoundEvaluated,
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
)
from wrenchai_contracts.paths import UNDO, ancestors, drop_inside, is_inside, round_in, with_go
from wrenchai_contracts.plan import Node, Plan, maker_of
from wrenchai_contracts.shape import Name, Path
from wrenchai_contracts.spending import Limits

from wrenchai_orchestrator.asked import Asked
from wrenchai_orchestrator.choices import OF_CHOICES, Choices
from wrenchai_orchestrator.journeys import OF_JOURNEYS, Journeys, call_digest
from wrenchai_orchestrator.judgements import LOOKED_AT, QUALITY, Judgements
from wrenchai_orchestrator.results import NO_DATE, Opened, Result

OF_INSPECTION = (ResultOffered, ExecutionEvaluated, RoundEvaluated, *OF_CHOICES)
"""What the inspector is asked by, and what it answers with."""


@dataclass(slots=True)
class Task:
    """Everything the orchestrator must know to say what happens next."""

    task_id: str
    version: int = 0
    position: int = 0
    """Everything of the family up to here is folded."""
    request: TaskRequested | None = None
    requester: str = ""
    tenant: str = "default"
    requested_at: datetime | None = None
    plan: Plan | None = None
    tools: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    journeys: Journeys = field(default_factory=Journeys)
    results: dict[Path, Result] = field(default_factory=dict)
    """Of every node that has ended, but for what lies inside a block whose own outcome is known."""
    opened: dict[Path, Opened] = field(default_factory=dict)
    goes: dict[Path, int] = field(default_factory=dict)
    """Of nodes that are gone through once more: the number of the present go, by the path of the first."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often equal calls were made inside loops, by their digest."""
    judgements: Judgements = field(default_factory=Judgements)
    choices: Choices = field(default_factory=Choices)
    asked: Asked = field(default_factory=Asked)
    budgets: dict[Path, Limits] = field(default_factory=dict)
    """Of playbooks inside that were begun."""
    signals_taken: set[int] = field(default_factory=set)
    """Which signals a wait has taken, by their place in the stream."""
    fired: dict[Path | None, datetime] = field(default_factory=dict)
    """The latest moment that has come, for steps and (None) for the task's deadline."""
    undoing: dict[Path | None, tuple[Path, ...]] = field(default_factory=dict)
    origin: dict[Path, tuple[JourneyDispatched, JourneyCompleted]] | None = None
    """What the task that this one was forked from had come to."""
    aborted: PlanAborted | None = None
    executed: bool = False
    evaluation: ExecutionEvaluated | None = None
    ended: bool = False

    @property
    def size(self) -> int:
        """Bytes of the outputs that are remembered, roughly."""
        return sum(result.size for result in self.results.values())

    @property
    def deadline(self) -> datetime | None:
        """When all must have ended."""
        if self.asked.deadline is not None:
            return self.asked.deadline
        if self.plan is None or self.requested_at is None:
            return None
        return self.requested_at + timedelta(seconds=self.plan.deadline)

    @property
    def priority(self) -> int:
        """How much it matters beside others that wait."""
        if self.asked.priority is not None:
            return self.asked.priority
        return (self.request.priority or 0) if self.request else 0

    @property
    def is_late(self) -> bool:
        """Whether its deadline has come."""
        return self.deadline is not None and self.fired.get(None, NO_DATE) >= self.deadline

    @property
    def says_enough(self) -> bool:
        """Whether memory holds all there can be: what is asked and decided bumps the version that a commit guards.

        A judgement of the whole is the last thing there is to know, also of journeys that the inspector alone was told
        of. What it has said of parts another replica may have heard, and recorded nothing, since others still ran.
        """
        if self.plan is None or self.asked.cancelled is not None or self.aborted is not None:
            return False
        return self.evaluation is not None or not (self.journeys.running or self.waiting or self.asks_the_inspector)

    @property
    def waiting(self) -> bool:
        """Whether a step waits for something from outside."""
        return any(opened.event.wait is not None for opened in self.opened.values())

    @property
    def asks_the_inspector(self) -> bool:
        """Whether it was asked something to which, as far as is known here, it has not answered."""
        choices = self.choices
        open_choices = (choices.offered.keys() - choices.drawn.keys()) | (choices.scored.keys() - choices.ranked.keys())
        return (
            self.judgements.is_asking
            or any(path not in self.results for path in open_choices)
            or any(opened.is_asking for opened in self.opened.values())
        )

    def go_of(self, path: Path) -> int:
        """How often the node whose first go is `path` has been begun, or would be next."""
        return self.goes.get(path, 1)

    def own_goes_of(self, first: Path) -> int:
        """The same, but for goes that followed another one for its quality."""
        go = self.go_of(first)
        return go if go == 1 else go - self.judgements.retries(first, go)

    def path_of(self, first: Path) -> Path:
        """The path of the go that the node whose first go is `first` is in, or would begin next."""
        return with_go(first, self.go_of(first))

    def is_judged_still(self, node: Node, path: Path) -> bool:
        """Whether a result is there on which what comes after may not rely yet. What was taken over, was judged."""
        result = self.results.get(path)
        if node.gate is None or result is None or result.outcome != "completed" or result.reused:
            return False
        return not self.judgements.stands(path) and maker_of((node,)) is not None

    def time_has_come(self, path: Path, due: datetime | None) -> bool:
        """Whether `due` has come for the step at `path`."""
        return due is not None and self.fired.get(path, NO_DATE) >= due

    def waits_for_siblings_of(self, journey: Path) -> bool:
        """Whether the end of that branch changes nothing yet: others run, and none was held back for room."""
        group = self.opened.get(self.journeys.group_of(journey))
        return group is not None and 0 < self.journeys.beside(journey) < group.window - 1

    def budgets_of(self, path: Path) -> list[tuple[Path, Limits]]:
        """The budgets of the playbooks around a journey, as they were last at work."""
        return [(around, self.budgets[around]) for around in ancestors(path) if around in self.budgets]

    def may_repeat(self, path: Path) -> bool:
        """Whether its calls could be made for ever: it lies in a loop."""
        return any(around in self.opened and self.opened[around].event.type == "loop" for around in ancestors(path))

    def know_begun(self, begun: Collection[Path]) -> None:
        """Learn which journeys a worker has begun, from streams that were read in full; of the others nobody has."""
        for path, running in self.journeys.running.items():
            running.unbegun = path not in begun

    # --- folding -----------------------------------------------------------------------------------------

    def evolve(self, recorded: Recorded) -> None:
        """Fold the next event of the task's family of streams."""
        self.position = recorded.position
        self.hear(recorded)

    def hear(self, recorded: Recorded) -> None:
        """Fold an event of the family that came by itself; others before it may still have to be read."""
        if recorded.stream == self.task_id:
            self.version = max(self.version, recorded.version)
        if isinstance(recorded.event, TaskRequested):
            self.requested_at, self.requester, self.tenant = recorded.at, recorded.actor, recorded.tenant
        if isinstance(recorded.event, CONTROLS):
            self.asked.note(recorded)
        self.note(recorded.event, recorded.version)

    def note(self, event: Event, version: int = 1) -> None:  # noqa: C901, PLR0912  # one arm for each event
        """Fold what an event says that is number `version` of its stream. Twice is as good as once."""
        if isinstance(event, OF_JOURNEYS):  # most events by far
            self._note_journey(event, version)
            return
        if isinstance(event, OF_INSPECTION):
            self._note_inspection(event)
            return
        match event:
            case TaskRequested() as requested:
                self.request = requested
            case ToolsAllocated(tools=tools):
                self.tools = tools
            case PlanCreated(plan=plan):
                self.plan = plan
            case StepOpened() as opened:
                self._open(opened)
            case RoundEnded() as ended:
                self._end_round(ended)
            case StepSettled() as settled:
                self._settle(settled)
            case StepRepeated(step=step, go=go):
                self.goes[step] = max(go, self.goes.get(step, 1))
                self.opened.pop(with_go(step, go - 1), None)
            case UndoBegan(journeys=journeys, step=step):
                self.undoing[step] = journeys
            case TimerFired(step=step, due=due):
                self.fired[step] = max(due, self.fired.get(step, NO_DATE))
            case PlanAborted() as aborted:
                self.aborted = aborted
            case PlanExecuted():
                self.executed = True
            case TaskCompleted() | TaskFailed() | TaskCancelled():
                self.ended = True
            case _:
                pass  # what services record of themselves changes no decision here

    def _note_inspection(self, event: Event) -> None:
        """What the inspector is asked, and what it says: of the whole, or of what lies in no block that is over."""
        step = getattr(event, "step", None)
        if step is None:
            self.evaluation = event if isinstance(event, ExecutionEvaluated) else self.evaluation
        elif self._is_past(step):
            return
        elif isinstance(event, OF_CHOICES):
            self.choices.note(event)
        elif isinstance(event, RoundEvaluated):
            if (loop := self.opened.get(step)) is not None:
                loop.hear(event)
        elif isinstance(event, ResultOffered | ExecutionEvaluated):
            self.judgements.note(event)

    def _note_journey(self, event: Event, version: int) -> None:
        journey = getattr(event, "journey", "")
        if self._is_past(journey) and not journey.endswith(UNDO):
            return
        if isinstance(event, JourneyDispatched):
            if journey in self.results or journey in self.journeys.running:
                return
            self.opened.pop(journey, None)
            if self.may_repeat(journey):
                self.calls.update(call_digest(event.role, step) for step in event.steps)
        result = self.journeys.note(event, version)
        if result is not None:
            self.results.setdefault(journey, result)

    def _open(self, event: StepOpened) -> None:
        result = self.results.get(event.step)
        if self._is_past(event.step) or (result is not None and not self._asks_about(result, event)):
            return
        known = self.opened.get(event.step)
        if known is None or known.event != event:
            self.opened[event.step] = Opened(event)

    def _asks_about(self, result: Result, event: StepOpened) -> bool:
        """Whether a person is asked what follows from a failure, or whether a result is acceptable."""
        wait = event.wait
        if wait is None:
            return False
        if wait.name == QUALITY:
            return result.outcome == "completed" and self.judgements.is_open(event.step)
        return wait.waits_for == "decision" and result.failed

    def _end_round(self, ended: RoundEnded) -> None:
        loop = self.opened.get(ended.step)
        if loop is not None and ended.round > loop.round:
            loop.round, loop.last_round = ended.round, ended
            self._forget_inside(f"{ended.step}.{ended.round}")

    def _settle(self, settled: StepSettled) -> None:
        if "signal" in settled.verdict:
            self.signals_taken.add(settled.verdict["signal"])
        if self._is_past(settled.step) or self.judgements.is_old_news(settled):
            return
        opened, known = self.opened.pop(settled.step, None), self.results.get(settled.step)
        self.judgements.close(settled)
        if LOOKED_AT in settled.verdict and settled.outcome == "completed" and known is not None:
            return  # it stands as it was offered
        if known is not None and known.block and known.outcome == settled.outcome:
            return
        self.results[settled.step] = Result.of_step(settled, opened.event.count or 0 if opened else 0)
        if not settled.gathered:
            self._forget_inside(settled.step)

    def _forget_inside(self, block: Path) -> None:
        for kept in (self.results, self.opened, self.goes):
            drop_inside(kept, block)
        self.judgements.forget_inside(block)
        self.choices.forget_inside(block)

    def _is_past(self, path: Path) -> bool:
        """Whether it lies in a round or a block whose outcome is known, so that it changes nothing any more."""
        for around in ancestors(path):
            result, opened = self.results.get(around), self.opened.get(around)
            if result is not None and not result.gathered and result.block:
                return True
            if opened is not None and opened.event.type == "loop" and round_in(path, around) <= opened.round:
                return True
        return False

    def undoable(self, inside: Path | None = None) -> Iterator[Path]:
        """Journeys whose effects can be taken back, the newest first: of the whole task, or inside one block."""
        for path in reversed(self.journeys.undoable):
            if inside is None or is_inside(path, inside):
                yield path

    def undo_outcome(self, step: Path | None = None) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        """Of what was to be taken back: what was, and what was not."""
        wanted = self.undoing.get(step, ())
        done = tuple(path for path in wanted if path in self.journeys.undone)
        return done, tuple(path for path in wanted if path not in self.journeys.undone)
