"""What the events of blocks and waits do to the task they belong to. Pure; each returns the rows that it changed."""

from collections.abc import Sequence

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.paths import first_go, is_inside, own_id, with_go
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai_gateway.plan_outline import added_by, leaves_in
from wrenchai_gateway.task_state import NOT_YET_JUDGED, NOTHING, UNENDED, JourneyFold, TaskFold, row_of

_SAID = {"completed": "done", "failed": "failed", "skipped": "skipped", "cancelled": "stopped"}
_DONE = frozenset({"completed", "skipped"})


def opened(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A block began, or something is waited for."""
    path, kind = entry.data["step"], entry.data["type"]
    if task.header["phase"] in NOT_YET_JUDGED:
        task.enter(TaskStatus.RUNNING, f"{path} began")
    return _wait_opened(task, entry, path) if kind == "wait" else _block_opened(task, entry, path)


def _block_opened(task: TaskFold, entry: Entry, path: str) -> Sequence[Row]:
    data, header, name = entry.data, task.header, own_id(path)
    row = task.blocks.get(path)
    if row is None:
        row = task.blocks[path] = row_of(entry, path, data["type"], StepStatus.RUNNING)
        row["started_at"] = entry.at
        task.expect(_unplanned_leaves(task, name))
    task.expect(added_by(header["outline"], data, name))
    if name in header["unknown_lists"]:
        header["unknown_lists"].remove(name)
    row["count"], row["due"] = data.get("count", row["count"]), data.get("due")
    return (row,)


def _wait_opened(task: TaskFold, entry: Entry, path: str) -> Sequence[Row]:
    replaced = wait_over(task, entry, path, StepStatus.CANCELLED)
    row = task.waits[path] = row_of(entry, path, "wait", StepStatus.PENDING)
    row["started_at"], row["due"] = entry.at, entry.data.get("due")
    if _is_planned_wait(task, path) and not replaced:
        task.expect(_unplanned_leaves(task, own_id(path)))
    task.wait_for(row, {**(entry.data.get("wait") or {"waits_for": "time"}), "decided": []})
    return (*replaced, row)


def round_ended(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A round of a loop is over; where another follows, its steps are certain from now on."""
    data = entry.data
    row, last = task.blocks[data["step"]], data.get("last")
    row["round"], row["output"] = data["round"], data.get("output")
    if last is None:
        task.expect(task.header["outline"].get(own_id(data["step"]), {}).get("each", 0))
    said = f"{row['step']}: round {data['round']} is done"
    task.say(said if last is None else f"{said}, the last one: {last}")
    return (row,)


def settled(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A block or a wait has its outcome, or a step was skipped."""
    path, outcome = entry.data["step"], StepStatus(entry.data["outcome"])
    task.say(f"{path} is {_SAID[outcome]}")
    wait = task.waits.get(path)
    if wait is None or wait["status"] not in UNENDED:
        return _node_settled(task, entry, path, outcome)
    if _is_planned_wait(task, path) or outcome is StepStatus.FAILED:
        if outcome in _DONE:
            task.pass_over()
        return (_end(task, wait, entry, outcome),)
    asked = wait["wait"]["waits_for"] == "decision"
    over = _close(task, wait, entry, StepStatus.COMPLETED if asked else outcome)
    return (over, *_node_settled(task, entry, path, outcome))


def _node_settled(task: TaskFold, entry: Entry, path: str, outcome: StepStatus) -> Sequence[Row]:
    block, journey = task.blocks.get(path), task.journeys.get(path)
    if block is not None:
        return (_end(task, block, entry, outcome),)
    if journey is not None:
        return _journey_settled(task, entry, journey, outcome)
    if outcome in _DONE:
        task.pass_over(leaves_in(task.header["outline"], own_id(path)))
    row = row_of(entry, path, "tool", StepStatus.CANCELLED)
    task.journeys[path] = JourneyFold({row["step"]: row}, entry.at)
    return (_end(task, row, entry, outcome),)


def _journey_settled(task: TaskFold, entry: Entry, journey: JourneyFold, outcome: StepStatus) -> Sequence[Row]:
    """A journey that had failed or was stopped is passed over; the last of its steps has the output instead."""
    left = [row for row in journey.steps.values() if row["status"] != StepStatus.COMPLETED.value]
    if outcome in _DONE:
        task.pass_over(len(left))
    for row in left:
        _close(task, row, entry, outcome)
        row["reason"] = entry.data.get("reason") or row["reason"]
    if left:
        left[-1]["output"] = entry.data.get("output")
    return left


def repeated(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A step is gone through once more; what was done of it is to be done again."""
    path, go = first_go(entry.data["step"]), entry.data["go"]
    before = with_go(path, go - 1)
    task.expect(sum(_is_done_leaf(task, row, before) for row in task.steps()))
    task.say(f"{path} is done again: {entry.data.get('reason', '')}")
    return wait_over(task, entry, before, StepStatus.COMPLETED)


def wait_over(task: TaskFold, entry: Entry, path: str, outcome: StepStatus) -> Sequence[Row]:
    """What was waited for at `path` is waited for no more: the journey there begins, or something else is asked."""
    wait = task.waits.get(path)
    if wait is None or wait["status"] not in UNENDED:
        return NOTHING
    return (_close(task, wait, entry, outcome),)


def all_over(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """The task has ended: no block is at work any more, and nothing is waited for."""
    unended = [row for row in (*task.blocks.values(), *task.waits.values()) if row["status"] in UNENDED]
    return [_close(task, row, entry, StepStatus.CANCELLED) for row in unended]


def _end(task: TaskFold, row: Row, entry: Entry, outcome: StepStatus) -> Row:
    data = entry.data
    row["output"], row["gathered"] = data.get("output"), data.get("gathered", False)
    row["verdict"], row["reason"] = data.get("verdict") or None, data.get("reason") or None
    if row["wait"] is not None:
        row["wait"]["kind"] = data.get("kind", "")
    return _close(task, row, entry, outcome)


def _close(task: TaskFold, row: Row, entry: Entry, outcome: StepStatus) -> Row:
    task.turn(row, outcome)
    row["ended_at"] = entry.at
    return row


def _is_planned_wait(task: TaskFold, path: str) -> bool:
    """Whether it is a step of its own; else a journey or a block waits there to begin, or to be decided about."""
    return bool(task.header["outline"].get(own_id(path), {}).get("wait"))


def _unplanned_leaves(task: TaskFold, name: str) -> int:
    """Leaves of a step that mends another, which no plan counts on."""
    told = task.header["outline"].get(name, {})
    return int(told["leaves"]) if told.get("unplanned") else 0


def _is_done_leaf(task: TaskFold, row: Row, node: str) -> bool:
    path = row["journey"]
    if row["status"] not in _DONE or not (path == node or is_inside(path, node)):
        return False
    return row["type"] == "tool" or (row["type"] == "wait" and _is_planned_wait(task, path))
