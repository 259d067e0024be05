"""Commands about what waits for people, and what tasks know: approvals, effects, context."""

from typing import Annotated, Literal

import typer

from wrenchai.cli.options import WAITING, Json, Reason, TaskId

effects = typer.Typer(help="List what may have been done outside or not; resolve it.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command(rich_help_panel=WAITING)(approvals)
    app.add_typer(effects, name="effects", rich_help_panel=WAITING)
    app.command(rich_help_panel=WAITING)(context)


def approvals(
    *,
    task_id: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Of this task only.")] = None,
    state: Annotated[
        Literal["waiting", "approved", "rejected", "expired", "void"],
        typer.Option(metavar="STATE", help="waiting, approved, rejected, expired or void."),
    ] = "waiting",
    json: Json = False,
) -> None:
    """List what people are asked to agree to."""
    from wrenchai.cli.approvals import list_approvals

    list_approvals(task_id, state, as_json=json)


@effects.callback()
def effects_list(
    context: typer.Context,
    *,
    task_id: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Of this task only.")] = None,
    state: Annotated[
        Literal["in_doubt", "claimed", "done", "not_done"],
        typer.Option(metavar="STATE", help="in_doubt, claimed, done or not_done."),
    ] = "in_doubt",
    json: Json = False,
) -> None:
    """List what may have been done outside, or not: after a crash nobody knows."""
    from wrenchai.cli.effects import list_effects

    if context.invoked_subcommand is None:
        list_effects(task_id, state, as_json=json)


@effects.command()
def resolve(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The effect's key, as listed.")],
    resolution: Annotated[
        Literal["happened", "retry", "compensate"],
        typer.Argument(metavar="WHAT", help="happened, retry (do it again) or compensate (take it back)."),
    ],
    *,
    output: Annotated[
        str | None, typer.Option(metavar="JSON", help="Of what happened, the step's output: JSON, or @FILE.")
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Say what became of an effect in doubt."""
    from wrenchai.cli.effects import resolve_effect

    resolve_effect(key, resolution, output=output, reason=reason, as_json=json)


def context(task_id: TaskId, *, json: Json = False) -> None:
    """Show what a task knows, waits for, and may be asked."""
    from wrenchai.cli.context_page import show_context

    show_context(task_id, as_json=json)
