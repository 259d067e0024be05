"""A `work_in_parallel` step: a journey for each branch, or one pattern for all items of a list. Pure."""

from collections.abc import Sequence

from wrenchai_contracts.plan import PlannedJourney
from wrenchai_contracts.playbook import ParallelStep, StandardStep
from wrenchai_contracts.shape import Name

from wrenchai_language.steps.standard import DEFAULT_ROLE, planned


def journeys(chain: Sequence[ParallelStep], after: tuple[Name, ...]) -> list[PlannedJourney]:
    """Named by their branches; the pattern of a list bears the name of the step itself."""
    (fan,) = chain
    if fan.step is not None:
        return [_branch(fan, fan.step, after, journey_id=fan.id)]
    return [_branch(fan, branch, after, journey_id=branch.id) for branch in fan.branches]


def _branch(fan: ParallelStep, step: StandardStep, after: tuple[Name, ...], *, journey_id: Name) -> PlannedJourney:
    lenient = "continue" in {fan.on_failure, step.on_failure}
    return PlannedJourney(
        id=journey_id,
        role=step.role or fan.role or DEFAULT_ROLE,
        steps=(planned(step),),
        after=after,
        group=fan.id,
        for_each=fan.for_each,
        item_name=fan.item_name,
        max_parallel=fan.max_parallel,
        on_failure="continue" if lenient else "fail",
    )
