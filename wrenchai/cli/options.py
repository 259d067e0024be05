"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

FLAG = ""
"""In place of `<bool>` in the help of an option that takes no value."""

Json = Annotated[
    bool, typer.Option("--json", metavar=FLAG, help="Machine-readable output on stdout, and nothing else there.")
]
TaskId = Annotated[str, typer.Argument(metavar="TASK", help="A task's id, as run and tasks print it.")]
Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIRECTORY", help="Data directory; default: $WRENCHAI_HOME, else the user's own."),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--metadata", "-m", metavar="NAME=VALUE", help="A label of the task; may be repeated."),
]
After = Annotated[
    int | None, typer.Option("--after", metavar="POSITION", min=0, help="Only events behind this position.")
]

RUNNING = "Local installation"
TASKS = "Tasks"
CATALOGUE = "Catalogue"
PROOF = "Evidence and repair"
