"""Shows the checkup of this machine."""

import asyncio
import sys
from pathlib import Path

from rich.table import Table
from rich.text import Text

from wrenchai.checkup import Finding, examine_all
from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled
from wrenchai.local.data_directory import DataDirectory


def examine(home: Path | None, *, as_json: bool) -> None:
    """`wrenchai doctor`: exit code 1 when something needed is missing."""
    screen = Screen(as_json=as_json)
    findings = asyncio.run(examine_all(DataDirectory.at(home)))
    screen.result(findings, _table(findings, screen))
    if any(finding.level == "fail" for finding in findings):
        sys.exit(FAILED)


def _table(findings: list[Finding], screen: Screen) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        told = Text(finding.detail)
        if finding.level != "ok" and finding.advice:
            told.append(f"\n{finding.advice}", "dim")
        table.add_row(labelled(finding.level, screen.people), finding.subject, told)
    return table
