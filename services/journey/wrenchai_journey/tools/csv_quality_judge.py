"""Judge examinations of one table by coverage, agreement and stability."""

from pydantic import Field

from wrenchai_journey.data_quality.contest import agreed_cells, scores_of
from wrenchai_journey.data_quality.examination import Examined
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.csv_quality_examine import Examination


class JudgeInputs(ToolShape):
    """The examinations, by the competitor's name."""

    entries: dict[str, Examination] = Field(min_length=1)


class Scores(ToolShape):
    """For each competitor a score from 0 to 1 by each criterion."""

    scores: dict[str, dict[str, float]]
    agreed: int = Field(description="Odd cells that all of them found.")


@tool(
    name="csv.judge",
    summary="Scores examinations of a table by coverage, agreement and stability.",
    inputs=JudgeInputs,
    outputs=Scores,
)
def judge(inputs: JudgeInputs, run: ToolRun) -> Scores:
    """Read each examination whole, as it lies in the workspace."""
    entries = {
        name: Examined.model_validate_json(inside_workspace(run, one.result).read_bytes())
        for name, one in sorted(inputs.entries.items())
    }
    return Scores(scores=scores_of(entries), agreed=len(agreed_cells(entries)))
