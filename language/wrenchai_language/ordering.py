"""What waits for what in one body of steps: needs, circles, an order, and which steps have ended before one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from wrenchai_contracts.shape import StepId
from wrenchai_contracts.steps import Step

Needs = Mapping[StepId, tuple[StepId, ...]]


def needs_of(steps: Sequence[Step]) -> dict[StepId, tuple[StepId, ...]]:
    """What each step waits for; a step that does not say so waits for the one before it."""
    needs: dict[StepId, tuple[StepId, ...]] = {}
    before: tuple[StepId, ...] = ()
    for step in steps:
        needs[step.id] = before if step.needs is None else step.needs
        before = (step.id,)
    return needs


def needs_within(steps: Sequence[Step]) -> dict[StepId, tuple[StepId, ...]]:
    """The same, without names of steps that are not among them."""
    needs = needs_of(steps)
    return {step: tuple(one for one in needed if one in needs) for step, needed in needs.items()}


def followers_of(needs: Needs) -> dict[StepId, list[StepId]]:
    """Which steps wait for each step."""
    followers: dict[StepId, list[StepId]] = {step: [] for step in needs}
    for step, needed in needs.items():
        for one in dict.fromkeys(needed):
            followers[one].append(step)
    return followers


def last_of(steps: Sequence[Step]) -> tuple[StepId, ...]:
    """The steps that nothing in their body comes after."""
    needs = needs_of(steps)
    awaited = {needed for all_needed in needs.values() for needed in all_needed}
    return tuple(step for step in needs if step not in awaited)


def find_circle(needs: Needs) -> list[StepId]:
    """Some steps each of which needs the next, and the last the first; empty if there are none."""
    finished: set[StepId] = set()
    for start in needs:
        path: dict[StepId, Iterator[StepId]] = {} if start in finished else {start: iter(needs[start])}
        while path:
            here = next(reversed(path))
            onward = next(path[here], None)
            if onward is None:
                finished.add(here)
                del path[here]
            elif onward in path:
                walked = list(path)
                return walked[walked.index(onward) :]
            elif onward not in finished:
                path[onward] = iter(needs[onward])
    return []


def in_order(steps: Sequence[Step], needs: Needs) -> list[Step]:
    """Steps so that each comes after what it needs; as written where that allows a choice."""
    number = {step.id: n for n, step in enumerate(steps)}
    missing = {step: len(set(needed)) for step, needed in needs.items()}
    followers = followers_of(needs)
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


def all_before(needs: Needs) -> dict[StepId, int]:
    """For each step the steps that must have ended before it, near and far: bit n is the n-th step of `needs`.

    `needs` has no circle.
    """
    bit = {step: 1 << n for n, step in enumerate(needs)}
    before: dict[StepId, int] = {}
    waiting = list(needs)
    while waiting:
        step = waiting[-1]
        unknown = [needed for needed in needs[step] if needed not in before]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        if step not in before:
            before[step] = 0
            for needed in needs[step]:
                before[step] |= before[needed] | bit[needed]
    return before
