"""Idempotency keys: each stands for its first request for ever."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from wrenchai_chassis.log import EventLog
from wrenchai_contracts.envelope import Context, NewEvent, unseal
from wrenchai_contracts.errors import KeyReused
from wrenchai_contracts.events import IdempotencyKeyClaimed
from wrenchai_contracts.subjects import key_stream

from wrenchai_gateway.submissions import Caller


class Claimed(NamedTuple):
    """What a key was claimed for, and where that is recorded."""

    task_ids: tuple[str, ...]
    position: int


def claim_of(caller: Caller, request_digest: str, task_ids: Sequence[str]) -> list[NewEvent]:
    """The event that claims the caller's key, to be recorded with what is asked for; none if there is no key."""
    if caller.key is None:
        return []
    claim = IdempotencyKeyClaimed(request_digest=request_digest, task_ids=tuple(task_ids))
    context = Context(actor=caller.actor, tenant=caller.tenant, correlation=task_ids[0], trace=caller.trace)
    return [NewEvent(_stream(caller), 1, claim, context)]


async def claimed_before(log: EventLog, caller: Caller, request_digest: str) -> Claimed | None:
    """What the caller's key was claimed for when it was new; None if it still is, or there is none.

    Raises:
        KeyReused: it stands for another request.
    """
    rows = await log.read_stream(_stream(caller)) if caller.key is not None else []
    claimed = unseal(rows[0].position, rows[0].state) if rows else None
    if claimed is None or not isinstance(claimed.event, IdempotencyKeyClaimed):
        return None
    if claimed.event.request_digest != request_digest:
        raise KeyReused(caller.key or "")
    return Claimed(claimed.event.task_ids, claimed.position)


def _stream(caller: Caller) -> str:
    return key_stream(caller.tenant, hashlib.sha256((caller.key or "").encode()).hexdigest())
