"""The command that shows what this is: demo."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.options import RUNNING, Home, Json


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command(rich_help_panel=RUNNING)(demo)


def demo(
    *,
    home: Home = None,
    keep: Annotated[bool, typer.Option(help="Go on serving the site until Ctrl-C.")] = True,
    full: Annotated[bool, typer.Option("--full/--quick", help="Check every page, or a sample of them.")] = False,
    output: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where the packed site is put.")] = Path("out"),
    json: Json = False,
) -> None:
    """Build a site from real projects, and watch.

    Starts the installation if none runs. Takes the portfolio playbook with `examples/portfolio.yaml`.
    """
    from wrenchai.cli.demo import Wish, run_demo

    run_demo(Wish(home, keep, full, output), as_json=json)
