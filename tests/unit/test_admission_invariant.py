"""A task that is held waits for something that has a name; once its turn has come, it must end like any other."""

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import Event, TaskRequested, TasksAdmitted

from tests.samples import AT, TASK
from wrenchai.invariants import task_violations


def recorded(position: int, stream: str, event: Event) -> Recorded:
    return Recorded(position, stream, 1, "default", "test", stream, "", None, AT, event)


def test_a_held_task_is_not_stuck_and_an_admitted_one_that_never_ends_is() -> None:
    held = recorded(1, TASK, TaskRequested(task_id=TASK, held=True))
    admitted = recorded(2, "admission", TasksAdmitted(tasks=(TASK, "task_unknown0")))
    assert task_violations([held], settled=True) == []
    assert [violation.invariant for violation in task_violations([held, admitted], settled=True)] == ["I1"]
    assert task_violations([held, admitted], settled=False) == []
