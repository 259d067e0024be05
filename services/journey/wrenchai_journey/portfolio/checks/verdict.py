"""What a check leaves behind: evidence in the log, its report as an artifact, and a short answer."""

from collections.abc import Sequence

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.portfolio.checks.report import NOT_MEASURED, CheckReport, Finding, not_measured
from wrenchai_journey.tool import ToolRun, ToolShape

REPORTS = "reports"
MAX_SHOWN = 20


class Result(ToolShape):
    """One dimension's count; `tried == 0` means not measured."""

    judge: str
    dimension: str
    passed: int
    tried: int
    summary: str


class Verdict(ToolShape):
    """A check's answer; the report has every finding."""

    results: tuple[Result, ...]
    findings: tuple[Finding, ...] = Field(default=(), description=f"The first {MAX_SHOWN}.")
    report: ArtifactRef
    pictures: tuple[ArtifactRef, ...] = ()


def conclude(
    run: ToolRun, name: str, reports: Sequence[CheckReport], *, pictures: Sequence[ArtifactRef] = ()
) -> Verdict:
    """Record each report as evidence and keep them together as `reports/NAME.json`."""
    directory = run.workspace / REPORTS
    directory.mkdir(exist_ok=True)
    file = directory / f"{name}.json"
    shown = ",\n".join(report.model_dump_json(indent=2) for report in reports)
    file.write_text(f"[{shown}]\n", encoding="utf-8")
    kept = run.artifact(file, name=f"{name}.json", media_type="application/json")
    for report in reports:
        run.evidence(report.evidence().model_copy(update={"artifact": kept}))
    findings = [finding for report in reports for finding in report.findings]
    return Verdict(
        results=tuple(_result(report) for report in reports),
        findings=tuple(findings[:MAX_SHOWN]),
        report=kept,
        pictures=tuple(pictures),
    )


def unmeasured(run: ToolRun, name: str, reason: str, *, judges: Sequence[tuple[str, str]]) -> Verdict:
    """Conclude that nothing could be measured, for each (judge, dimension)."""
    run.progress(1.0, f"{NOT_MEASURED}{reason}")
    return conclude(run, name, [not_measured(judge, dimension, reason) for judge, dimension in judges])


def _result(report: CheckReport) -> Result:
    return Result(
        judge=report.judge,
        dimension=report.dimension,
        passed=report.passed,
        tried=report.tried,
        summary=report.evidence().summary,
    )
