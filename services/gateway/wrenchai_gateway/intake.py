"""Taking in tasks: what is asked for is checked, recorded in one commit, and then promised."""

from collections.abc import Sequence
from typing import NamedTuple

from wrenchai_chassis.log import VersionConflict
from wrenchai_chassis.service import Runtime
from wrenchai_contracts.commands import ExecutePlaybook, SubmitTask
from wrenchai_contracts.envelope import Context, NewEvent
from wrenchai_contracts.errors import FieldProblem, InputRejected, Refused
from wrenchai_contracts.events import TaskRequested
from wrenchai_contracts.shape import JsonObject

from wrenchai_gateway.catalogue import Catalogue
from wrenchai_gateway.claims import claim_of, claimed_before
from wrenchai_gateway.door import Asked, Door
from wrenchai_gateway.submissions import Caller

PORTFOLIO = "portfolio"


class Accepted(NamedTuple):
    """Tasks that are recorded, in the order they were asked for."""

    task_ids: tuple[str, ...]
    position: int
    replayed: bool = False


class Intake:
    """Turns submissions into `TaskRequested` events; a key stands for its first request for ever."""

    def __init__(self, runtime: Runtime, catalogue: Catalogue, door: Door) -> None:
        self._runtime, self._catalogue, self._door = runtime, catalogue, door

    async def accept(self, commands: Sequence[SubmitTask], caller: Caller, request_digest: str) -> Accepted:
        """Record all of `commands` or none; the same answer again when the caller's key is known.

        Raises:
            Refused: a command is wrong, or the key stands for another request.
            LogUnavailable: whether it was recorded is unknown.
        """
        try:
            asked = [await self._checked(command, index, len(commands)) for index, command in enumerate(commands)]
            requests = self._door.pass_through(asked, caller.tenant)
        except Refused:
            first = await self.first_answer(caller, request_digest)
            if first is None:
                raise
            return first
        return await self.record(requests, caller, request_digest)

    async def first_answer(self, caller: Caller, request_digest: str) -> Accepted | None:
        """What was answered when the caller's key was new; None if it still is."""
        claimed = await claimed_before(self._runtime.log, caller, request_digest)
        return None if claimed is None else Accepted(claimed.task_ids, claimed.position, replayed=True)

    async def form(self, execute: ExecutePlaybook) -> SubmitTask:
        """A filled-in form as a submission: its fields go where the playbook's inputs have a place for them."""
        filled = execute.model_dump(include={"title", "description", "projects"}, exclude_none=True)
        known = await self._catalogue.find(execute.playbook)
        inputs = dict(execute.inputs)
        if filled and "form" in known.playbook.inputs.get("properties", {}):
            given = inputs.get("form", {})
            inputs["form"] = {**given, **filled} if isinstance(given, dict) else given
        else:
            inputs |= filled
        return SubmitTask(playbook=execute.playbook, description=execute.description or "", inputs=inputs)

    async def _checked(self, command: SubmitTask, index: int, total: int) -> Asked:
        at = f"tasks.{index}." if total > 1 else ""
        if command.playbook is None:
            if not command.description.strip():
                reason = "say which playbook, or describe the goal in words"
                raise InputRejected([FieldProblem(f"{at}description", reason)])
            return self._requested(command, command.inputs, "task", None), None
        known = await self._catalogue.find(command.playbook)
        inputs = known.schema.completed(command.inputs)
        problems = known.schema.problems(inputs, at=f"{at}inputs")
        if problems:
            raise InputRejected(problems)
        await self._catalogue.require_tools(known)
        return self._requested(command, inputs, known.playbook.id_prefix, known.digest), known

    def _requested(self, command: SubmitTask, inputs: JsonObject, prefix: str, digest: str | None) -> TaskRequested:
        return TaskRequested(
            task_id=f"{prefix}_{self._runtime.new_id()}",
            description=command.description,
            playbook=command.playbook,
            playbook_digest=digest,
            inputs=inputs,
            requirements=command.requirements,
            constraints=command.constraints.model_dump(exclude_none=True),
            metadata=command.metadata,
        )

    async def record(self, requests: Sequence[TaskRequested], caller: Caller, request_digest: str) -> Accepted:
        """Record checked requests in one commit; the first answer again when the caller's key is known."""
        task_ids = tuple(request.task_id for request in requests)
        events = [NewEvent(request.task_id, 1, request, _context(caller, request.task_id)) for request in requests]
        events += claim_of(caller, request_digest, task_ids)
        try:
            return Accepted(task_ids, await self._runtime.committer.commit(events))
        except VersionConflict:
            first = await self.first_answer(caller, request_digest)
            if first is None:
                raise
            return first


def _context(caller: Caller, task_id: str) -> Context:
    return Context(actor=caller.actor, tenant=caller.tenant, correlation=task_id, trace=caller.trace)
