"""The door: which tasks begin at once, and which are held until their turn comes. All are accepted."""

import asyncio
from collections.abc import Sequence

from wrenchai_chassis.projector import Projector
from wrenchai_chassis.service import Runtime
from wrenchai_contracts.errors import LogUnavailable
from wrenchai_contracts.events import TaskRequested
from wrenchai_language.turns import TurnLimits, with_shares

from wrenchai_gateway.catalogue import KnownPlaybook
from wrenchai_gateway.door_count import DoorCount, settle

_AGAIN = 1.0

Asked = tuple[TaskRequested, KnownPlaybook | None]
"""A request, and the playbook that it names; None if the orchestrator is to find one."""


class Door:
    """Asks nobody, and costs nothing but a look into memory for who has few tasks and playbooks without limits."""

    def __init__(self, count: DoorCount, limits: TurnLimits, *, alone: int, shared: int) -> None:
        self.count, self._limits, self._alone, self._shared = count, limits, alone, shared

    def pass_through(self, asked: Sequence[Asked], tenant: str) -> list[TaskRequested]:
        """The requests as they are to be recorded together: held, if something limits them or many are open already.

        Raises:
            InputRejected: a key of a playbook has no value for a request's inputs.
        """
        begins = max(self._window(tenant) - self.count.of(tenant), 0)
        limited = [self._limited(request, known, tenant) for request, known in asked]
        at_once = [request for request in limited if not request.held][:begins]
        if len(at_once) == len(limited):
            return limited
        ids = {request.task_id for request in at_once}
        return [
            request if request.held or request.task_id in ids else request.model_copy(update={"held": True})
            for request in limited
        ]

    def _limited(self, request: TaskRequested, known: KnownPlaybook | None, tenant: str) -> TaskRequested:
        playbook = known.playbook if known is not None else None
        tools = known.tools if known is not None and self._limits else ()
        return with_shares(request, playbook, tenant, self._limits, tools)

    def _window(self, tenant: str) -> int:
        return self._alone if self.count.is_alone(tenant) else self._shared


async def keep_count(count: DoorCount, projector: Projector, runtime: Runtime) -> None:
    """Learn what is open, once; from then on the live feed tells. It never ends."""
    while True:
        try:
            await settle(count, projector, runtime.log)
            break
        except LogUnavailable:
            await asyncio.sleep(_AGAIN)
    await asyncio.Event().wait()
