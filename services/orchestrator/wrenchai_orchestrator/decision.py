"""What happens next in a task. Pure: from the folded task to the events that should follow, and to nothing else.

Decisions look at the state, not at the event that woke us, so a lost, doubled or late wake-up changes nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from pydantic_core import to_json
from wrenchai_contracts.events import (
    Event,
    JourneyCancelled,
    JourneyDispatched,
    PlanAborted,
    PlanExecuted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_contracts.plan import Plan, PlannedJourney, PlannedStep
from wrenchai_contracts.shape import Name, StepId
from wrenchai_contracts.subjects import journey_stream
from wrenchai_language.references import BadReference, resolve

from wrenchai_orchestrator.staffing import MAX_DATA_BYTES, CannotStaff, Catalogue, staffed_for
from wrenchai_orchestrator.task import Journey, Task

Step = tuple[str, Event]
"""An event and the stream it belongs to."""

_ENDED = {"completed", "failed", "cancelled"}

MAX_ITEMS = 5_000
"""Items of one for_each: each is a journey with a stream of its own, and all of them are in one task's memory."""


class PlanBroken(Exception):  # noqa: N818  # a noun with its facts
    """The plan cannot be carried out: which journey is in its way, `reason` for people, `kind` for programs."""

    def __init__(self, journey: Name, reason: str, kind: str, step: StepId | None = None) -> None:
        super().__init__(f"{journey}: {reason}")
        self.journey, self.reason, self.kind, self.step = journey, reason[:2000], kind, step


def decide(task: Task, catalogue: Catalogue) -> list[Step]:
    """The events that should follow now; empty when the task waits or has ended."""
    if task.ended or task.request is None:
        return []
    if task.plan is None:
        return _begin(task, task.request, catalogue)
    return _follow(task, task.plan)


def _begin(task: Task, request: TaskRequested, catalogue: Catalogue) -> list[Step]:
    """Analyse, assign roles, allocate tools, plan, and dispatch what can start."""
    if task.cancellation is not None:
        return [(task.task_id, TaskCancelled(reason=task.cancellation))]
    try:
        staffed = staffed_for(request, catalogue)
    except CannotStaff as problem:
        return [(task.task_id, _failed(problem.reason, problem.kind))]
    task.plan, task.tools = staffed.planned.plan, staffed.allocated.tools
    return [(task.task_id, event) for event in staffed] + _follow(task, task.plan)


def _follow(task: Task, plan: Plan) -> list[Step]:
    """Go on with the plan, or end it when somebody asked for that or something is in its way."""
    if task.cancellation is not None:
        return _end(task, plan, TaskCancelled(reason=task.cancellation))
    try:
        return _go_on(task, plan)
    except PlanBroken as broken:
        if task.running and task.aborted is None:
            return [(task.task_id, PlanAborted(journey=broken.journey, reason=broken.reason))]
        return _end(task, plan, TaskFailed(reason=broken.reason, kind=broken.kind, step=broken.step))


def _end(task: Task, plan: Plan, end: Event) -> list[Step]:
    """`end`, once nothing runs any more and the inspector is not at work.

    What could begin now is cancelled with it: another replica that has not heard yet why the task ends may be about
    to dispatch it, and since both want the first place of its stream, only one of the two is recorded.
    """
    if task.running or _is_being_judged(task, plan):
        return []
    never = [JourneyCancelled(journey=name, reason="the task ended before it began") for name in _ready(task, plan)]
    return [*((journey_stream(task.task_id, event.journey), event) for event in never), (task.task_id, end)]


def _ready(task: Task, plan: Plan) -> list[Name]:
    """Journeys that may be dispatched by whoever does not know of a failure or a cancellation."""
    spoiled = {j.name.partition(".")[0] for j in task.journeys.values() if j.status == "cancelled" or _fatal(plan, j)}
    names: list[Name] = []
    for planned in plan.journeys if task.journeys else ():
        with suppress(PlanBroken):
            if spoiled.isdisjoint(planned.after) and _may_start(task, plan, planned):
                names += [planned.id] if planned.for_each is None else _next_items(task, planned)
    return names


def _next_items(task: Task, planned: PlannedJourney) -> list[Name]:
    items = _items(planned, task.scope())
    return [f"{planned.id}.{index}" for index in _window(task, planned, len(items))]


def _is_being_judged(task: Task, plan: Plan) -> bool:
    return task.evaluation is None and (task.executed or _final_completed(task, plan))


def _final_completed(task: Task, plan: Plan) -> bool:
    """Whether the inspector has heard of the plan's end from its last journey itself."""
    last = plan.journeys[-1]
    return last.final and last.id in task.journeys and task.journeys[last.id].status == "completed"


def _go_on(task: Task, plan: Plan) -> list[Step]:
    """What the plan says comes next.

    Raises:
        PlanBroken: nothing that the plan asked for can come of it any more.
    """
    _refuse_failures(task, plan)
    if task.evaluation is not None:
        return [(task.task_id, _verdict(task))]
    dispatched = _dispatch(task, plan)
    if task.aborted is not None:
        raise PlanBroken(task.aborted.journey, task.aborted.reason, "plan_aborted")
    if dispatched or task.running or not _all_ended(task, plan) or _is_being_judged(task, plan):
        return dispatched
    failed = tuple(sorted(journey.name for journey in task.journeys.values() if journey.status == "failed"))
    return [(task.task_id, PlanExecuted(failed_journeys=failed))]


def _verdict(task: Task) -> Event:
    evaluation = task.evaluation
    if evaluation is None or evaluation.decision == "reject":
        reasons = "; ".join(evaluation.reasons) if evaluation else ""
        return _failed(f"the inspector rejected the result: {reasons}", "quality")
    decision = "accepted" if evaluation.decision == "accept" else "escalated"
    return TaskCompleted(decision=decision, quality=evaluation.quality)


def _dispatch(task: Task, plan: Plan) -> list[Step]:
    scope: dict[str, object] | None = None
    found: list[Step] = []
    for planned in plan.journeys:
        if _may_start(task, plan, planned):
            scope = scope or task.scope()
            found += [
                (journey_stream(task.task_id, event.journey), event)
                for event in _dispatched(task, plan, planned, scope)
            ]
    return found


def _may_start(task: Task, plan: Plan, planned: PlannedJourney) -> bool:
    if planned.for_each is None and planned.id in task.journeys:
        return False
    return all(_ended(task, other) for other in plan.journeys if other.id in planned.after)


def _dispatched(
    task: Task, plan: Plan, planned: PlannedJourney, scope: dict[str, object]
) -> Iterator[JourneyDispatched]:
    if planned.for_each is None:
        yield _journey(task, plan, planned, scope, index=None)
        return
    items = _items(planned, scope)
    for index in _window(task, planned, len(items)):
        with_item = {**scope, planned.item_name: items[index], "index": index}
        yield _journey(task, plan, planned, with_item, index=index)


def _window(task: Task, planned: PlannedJourney, count: int) -> list[int]:
    """The next of `count` items that may begin, so that at most `max_parallel` run at once."""
    known = task.items(planned.id)
    room = planned.max_parallel - sum(journey.status == "running" for journey in known.values())
    return [index for index in range(count) if index not in known][: max(room, 0)]


def _journey(
    task: Task, plan: Plan, planned: PlannedJourney, scope: dict[str, object], *, index: int | None
) -> JourneyDispatched:
    own = {step.id for step in planned.steps}

    def later(path: tuple[str, ...]) -> bool:
        return len(path) > 1 and path[0] == "steps" and path[1] in own

    try:
        steps = tuple(_resolved(step, resolve(step.inputs, scope, keep=later)) for step in planned.steps)
    except BadReference as problem:
        raise PlanBroken(planned.id, str(problem), "bad_reference") from problem
    dispatched = JourneyDispatched(
        journey=planned.id if index is None else f"{planned.id}.{index}",
        role=planned.role,
        steps=steps,
        tools=task.tools.get(planned.role, ()),
        deadline=task.requested_at + timedelta(seconds=plan.deadline) if task.requested_at else None,
        group=planned.group,
        index=index,
        final=planned.final,
        sole=len(plan.journeys) == 1 and index is None,
        accept_above=plan.accept_above,
        reject_below=plan.reject_below,
    )
    if (size := len(to_json(dispatched))) > MAX_DATA_BYTES:
        reason = f"its inputs have {size} bytes; the limit is {MAX_DATA_BYTES}. Hand large content on as artifacts."
        raise PlanBroken(planned.id, reason, "input_too_large")
    return dispatched


def _resolved(step: PlannedStep, inputs: dict[str, object]) -> PlannedStep:
    return step if inputs == step.inputs else step.model_copy(update={"inputs": inputs})


def _items(planned: PlannedJourney, scope: dict[str, object]) -> list[object]:
    try:
        items = resolve(planned.for_each, scope)
    except BadReference as problem:
        raise PlanBroken(planned.id, str(problem), "bad_reference") from problem
    if not isinstance(items, list):
        reason = f"{planned.for_each}: for_each of {planned.id} needs a list, this is {type(items).__name__}"
        raise PlanBroken(planned.id, reason, "bad_reference")
    if len(items) > MAX_ITEMS:
        reason = f"for_each of {planned.id} has {len(items)} items; at most {MAX_ITEMS} may be handed out one by one"
        raise PlanBroken(planned.id, reason, "too_many_items")
    return items


def _all_ended(task: Task, plan: Plan) -> bool:
    return all(_ended(task, planned) for planned in plan.journeys)


def _ended(task: Task, planned: PlannedJourney) -> bool:
    if planned.for_each is None:
        journey = task.journeys.get(planned.id)
        return journey is not None and journey.status in _ENDED
    known = task.items(planned.id)
    if any(journey.status == "running" for journey in known.values()):
        return False
    others_ended = all(
        _ended(task, other) for other in (task.plan.journeys if task.plan else ()) if other.id in planned.after
    )
    return others_ended and len(known) == len(_items(planned, task.scope()))


def _refuse_failures(task: Task, plan: Plan) -> None:
    """Raise `PlanBroken` for the first failed journey that the plan cannot do without."""
    for journey in task.journeys.values():
        if _fatal(plan, journey):
            raise PlanBroken(journey.name, journey.reason, "step_failed", journey.step)


def _fatal(plan: Plan, journey: Journey) -> bool:
    """Whether it failed and its plan does not say to go on without it."""
    if journey.status != "failed":
        return False
    planned_id = journey.name.partition(".")[0]
    return any(planned.id == planned_id and planned.on_failure == "fail" for planned in plan.journeys)


def _failed(reason: str, kind: str) -> TaskFailed:
    return TaskFailed(reason=reason[:2000], kind=kind)
