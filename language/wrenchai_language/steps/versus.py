"""A `versus` step: competitors apart from each other, then a judge with weighted criteria. Pure."""

from wrenchai_contracts.plan import PlannedVersus
from wrenchai_contracts.steps import VersusStep

from wrenchai_language.steps.inside import Inside


def node(step: VersusStep, inside: Inside) -> PlannedVersus:
    """A contest; the judge waits for no competitor by name, since who runs may be drawn."""
    return PlannedVersus(
        **inside.own_facts(step),
        body=inside.apart(step, step.competitors),
        judge=(inside.alone(step, step.judge),),
        criteria=step.evaluation_criteria,
        at_least=step.at_least,
        tie_within=step.tie_within,
        most=step.most,
        pick=step.pick,
        none_good=step.none_good,
    )
