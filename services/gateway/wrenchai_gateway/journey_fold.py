"""What the events of a journey do to the task they belong to. Pure; each returns the step rows that it changed."""

from collections.abc import Sequence
from typing import Any

from wrenchai_chassis.projection import Entry, Row
from wrenchai_contracts.paths import own_id
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai_gateway.step_fold import wait_over
from wrenchai_gateway.task_state import (
    NOT_YET_JUDGED,
    NOTHING,
    UNENDED,
    JourneyFold,
    TaskFold,
    journey_of,
    row_of,
    seconds_between,
)


def dispatched(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Its steps are known from now on, and wait for a worker."""
    data = entry.data
    steps = [task.take_in(_pending(entry, place, planned)) for place, planned in enumerate(data["steps"])]
    task.journeys[data["journey"]] = JourneyFold({row["step"]: row for row in steps}, entry.at)
    if data.get("undoes") is None:
        task.expect(_not_counted_on(task, data))
    return (*steps, *wait_over(task, entry, data["journey"], StepStatus.COMPLETED))


def _not_counted_on(task: TaskFold, data: dict[str, Any]) -> int:
    """Steps that the plan did not count: of a step that mends another, and of an item of a list as 0.1 planned it."""
    told, group = task.header["outline"].get(own_id(data["journey"]), {}), data.get("group")
    if told.get("unplanned"):
        return len(data["steps"])
    if data.get("index") is None or group in task.blocks or "." in str(group):
        return 0
    if not task.header["outline"].get(group, {}).get("flat"):
        return 0
    if group in task.header["unknown_lists"]:
        task.header["unknown_lists"].remove(group)
    return len(data["steps"])


def _pending(entry: Entry, place: int, planned: dict[str, Any]) -> Row:
    data = entry.data
    row = row_of(entry, data["journey"], "tool", StepStatus.PENDING)
    row["step"], row["place"] = planned["id"], place
    row["role"], row["tool"] = data["role"], planned["tool"]
    row["index"], row["in_group"], row["undoes"] = data.get("index"), data.get("group"), data.get("undoes")
    return row


def reused(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """Its results are those of another task; nothing of it runs here."""
    data = entry.data
    rows = [row_of(entry, data["journey"], "tool", StepStatus.COMPLETED) for _ in data["outputs"]]
    for place, (row, (step, output)) in enumerate(zip(rows, data["outputs"].items(), strict=True)):
        row["step"], row["place"], row["output"] = step, place, output
        row["ended_at"], row["reused_from"] = entry.at, data["origin"]
    task.journeys[data["journey"]] = JourneyFold({row["step"]: row for row in rows}, entry.at)
    task.header["steps_completed"] += len(rows)
    task.pass_over(len(rows))
    task.say(f"{data['journey']} is taken from {data['origin']}")
    return rows


def step_started(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt begins. One that seemed to run still was lost with its worker: its time was working time."""
    journey, row = _journey_and_row(task, entry)
    attempt, header = entry.data["attempt"], task.header
    if row["status"] == StepStatus.RUNNING.value:
        _add_seconds(task, row, "working_seconds", seconds_between(row["started_at"], entry.at))
        header["failed_attempts"] += 1
    else:
        _add_seconds(task, row, "waiting_seconds", seconds_between(journey.idle_since, entry.at))
    task.turn(row, StepStatus.RUNNING)
    row["attempt"], row["worker"] = attempt, entry.data["worker"]
    row["started_at"], row["ended_at"] = entry.at, None
    header["attempts"] += 1
    if header["phase"] in NOT_YET_JUDGED:
        again = f", attempt {attempt}" if attempt > 1 else ""
        task.enter(TaskStatus.RUNNING, f"{row['step']} is running{again}")
    return (row,)


def step_completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt ended well, and with it the step."""
    row = _end_attempt(task, entry)
    task.turn(row, StepStatus.COMPLETED)
    row["output"], row["reason"] = entry.data["output"], None
    if row["undoes"] is None:
        task.header["steps_completed"] += 1
        task.pass_over()
    task.say(f"{row['step']} is done")
    return (row,)


def step_failed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt ended badly; another one may follow."""
    row, reason = _end_attempt(task, entry), entry.data["reason"]
    task.turn(row, StepStatus.FAILED if entry.data["retry_in"] is None else StepStatus.RETRYING)
    row["reason"] = reason
    task.header["failed_attempts"] += 1
    task.say(f"{row['step']} failed: {reason}")
    return (row,)


def step_interrupted(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """An attempt was ended from outside; it counts neither as failed nor as done."""
    row = _end_attempt(task, entry)
    task.turn(row, StepStatus.PENDING)
    row["reason"] = entry.data["reason"]
    return (row,)


def effect_claimed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A step is about to do something outside."""
    _, row = _journey_and_row(task, entry)
    data, before = entry.data, row["effect"] or {}
    row["effect"] = {name: data.get(name, "") for name in ("key", "tool", "target", "digest", "attempt")} | {
        "state": "claimed",
        "position": before.get("position", entry.position),
        "claimed_at": before.get("claimed_at", entry.at),
        "settled_at": None,
        "by": None,
        "resolution": None,
    }
    return (row,)


def effect_settled(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """It is known what became of what was to be done outside."""
    _, row = _journey_and_row(task, entry)
    row["effect"] |= {"state": entry.data["outcome"], "settled_at": entry.at, "by": entry.data.get("by", "tool")}
    return (row,)


def journey_paused(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """No worker has it any more: its steps that have not ended are paused, or the first of them waits for something."""
    data = entry.data
    journey = task.journeys[data["journey"]]
    unended = [row for row in journey.steps.values() if row["status"] in UNENDED]
    for row in unended:
        task.turn(row, StepStatus.PAUSED)
    wait = _WAITS_FOR.get(data["why"])
    if wait is None:
        task.say(f"{data['journey']} has paused")
        return unended
    question = data.get("question") or {}
    row = journey.steps[data["step"]]
    if row["effect"] is not None and data["why"] == "in_doubt":
        row["effect"] = row["effect"] | {"state": "in_doubt"}
    task.wait_for(row, {"waits_for": wait, "effect": data.get("effect"), "decided": []} | question)
    return unended


_WAITS_FOR = {"budget": "budget", "question": "answer", "in_doubt": "effect"}


def journey_resumed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """A worker may go on with it."""
    journey = task.journeys[entry.data["journey"]]
    held = [row for row in journey.steps.values() if row["status"] in {"paused", "waiting"}]
    for row in held:
        task.turn(row, StepStatus.PENDING)
        row["wait"] = None
    task.say(f"{entry.data['journey']} goes on")
    return held


def journey_completed(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """The final one goes to the inspector at once."""
    if entry.data["final"] and task.header["phase"] in NOT_YET_JUDGED:
        task.enter(TaskStatus.EVALUATING, "the result is being judged")
    return NOTHING


def journey_stopped(task: TaskFold, entry: Entry) -> Sequence[Row]:
    """What had not ended will not run any more."""
    journey, reason = task.journeys.get(journey_of(entry)), entry.data["reason"]
    unended = [row for row in journey.steps.values() if row["status"] in UNENDED] if journey else []
    for row in unended:
        task.turn(row, StepStatus.CANCELLED)
        row["reason"], row["ended_at"] = reason, entry.at
    return unended


def _end_attempt(task: TaskFold, entry: Entry) -> Row:
    data, header = entry.data, task.header
    journey, row = _journey_and_row(task, entry)
    _add_seconds(task, row, "working_seconds", data["seconds"])
    journey.idle_since = row["ended_at"] = entry.at
    row["attempt"] = data["attempt"]
    row["evidence"], row["artifacts"] = data.get("evidence", []), data.get("artifacts", [])
    spent = data.get("spent") or {"calls": 1, "seconds": data["seconds"]}
    for kind in ("calls", "tokens", "micros", "seconds"):
        header[f"spent_{kind}"] += spent.get(kind, 0)
    return row


def _add_seconds(task: TaskFold, row: Row, kind: str, seconds: float) -> None:
    row[kind] += seconds
    task.header[kind] += seconds


def _journey_and_row(task: TaskFold, entry: Entry) -> tuple[JourneyFold, Row]:
    journey = task.journeys[journey_of(entry)]
    return journey, journey.steps[entry.data["step"]]
