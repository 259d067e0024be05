"""Commands for the installation on this machine: up, down, status, doctor, version."""

from typing import Annotated

import typer

from wrenchai.cli.options import FLAG, RUNNING, Home, Json


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (up, down, status, doctor, version):
        app.command(rich_help_panel=RUNNING)(command)


def up(
    *,
    home: Home = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", metavar=FLAG, help="Run in the background.")] = False,
    in_background: Annotated[bool, typer.Option("--in-background", hidden=True)] = False,
    json: Json = False,
) -> None:
    """Start everything on this machine.

    That is Postgres, NATS and every service, until Ctrl-C or `wrenchai down`.
    Data stays in one directory, so a second start goes on where the first
    one ended. A service that crashes is started again.

    With WRENCHAI_POSTGRES_URL or WRENCHAI_NATS_URL set, those are used
    instead of our own.
    """
    from wrenchai.cli.starting import start_detached, start_here

    if detach:
        start_detached(home, as_json=json)
    else:
        start_here(home, watched=not in_background, as_json=json)


def down(*, home: Home = None, json: Json = False) -> None:
    """Stop everything; running tasks go on at the next start."""
    from wrenchai.cli.stopping import stop

    stop(home, as_json=json)


def status(*, home: Home = None, json: Json = False) -> None:
    """Show every process, its health, and how far behind it is."""
    from wrenchai.cli.status import show_status

    show_status(home, as_json=json)


def doctor(*, home: Home = None, json: Json = False) -> None:
    """Check what this machine has and lacks, and say what to do."""
    from wrenchai.cli.doctor import examine

    examine(home, as_json=json)


def version(*, json: Json = False) -> None:
    """Print the versions of WrenchAI and its parts."""
    from wrenchai.cli.versions import show_versions

    show_versions(as_json=json)
