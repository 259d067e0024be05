"""A process: operations in sequence; when one fails that must not, what was done may be taken back first. Pure."""

from wrenchai_contracts.events import StepOpened
from wrenchai_contracts.plan import PlannedJourney, PlannedProcess
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.nodes.body import Bodies, Progress
from wrenchai_orchestrator.nodes.undoing import taken_back
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import Scope


def advance(bodies: Bodies, node: PlannedProcess, path: Path, scope: Scope) -> Result | None:
    """One step further with a process."""
    turn = bodies.turn
    turn.open(path, lambda: StepOpened(step=path, type="process", count=len(node.body)))
    progress = bodies.run(node.body, f"{path}.", scope)
    if progress.open:
        return None
    if progress.broken is not None:
        return _failed(bodies, path, progress)
    ids = [step.id for n in node.body for step in (n.steps if isinstance(n, PlannedJourney) else (n,))]
    output = {step: progress.output_of(step) for step in ids}
    skipped = [n.id for n in node.body if progress.results[n.id].outcome == "skipped"]
    passed_over = [n.id for n in node.body if progress.results[n.id].failed]
    return turn.settle(path, "completed", output=output, verdict={"skipped": skipped, "passed_over": passed_over})


def _failed(bodies: Bodies, path: Path, progress: Progress) -> Result | None:
    turn, broken = bodies.turn, progress.broken
    verdict = {}
    if broken is not None and broken[0].on_failure == "compensate":
        if not taken_back(turn, path, progress.as_result(None).reason):
            return None
        undone, not_undone = turn.task.undo_outcome(path)
        verdict = {"undone": list(undone), "not_undone": list(not_undone)}
    return bodies.fail(path, progress, verdict)
