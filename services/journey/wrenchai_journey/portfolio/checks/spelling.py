"""Reading what codespell prints: `file:line: wrong ==> right`; pure."""

import re
from collections.abc import Iterator, Sequence

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding, trouble_free

JUDGE, DIMENSION = "spelling.codespell", "spelling"
LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<wrong>\S+) ==> (?P<right>.+)$")


def spelling_report(printed: str, *, files: Sequence[str], version: str) -> CheckReport:
    """Count files without a misspelling; `files` are named as they were given to codespell."""
    findings = tuple(_findings(printed))
    return CheckReport(
        judge=JUDGE,
        judge_version=version,
        dimension=DIMENSION,
        passed=trouble_free(files, findings),
        tried=len(files),
        summary=f"{counted(len(files), 'file')}, {counted(len(findings), 'misspelling')}",
        findings=findings,
    )


def _findings(printed: str) -> Iterator[Finding]:
    for line in printed.splitlines():
        if said := LINE.match(line.strip()):
            where = f"{said['file'].removeprefix('./')}:{said['line']}"
            yield finding(where, "misspelling", f"{said['wrong']}: {said['right']}")
