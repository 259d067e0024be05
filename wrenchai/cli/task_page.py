"""One task in full: its steps as they ended, metrics, quality, evidence, files, and what to do next."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.views import TaskStatus, TaskView

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import duration, size
from wrenchai.cli.evidence_table import evidence
from wrenchai.cli.exit_codes import FAILED, OK
from wrenchai.cli.live_table import drawn
from wrenchai.cli.plain_text import told
from wrenchai.cli.quality_facts import quality_facts, quality_line, wants_a_word
from wrenchai.cli.screen import Screen, json_text
from wrenchai.cli.signs import labelled
from wrenchai.cli.sites import package_of
from wrenchai.cli.task_files import files_of
from wrenchai.cli.viewed_task import live_of
from wrenchai.cli.watching import watch

_LONGEST_RESULT = 400
_MOST_COMMANDS = 6


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
    steps = drawn(live_of(task), datetime.now(UTC), console, notes=False)
    return Group(steps, Text(), outcome(task, console), Text(), evidence(task, console))


def outcome(task: TaskView, console: Console) -> RenderableType:
    """What came of it, and what to do next."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    for name, shown in _facts(task, console):
        facts.add_row(name, shown)
    return facts


def _facts(task: TaskView, console: Console) -> Iterator[tuple[str, RenderableType]]:
    yield "task", Text(task.task_id)
    yield "ended as" if task.status.ended else "status", labelled(task.status, console)
    if task.reason:
        yield "reason", told(task.reason, "red" if task.status is TaskStatus.FAILED else "")
    failed = [step for step in task.steps if step.status == "failed"]
    if failed:
        yield "failed at", told(", ".join(f"{step.step} ({step.tool}): {step.reason}" for step in failed[:3]), "red")
    yield from _story(task)
    yield "time", Text(_times(task))
    yield "attempts", Text(_attempts(task))
    if task.quality is not None:
        yield from quality_facts(task.quality, task.task_id)
    for step in task.steps:
        if step.judged is not None:
            yield "judged", Text.assemble(f"{step.journey} ", quality_line(step.judged))
    if task.result:
        yield "result", Text(_shortened(json_text(task.result)))
    for name, left in files_of(task).items():
        yield "file", told(f"{name}  {size(left.artifact.size)}  sha256 {left.artifact.sha256[:12]}")
    for place, command in enumerate(next_commands(task)):
        yield "" if place else "next", Text(command, "bold")


def _story(task: TaskView) -> Iterator[tuple[str, RenderableType]]:
    """Where it comes from, what holds it up, and what was taken back."""
    if task.forked_from:
        yield "forked from", told(f"{task.forked_from.get('task_id')} at {task.forked_from.get('step')}")
    for wait in live_of(task).waits:
        yield "waits", told(f"{wait.step} {wait.words}", "yellow")
    if task.undone:
        yield "undone", told(", ".join(task.undone))
    if task.not_undone:
        yield "not undone", told(", ".join(task.not_undone), "red")


def next_commands(task: TaskView) -> list[str]:
    """What a reader may want to type now: what lets it go on, why it stopped, or how to get at what it made."""
    if task.status is TaskStatus.PARKED:
        return ["wrenchai parked"]
    goes_on = [f"wrenchai resume {task.task_id}"] if task.status is TaskStatus.PAUSED else []
    goes_on += [command for wait in live_of(task).waits for command in wait.commands(task.task_id)][:_MOST_COMMANDS]
    why = [f"wrenchai events {task.task_id}"] if task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED} else []
    asked = task.status.ended and task.quality is not None and wants_a_word(task.quality)
    word = [f"wrenchai verdict {task.task_id} good"] if asked else []
    files = [f"wrenchai files {task.task_id} --output DIRECTORY"] if files_of(task) else []
    return [*goes_on, *why, *word, *files, *([f"wrenchai preview {task.task_id}"] if package_of(task) else [])]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_RESULT else f"{text[:_LONGEST_RESULT]} … (all of it with --json)"


def _times(task: TaskView) -> str:
    metrics = task.metrics
    shares = f"{duration(metrics.working_seconds)} working, {duration(metrics.waiting_seconds)} waiting"
    total = metrics.total_seconds
    return shares if total is None else f"{duration(total)} in all, {shares}"


def _attempts(task: TaskView) -> str:
    metrics = task.metrics
    return f"{metrics.attempts}, {metrics.failed_attempts or 'none'} of them failed; {metrics.events} events"
