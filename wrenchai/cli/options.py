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
StepPath = Annotated[
    str, typer.Argument(metavar="STEP", help="A step's path, as show and context print it: build, edit.3.fix.")
]
OneStep = Annotated[
    str | None, typer.Argument(metavar="STEP", help="A step's path; may be left out where only one can be meant.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the log.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", metavar=FLAG, help="Show every step until the end.")]
InputFile = Annotated[
    Path | None,
    typer.Option("--input", "-i", metavar="FILE", help="YAML or JSON; paths in it are relative to the file."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="One input; dots go deeper: site.palette=fjord."),
]
Fields = Annotated[list[str] | None, typer.Option("--field", metavar="NAME=VALUE", help="One field; may be repeated.")]
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
CONTROL = "Control a running task"
WAITING = "What waits and what is known"
SCHEDULES = "Schedules"
QUALITY = "Quality of results"
CATALOGUE = "Catalogue"
PROOF = "Evidence and repair"
