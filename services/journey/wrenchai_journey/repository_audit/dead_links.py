"""Reading lychee's reports on a repository's documents: links inside it, and links to other sites; pure."""

from collections.abc import Mapping
from typing import Any

from wrenchai_journey.portfolio.checks import links
from wrenchai_journey.portfolio.checks.report import CheckReport, counted, not_measured

INSIDE, INSIDE_DIMENSION = links.JUDGE, links.DIMENSION
ELSEWHERE, ELSEWHERE_DIMENSION = "links.elsewhere", "links_elsewhere"
UNREACHABLE = "no other site could be reached from here"


def inside_report(printed: Mapping[str, Any], *, root: str, version: str) -> CheckReport:
    """Links inside the repository; those to other sites are counted as left out."""
    said = links.links_report(printed, root=root, version=version)
    if said.tried == 0:
        return not_measured(INSIDE, INSIDE_DIMENSION, "no link leads to a place inside the repository")
    summary = f"{counted(said.tried, 'link')}, {len(said.findings)} dead; {printed['excludes']} to other sites left out"
    return said.model_copy(update={"mandatory": False, "summary": summary})


def elsewhere_report(printed: Mapping[str, Any], *, root: str, version: str) -> CheckReport:
    """Links to other sites. When none of them answered at all, it is the network here that is to blame."""
    said = links.links_report(printed, root=root, version=version)
    if said.tried == 0:
        return not_measured(ELSEWHERE, ELSEWHERE_DIMENSION, "no link leads to another site")
    if printed["successful"] == 0 and not any("code" in one["status"] for one in _broken(printed)):
        return not_measured(ELSEWHERE, ELSEWHERE_DIMENSION, f"{counted(said.tried, 'link')}: {UNREACHABLE}")
    summary = f"{counted(said.tried, 'link')} to other sites, {len(said.findings)} dead"
    renamed = {"judge": ELSEWHERE, "dimension": ELSEWHERE_DIMENSION, "family": INSIDE_DIMENSION}
    return said.model_copy(update={**renamed, "mandatory": False, "summary": summary})


def _broken(printed: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for group in links.BROKEN for each in printed.get(group, {}).values() for one in each]
