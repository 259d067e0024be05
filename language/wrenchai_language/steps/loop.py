"""A `self_feedback_loop` step: the same operations again and again; what the last gives is the round's. Pure."""

from typing import Any

from wrenchai_contracts.plan import Improvement, PlannedLoop
from wrenchai_contracts.steps import LoopStep, PartnerStep

from wrenchai_language.steps.inside import Inside


def node(step: LoopStep, inside: Inside) -> PlannedLoop:
    """A loop over its operations in sequence."""
    body = inside.sequence(step, step.operations)
    return PlannedLoop(**rounds(step, inside), body=body, output_from=step.operations[-1].id)


def rounds(step: LoopStep | PartnerStep, inside: Inside) -> dict[str, Any]:
    """How often, until when, and what it means when no round was good."""
    stop = step.stop_when
    return inside.own_facts(step) | {
        "max_rounds": step.max_iterations,
        "exit_when": step.exit_condition,
        "initial": step.initial,
        "improvement": None if stop is None else Improvement(delta=stop.improvement, below=stop.unlikelier_than),
        "exhausted": step.on_exhausted,
    }
