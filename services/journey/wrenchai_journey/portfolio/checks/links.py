"""Reading lychee's JSON report: every link and fragment inside the site; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding

JUDGE, DIMENSION = "links.lychee", "links"
BROKEN = ("error_map", "timeout_map")


def links_report(printed: Mapping[str, Any], *, root: str, version: str) -> CheckReport:
    """Count the links inside the site; addresses elsewhere are left out, since nothing is fetched.

    `root` is the directory that lychee took as the site's root; findings name paths below it.
    """
    findings = tuple(_findings(printed, root))
    tried = int(printed["total"]) - int(printed["excludes"])
    outside = int(printed["excludes"])
    if tried == 0:
        return CheckReport(
            judge=JUDGE, judge_version=version, dimension=DIMENSION, summary="not measured: no link inside the site"
        )
    return CheckReport(
        judge=JUDGE,
        judge_version=version,
        dimension=DIMENSION,
        passed=max(tried - len(findings), 0),
        tried=tried,
        mandatory=True,
        summary=f"{counted(tried, 'link')}, {len(findings)} broken; {outside} to other sites left out",
        findings=findings,
    )


def _findings(printed: Mapping[str, Any], root: str) -> Iterator[Finding]:
    for group in BROKEN:
        for file, broken in printed.get(group, {}).items():
            for link in broken:
                where = f"{_below(file, root)}:{link.get('span', {}).get('line', 1)}"
                yield finding(where, "broken-link", f"{_below(link['url'], root)}: {link['status']['text']}")


def _below(address: str, root: str) -> str:
    return address.removeprefix("file://").removeprefix(root).lstrip("/") or "/"
