"""The Typer application: every command by group, in the order in which a newcomer needs them."""

import typer

from wrenchai.cli.commands import (
    catalogue,
    control,
    demonstration,
    installation,
    playbook,
    proof,
    quality,
    schedules,
    tasks,
    waiting,
)
from wrenchai.cli.help_screens import Commands

FIRST_STEPS = """
[bold]First steps[/]

[cyan]wrenchai doctor[/]  what this machine lacks
[cyan]wrenchai demo[/]    a portfolio site from real projects, step by step
[cyan]wrenchai up[/]      everything on this machine; then, in a second terminal:
[cyan]wrenchai run portfolio --input form.yaml[/]

[dim]Every command takes --json and --help.
Exit codes: 0 done, 1 failed, 2 usage, 3 not running, 4 refused.[/]
"""

app = typer.Typer(
    name="wrenchai",
    cls=Commands,
    help="Teams of agents that leave evidence: durable, event-sourced, provable.",
    epilog=FIRST_STEPS,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for group in (installation, demonstration, tasks, control, waiting, quality, schedules, catalogue, playbook, proof):
    group.register(app)
