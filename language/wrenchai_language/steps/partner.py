"""A `partner_feedback_loop` step: a loop whose round is a creator's work and a reviewer's findings. Pure."""

from wrenchai_contracts.plan import PlannedLoop
from wrenchai_contracts.steps import PartnerStep

from wrenchai_language.steps.inside import Inside
from wrenchai_language.steps.loop import rounds


def node(step: PartnerStep, inside: Inside) -> PlannedLoop:
    """Each of the two is a node of its own, so that the review is seen when it is there; the work is the output."""
    creator = inside.alone(step, step.creator)
    reviewer = inside.alone(step, step.reviewer, after=(step.creator.id,))
    return PlannedLoop(
        **rounds(step, inside),
        body=(creator, reviewer),
        output_from=step.creator.id,
        reviewer=step.reviewer.id,
        blocking=step.blocking,
    )
