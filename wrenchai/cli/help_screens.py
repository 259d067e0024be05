"""The group that all commands belong to: on no screen does a flag pretend to take a value."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

from wrenchai.cli.options import FLAG

if TYPE_CHECKING:
    from typer._click import Command, Context


class Commands(TyperGroup):
    """Typer writes `--help <bool>`; what it shows for an option is its metavar."""

    def get_help(self, ctx: "Context") -> str:
        """Its own screen."""
        _quieten(self, ctx)
        return super().get_help(ctx)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """A command, which will show its own screen."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            _quieten(command, ctx)
        return command


def _quieten(command: "Command", ctx: "Context") -> None:
    """That command's flags, and those of the commands inside it."""
    for option in (*command.params, command.get_help_option(ctx)):
        if getattr(option, "is_flag", False) and option is not None and option.metavar is None:
            option.metavar = FLAG
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            _quieten(inner, ctx)
