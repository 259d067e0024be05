"""Turns a playbook into a plan: which steps one agent runs in one go, what waits for what, at every depth. Pure.

Consecutive calls of one role are one chain, and a chain is one journey. A step about which something is to be decided
is a node of its own. What a step becomes is for its type to say (see `steps`).
"""

from collections.abc import Sequence
from itertools import pairwise

from wrenchai_contracts.plan import Node, Plan, PlannedJourney, costs_from
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import StepId
from wrenchai_contracts.steps import StandardStep, Step

from wrenchai_language.expansion import size_of
from wrenchai_language.ordering import Needs, followers_of, in_order, last_of, needs_of
from wrenchai_language.shelf import Shelf
from wrenchai_language.steps import COMPILERS
from wrenchai_language.steps.approvals import approval_of
from wrenchai_language.steps.costs import limits_of
from wrenchai_language.steps.inside import Inside
from wrenchai_language.steps.standard import in_one_go, journey

__all__ = ["compile_plan", "in_order", "needs_of"]


def compile_plan(playbook: Playbook, others: Shelf | None = None) -> Plan:
    """The plan of `playbook`, which must be free of problems (see `playbook_check`), with the playbooks it may use.

    Raises:
        PlaybookRejected: a playbook inside is not on the shelf, or stands inside itself, or it is too deep or much.
    """
    shelf, quality = others or {}, playbook.quality
    size_of(playbook, shelf)
    budget = limits_of(playbook.budget)
    costs = quality.costs.over(costs_from(quality.accept_above))
    inside = Inside(None, shelf, budget.any, costs, _body)
    return Plan(
        playbook=playbook.name,
        nodes=_mark_final(_body(playbook.steps, needs_of(playbook.steps), inside)),
        result_from=last_of(playbook.steps),
        deadline=playbook.deadline,
        accept_above=quality.accept_above,
        reject_below=quality.reject_below,
        costs=costs,
        escalation=quality.escalation,
        approval=None if quality.approval is None else approval_of(quality.approval),
        budget=budget,
        same_call=playbook.same_call,
    )


def _body(steps: Sequence[Step], needs: Needs, inside: Inside) -> tuple[Node, ...]:
    """The nodes of one body, in an order in which each comes after what it waits for."""
    ended_with: dict[StepId, StepId] = {}
    nodes: list[Node] = []
    for chain in _chains(steps, needs):
        head = chain[0]
        after = tuple(dict.fromkeys(ended_with[needed] for needed in needs[head.id]))
        nodes.append(_node(chain, inside.coming_after(after)))
        ended_with |= dict.fromkeys((step.id for step in chain), head.id)
    return tuple(nodes)


def _node(chain: Sequence[Step], inside: Inside) -> Node:
    if len(chain) > 1:
        return journey([step for step in chain if isinstance(step, StandardStep)], inside)
    return COMPILERS[type(chain[0])](chain[0], inside)


def _chains(steps: Sequence[Step], needs: Needs) -> list[list[Step]]:
    """Steps that one agent runs in one go: each needs the one before alone, which has no other follower."""
    followers = followers_of(needs)
    ordered = in_order(steps, needs)
    chains = [ordered[:1]]
    for before, step in pairwise(ordered):
        alone = needs[step.id] == (before.id,) and followers[before.id] == [step.id]
        if alone and in_one_go(before, step):
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


def _mark_final(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Mark the one journey that everything else leads to, if there is one: its end is the plan's.

    Not one whose result is judged by itself first.
    """
    awaited = {needed for node in nodes for needed in node.after}
    sinks = [node for node in nodes if node.id not in awaited]
    if len(sinks) != 1 or not isinstance(sinks[0], PlannedJourney) or sinks[0].gate is not None:
        return nodes
    return tuple(node.model_copy(update={"final": True}) if node is sinks[0] else node for node in nodes)
