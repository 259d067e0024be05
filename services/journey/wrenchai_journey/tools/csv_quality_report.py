"""Write a table's quality report by the method that won."""

import json
from pathlib import Path

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence

from wrenchai_journey.data_quality import report
from wrenchai_journey.data_quality.contest import agreed_cells
from wrenchai_journey.data_quality.examination import FAMILY, Examined
from wrenchai_journey.data_quality.report import Inspected, Judged
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.csv_quality_examine import Examination
from wrenchai_journey.tools.csv_quality_inspect import INSPECTED, inspected_in


class ReportInputs(ToolShape):
    """What was read, who won, and by which scores."""

    inspected: str = Field(default=INSPECTED, max_length=300, description="Path in the workspace.")
    chosen: Examination = Field(description="The winner's examination.")
    scores: dict[str, dict[str, float]]
    totals: dict[str, float]


class QualityReport(ToolShape):
    """The report, and its counts."""

    headline: str
    method: str
    document: ArtifactRef
    data: ArtifactRef
    rows: int
    ragged: int
    odd: int
    agreed: int = Field(description="Odd cells that all methods found.")


@tool(
    name="csv.report",
    summary="Writes a table's quality report.",
    inputs=ReportInputs,
    outputs=QualityReport,
)
def write_report(inputs: ReportInputs, run: ToolRun) -> QualityReport:
    """The winner's tables; what the other methods found as well is marked."""
    inspected = inspected_in(run, inputs.inspected)
    winner = _examined(inputs.chosen.method, run)
    found = {name: _examined(name, run) for name in sorted(inputs.scores) if _file(name, run).is_file()}
    agreed = agreed_cells(found)
    run.evidence(_completeness(winner))
    document = run.workspace / "csv" / "quality.md"
    others = [one for one in found.values() if one.method != winner.method]
    judged = Judged(scores=inputs.scores, totals=inputs.totals)
    document.write_text(report.markdown(inspected, winner, others, judged, agreed), encoding="utf-8")
    data = document.with_suffix(".json")
    data.write_text(json.dumps(_whole(inspected, judged, winner), indent=2) + "\n", encoding="utf-8")
    return QualityReport(
        headline=report.headline(inspected, winner),
        method=winner.method,
        document=run.artifact(document, name="data-quality.md", media_type="text/markdown"),
        data=run.artifact(data, name="data-quality.json", media_type="application/json"),
        rows=winner.rows,
        ragged=inspected.ragged,
        odd=winner.odd,
        agreed=len(agreed),
    )


def _file(name: str, run: ToolRun) -> Path:
    return inside_workspace(run, f"csv/{name}.json")


def _examined(name: str, run: ToolRun) -> Examined:
    return Examined.model_validate_json(_file(name, run).read_bytes())


def _whole(inspected: Inspected, judged: Judged, winner: Examined) -> dict[str, object]:
    told = winner.model_dump(mode="json")
    shown = {**told, "cells": told["cells"][: report.MAX_EXAMPLES]}
    return {
        "inspected": inspected.model_dump(mode="json"), **judged.model_dump(mode="json"), "chosen": shown,
    }  # fmt: skip


def _completeness(winner: Examined) -> Evidence:
    cells, missing = winner.rows * len(winner.columns), sum(one.missing for one in winner.columns)
    summary = f"{counted(cells, 'value')}, {missing} missing"
    return Evidence(
        judge="csv.missing", dimension="completeness", passed=cells - missing, tried=cells, scale="tests",
        family=FAMILY, summary=summary,
    )  # fmt: skip
