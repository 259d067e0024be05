"""A `work_in_parallel` step: named branches side by side, or the same steps for each item of a list. Pure."""

from wrenchai_contracts.plan import Gathering, Node, PlannedFan
from wrenchai_contracts.steps import Aggregation, ParallelStep

from wrenchai_language.steps.inside import Inside


def node(step: ParallelStep, inside: Inside) -> PlannedFan:
    """A fan. With a quorum a failed branch does not end it: the others may still be enough."""
    given = step.input_distribution
    lenient = step.on_failure == "continue" or step.quorum is not None
    shared = {} if given is None else {"share": given.split or given.broadcast, "share_name": given.name}
    return PlannedFan(
        **inside.own_facts(step),
        **shared,
        body=_body(step, inside),
        for_each=step.for_each,
        item_name=step.item_name,
        chunk=step.chunk,
        split=given is None or given.split is not None,
        max_parallel=step.max_parallel,
        branch_failure="continue" if lenient else "fail",
        quorum=step.quorum,
        gathering=_gathering(step.output_aggregation),
    )


def _body(step: ParallelStep, inside: Inside) -> tuple[Node, ...]:
    if step.for_each is None:
        return inside.apart(step, step.branches)
    if step.step is not None:
        return (inside.alone(step, step.step),)
    return inside.as_needed(step, step.steps)


def _gathering(aggregation: Aggregation) -> Gathering:
    if aggregation.cel is not None:
        return Gathering(how="expression", field=aggregation.field, expression=aggregation.cel)
    return Gathering(how=aggregation.how or "as_they_are", field=aggregation.field)
