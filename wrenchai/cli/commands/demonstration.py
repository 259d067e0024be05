"""The command that shows what this is: demo."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.options import FLAG, RUNNING, Home, Json


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command(rich_help_panel=RUNNING)(demo)


def demo(  # noqa: PLR0913  # one parameter for each option
    *,
    form: Annotated[
        Path | None,
        typer.Option("--input", "-i", metavar="FORM", help="Your own form in YAML; default: examples/portfolio.yaml."),
    ] = None,
    home: Home = None,
    keep: Annotated[bool, typer.Option(metavar=FLAG, help="Go on serving the site until Ctrl-C.")] = True,
    full: Annotated[
        bool, typer.Option("--full/--quick", metavar=FLAG, help="Check every page, or a sample of them.")
    ] = False,
    output: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where the packed site is put.")] = Path("out"),
    json: Json = False,
) -> None:
    """Build a site from real projects, and watch.

    Starts everything that is not running, and stops it again at the end.
    Runs the portfolio playbook, shows each step, and serves the built site.
    """
    from wrenchai.cli.demo import Wish, run_demo

    run_demo(Wish(home, form, keep, full, output), as_json=json)
