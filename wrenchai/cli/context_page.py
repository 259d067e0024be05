"""What a task knows by now: its inputs and outputs, what it waits for, what is left, and what may be asked of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.spending import MICROS, Limits, Spending
from wrenchai_contracts.views import TaskContext

from wrenchai.cli.connecting import connect
from wrenchai.cli.durations import day_and_time, duration
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen, json_text
from wrenchai.cli.signs import labelled
from wrenchai.cli.waiting import allowed, shown_wait


def show_context(task_id: str, *, as_json: bool) -> None:
    """`wrenchai context`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        context = client.context(task_id)
    screen.result(context, page(context, screen.people))


def page(context: TaskContext, console: Console) -> RenderableType:
    """All of it, long values cut at the terminal's edge."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(no_wrap=True, overflow="ellipsis")
    for name, shown in _facts(context, console):
        facts.add_row(name, shown)
    return facts


def _facts(context: TaskContext, console: Console) -> Iterator[tuple[str, RenderableType]]:
    yield "task", Text(context.task_id)
    yield "status", labelled(context.status, console)
    yield "", told(context.message, "dim")
    for wait in map(shown_wait, context.waits):
        yield "waits", told(f"{wait.step} {wait.words}", "yellow")
        for command in wait.commands(context.task_id):
            yield "", Text(command, "bold", overflow="fold")
    if context.paused:
        yield "paused", Text(f"wrenchai resume {context.task_id}", "bold")
    yield from _named("input", context.inputs)
    yield from _named("output", context.outputs)
    yield from _budget(context.budget, context.spent)
    if context.deadline is not None:
        yield "must end by", Text(day_and_time(context.deadline))
    if context.priority is not None:
        yield "priority", Text(str(context.priority))
    yield "allowed now", Text(allowed(context.legal), overflow="fold", no_wrap=False)


def _named(title: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    for place, (name, value) in enumerate(values.items()):
        yield "" if place else title, told(f"{name} = {json_text(value)}")


def _budget(budget: Limits, spent: Spending) -> Iterator[tuple[str, Text]]:
    for kind, most in budget.model_dump(exclude_none=True).items():
        used = getattr(spent, kind)
        word = "money" if kind == "micros" else kind
        style = "yellow" if used >= most else ""
        yield f"spent {word}", Text(f"{_amount(kind, used)} of {_amount(kind, most)}", style)


def _amount(kind: str, amount: float) -> str:
    if kind == "micros":
        return f"{amount / MICROS:g}"
    return duration(amount) if kind == "seconds" else f"{amount:g}"
