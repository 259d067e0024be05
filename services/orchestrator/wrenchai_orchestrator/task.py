"""A task as its events tell it: the state that one decision needs. Pure; `evolve` is the only thing that changes it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
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
    request: TaskRequested | None = None
    requested_at: datetime | None = None
    plan: Plan | None = None
    tools: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    journeys: dict[Name, Journey] = field(default_factory=dict)
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
    def is_as_planned(self) -> bool:
        """Whether nothing but the plan of one journey is folded, so that its judgement says all that happened since."""
        one = self.plan is not None and len(self.plan.journeys) == 1 and self.plan.journeys[0].final
        return one and not self.journeys and self.cancellation is None

    def evolve(self, recorded: Recorded) -> None:  # noqa: C901, PLR0912  # one arm for each event, nothing nested
        """Fold one event of the task's family of streams."""
        self.position = recorded.position
        if recorded.stream == self.task_id:
            self.version = recorded.version
        match recorded.event:
            case TaskRequested() as requested:
                self.request, self.requested_at = requested, recorded.at
            case ToolsAllocated(tools=tools):
                self.tools = tools
            case PlanCreated(plan=plan):
                self.plan = plan
            case JourneyDispatched(journey=name):
                self.journeys.setdefault(name, Journey(name))
            case JourneyCompleted(journey=name, outputs=outputs):
                self.journeys[name] = Journey(name, "completed", outputs)
            case JourneyFailed(journey=name, reason=reason, step=step):
                self.journeys[name] = Journey(name, "failed", reason=reason, step=step)
            case JourneyCancelled(journey=name, reason=reason):
                self.journeys[name] = Journey(name, "cancelled", reason=reason)
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
