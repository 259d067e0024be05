"""Put what an audit's checks found into one report, for people in Markdown and for programs in JSON."""

import json
from pathlib import Path

from pydantic import Field, TypeAdapter
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.checks.report import CheckReport
from wrenchai_journey.portfolio.checks.verdict import REPORTS, Verdict
from wrenchai_journey.repository_audit import report
from wrenchai_journey.repository_audit.checkout import Checkout
from wrenchai_journey.tool import ToolRun, ToolShape, tool

_REPORTS = TypeAdapter(tuple[CheckReport, ...])


class ReportInputs(ToolShape):
    """What was looked at, and what each check answered; null for one that failed."""

    checkout: Checkout
    checks: dict[str, Verdict | None] = Field(description="By the name of the check.")


class AuditReport(ToolShape):
    """The report, and its counts."""

    headline: str
    document: ArtifactRef
    data: ArtifactRef
    findings: dict[str, int] = Field(description="By the name of the check.")
    not_measured: tuple[str, ...] = ()


@tool(
    name="audit.report",
    summary="Puts an audit's findings into one report.",
    inputs=ReportInputs,
    outputs=AuditReport,
)
def write_report(inputs: ReportInputs, run: ToolRun) -> AuditReport:
    """Read every finding from the checks' own reports; a check that failed is said to be not measured."""
    checks = {name: _all_of(name, run) if said else None for name, said in inputs.checks.items()}
    place = run.workspace / "audit"
    place.mkdir(exist_ok=True)
    return AuditReport(
        headline=report.headline(inputs.checkout, checks),
        document=_document(place / "audit.md", inputs.checkout, checks, run),
        data=_data(place / "audit.json", inputs.checkout, checks, run),
        findings=report.findings_of(checks),
        not_measured=report.not_measured_of(checks),
    )


def _all_of(name: str, run: ToolRun) -> tuple[CheckReport, ...] | None:
    file = run.workspace / REPORTS / f"{name}.json"
    return _REPORTS.validate_json(file.read_bytes()) if file.is_file() else None


def _document(file: Path, checkout: Checkout, checks: report.Checks, run: ToolRun) -> ArtifactRef:
    file.write_text(report.markdown(checkout, checks), encoding="utf-8")
    return run.artifact(file, name="audit.md", media_type="text/markdown")


def _data(file: Path, checkout: Checkout, checks: report.Checks, run: ToolRun) -> ArtifactRef:
    reports = {
        name: None if said is None else [one.model_dump(mode="json") for one in said] for name, said in checks.items()
    }
    whole = {"checkout": checkout.model_dump(mode="json"), "checks": reports}
    file.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return run.artifact(file, name="audit.json", media_type="application/json")
