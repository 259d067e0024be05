"""What happens next in a task. Pure: from the folded task to the events that should follow, and to nothing else.

Decisions look at the state, not at the event that woke us, so a lost, doubled or late wake-up changes nothing.
"""

from datetime import datetime

from wrenchai_contracts.events import (
    Event,
    ExecutionEvaluated,
    JourneyCancelled,
    PlanAborted,
    PlanExecuted,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskRequested,
)
from wrenchai_contracts.plan import WHOLE_RESULT, PlannedJourney
from wrenchai_contracts.shape import Path, StepId

from wrenchai_orchestrator.judgements import QUALITY
from wrenchai_orchestrator.nodes.advancing import Advancing
from wrenchai_orchestrator.nodes.body import Progress
from wrenchai_orchestrator.nodes.looking import Look, looked_at
from wrenchai_orchestrator.nodes.undoing import taken_back
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.resuming import resume
from wrenchai_orchestrator.staffing import CannotStaff, Catalogue, staffed_for
from wrenchai_orchestrator.task import Task
from wrenchai_orchestrator.turn import OWN, Scope, Step, Turn

__all__ = ["Step", "decide"]


def decide(task: Task, catalogue: Catalogue, now: datetime) -> list[Step]:
    """The events that should follow at `now`; empty when the task waits or has ended.

    They are folded into `task` already, so that each is decided on top of those before. Who cannot record them must
    forget the task.
    """
    if task.ended or task.request is None:
        return []
    if task.plan is None:
        return _begin(task, task.request, catalogue, now)
    turn = Turn(task, task.plan, now)
    _follow(turn)
    return turn.found


def _begin(task: Task, request: TaskRequested, catalogue: Catalogue, now: datetime) -> list[Step]:
    """Analyse, assign roles, allocate tools, plan, and dispatch what can start."""
    if task.asked.cancelled is not None:
        return [Step(task.task_id, TaskCancelled(reason=task.asked.cancelled), OWN)]
    try:
        staffed = staffed_for(request, catalogue)
    except CannotStaff as problem:
        return [Step(task.task_id, TaskFailed(reason=problem.reason[:2000], kind=problem.kind), OWN)]
    turn = Turn(task, staffed.planned.plan, now)
    for event in staffed:
        turn.say(event)
    _follow(turn)
    return turn.found


def _follow(turn: Turn) -> None:
    """Go on with the plan, or end it when somebody asked for that or something is in its way."""
    task = turn.task
    if task.asked.cancelled is not None:
        _end(turn, TaskCancelled(reason=task.asked.cancelled))
    elif task.is_late:
        _abort(turn, "", "the task's deadline has passed", "deadline")
    elif task.aborted is not None:
        _end(turn, _failure(turn, task.aborted))
    elif task.evaluation is not None:
        _judged(turn)
    elif not (task.asked.paused or task.executed or _final_is_known(turn)):
        _go_on(turn)


def _go_on(turn: Turn) -> None:
    """What the plan says comes next."""
    task, plan = turn.task, turn.plan
    bodies = Advancing(turn)
    with turn.within("", task.asked.budget_of(plan)):
        progress = bodies.run(plan.nodes, "", first_scope(task))
    resume(turn)
    if progress.broken is not None:
        node, path, result = progress.broken
        kind = result.kind if result.block else "step_failed"
        _abort(turn, path, result.reason, kind, step=result.step or node.id)
    elif not progress.open and not task.journeys.running and not task.executed and not _final_is_known(turn):
        turn.say(PlanExecuted(failed_journeys=_failed_journeys(progress)))


def first_scope(task: Task) -> Scope:
    """What the outermost steps may name."""
    return {"inputs": task.request.inputs if task.request else {}, "steps": {}}


def _failed_journeys(progress: Progress) -> tuple[Path, ...]:
    return tuple(sorted(name for name, result in progress.results.items() if result.failed))


def _final_is_known(turn: Turn) -> bool:
    """Whether the inspector has heard of the plan's end from its last journey itself."""
    last = turn.plan.nodes[-1]
    if not isinstance(last, PlannedJourney) or not last.final:
        return False
    result = turn.task.results.get(turn.task.path_of(last.id))
    return result is not None and result.outcome == "completed" and not result.reused and not result.block


def _judged(turn: Turn) -> None:
    """The task ends as the inspector, or who was asked to look, has said."""
    evaluation = turn.task.evaluation
    if evaluation is None:
        return
    if evaluation.decision == "accept":
        turn.say(TaskCompleted(decision="accepted", quality=evaluation.quality))
    elif evaluation.decision == "reject":
        reason = f"the inspector rejected the result: {'; '.join(evaluation.reasons)}"
        _end(turn, TaskFailed(reason=reason[:2000], kind=QUALITY))
    elif turn.plan.escalation == "complete":
        turn.say(TaskCompleted(decision="escalated", quality=evaluation.quality))
    else:
        _look(turn, evaluation)


def _look(turn: Turn, evaluation: ExecutionEvaluated) -> None:
    """A person says whether the whole is acceptable. Whoever passes that over leaves it as it was judged: escalated."""
    task = turn.task
    result = task.results.get(WHOLE_RESULT) or _word_on_the_whole(turn, evaluation)
    if result is None:
        return
    if result.failed:
        _end(turn, TaskFailed(reason=result.reason, kind=result.kind))
        return
    decision = "escalated" if result.outcome == "skipped" else "accepted"
    turn.say(TaskCompleted(decision=decision, quality=evaluation.quality))


def _word_on_the_whole(turn: Turn, evaluation: ExecutionEvaluated) -> Result | None:
    """While the task is paused nobody is asked anew; who was asked before may answer."""
    task = turn.task
    skip = task.asked.skips.get(WHOLE_RESULT)
    if skip is not None:
        return turn.settle(WHOLE_RESULT, "skipped", reason=skip.reason or "skipped on request")
    if task.asked.paused and WHOLE_RESULT not in task.opened:
        return None
    look = Look(WHOLE_RESULT, turn.plan.playbook, turn.plan.approval, first_scope(task))
    return looked_at(turn, look, evaluation, Result("completed", block=True))


def _abort(turn: Turn, journey: Path, reason: str, kind: str, *, step: StepId | None = None) -> None:
    """End the task as failed; what still runs is told to stop first, and nobody begins anything any more."""
    task = turn.task
    at = journey or next(iter(task.journeys.running), turn.plan.nodes[0].id)
    if task.aborted is None:
        turn.say(PlanAborted(journey=at, reason=reason[:2000], kind=kind, step=step))
    _end(turn, TaskFailed(reason=reason[:2000], kind=kind, step=step))


def _failure(turn: Turn, aborted: PlanAborted) -> TaskFailed:
    """The failure that the plan was aborted for."""
    result = turn.task.results.get(aborted.journey)
    step = aborted.step or (result.step if result is not None else None)
    return TaskFailed(reason=aborted.reason, kind=aborted.kind or "plan_aborted", step=step)


def _end(turn: Turn, end: TaskCancelled | TaskFailed) -> None:
    """`end`, once nothing runs any more, the inspector is not at work, and all that can be taken back is."""
    task = turn.task
    for name in list(task.journeys.running):
        turn.take_over(name, "the task ends")
        _end_unbegun(turn, name)
    working = [name for name, running in task.journeys.running.items() if running.dispatched.undoes is None]
    if working or _is_being_judged(turn) or not taken_back(turn, None, end.reason or "the task was cancelled"):
        return
    undone, not_undone = task.undo_outcome()
    turn.say(end.model_copy(update={"undone": undone, "not_undone": not_undone}))


def _end_unbegun(turn: Turn, name: Path) -> None:
    """After the deadline a journey that no worker has begun is nobody's, so ours to end. To undo is never late."""
    running = turn.task.journeys.running.get(name)
    if running is None or not turn.task.is_late or not running.unbegun or running.dispatched.undoes is not None:
        return
    end: Event = JourneyCancelled(journey=name, reason="no worker began it before the task's deadline")
    turn.tell(name, end, running.version + 1)


def _is_being_judged(turn: Turn) -> bool:
    return turn.task.evaluation is None and (turn.task.executed or _final_is_known(turn))
