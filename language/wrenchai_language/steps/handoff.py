"""A `handoff` step: a primary agent's work, whose parts go to specialists by conditions. Pure."""

from wrenchai_contracts.plan import Case, PlannedHandoff
from wrenchai_contracts.steps import HandoffStep

from wrenchai_language.steps.inside import Inside


def node(step: HandoffStep, inside: Inside) -> PlannedHandoff:
    """The cases stay in the author's order: a part goes to the first whose condition it meets."""
    cases = [Case(when=case.when, body=(inside.alone(step, case.to),)) for case in step.handoff_conditions]
    action = step.completion_action
    return PlannedHandoff(
        **inside.own_facts(step),
        body=(inside.alone(step, step.primary),),
        parts=step.parts,
        part_name=step.part_name,
        cases=tuple(cases),
        completion=() if action is None else (inside.alone(step, action),),
    )
