"""A new task from an old one: the same playbook, from a step on, with the old inputs or others."""

from wrenchai_contracts.commands import ForkTask
from wrenchai_contracts.envelope import Undecodable, unseal
from wrenchai_contracts.errors import FieldProblem, InputRejected, NotNow, UnknownPlaybook
from wrenchai_contracts.events import ForkedFrom, PlaybookRegistered, TaskRequested
from wrenchai_contracts.plan import Plan, PlannedJourney
from wrenchai_contracts.shape import JsonObject, StepId
from wrenchai_contracts.subjects import CATALOGUE

from wrenchai_gateway.catalogue import KnownPlaybook
from wrenchai_gateway.control_rules import legal
from wrenchai_gateway.gateway import Gateway
from wrenchai_gateway.intake import Accepted
from wrenchai_gateway.steering import state_of
from wrenchai_gateway.submissions import Caller


async def fork(gateway: Gateway, task_id: str, wanted: ForkTask, caller: Caller, asked: str) -> Accepted:
    """Ask for a task that uses again what came before a step in the old one, as far as it is given the same.

    `asked` is the digest of the request, which the caller's key stands for.

    Raises:
        KeyReused: the key stands for another request.
        UnknownTask, UnknownPlaybook
        NotNow: the old task was never planned.
        InputRejected: its plan has no such outermost step, or its playbook does not take the inputs.
    """
    if (first := await gateway.intake.first_answer(caller, asked)) is not None:
        return first
    origin = await state_of(gateway.runtime.log, task_id)
    if origin.request is None or origin.plan is None or origin.playbook_digest is None:
        raise NotNow(task_id, origin.name, "it was never planned, so it has no steps to fork from", legal(origin))
    forked_from = ForkedFrom(task_id=task_id, step=_outermost(origin.plan, wanted.step), reason=wanted.reason)
    known = await _playbook_of(gateway, origin.playbook_digest, origin.plan.playbook)
    given = known.schema.completed(origin.request.inputs if wanted.inputs is None else wanted.inputs)
    if problems := known.schema.problems(given):
        raise InputRejected(problems)
    task = f"{known.playbook.id_prefix}_{gateway.runtime.new_id()}"
    request = _requested(origin.request, known, task, given, forked_from)
    requests = gateway.door.pass_through([(request, known)], caller.tenant)
    return await gateway.intake.record(requests, caller, asked)


def _requested(
    before: TaskRequested, known: KnownPlaybook, task_id: str, inputs: JsonObject, forked_from: ForkedFrom
) -> TaskRequested:
    return TaskRequested(
        task_id=task_id,
        description=before.description,
        playbook=known.playbook.name,
        playbook_digest=known.digest,
        inputs=inputs,
        requirements=before.requirements,
        constraints=before.constraints,
        metadata=before.metadata,
        priority=before.priority,
        forked_from=forked_from,
    )


def _outermost(plan: Plan, step: StepId) -> StepId:
    """The outermost node that `step` is, or that one agent runs through in one go together with others."""
    nodes = {step.id: node.id for node in plan.nodes if isinstance(node, PlannedJourney) for step in node.steps}
    nodes |= {node.id: node.id for node in plan.nodes}
    if step not in nodes:
        reason = f"the plan has no outermost step {step!r}; steps inside others cannot be forked from. It has: "
        raise InputRejected([FieldProblem("from", reason + ", ".join(nodes)[:1000])])
    return nodes[step]


async def _playbook_of(gateway: Gateway, digest: str, name: str) -> KnownPlaybook:
    """The version that the old task was planned by, which may since have been replaced."""
    newest = gateway.catalogue.playbooks.get(name)
    if newest is not None and newest.digest == digest:
        return newest
    for row in reversed(await gateway.runtime.log.read_stream(CATALOGUE)):
        try:
            event = unseal(row.position, row.state).event
        except Undecodable:
            continue
        if isinstance(event, PlaybookRegistered) and event.digest == digest:
            return KnownPlaybook(digest, event.playbook)
    raise UnknownPlaybook(name, sorted(gateway.catalogue.playbooks))
