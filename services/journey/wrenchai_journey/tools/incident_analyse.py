"""Find in a log's summary when errors came in bursts, and what was new before them."""

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.incident.analysis import Analysis, Finding, analysis_of
from wrenchai_journey.incident.log_summary import Summary
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool
from wrenchai_journey.tools.incident_read_log import SUMMARY

ANALYSIS = "incident/analysis.json"


class AnalyseInputs(ToolShape):
    """Where the summary lies."""

    summary: str = Field(default=SUMMARY, max_length=300, description="Path in the workspace.")


class Analysed(ToolShape):
    """What happened in short, and the findings that specialists should look at."""

    analysis: str = Field(description="Path of the whole in the workspace.")
    bursts: int
    gaps: int
    findings: tuple[Finding, ...]
    left_out: int
    not_measured: tuple[str, ...]


@tool(
    name="incident.analyse",
    summary="Finds bursts of errors, gaps, and what was new before the greatest burst.",
    inputs=AnalyseInputs,
    outputs=Analysed,
)
def analyse(inputs: AnalyseInputs, run: ToolRun) -> Analysed:
    """Judge by numbers only; what a message means is for the specialists."""
    place = inside_workspace(run, inputs.summary)
    if not place.is_file():
        reason = f"summary: there is no {inputs.summary!r} in the workspace; read the log first"
        raise ToolFailed(reason, kind="bad_input")
    found = analysis_of(Summary.model_validate_json(place.read_bytes()))
    run.evidence(_fact(found))
    (run.workspace / ANALYSIS).write_text(found.model_dump_json(indent=1), encoding="utf-8")
    run.progress(1.0, f"{counted(len(found.bursts), 'burst')}, {counted(len(found.findings), 'finding')}")
    return Analysed(
        analysis=ANALYSIS, bursts=len(found.bursts), gaps=len(found.gaps), findings=found.findings,
        left_out=found.left_out, not_measured=found.not_measured,
    )  # fmt: skip


def _fact(found: Analysis) -> Evidence:
    """Whether a log with bursts shows what was new before the greatest of them."""
    if found.impact is None:
        reason = "not measured: there is no burst whose cause could be looked for"
        return Evidence(judge="incident.cause", dimension="cause", passed=0, tried=0, summary=reason)
    causes = sum(1 for one in found.findings if one.part == "first_cause")
    summary = f"{counted(causes, 'candidate')} for what came first"
    return Evidence(judge="incident.cause", dimension="cause", passed=int(causes > 0), tried=1, summary=summary)
