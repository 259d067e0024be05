"""A task's view as the live table draws it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from wrenchai_contracts.paths import go_in, own_id
from wrenchai_contracts.views import StepStatus, StepView, TaskView

from wrenchai.cli.live_rows import Places, Row, first_gos, item_in
from wrenchai.cli.live_task import LiveTask
from wrenchai.cli.verdicts import verdict_words
from wrenchai.cli.waiting import recorded_wait


def live_of(task: TaskView) -> LiveTask:
    """The view as the live table draws it: of each step its last go, of each loop its last round."""
    steps = sorted(task.steps, key=lambda step: step.order)
    rows = _without_earlier_goes([_row(step, number) for step, number in _numbered(steps) if step.type != "wait"])
    rows = _with_waits(rows, [step for step in steps if step.type == "wait"])
    rows = _with_last_rounds([*_lists_of_old(rows), *rows])
    return LiveTask(
        task.task_id,
        playbook=task.playbook or "",
        status=task.status,
        rows={row.key: row for row in rows},
        places=_places(steps),
        began_at=task.created_at,
        ended_at=task.updated_at if task.status.ended else None,
        position=task.position,
        reason=task.reason or "",
        paused=task.paused,
        known_progress=task.progress,
    )


def _numbered(steps: Iterable[StepView]) -> Iterable[tuple[StepView, int]]:
    """Each with its place among the steps of its journey."""
    seen: dict[str, int] = defaultdict(int)
    for step in steps:
        yield step, seen[step.journey]
        seen[step.journey] += 1


def _places(steps: Sequence[StepView]) -> Places:
    """Ids in the order in which they became known, those around a step before it."""
    ids = dict.fromkeys(part.partition("~")[0] for step in steps for part in step.journey.split("."))
    return Places({name: place for place, name in enumerate(ids)})


def _row(step: StepView, number: int) -> Row:
    is_tool = step.type == "tool"
    return Row(
        step.journey,
        step.step if is_tool else "",
        kind=step.type,
        tool=step.tool,
        number=number,
        status=step.status,
        attempt=step.attempt,
        go=go_in(step.journey),
        started_at=step.started_at,
        waiting=step.waiting_seconds,
        working=step.working_seconds,
        reason=step.reason or "",
        message=f"taken from {step.reused_from}" if step.reused_from else verdict_words(step.verdict or {}),
        count=step.count,
        round=step.round or 0,
        wait=None if step.wait is None else recorded_wait(step.journey, step.wait, step.due),
    )


def _without_earlier_goes(rows: list[Row]) -> list[Row]:
    last: dict[str, int] = {}
    for row in rows:
        last[_first_go(row.path)] = max(last.get(_first_go(row.path), 1), row.go)
    past = {row.path for row in rows if row.go < last[_first_go(row.path)]}
    return [row for row in rows if row.path not in past and not any(row.path.startswith(f"{path}.") for path in past)]


def _first_go(path: str) -> str:
    head, behind, number = path.rpartition("~")
    return head if behind and number.isdecimal() else path


def _with_waits(rows: list[Row], waits: list[StepView]) -> list[Row]:
    """An open wait is shown at what waits; one that is over only where it was a step of its own."""
    found = {row.key: row for row in rows}
    for step in waits:
        here = [row for row in found.values() if row.path == step.journey]
        row = next((row for row in here if not row.over), here[-1] if here else None)
        wait = _row(step, 0)
        if row is None:
            found[wait.key] = wait
        elif step.status is StepStatus.WAITING:
            found[row.key] = replace(row, status=step.status, wait=wait.wait)
    return list(found.values())


def _with_last_rounds(rows: list[Row]) -> list[Row]:
    for loop in [row for row in rows if row.kind == "loop"]:
        inside = {row.key: _round_of(row, loop) for row in rows if row.path.startswith(f"{loop.path}.")}
        newest = max(inside.values(), default=0)
        past = [row for row in rows if inside.get(row.key, newest) < newest]
        passed, worked = sum(row.is_leaf for row in past), sum(row.working for row in past)
        gone = {row.key for row in past}
        kept = replace(loop, passed=loop.passed + passed, working=loop.working + worked)
        rows = [kept if row.key == loop.key else row for row in rows if row.key not in gone]
    return rows


def _round_of(row: Row, loop: Row) -> int:
    return int(item_in(row.path, loop.path) or 0)


def _lists_of_old(rows: list[Row]) -> list[Row]:
    """A list that a plan of 0.1 went through has no event of its own: only items, `discover.0` and on."""
    known = {first_gos(row.path) for row in rows}
    lists = dict.fromkeys(row.path.rpartition(".")[0] for row in rows if own_id(row.path).isdecimal())
    return [Row(path, kind="fan") for path in lists if path not in known]
