"""Reading which views of the site scroll sideways; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from wrenchai_journey.portfolio.checks.report import CheckReport, Finding, counted, finding

JUDGE, DIMENSION = "layout.chromium", "layout"


def layout_report(views: Sequence[Mapping[str, Any]], *, planned: int, version: str, sample: str = "") -> CheckReport:
    """Count views (one page at one width in one colour scheme) that fit; `sample` says what was left out."""
    wide = [view for view in views if view["scroll_width"] > view["width"]]
    cut = f" of {planned} planned, then time was up" if len(views) < planned else ""
    return CheckReport(
        judge=JUDGE,
        judge_version=version,
        dimension=DIMENSION,
        passed=len(views) - len(wide),
        tried=len(views),
        summary=f"{counted(len(views), 'view')}{cut}, {len(wide)} scroll sideways{sample}" if views else
        "not measured: time was up before the first view",
        findings=tuple(_wide(view) for view in wide),
    )  # fmt: skip


def _wide(view: Mapping[str, Any]) -> Finding:
    where = f"{view['path']} at {view['width']} px, {view['scheme']}"
    widest = view.get("widest") or "unknown element"
    return finding(where, "scrolls-sideways", f"content is {view['scroll_width']} px wide; widest: {widest}")
