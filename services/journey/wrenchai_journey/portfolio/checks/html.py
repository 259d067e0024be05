"""Reading html-validate's JSON report; pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wrenchai_journey.portfolio.checks.allowed import Allowed, sort_out
from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding, trouble_free

JUDGE, DIMENSION = "html.html-validate", "html"

ALLOWED = (
    Allowed(
        rule="element-permitted-content",
        where=r"",
        message=r"^<div> element is not permitted as content under <code> \((?:.* > )?pre > code > div",
        reason="Docusaurus renders each line of a code block as a div inside code",
    ),
)


def html_report(printed: Sequence[Mapping[str, Any]], *, pages: Sequence[str], root: str, version: str) -> CheckReport:
    """Count pages without a finding that is ours; `pages` are the paths below `root` that were validated."""
    findings, excused = sort_out(_findings(printed, root), ALLOWED)
    passed = trouble_free(pages, findings)
    return CheckReport(
        judge=JUDGE,
        judge_version=version,
        dimension=DIMENSION,
        passed=passed,
        tried=len(pages),
        summary=f"{counted(len(pages), 'page')}, {counted(len(findings), 'finding')}, {len(excused)} excused",
        findings=findings,
        excused=excused,
    )


def _findings(printed: Sequence[Mapping[str, Any]], root: str) -> Iterator[Finding]:
    for page in printed:
        path = str(page["filePath"]).removeprefix(root).lstrip("/")
        for said in page["messages"]:
            where = f"{path}:{said['line']}:{said['column']}"
            yield finding(where, said["ruleId"], f"{said['message']} ({said.get('selector') or 'no selector'})")
