"""Turns a playbook into a plan: which steps one agent runs in one go, what waits for what. Pure.

Consecutive steps of one role become one journey: fewer hand-overs, and no crossing of the bus between them. A step
that may fail without failing the task, and each branch of a parallel step, is a journey of its own.
"""

from heapq import heapify, heappop, heappush

from wrenchai_contracts.plan import Plan, PlannedJourney, PlannedStep
from wrenchai_contracts.playbook import ParallelStep, Playbook, StandardStep, Step
from wrenchai_contracts.playbook_check import needs_of
from wrenchai_contracts.shape import StepId

DEFAULT_ROLE = "worker"


def compile_plan(playbook: Playbook) -> Plan:
    """The plan of `playbook`, which must be free of problems (see `playbook_check`)."""
    needs = needs_of(playbook.steps)
    followers = _followers(needs)
    chains = _chains(playbook.steps, needs, followers)
    journey_ids = _journeys_ending(chains)
    journeys: list[PlannedJourney] = []
    for chain in chains:
        after = tuple(dict.fromkeys(j for needed in needs[chain[0].id] for j in journey_ids[needed]))
        journeys += _journeys_of(chain, after)
    last = tuple(step for step in needs if not followers[step])
    return Plan(
        playbook=playbook.name,
        journeys=tuple(_mark_final(journeys)),
        result_from=last,
        deadline=playbook.deadline,
        accept_above=playbook.quality.accept_above,
        reject_below=playbook.quality.reject_below,
    )


def _chains(
    steps: tuple[Step, ...], needs: dict[StepId, tuple[StepId, ...]], followers: dict[StepId, list[StepId]]
) -> list[list[Step]]:
    """Steps grouped into runs: one follower, one predecessor, same role, nothing optional between."""
    chains: list[list[Step]] = []
    for step in in_order(steps, needs):
        tail = chains[-1][-1] if chains else None
        if tail is not None and _continues(tail, step, needs[step.id], followers[tail.id]):
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


def _continues(tail: Step, step: Step, needed: tuple[StepId, ...], followers: list[StepId]) -> bool:
    return (
        isinstance(tail, StandardStep)
        and isinstance(step, StandardStep)
        and needed == (tail.id,)
        and followers == [step.id]
        and (tail.role, tail.on_failure, step.on_failure) == (step.role, "fail", "fail")
    )


def in_order(steps: tuple[Step, ...], needs: dict[StepId, tuple[StepId, ...]]) -> list[Step]:
    """Steps so that each comes after what it needs; as written where that allows a choice."""
    number = {step.id: n for n, step in enumerate(steps)}
    missing = {step: len(set(needed)) for step, needed in needs.items()}
    followers = _followers(needs)
    ready = [number[step] for step, count in missing.items() if count == 0]
    heapify(ready)
    placed: list[Step] = []
    while ready:
        placed.append(steps[heappop(ready)])
        for follower in followers[placed[-1].id]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heappush(ready, number[follower])
    return placed


def _followers(needs: dict[StepId, tuple[StepId, ...]]) -> dict[StepId, list[StepId]]:
    """Which steps wait for each step."""
    followers: dict[StepId, list[StepId]] = {step: [] for step in needs}
    for step, needed in needs.items():
        for one in dict.fromkeys(needed):
            followers[one].append(step)
    return followers


def _journeys_ending(chains: list[list[Step]]) -> dict[StepId, tuple[str, ...]]:
    """The journeys that must have ended for a step to have ended."""
    ids: dict[StepId, tuple[str, ...]] = {}
    for chain in chains:
        head = chain[0]
        branches = head.branches if isinstance(head, ParallelStep) else ()
        for step in chain:
            ids[step.id] = tuple(branch.id for branch in branches) or (head.id,)
        ids |= {branch.id: (branch.id,) for branch in branches}
    return ids


def _journeys_of(chain: list[Step], after: tuple[str, ...]) -> list[PlannedJourney]:
    head = chain[0]
    if not isinstance(head, ParallelStep):
        steps = [step for step in chain if isinstance(step, StandardStep)]
        return [
            PlannedJourney(
                id=head.id,
                role=head.role or DEFAULT_ROLE,
                steps=tuple(map(_planned, steps)),
                after=after,
                on_failure=head.on_failure,
            )
        ]
    if head.step is not None:
        return [_branch(head, head.step, after, journey_id=head.id)]
    return [_branch(head, branch, after, journey_id=branch.id) for branch in head.branches]


def _branch(parallel: ParallelStep, step: StandardStep, after: tuple[str, ...], *, journey_id: str) -> PlannedJourney:
    lenient = "continue" in {parallel.on_failure, step.on_failure}
    return PlannedJourney(
        id=journey_id,
        role=step.role or parallel.role or DEFAULT_ROLE,
        steps=(_planned(step),),
        after=after,
        group=parallel.id,
        for_each=parallel.for_each,
        item_name=parallel.item_name,
        max_parallel=parallel.max_parallel,
        on_failure="continue" if lenient else "fail",
    )


def _planned(step: StandardStep) -> PlannedStep:
    return PlannedStep(id=step.id, tool=step.tool, inputs=step.inputs, timeout=step.timeout, retry=step.retry)


def _mark_final(journeys: list[PlannedJourney]) -> list[PlannedJourney]:
    """Mark the one journey that everything else leads to, if there is one and it is no fan-out."""
    awaited = {needed for journey in journeys for needed in journey.after}
    sinks = [journey for journey in journeys if journey.id not in awaited]
    if len(sinks) != 1 or sinks[0].for_each is not None:
        return journeys
    return [j.model_copy(update={"final": True}) if j is sinks[0] else j for j in journeys]
