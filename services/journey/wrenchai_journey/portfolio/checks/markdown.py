"""Reading what markdownlint-cli2 prints: `file:line:column error MD000/name what`; pure."""

import re
from collections.abc import Iterator, Sequence

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding, trouble_free

JUDGE, DIMENSION = "markdown.markdownlint", "markdown"
LINE = re.compile(r"^(?P<where>.+?:\d+(?::\d+)?) (?:(?:error|warning) )?(?P<rule>MD\d+)(?P<names>/\S+)? (?P<what>.+)$")


def markdown_report(printed: Sequence[str], *, files: Sequence[str], version: str) -> CheckReport:
    """Count files without a finding; `files` are named as markdownlint names them."""
    findings = tuple(_findings(printed))
    return CheckReport(
        judge=JUDGE,
        judge_version=version,
        dimension=DIMENSION,
        passed=trouble_free(files, findings),
        tried=len(files),
        weight=0.5,
        summary=f"{counted(len(files), 'file')}, {counted(len(findings), 'finding')}",
        findings=findings,
    )


def _findings(printed: Sequence[str]) -> Iterator[Finding]:
    for line in printed:
        if said := LINE.match(line):
            yield finding(said["where"], said["rule"], said["what"])
