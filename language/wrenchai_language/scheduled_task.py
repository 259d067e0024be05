"""The task that a schedule's moment begins. Pure: who keeps the time and who asks for a past range make it alike."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from wrenchai_contracts.errors import InputRejected
from wrenchai_contracts.events import Schedule, TaskRequested
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Name, Sha256, TaskId

from wrenchai_language.input_schema import InputSchema

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CHANCE_BITS = 80


class Moment(NamedTuple):
    """One moment of a schedule.

    `again` tells one apart that is to come once more (backfill): the version of the `ScheduleFired` that goes with it.
    """

    name: Name
    due: datetime
    again: int = 0


def task_of_moment(moment: Moment, schedule: Schedule, playbook: Playbook, digest: Sha256) -> TaskRequested:
    """What is recorded as version 1 of the new task's stream; `digest` is what the catalogue knows `playbook` by.

    Raises:
        InputRejected: the playbook, as it is now, does not take the schedule's inputs.
    """
    schema = InputSchema(playbook.inputs)
    inputs = schema.completed(schedule.inputs)
    if problems := schema.problems(inputs):
        raise InputRejected(problems)
    return TaskRequested(
        task_id=task_id_of(moment, playbook.id_prefix),
        description=schedule.description,
        playbook=schedule.playbook,
        playbook_digest=digest,
        inputs=inputs,
        metadata=schedule.metadata,
        priority=schedule.priority,
    )


def task_id_of(moment: Moment, prefix: str) -> TaskId:
    """An id like any other, ordered by time, that follows from the moment: nobody can begin it twice."""
    said = f"{moment.name} {moment.due.isoformat()} {moment.again}"
    drawn = int.from_bytes(sha256(said.encode()).digest()[: _CHANCE_BITS // 8])
    number = (int(moment.due.timestamp() * 1000) << _CHANCE_BITS) | drawn
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
