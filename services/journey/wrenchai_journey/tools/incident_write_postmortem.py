"""Write a post-mortem from an analysis and what the specialists made of its findings."""

import json

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai_journey.incident.analysis import Analysis
from wrenchai_journey.incident.postmortem import Handed, headline, markdown
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.tool import ToolRun, ToolShape, tool
from wrenchai_journey.tools.incident_analyse import ANALYSIS


class PostmortemInputs(ToolShape):
    """The analysis, and what became of each of its findings."""

    title: str = Field(min_length=1, max_length=200)
    analysis: str = Field(default=ANALYSIS, max_length=300, description="Path in the workspace.")
    handed: tuple[Handed, ...] = Field(description="Findings with what the specialists said.")


class Postmortem(ToolShape):
    """The document, and its counts."""

    headline: str
    document: ArtifactRef
    data: ArtifactRef
    bursts: int
    first_causes: tuple[str, ...] = Field(
        description="Messages that were new before the greatest burst, the first first."
    )
    by_area: dict[str, int] = Field(description="Findings by area.")
    explained: int = Field(description="Findings whose cause a rule knows.")


@tool(
    name="incident.write_postmortem",
    summary="Writes a post-mortem.",
    inputs=PostmortemInputs,
    outputs=Postmortem,
)
def write_postmortem(inputs: PostmortemInputs, run: ToolRun) -> Postmortem:
    """Nothing is in the document that the log or a named rule does not say."""
    analysis = Analysis.model_validate_json(inside_workspace(run, inputs.analysis).read_bytes())
    document = run.workspace / "incident" / "post-mortem.md"
    document.write_text(markdown(inputs.title, analysis, inputs.handed), encoding="utf-8")
    data = document.with_suffix(".json")
    whole = {
        "analysis": analysis.model_dump(mode="json"),
        "handed": [one.model_dump(mode="json") for one in inputs.handed],
    }
    data.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    areas = [one.part.area for one in inputs.handed]
    return Postmortem(
        headline=headline(inputs.title, analysis),
        document=run.artifact(document, name="post-mortem.md", media_type="text/markdown"),
        data=run.artifact(data, name="post-mortem.json", media_type="application/json"),
        bursts=len(analysis.bursts),
        first_causes=tuple(one.part.template for one in inputs.handed if one.part.part == "first_cause"),
        by_area={area: areas.count(area) for area in sorted(set(areas))},
        explained=sum(1 for one in inputs.handed if one.output is not None and one.output.is_known),
    )
