"""Commands about evidence and repair: replay, verify, parked."""

from typing import Annotated

import typer

from wrenchai.cli.options import FLAG, PROOF, Home, Json

parked = typer.Typer(help="List events that a service gave up on; redrive one.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (verify, replay):
        app.command(rich_help_panel=PROOF)(command)
    app.add_typer(parked, name="parked", rich_help_panel=PROOF)


def replay(
    *,
    compare: Annotated[
        bool, typer.Option("--verify", metavar=FLAG, help="Only compare with the live views, byte for byte.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Rebuild every view from the log, or compare with --verify."""
    from wrenchai.cli.replaying import replay_log

    replay_log(home, verify=compare, as_json=json)


def verify(*, home: Home = None, json: Json = False) -> None:
    """Check every promise over the whole log and its views."""
    from wrenchai.cli.verifying import verify as check_promises

    check_promises(home, as_json=json)


@parked.callback()
def parked_list(context: typer.Context, *, json: Json = False) -> None:
    """List events that a service gave up on after its tries, each with the reason."""
    from wrenchai.cli.parking import list_parked

    if context.invoked_subcommand is None:
        list_parked(as_json=json)


@parked.command()
def redrive(
    consumer: Annotated[str, typer.Argument(metavar="CONSUMER", help="The service that gave up on it, as listed.")],
    position: Annotated[int, typer.Argument(metavar="POSITION", min=1, help="The event's position in the log.")],
    *,
    json: Json = False,
) -> None:
    """Send a parked event to its service again."""
    from wrenchai.cli.parking import redrive_parked

    redrive_parked(consumer, position, as_json=json)
