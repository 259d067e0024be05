"""Commands about what can be run: playbooks, tools."""

from pathlib import Path
from typing import Annotated

import typer

from wrenchai.cli.options import CATALOGUE, Json


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (playbooks, check, tools):
        app.command(rich_help_panel=CATALOGUE)(command)


def playbooks(*, json: Json = False) -> None:
    """List the playbooks that can be run."""
    from wrenchai.cli.catalogue import list_playbooks

    list_playbooks(as_json=json)


def check(
    playbook: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A playbook in YAML.")],
    *,
    json: Json = False,
) -> None:
    """Say what is wrong with a playbook, line by line.

    By the tools that the workers of the installation announced; nothing is
    registered. Where nothing runs: `wrenchai playbook check`.
    """
    from wrenchai.cli.catalogue import check_playbook

    check_playbook(playbook, as_json=json)


def tools(*, json: Json = False) -> None:
    """List the tools that steps can use."""
    from wrenchai.cli.catalogue import list_tools

    list_tools(as_json=json)
