"""Commands about tasks: run, tasks, show, cancel, events."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.options import TASKS, After, Json, TaskId


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (run, tasks, show, cancel, events):
        app.command(rich_help_panel=TASKS)(command)


def run(  # noqa: PLR0913  # one parameter for each option
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A registered name, or a YAML file to register.")],
    *,
    input_file: Annotated[
        Path | None,
        typer.Option("--input", "-i", metavar="FILE", help="YAML or JSON; paths in it are relative to the file."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="One input; dots go deeper: site.palette=fjord."),
    ] = None,
    follow: Annotated[bool, typer.Option(help="Show every step until the end.")] = True,
    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same key never starts a second task.")
    ] = None,
    json: Json = False,
) -> None:
    """Run a playbook, and follow it to its end."""
    from wrenchai.cli.running import Request, run_playbook

    request = Request(playbook, input_file, tuple(settings or ()), idempotency_key)
    run_playbook(request, follow=follow, as_json=json)


def tasks(
    *,
    status: Annotated[str | None, typer.Option(help="Only these, for example running or failed.")] = None,
    playbook: Annotated[str | None, typer.Option(help="Only tasks of this playbook.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    json: Json = False,
) -> None:
    """List tasks, newest first."""
    from wrenchai.cli.task_listing import list_tasks

    list_tasks(status, playbook, limit=limit, as_json=json)


def show(
    task_id: TaskId,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until its end.")] = False,
    json: Json = False,
) -> None:
    """Show one task: its steps, times, quality and files."""
    from wrenchai.cli.task_page import show_task

    show_task(task_id, follow=follow, as_json=json)


def cancel(
    task_id: TaskId,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the log.")] = "",
    json: Json = False,
) -> None:
    """Stop a task; what runs is told to stop, and cleaned up."""
    from wrenchai.cli.task_listing import cancel_task

    cancel_task(task_id, reason=reason, as_json=json)


def events(
    task_id: Annotated[str | None, typer.Argument(metavar="[TASK]", help="A task's id.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Of all tasks, and the catalogue.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens.")] = False,
    after: After = None,
    json: Json = False,
) -> None:
    """Print events as they stand in the log.

    With --json one object a line. With --all --follow only what happens from now on, unless --after says otherwise.
    """
    from wrenchai.cli.event_lines import print_events

    if (task_id is None) != everything:
        message = "name a task, or ask for --all"
        raise typer.BadParameter(message)
    print_events(task_id, follow=follow, after=after, as_json=json)
