"""Turns a playbook into a plan: which steps one agent runs in one go, what waits for what. Pure.

Consecutive steps of one role are one chain: fewer hand-overs, and no crossing of the bus between them. A step that may
fail without failing the task is a chain of its own. What a chain becomes is for its type of step to say (see `steps`).
"""

from heapq import heapify, heappop, heappush

from wrenchai_contracts.plan import Plan, PlannedJourney
from wrenchai_contracts.playbook import Playbook, Step
from wrenchai_contracts.shape import Name, StepId

from wrenchai_language.playbook_check import needs_of
from wrenchai_language.steps import journeys_of
from wrenchai_language.steps.standard import in_one_go

__all__ = ["compile_plan", "in_order", "needs_of"]


def compile_plan(playbook: Playbook) -> Plan:
    """The plan of `playbook`, which must be free of problems (see `playbook_check`)."""
    needs = needs_of(playbook.steps)
    followers = _followers(needs)
    ended_with: dict[StepId, tuple[Name, ...]] = {}
    journeys: list[PlannedJourney] = []
    for chain in _chains(playbook.steps, needs, followers):
        after = tuple(dict.fromkeys(name for needed in needs[chain[0].id] for name in ended_with[needed]))
        found = journeys_of(chain, after)
        ended_with |= dict.fromkeys((step.id for step in chain), tuple(journey.id for journey in found))
        journeys += found
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
    """Steps of one type that one agent runs in one go: each needs the one before alone, which has no other follower."""
    chains: list[list[Step]] = []
    for step in in_order(steps, needs):
        before = chains[-1][-1] if chains else None
        alone = before is not None and needs[step.id] == (before.id,) and followers[before.id] == [step.id]
        if before is not None and alone and in_one_go(before, step):
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


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


def _mark_final(journeys: list[PlannedJourney]) -> list[PlannedJourney]:
    """Mark the one journey that everything else leads to, if there is one and it is no fan-out."""
    awaited = {needed for journey in journeys for needed in journey.after}
    sinks = [journey for journey in journeys if journey.id not in awaited]
    if len(sinks) != 1 or sinks[0].for_each is not None:
        return journeys
    return [j.model_copy(update={"final": True}) if j is sinks[0] else j for j in journeys]
