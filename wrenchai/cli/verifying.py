"""Checks the promises that must hold whoever crashed, over the whole log and its views."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text
from wrenchai_chassis.invariants import log_violations
from wrenchai_contracts.envelope import Recorded, Undecodable, unseal

from wrenchai.cli.databases import LogRows, database_url, log_rows
from wrenchai.cli.exit_codes import FAILED
from wrenchai.cli.replaying import compared_views
from wrenchai.cli.screen import Screen
from wrenchai.cli.signs import labelled
from wrenchai.invariants import step_violations, task_violations

_MOST_SHOWN = 5

Look = Callable[[LogRows], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, and everything that breaks it."""

    invariant: str
    promise: str
    violations: tuple[str, ...]


def verify(home: Path | None, *, as_json: bool) -> None:
    """`wrenchai verify`: exit code 1 when a promise is broken."""
    screen = Screen(as_json=as_json)
    url = database_url(home)
    with log_rows(url) as rows:
        findings = [Finding(name, promise, tuple(map(str, look(rows)))) for name, promise, look in _PROMISES]
        head = rows.head
    findings.append(_views_follow(url))
    screen.result({"position": head, "findings": findings}, _shown(findings, head, screen))
    if any(finding.violations for finding in findings):
        sys.exit(FAILED)


_PROMISES: tuple[tuple[str, str, Look], ...] = (
    ("I1", "a task ends once, and nothing follows its end", lambda rows: task_violations(_events(rows), settled=False)),
    ("I2", "no step's effect is recorded twice", lambda rows: step_violations(_events(rows))),
    ("I3", "positions and versions have no gap", log_violations),
)


def _events(rows: LogRows) -> Iterator[Recorded]:
    """What can be read; bytes that are no event of ours were parked by whoever met them."""
    for row in rows:
        try:
            yield unseal(row.position, row.state)
        except Undecodable:
            continue


def _views_follow(url: str) -> Finding:
    wrong = [
        f"table {name} is not what the log gives"
        for view in compared_views(url)
        for name, live in view.live.items()
        if live != view.rebuilt[name]
    ]
    return Finding("I4", "every view, rebuilt from the log, is the same byte for byte", tuple(wrong))


def _shown(findings: Sequence[Finding], head: int, screen: Screen) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, title_justify="left")
    for finding in findings:
        told = Text(finding.promise)
        for violation in finding.violations[:_MOST_SHOWN]:
            told.append(f"\n{violation}", "red")
        if (more := len(finding.violations) - _MOST_SHOWN) > 0:
            told.append(f"\nand {more} more", "red")
        table.add_row(labelled("fail" if finding.violations else "ok", screen.people), finding.invariant, told)
    table.add_row("", "", Text(f"over {head} events", "dim"))
    return table
