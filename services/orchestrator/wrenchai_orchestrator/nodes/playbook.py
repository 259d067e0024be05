"""A playbook inside a playbook: its steps see its own inputs alone, and have a budget of their own. Pure."""

from typing import Any

from wrenchai_contracts.events import StepOpened
from wrenchai_contracts.plan import PlannedPlaybook
from wrenchai_contracts.shape import Path

from wrenchai_orchestrator.nodes.body import Bodies
from wrenchai_orchestrator.nodes.values import resolved
from wrenchai_orchestrator.results import Result
from wrenchai_orchestrator.turn import Scope


def advance(bodies: Bodies, node: PlannedPlaybook, path: Path, scope: Scope) -> Result | None:
    """One step further with a playbook inside."""
    turn = bodies.turn
    opened = turn.open(path, lambda: StepOpened(step=path, type="playbook", inputs=resolved(node.inputs, scope)))
    with turn.within(path, node.budget):
        progress = bodies.run(node.body, f"{path}.", {"inputs": opened.event.inputs, "steps": {}})
    if progress.open:
        return None
    if progress.broken is not None:
        return bodies.fail(path, progress)
    outputs: dict[str, Any] = {step: progress.output_of(step) for step in node.result_from}
    output = next(iter(outputs.values())) if len(outputs) == 1 else outputs
    return turn.settle(path, "completed", output=output)
