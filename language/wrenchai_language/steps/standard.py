"""A `standard` step: a tool call, words for a model, another playbook, or something to wait for. Pure.

Tool calls of one role, one after the other, are one journey: fewer hand-overs, and no crossing of the bus between them.
"""

from collections.abc import Sequence

from wrenchai_contracts.plan import Node, PlannedJourney, PlannedStep
from wrenchai_contracts.shape import JsonObject, Name
from wrenchai_contracts.steps import StandardStep, Step, Undo

from wrenchai_language.calls import MODEL_TOOL
from wrenchai_language.steps import playbook, waiting
from wrenchai_language.steps.approvals import approval_of
from wrenchai_language.steps.costs import spending_of
from wrenchai_language.steps.inside import Inside


def node(step: StandardStep, inside: Inside) -> Node:
    """The one node that it is when it stands alone."""
    if step.wait_for is not None:
        return waiting.node(step, step.wait_for, inside)
    if step.playbook is not None:
        return playbook.node(step, step.playbook, inside)
    return journey([step], inside)


def journey(chain: Sequence[StandardStep], inside: Inside) -> PlannedJourney:
    """Tool calls that one agent runs through in one go, named by the first."""
    head = chain[0]
    return PlannedJourney(
        **inside.own_facts(head),
        role=inside.role_of(head),
        steps=tuple(planned(step, inside) for step in chain),
        schedule_to_start=head.schedule_to_start,
        any_of=head.any_of,
        approval=None if head.approval is None else approval_of(head.approval),
        undo=() if head.undo is None else (_undoing(head, head.undo),),
    )


def in_one_go(before: Step, step: Step) -> bool:
    """Whether one agent may run `step` right after `before`: both plain calls of one role."""
    return before.role == step.role and _is_plain(before) and _is_plain(step)


def _is_plain(step: Step) -> bool:
    """A tool call about which nothing is to be decided, before or after, but to go on."""
    return (
        isinstance(step, StandardStep)
        and (step.tool is not None or step.operation is not None)
        and all(said is None for said in (step.when, step.approval, step.undo, step.schedule_to_start, step.quality))
        and step.on_failure == "fail"
        and (step.failure_action is None or step.failure_action.abort is not None)
    )


def planned(step: StandardStep, inside: Inside) -> PlannedStep:
    """The tool call as a plan holds it."""
    tool, inputs = _called(step, inside.role_of(step))
    return PlannedStep(
        id=step.id,
        tool=tool,
        inputs=inputs,
        timeout=step.timeout,
        heartbeat=step.heartbeat,
        retry=step.retry,
        most=spending_of(step.cost, step.timeout, limited=inside.limited),
    )


def _called(step: StandardStep, role: Name) -> tuple[Name, JsonObject]:
    tools = tuple(step.tools.values())
    if tools:
        return tools[0], step.inputs
    return MODEL_TOOL, {"role": role, "operation": step.operation, "inputs": step.inputs}


def _undoing(step: StandardStep, undo: Undo) -> PlannedStep:
    return PlannedStep(id=step.id, tool=undo.tool, inputs=undo.inputs, timeout=undo.timeout, retry=undo.retry)
