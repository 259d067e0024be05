"""A `process` step: operations in sequence, each with its condition and what happens when it fails. Pure."""

from wrenchai_contracts.plan import PlannedProcess
from wrenchai_contracts.steps import ProcessStep

from wrenchai_language.steps.inside import Inside


def node(step: ProcessStep, inside: Inside) -> PlannedProcess:
    """Each operation comes after the one before."""
    return PlannedProcess(**inside.own_facts(step), body=inside.sequence(step, step.operations))
