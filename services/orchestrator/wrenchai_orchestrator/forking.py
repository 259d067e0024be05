"""What a forked task may take over from its origin: journeys that ended well before the step done anew. Pure."""

from collections.abc import Iterable, Sequence

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import (
    ExecutionEvaluated,
    JourneyCompleted,
    JourneyDispatched,
    PlanCreated,
    StepSettled,
)
from wrenchai_contracts.paths import outermost, own_id
from wrenchai_contracts.plan import Node, PlannedJourney, nodes_in
from wrenchai_contracts.shape import Path, StepId

Origin = dict[Path, tuple[JourneyDispatched, JourneyCompleted]]
"""By path: what was asked for, and what it came to."""


def origin_of(events: Iterable[Recorded], step: StepId) -> Origin:
    """What lies neither at `step` nor behind it, and was accepted where that was asked.

    Results that the origin itself took over count as well.
    """
    dispatched: dict[Path, JourneyDispatched] = {}
    found: Origin = {}
    anew: set[StepId] = set()
    gated: set[StepId] = set()
    accepted: set[Path] = set()
    for recorded in events:
        match recorded.event:
            case PlanCreated(plan=plan):
                anew = from_step_on(plan.nodes, step)
                gated = {node.id for node in nodes_in(plan.nodes) if node.gate is not None}
            case ExecutionEvaluated(step=str(path), decision="accept"):
                accepted.add(path)
            case StepSettled(step=path, outcome="completed"):
                accepted.add(path)
            case StepSettled(step=path):
                accepted.discard(path)
            case JourneyDispatched(journey=journey) as asked:
                dispatched[journey] = asked
            case JourneyCompleted(journey=journey) as ended if journey in dispatched:
                found[journey] = dispatched[journey], ended
            case _:
                pass
    stands = {path for path in found if own_id(path) not in gated or path in accepted}
    return {path: both for path, both in found.items() if outermost(path) not in anew and path in stands}


def from_step_on(nodes: Sequence[Node], step: StepId) -> set[StepId]:
    """The nodes that hold `step` or wait for it, near or far."""
    anew: set[StepId] = set()
    for node in nodes:
        ids = {one.id for one in node.steps} if isinstance(node, PlannedJourney) else {node.id}
        if step in ids or anew.intersection(node.after):
            anew |= {node.id} | ids
    return anew
