"""A task as its events tell it: the state that one decision needs. Pure; `evolve` is the only thing that changes it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    Event,
    ExecutionEvaluated,
    JourneyCancelled,
    JourneyCompleted,
    JourneyDispatched,
    JourneyFailed,
    PlanAborted,
    PlanCreated,
    PlanExecuted,
    TaskCancellationRequested,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
    ToolsAllocated,
)
from wrenchai_contracts.plan import Plan
from wrenchai_contracts.shape import JsonObject, Name, StepId

JourneyStatus = Literal["running", "completed", "failed", "cancelled"]


@dataclass(slots=True)
class Journey:
    """One dispatched journey: a planned one, or one item's copy of a for_each."""

    name: Name
    status: JourneyStatus = "running"
    outputs: dict[StepId, JsonObject] = field(default_factory=dict)
    reason: str = ""
    step: StepId | None = None


@dataclass(slots=True)
class Task:
    """Everything the orchestrator must know to say what happens next."""

    task_id: str
    version: int = 0
    position: int = 0
    """Everything of the family up to here is folded."""
    size: int = 0
    """Bytes of the outputs that are remembered, roughly."""
    request: TaskRequested | None = None
    requested_at: datetime | None = None
    plan: Plan | None = None
    tools: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    journeys: dict[Name, Journey] = field(default_factory=dict)
    _running: Counter[Name] = field(default_factory=Counter)
    """How many run of each planned journey."""
    cancellation: str | None = None
    aborted: PlanAborted | None = None
    executed: bool = False
    evaluation: ExecutionEvaluated | None = None
    ended: bool = False

    @property
    def running(self) -> list[Journey]:
        """Journeys that have not ended."""
        return [journey for journey in self.journeys.values() if journey.status == "running"]

    @property
    def may_be_over(self) -> bool:
        """Whether what is folded may be all there is to know: a judgement, or the end of all that was dispatched.

        The judgement of a plan of one journey speaks of that journey's end too.
        """
        if self.evaluation is None:
            return bool(self.journeys) and not any(self._running.values()) and not self.executed
        one = self.plan is not None and len(self.plan.journeys) == 1 and self.plan.journeys[0].final
        return (one or self.executed) and self.cancellation is None and self.aborted is None

    def waits_for_siblings_of(self, name: Name) -> bool:
        """Whether the end of that for_each item changes nothing yet: others run, and none was held back for room."""
        planned_id = name.partition(".")[0]
        planned = next((p for p in self.plan.journeys if p.id == planned_id), None) if self.plan else None
        return planned is not None and 0 < self._running[planned_id] < planned.max_parallel - 1

    def evolve(self, recorded: Recorded) -> None:
        """Fold the next event of the task's family of streams."""
        self.position = recorded.position
        self.hear(recorded)

    def hear(self, recorded: Recorded) -> None:
        """Fold an event of the family that came by itself; others before it may still have to be read."""
        if recorded.stream == self.task_id:
            self.version = recorded.version
        if isinstance(recorded.event, TaskRequested):
            self.requested_at = recorded.at
        self.note(recorded.event)

    def note(self, event: Event) -> None:  # noqa: C901, PLR0912  # one arm for each event, nothing nested
        """Fold what an event says. Twice is as good as once."""
        match event:
            case TaskRequested() as requested:
                self.request = requested
            case ToolsAllocated(tools=tools):
                self.tools = tools
            case PlanCreated(plan=plan):
                self.plan = plan
            case JourneyDispatched(journey=name):
                if name not in self.journeys:
                    self._put(Journey(name))
            case JourneyCompleted(journey=name, outputs=outputs):
                self._put(Journey(name, "completed", outputs))
            case JourneyFailed(journey=name, reason=reason, step=step):
                self._put(Journey(name, "failed", reason=reason, step=step))
            case JourneyCancelled(journey=name, reason=reason):
                self._put(Journey(name, "cancelled", reason=reason))
            case TaskCancellationRequested(reason=reason):
                self.cancellation = reason
            case PlanAborted() as aborted:
                self.aborted = aborted
            case PlanExecuted():
                self.executed = True
            case ExecutionEvaluated() as evaluation:
                self.evaluation = evaluation
            case TaskCompleted() | TaskFailed() | TaskCancelled():
                self.ended = True
            case _:
                pass  # what journeys and services record of themselves changes no decision here

    def _put(self, journey: Journey) -> None:
        """Know `journey` as it is now; knowing it once more changes nothing."""
        before = self.journeys.get(journey.name)
        was_running = before is not None and before.status == "running"
        self._running[journey.name.partition(".")[0]] += (journey.status == "running") - was_running
        if before is None or was_running:
            self.size += len(str(journey.outputs))
        self.journeys[journey.name] = journey

    def scope(self) -> dict[str, Any]:
        """What references may name: the inputs, and the outputs of all steps that have ended."""
        steps: dict[str, Any] = {}
        for planned in self.plan.journeys if self.plan else ():
            if planned.for_each is None:
                steps |= self._outputs_of(planned.id)
            else:
                steps[planned.group or planned.id] = {"output": self._items_of(planned.id, planned.steps[-1].id)}
        for planned in self.plan.journeys if self.plan else ():
            if planned.group is not None and planned.for_each is None and planned.id in steps:
                branches = steps.setdefault(planned.group, {"output": {}})["output"]
                branches[planned.id] = steps[planned.id]["output"]
        return {"inputs": self.request.inputs if self.request else {}, "steps": steps}

    def items(self, planned_id: Name) -> dict[int, Journey]:
        """The dispatched journeys of a for_each, by index."""
        prefix = planned_id + "."
        return {
            int(name.removeprefix(prefix)): journey
            for name, journey in self.journeys.items()
            if name.startswith(prefix) and name.removeprefix(prefix).isdecimal()
        }

    def _outputs_of(self, name: Name) -> dict[str, Any]:
        journey = self.journeys.get(name)
        if journey is None or journey.status == "running":
            return {}
        if journey.status == "completed":
            return {step: {"output": output} for step, output in journey.outputs.items()}
        return {name: {"output": None, "failed": True, "reason": journey.reason}}

    def _items_of(self, planned_id: Name, step: StepId) -> list[Any]:
        return [journey.outputs.get(step) for _, journey in sorted(self.items(planned_id).items())]
