"""Commands about tasks: run, tasks, show, files, preview, events."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.options import FLAG, TASKS, After, InputFile, Json, Labels, Settings, TaskId


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (run, tasks, show, files, preview, events):
        app.command(rich_help_panel=TASKS)(command)


def run(  # noqa: PLR0913  # one parameter for each option
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A registered name, or a YAML file to register.")],
    *,
    input_file: InputFile = None,
    settings: Settings = None,
    metadata: Labels = None,
    follow: Annotated[bool, typer.Option(metavar=FLAG, help="Show every step until the end.")] = True,
    ahead: Annotated[
        bool, typer.Option("--dry-run", metavar=FLAG, help="Run nothing: show its plan, and what it would take.")
    ] = False,
    idempotency_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The same key never starts a second task.")
    ] = None,
    json: Json = False,
) -> None:
    """Run a playbook, and follow it to its end."""
    from wrenchai.cli.input_files import labels
    from wrenchai.cli.running import Request, run_playbook

    told = labels("--metadata", metadata or ())
    request = Request(playbook, input_file, tuple(settings or ()), told, idempotency_key)
    if ahead:
        from wrenchai.cli.dry_run import dry_run

        dry_run(request, as_json=json)
        return
    run_playbook(request, follow=follow, as_json=json)


def tasks(  # noqa: PLR0913  # one parameter for each option
    *,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only these: running, waiting, paused, failed, and so on.")
    ] = None,
    playbook: Annotated[str | None, typer.Option(metavar="PLAYBOOK", help="Only tasks of this playbook.")] = None,
    metadata: Labels = None,
    limit: Annotated[int, typer.Option(metavar="COUNT", min=1, max=1000, help="How many at most.")] = 20,
    everything: Annotated[bool, typer.Option("--all", metavar=FLAG, help="However many there are.")] = False,
    json: Json = False,
) -> None:
    """List tasks, newest first."""
    from wrenchai.cli.input_files import labels
    from wrenchai.cli.task_listing import Wanted, list_tasks

    told = labels("--metadata", metadata or ())
    list_tasks(Wanted(status, playbook, told, None if everything else limit), as_json=json)


def show(
    task_id: TaskId,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", metavar=FLAG, help="Stay until its end.")] = False,
    json: Json = False,
) -> None:
    """Show one task: its steps, times, quality, evidence, files."""
    from wrenchai.cli.task_page import show_task

    show_task(task_id, follow=follow, as_json=json)


def files(
    task_id: TaskId,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIRECTORY", help="Fetch them into this directory.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", metavar=FLAG, help="Replace files that are there already.")] = False,
    json: Json = False,
) -> None:
    """List the files that a task made, or fetch them.

    Each that is fetched is verified by the hash that names it.
    """
    from wrenchai.cli.task_files import show_files

    show_files(task_id, output, force=force, as_json=json)


def preview(task_id: TaskId, *, json: Json = False) -> None:
    """Serve the site that a task built, until Ctrl-C.

    On this machine only, below the path that the site's own links begin with.
    """
    from wrenchai.cli.previewing import preview_site

    preview_site(task_id, as_json=json)


def events(
    task_id: Annotated[str | None, typer.Argument(metavar="TASK", help="A task's id.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", metavar=FLAG, help="Of all tasks, and the catalogue.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", metavar=FLAG, help="Go on with what happens.")] = False,
    after: After = None,
    json: Json = False,
) -> None:
    """Print events as they stand in the log.

    Of one task, or with --all of the whole log. With --json one object a line.
    With --all --follow only what happens from now on, unless --after says otherwise.
    """
    from wrenchai.cli.event_lines import print_events

    if (task_id is None) != everything:
        message = "name a task, or ask for --all"
        raise typer.BadParameter(message)
    print_events(task_id, follow=follow, after=after, as_json=json)
