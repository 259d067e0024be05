"""Taking effects back, the newest first, one after the other; what cannot be taken back is not tried twice. Pure."""

from wrenchai_contracts.events import JourneyDispatched, UndoBegan
from wrenchai_contracts.paths import undo_of
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.shape import Path
from wrenchai_language.references import BadReference, resolve

from wrenchai_orchestrator.turn import Scope, Turn


def taken_back(turn: Turn, inside: Path | None, reason: str) -> bool:
    """Whether everything that can be has been taken back: of the whole task, or inside one block."""
    task = turn.task
    if inside not in task.undoing:
        wanted = tuple(task.undoable(inside))
        if not wanted:
            return True
        turn.say(UndoBegan(journeys=wanted, reason=reason[:500], step=inside))
    for path in task.undoing[inside]:
        if undo_of(path) in task.journeys.running:
            return False
        if path in task.journeys.undoable and _begun(turn, path):
            return False
    return True


def _begun(turn: Turn, path: Path) -> bool:
    """Whether its undo steps were dispatched; not if they name what is not there, and so cannot be carried out."""
    dispatched, result = turn.task.journeys.undoable[path]
    scope: Scope = {"steps": {step: {"output": output} for step, output in result.outputs.items()}}
    try:
        steps = tuple(_resolved(step, scope) for step in reversed(dispatched.undo))
    except BadReference:
        del turn.task.journeys.undoable[path]
        return False
    undo = JourneyDispatched(
        journey=undo_of(path),
        role=dispatched.role,
        steps=steps,
        tools=dispatched.tools,
        group=dispatched.group,
        index=dispatched.index,
        undoes=path,
    )
    turn.tell(undo.journey, undo)
    return True


def _resolved(step: PlannedStep, scope: Scope) -> PlannedStep:
    return step.model_copy(update={"inputs": resolve(step.inputs, scope)})
