"""Examine a whole table by one method: what its columns are, and which values are odd in them."""

import json

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence

from wrenchai_journey.data_quality.examination import FAMILY, Column, Examined, examine
from wrenchai_journey.data_quality.methods import Method
from wrenchai_journey.data_quality.source import rows_of
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.csv_quality_inspect import INSPECTED, SAMPLE, inspected_in

MAX_COLUMNS_TOLD = 40
_EVERY = 20_000


class ExamineInputs(ToolShape):
    """Which table, and by which method."""

    inspected: str = Field(default=INSPECTED, max_length=300, description="Path in the workspace.")
    method: Method = Field(description="robust: median and deviations; rules: kinds and patterns.")
    sample: str = Field(default=SAMPLE, max_length=300, description="Path in the workspace.")


class Examination(ToolShape):
    """What the method found; every odd cell is in the report."""

    method: Method
    result: str = Field(description="Path in the workspace.")
    report: ArtifactRef
    rows: int
    columns: tuple[Column, ...] = Field(description=f"The first {MAX_COLUMNS_TOLD}.")
    odd: int = Field(description="Cells.")
    odd_rows: int
    stability: float = Field(description="Likeness of what halves of the sample lead to, 0 to 1.")
    coverage: float = Field(description="Share of columns with a test.")


@tool(
    name="csv.examine",
    summary="Examines a whole table by one method.",
    inputs=ExamineInputs,
    outputs=Examination,
)
def examine_table(inputs: ExamineInputs, run: ToolRun) -> Examination:
    """Learn from the sample, then stream the file once."""
    sample = json.loads(inside_workspace(run, inputs.sample).read_bytes())
    inspected = inspected_in(run, inputs.inspected)
    source, whole = inspected.source, max(inspected.rows, 1)

    def told(row: int) -> None:
        if row % _EVERY == 0:
            run.progress(row / whole, f"{row} of {whole} rows")

    found = examine(inputs.method, source.columns, sample, rows_of(source), told=told)
    run.evidence(_fact(found))
    return _kept(found, run)


def _fact(found: Examined) -> Evidence:
    """Of the cells that have a test, those that are not odd."""
    tested = [one for one in found.columns if one.tested]
    cells = found.rows * len(tested)
    if cells == 0:
        reason = "not measured: no column has a test"
        return Evidence(judge=f"csv.{found.method}", dimension="validity", passed=0, tried=0, summary=reason)
    odd = sum(one.odd for one in tested)
    return Evidence(
        judge=f"csv.{found.method}", dimension="validity", passed=cells - odd, tried=cells, scale="tests",
        family=FAMILY, summary=f"{counted(cells, 'value')} in {counted(len(tested), 'column')} with a test, {odd} odd",
    )  # fmt: skip


def _kept(found: Examined, run: ToolRun) -> Examination:
    name = f"csv/{found.method}.json"
    file = run.workspace / name
    file.write_text(found.model_dump_json(indent=1), encoding="utf-8")
    return Examination(
        method=found.method,
        result=name,
        report=run.artifact(file, name=f"csv-{found.method}.json", media_type="application/json"),
        rows=found.rows,
        columns=found.columns[:MAX_COLUMNS_TOLD],
        odd=found.odd,
        odd_rows=found.odd_rows,
        stability=found.stability,
        coverage=found.coverage,
    )
