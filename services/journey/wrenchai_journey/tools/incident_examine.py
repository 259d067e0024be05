"""Say what a specialist of one area makes of a finding."""

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.incident.analysis import Finding
from wrenchai_journey.incident.areas import Area, Diagnosis, diagnosed
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class ExamineInputs(ToolShape):
    """The finding, and whose eyes it is seen with."""

    finding: Finding
    area: Area = Field(description="The specialist's.")


class Examined(ToolShape, Diagnosis):
    """A diagnosis by rules; where none fits, nothing is claimed."""


@tool(
    name="incident.examine",
    summary="Says what a specialist makes of a finding.",
    inputs=ExamineInputs,
    outputs=Examined,
    inline=True,
)
def examine(inputs: ExamineInputs, run: ToolRun) -> Examined:
    """By the rules of the area."""
    said = diagnosed(inputs.finding.id, inputs.area, inputs.finding.template)
    run.evidence(
        Evidence(
            judge=f"incident.{inputs.area}",
            dimension="diagnosis",
            passed=int(said.is_known),
            tried=1,
            summary=said.cause,
        )
    )
    return Examined(**said.model_dump())
