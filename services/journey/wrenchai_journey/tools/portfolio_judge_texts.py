"""Judge drafts of one site by grounding, completeness, readability and length; it reads them itself."""

from pydantic import Field

from wrenchai_journey.portfolio.drafts import read_draft
from wrenchai_journey.portfolio.judging import scores_of
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.portfolio_write_content import Written


class JudgeInputs(ToolShape):
    """The drafts, by the writer's name."""

    entries: dict[str, Written] = Field(min_length=1)


class Scores(ToolShape):
    """For each writer a score from 0 to 1 by each criterion."""

    scores: dict[str, dict[str, float]]


@tool(
    name="portfolio.judge_texts",
    summary="Scores drafts by grounding, completeness, readability and length.",
    inputs=JudgeInputs,
    outputs=Scores,
)
def judge_texts(inputs: JudgeInputs, run: ToolRun) -> Scores:
    """Measure each draft as it lies in the workspace; what its writer says of it does not count."""
    scores = {name: scores_of(read_draft(run, written.draft)) for name, written in sorted(inputs.entries.items())}
    run.progress(1.0, "; ".join(f"{name}: {', '.join(map(str, by.values()))}" for name, by in scores.items()))
    return Scores(scores=scores)
