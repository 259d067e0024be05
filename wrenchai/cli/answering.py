"""Answers what a step asks: shows the form, and fills it from fields or from JSON."""

import shlex
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from rich.console import Group
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.errors import Refused
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import TaskContext, WaitView

from wrenchai.cli.connecting import connect
from wrenchai.cli.controlling import show_to_its_end
from wrenchai.cli.durations import day_and_time
from wrenchai.cli.exit_codes import USAGE
from wrenchai.cli.input_files import InputFileWrong, fields, json_object
from wrenchai.cli.plain_text import told
from wrenchai.cli.screen import Screen, json_text


class NothingAsked(Refused):
    """The task asks nothing, or not there."""

    def __init__(self, context: TaskContext, step: str | None) -> None:
        who = f"{step} of {context.task_id}" if step else context.task_id
        super().__init__(f"{who} asks nothing now; it is {context.status}: {context.message}")


def answer_question(  # noqa: PLR0913  # one parameter for each part
    task_id: str,
    step: str | None,
    *,
    content: str | None,
    given: Iterable[str],
    reason: str,
    follow: bool,
    as_json: bool,
) -> None:
    """`wrenchai answer`; without an answer it shows what is asked."""
    screen = Screen(as_json=as_json)
    whole = None if content is None else json_object("--answer", content)
    with connect() as client:
        asked = question(client.context(task_id), step)
        filled = {**(whole or {}), **fields(given, asked.form)}
        if whole is None and not filled:
            _show(task_id, asked, screen)
        accepted = client.answer(task_id, asked.step, filled, reason=reason)
        if follow:
            show_to_its_end(client, accepted, screen)
    screen.result(accepted, Text(f"answered: {asked.step} of {task_id}"))


def question(context: TaskContext, step: str | None) -> WaitView:
    """What is asked at that step, or the one thing that is asked at all.

    Raises:
        NothingAsked
        InputFileWrong: several steps ask something, and none is named.
    """
    asked = [wait for wait in context.waits if wait.waits_for == "answer" and step in {None, wait.step}]
    if not asked:
        raise NothingAsked(context, step)
    if len(asked) > 1:
        place, steps = f"wrenchai answer {context.task_id}", ", ".join(wait.step for wait in asked)
        raise InputFileWrong(place, reason=f"several steps ask something; name one: {steps}")
    return asked[0]


def _show(task_id: str, asked: WaitView, screen: Screen) -> NoReturn:
    command = " ".join(["wrenchai answer", task_id, asked.step, *_blanks(asked.form)])
    head = Text.assemble((asked.step, "bold"), " asks: ", told(asked.title or "something"))
    until = [Text(f"until {day_and_time(asked.due)}", "yellow")] if asked.due else []
    shown = Group(head, *until, Text(), _form(asked.form), Text(), Text.assemble("to answer: ", (command, "bold")))
    screen.result({"answered": False, "asked": asked, "command": command}, shown)
    sys.exit(USAGE)


def _form(form: JsonObject) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("field", "kind", "", "what"):
        table.add_column(name, no_wrap=name != "what")
    required = form.get("required", ())
    for name, about in form.get("properties", {}).items():
        needed = Text("needed", "yellow") if name in required else Text("optional", "dim")
        table.add_row(told(name, "bold"), told(_kind(about)), needed, told(str(about.get("description", ""))))
    return table


def _kind(about: JsonObject) -> str:
    if "enum" in about:
        return " or ".join(json_text(choice) for choice in about["enum"])
    kind: Any = about.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _blanks(form: JsonObject) -> Iterator[str]:
    names = form.get("required") or list(form.get("properties", {})) or ["NAME"]
    return (f"--field {shlex.quote(str(name))}=VALUE" for name in names)
