"""One task in full: its steps as they ended, metrics, quality, evidence, files, and what to do next."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import QualityView, StepView, TaskStatus, TaskView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import duration, size
from wrenchai.cli.evidence_table import evidence
from wrenchai.cli.exit_codes import FAILED, OK
from wrenchai.cli.live_table import drawn
from wrenchai.cli.live_task import LiveTask, Row
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen, json_text
from wrenchai.cli.signs import labelled
from wrenchai.cli.sites import package_of
from wrenchai.cli.task_files import files_of
from wrenchai.cli.watching import watch

_LONGEST_RESULT = 400


def show_task(task_id: str, *, follow: bool, as_json: bool) -> None:
    """`wrenchai show`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        if not follow:
            task = client.task(task_id)
            screen.result(task, page(task, screen.people))
            return
        task = watch(client, task_id, screen)
    screen.result(task, Group(outcome(task, screen.people), Text(), evidence(task, screen.people)))


def exit_code_of(task: TaskView) -> int:
    """Whether the task ended as was asked."""
    return OK if task.status is TaskStatus.COMPLETED else FAILED


def page(task: TaskView, console: Console) -> RenderableType:
    """Steps, outcome and evidence."""
    steps = drawn(live_of(task), datetime.now(UTC), console)
    return Group(steps, Text(), outcome(task, console), Text(), evidence(task, console))


def outcome(task: TaskView, console: Console) -> RenderableType:
    """What came of it, and what to do next."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    for name, shown in _facts(task, console):
        facts.add_row(name, shown)
    return facts


def live_of(task: TaskView) -> LiveTask:
    """The view as the live table draws it."""
    rows = [_row(step, place) for place, step in enumerate(sorted(task.steps, key=lambda step: step.order))]
    return LiveTask(
        task.task_id,
        playbook=task.playbook or "",
        status=task.status,
        rows={(row.journey, row.step): row for row in rows},
        began_at=task.created_at,
        ended_at=task.updated_at if task.status.ended else None,
        position=task.position,
        reason=task.reason or "",
    )


def _row(step: StepView, place: int) -> Row:
    return Row(
        journey=step.journey,
        step=step.step,
        tool=step.tool,
        order=(place, 0, 0),
        group=step.journey.partition(".")[0] if step.index is not None else None,
        index=step.index,
        status=step.status,
        attempt=step.attempt,
        started_at=step.started_at,
        waiting=step.waiting_seconds,
        working=step.working_seconds,
        reason=step.reason or "",
    )


def _facts(task: TaskView, console: Console) -> Iterator[tuple[str, RenderableType]]:
    yield "task", Text(task.task_id)
    yield "ended as" if task.status.ended else "status", labelled(task.status, console)
    if task.reason:
        yield "reason", told(task.reason, "red" if task.status is TaskStatus.FAILED else "")
    failed = [step for step in task.steps if step.status == "failed"]
    if failed:
        yield "failed at", told(", ".join(f"{step.step} ({step.tool}): {step.reason}" for step in failed[:3]), "red")
    yield "time", Text(_times(task))
    yield "attempts", Text(_attempts(task))
    if task.quality is not None:
        yield "quality", quality_line(task.quality)
        for reason in task.quality.reasons:
            yield "", told(reason, "dim")
        if task.quality.not_measured:
            yield "not measured", Text(", ".join(task.quality.not_measured), "yellow")
    if task.result:
        yield "result", Text(_shortened(json_text(task.result)))
    for name, left in files_of(task).items():
        yield "file", told(f"{name}  {size(left.artifact.size)}  sha256 {left.artifact.sha256[:12]}")
    for place, command in enumerate(next_commands(task)):
        yield "" if place else "next", Text(command, "bold")


def next_commands(task: TaskView) -> list[str]:
    """What a reader may want to type now: why it stopped, or how to get at what it made."""
    if task.status is TaskStatus.PARKED:
        return ["wrenchai parked"]
    why = [f"wrenchai events {task.task_id}"] if task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED} else []
    files = [f"wrenchai files {task.task_id} --output DIRECTORY"] if files_of(task) else []
    return [*why, *files, *([f"wrenchai preview {task.task_id}"] if package_of(task) else [])]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_RESULT else f"{text[:_LONGEST_RESULT]} … (all of it with --json)"


def quality_line(quality: QualityView) -> Text:
    """The judgement, never without its interval."""
    low, high = quality.interval
    return Text.assemble(
        (f"{quality.quality:.2f}", "bold"),
        f", {quality.level:.0%} sure between {low:.2f} and {high:.2f}: {quality.decision}",
    )


def _times(task: TaskView) -> str:
    metrics = task.metrics
    shares = f"{duration(metrics.working_seconds)} working, {duration(metrics.waiting_seconds)} waiting"
    total = metrics.total_seconds
    return shares if total is None else f"{duration(total)} in all, {shares}"


def _attempts(task: TaskView) -> str:
    metrics = task.metrics
    return f"{metrics.attempts}, {metrics.failed_attempts or 'none'} of them failed; {metrics.events} events"
