"""Reading what axe found on each page, and what the browser's console said; pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wrenchai_journey.portfolio.checks.allowed import Allowed, sort_out
from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding

AXE_JUDGE, AXE_DIMENSION = "accessibility.axe", "accessibility"
CONSOLE_JUDGE, CONSOLE_DIMENSION = "console.chromium", "console"

ALLOWED: tuple[Allowed, ...] = ()
"""Nothing is excused: what the theme got wrong is mended in the template."""

Run = Mapping[str, Any]
"""One page in one colour scheme: path, scheme, violations, console."""


def accessibility_report(runs: Sequence[Run], *, planned: int, version: str, sample: str = "") -> CheckReport:
    """Count page runs (one page in one colour scheme) on which axe found nothing; `sample` says what was left out."""
    findings, excused = sort_out(_violations(runs), ALLOWED)
    return CheckReport(
        judge=AXE_JUDGE,
        judge_version=version,
        dimension=AXE_DIMENSION,
        passed=_clean(runs, findings),
        tried=len(runs),
        summary=_summary(runs, planned, f"{counted(len(findings), 'violation')}, {len(excused)} excused{sample}"),
        findings=findings,
        excused=excused,
    )


def console_report(runs: Sequence[Run], *, planned: int, version: str, sample: str = "") -> CheckReport:
    """Count page runs without an error in the console; `sample` says what was left out."""
    findings = tuple(_console(runs))
    return CheckReport(
        judge=CONSOLE_JUDGE,
        judge_version=version,
        dimension=CONSOLE_DIMENSION,
        passed=_clean(runs, findings),
        tried=len(runs),
        summary=_summary(runs, planned, f"{counted(len(findings), 'console error')}{sample}"),
        findings=findings,
    )


def _summary(runs: Sequence[Run], planned: int, found: str) -> str:
    if not runs:
        return "not measured: time was up before the first page"
    cut = f" of {planned} planned, then time was up" if len(runs) < planned else ""
    return f"{counted(len(runs), 'page run')}{cut}: {found}"


def _clean(runs: Sequence[Run], findings: Sequence[Finding]) -> int:
    troubled = {one.where for one in findings}
    return sum(1 for run in runs if _place(run) not in troubled)


def _violations(runs: Sequence[Run]) -> Iterator[Finding]:
    for run in runs:
        for violation in run["violations"]:
            first = violation["nodes"][0] if violation["nodes"] else "no element"
            times = f"{violation['count']} times, first " if violation["count"] > 1 else ""
            message = f"{violation['impact']}: {violation['help']}; {times}{first}"
            yield finding(_place(run), violation["id"], message)


def _console(runs: Sequence[Run]) -> Iterator[Finding]:
    for run in runs:
        for said in run["console"]:
            yield finding(_place(run), "console-error", said)


def _place(run: Run) -> str:
    return f"{run['path']} ({run['scheme']})"
