"""Lists playbooks and tools, and checks a playbook's file."""

from pathlib import Path

from rich.table import Table

from wrenchai.cli.connecting import connect
from wrenchai.cli.input_files import read_text
from wrenchai.cli.plain_text import told
from wrenchai.cli.playbook_checking import show_verdict
from wrenchai.cli.screen import Screen


def list_playbooks(*, as_json: bool) -> None:
    """`wrenchai playbooks`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.playbooks()
    table = _table("playbook", "version", "steps", "needs", "")
    for book in found.items:
        needs = ", ".join(book.inputs.get("required", []))
        table.add_row(book.name, told(book.version), str(book.steps), told(needs), told(book.description, "dim"))
    screen.result(found, table)


def list_tools(*, as_json: bool) -> None:
    """`wrenchai tools`."""
    screen = Screen(as_json=as_json)
    with connect() as client:
        found = client.tools()
    table = _table("tool", "version", "roles", "")
    for tool in sorted(found.items, key=lambda tool: tool.name):
        table.add_row(tool.name, told(tool.version), ", ".join(tool.roles) or "any", told(tool.summary, "dim"))
    screen.result(found, table)


def check_playbook(file: Path, *, as_json: bool) -> None:
    """`wrenchai check`: by the tools that workers announced; exit code 1 when something is wrong."""
    with connect() as client:
        verdict = client.check_playbook(read_text(file))
    show_verdict(file, verdict, as_json=as_json)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=bool(name))
    return table
