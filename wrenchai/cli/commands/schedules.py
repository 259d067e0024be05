"""Commands about tasks that begin by themselves: schedules."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from wrenchai.cli.options import SCHEDULES, InputFile, Json, Labels, Reason, Settings

schedules = typer.Typer(help="List what begins by itself; set, pause, backfill it.", invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(schedules, name="schedules", rich_help_panel=SCHEDULES)


@schedules.callback()
def schedules_list(context: typer.Context, *, json: Json = False) -> None:
    """List what begins by itself: what each schedule did last, and when it is due next."""
    from wrenchai.cli.schedules import list_schedules

    if context.invoked_subcommand is None:
        list_schedules(as_json=json)


@schedules.command()
def show(name: Name, *, json: Json = False) -> None:
    """Show one schedule with all that it says."""
    from wrenchai.cli.schedules import show_schedule

    show_schedule(name, as_json=json)


@schedules.command("set")
def set_one(  # noqa: PLR0913  # one parameter for each option
    name: Name,
    playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="A registered name.")],
    cron: Annotated[str, typer.Argument(metavar="CRON", help='Five fields: "30 2 * * 1-5" is 02:30 on workdays.')],
    *,
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone, such as Europe/Vienna.")] = "UTC",
    input_file: InputFile = None,
    settings: Settings = None,
    metadata: Labels = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    overlap: Annotated[
        Literal["skip", "wait", "cancel_other", "allow"],
        typer.Option(metavar="POLICY", help="While the last task runs: skip, wait, cancel_other or allow."),
    ] = "skip",
    catch_up: Annotated[str, typer.Option(metavar="TIME", help="Moments missed by no more are made up for.")] = "60s",
    jitter: Annotated[str, typer.Option(metavar="TIME", help="Each moment is put off by up to this.")] = "0s",
    priority: Annotated[int | None, typer.Option(min=-100, max=100, help="Higher goes first.")] = None,
    json: Json = False,
) -> None:
    """Make a schedule, or change it; one that is paused stays so."""
    from wrenchai.cli.input_files import labels
    from wrenchai.cli.schedules import Wanted, set_schedule

    told = labels("--metadata", metadata or ())
    times = {"cron": cron, "zone": zone, "overlap": overlap, "catch_up": catch_up, "jitter": jitter}
    parts = {**times, "playbook": playbook, "description": description, "metadata": told, "priority": priority}
    set_schedule(Wanted(name, parts, input_file, tuple(settings or ())), as_json=json)


@schedules.command()
def pause(name: Name, *, reason: Reason = "", json: Json = False) -> None:
    """Let a schedule rest; moments that pass meanwhile are passed over."""
    from wrenchai.cli.schedules import pause_schedule

    pause_schedule(name, reason=reason, as_json=json)


@schedules.command()
def resume(name: Name, *, reason: Reason = "", json: Json = False) -> None:
    """Go on with a schedule that rests."""
    from wrenchai.cli.schedules import resume_schedule

    resume_schedule(name, reason=reason, as_json=json)


@schedules.command()
def backfill(
    name: Name,
    *,
    begin: Annotated[
        datetime, typer.Option("--from", metavar="TIME", formats=_MOMENTS, help="From then on: 2026-11-01.")
    ],
    end: Annotated[
        datetime, typer.Option("--to", metavar="TIME", formats=_MOMENTS, help="Until then; both counted in.")
    ],
    json: Json = False,
) -> None:
    """Begin a task for each moment that has passed, from one time to another."""
    from wrenchai.cli.schedules import backfill_schedule

    backfill_schedule(name, begin, end, as_json=json)


@schedules.command()
def delete(name: Name, *, reason: Reason = "", json: Json = False) -> None:
    """Do away with a schedule; the tasks that it began go on."""
    from wrenchai.cli.schedules import delete_schedule

    delete_schedule(name, reason=reason, as_json=json)
