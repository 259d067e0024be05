"""Reading a Lighthouse report: one count per category over its weighted audits; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, finding

PROGRAM = "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
"""Each is a judge of its own, and the dimension that it speaks about is called the same."""

BY_AXE = "accessibility"
"""The category whose audits are axe's; so it sees what axe sees, and is of the family of that dimension."""

GOOD = 0.9
"""Lighthouse's own bound for a green audit."""

METRICS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")


def lighthouse_reports(printed: Mapping[str, Any]) -> tuple[CheckReport, ...]:
    """One report per category; an audit passes with a score of 0.9 or more.

    Raises ValueError with Lighthouse's own words when the page could not be loaded.
    """
    if error := printed.get("runtimeError", {}).get("message"):
        raise ValueError(error)
    version = str(printed.get("lighthouseVersion", "unknown"))
    return tuple(_category(category, printed, version) for category in CATEGORIES if category in printed["categories"])


def judge_of(category: str) -> str:
    """The judge's name."""
    return f"{PROGRAM}.{category}"


def _category(category: str, printed: Mapping[str, Any], version: str) -> CheckReport:
    audits = list(_scored(printed["categories"][category], printed["audits"]))
    failed = tuple(_finding(audit) for audit in audits if audit["score"] < GOOD)
    return CheckReport(
        judge=judge_of(category),
        judge_version=version,
        dimension=category,
        family=None if category == BY_AXE else PROGRAM,
        passed=len(audits) - len(failed),
        tried=len(audits),
        summary=_summary(category, printed) if audits else "not measured: no audit of this category applied",
        findings=failed,
    )


def _scored(category: Mapping[str, Any], audits: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The audits that weigh in this category and that applied to the page."""
    for reference in category["auditRefs"]:
        audit = audits[reference["id"]]
        if reference["weight"] > 0 and isinstance(audit.get("score"), int | float):
            yield audit


def _finding(audit: Mapping[str, Any]) -> Finding:
    shown = audit.get("displayValue") or f"score {audit['score']:.2f}"
    return finding("home page", audit["id"], f"{audit['title']}: {shown}")


def _summary(category: str, printed: Mapping[str, Any]) -> str:
    score = printed["categories"][category].get("score")
    said = f"score {score:.2f}" if score is not None else "no score"
    if category != "performance":
        return said
    audits = printed["audits"]
    shown = (f"{name} {audits[name].get('displayValue')}" for name in METRICS if name in audits)
    return f"{said}; {', '.join(shown)}{_watched(printed)}".replace("\xa0", " ")


def _watched(printed: Mapping[str, Any]) -> str:
    """How long the page was watched once it had loaded: the quick mode waits less, and says so."""
    pause = printed.get("configSettings", {}).get("pauseAfterLoadMs")
    return "" if pause is None else f"; watched for {pause} ms after loading"
