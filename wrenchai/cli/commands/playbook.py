"""Commands about one playbook: check, show, run, new, schema."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.commands.tasks import run
from wrenchai.cli.options import CATALOGUE, FLAG, Json
from wrenchai.cli.template_names import Template

EXAMPLES = """
[bold]Examples[/]

[cyan]wrenchai playbook new mine --template versus[/]  a playbook to begin with
[cyan]wrenchai playbook check mine.yaml[/]             all that is wrong, by line
[cyan]wrenchai playbook show mine.yaml[/]              its plan as a tree
[cyan]wrenchai playbook show mine.yaml --mermaid[/]    the same as a chart
[cyan]wrenchai playbook run mine.yaml --dry-run[/]     what a run would take
[cyan]wrenchai playbook run mine.yaml[/]               run it

[dim]Only run needs an installation that runs. Every command takes --json.[/]
"""

playbook = typer.Typer(help="Check a playbook, see its plan, write a new one.", epilog=EXAMPLES, no_args_is_help=True)

Subject = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A YAML file, or a registered name.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(playbook, name="playbook", rich_help_panel=CATALOGUE)


@playbook.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name; the file is NAME.yaml.")],
    *,
    template: Annotated[
        Template,
        typer.Option("--template", "-t", metavar="TEMPLATE", help="blank, or a type of step: process, versus, …"),
    ] = "blank",
    directory: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIRECTORY", exists=True, file_okay=False, help="Where to.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", metavar=FLAG, help="Replace what is there.")] = False,
    json: Json = False,
) -> None:
    """Write a small playbook that runs, to begin with.

    Templates: blank, and one for each type of step: standard,
    work_in_parallel, self_feedback_loop, partner_feedback_loop,
    process, versus, handoff.

    Its first line lets editors complete it, by the schema that is
    written beside it.
    """
    from wrenchai.cli.playbook_new import new_playbook

    new_playbook(name, template, directory, force=force, as_json=json)


@playbook.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A playbook in YAML.")],
    *,
    json: Json = False,
) -> None:
    """Say all that is wrong with a file, and what would be right.

    Each thing on a line: file, line, column, field, reason. Exit code 1
    when there is any. Nothing need run: tools are those of this machine.
    `wrenchai check` asks the installation, which knows its workers' tools.
    """
    from wrenchai.cli.playbook_checking import check_here

    check_here(file, as_json=json)


@playbook.command()
def show(
    playbook: Subject,
    *,
    mermaid: Annotated[bool, typer.Option("--mermaid", metavar=FLAG, help="As a Mermaid flow chart.")] = False,
    plan: Annotated[bool, typer.Option("--plan", metavar=FLAG, help="As JSON, with its digest.")] = False,
    json: Json = False,
) -> None:
    """Show what a playbook becomes: every step, its role and tool.

    Also what each waits for, its conditions and limits. Of a file in the
    layout of the first WrenchAI, what each of its fields was mapped to.
    """
    from wrenchai.cli.playbook_showing import show_playbook

    if mermaid and plan:
        message = "either --mermaid or --plan"
        raise typer.BadParameter(message)
    show_playbook(playbook, "mermaid" if mermaid else "plan" if plan else "tree", as_json=json)


playbook.command(help="Run a playbook, and follow it; or only say what a run would take.")(run)


@playbook.command()
def schema(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Write it there.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the JSON Schema by which editors complete playbooks.

    Write it beside your playbooks, and begin each with the line
    # yaml-language-server: $schema=playbook.schema.json
    """
    from wrenchai.cli.playbook_new import write_schema

    write_schema(output, as_json=json)
