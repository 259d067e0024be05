"""Plan one section that has something in it: its entries, and which of them lack what its readers look for."""

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.portfolio.content import SectionId
from wrenchai_journey.portfolio.sections import Candidate, PlannedSection, section_plan
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class SectionInputs(ToolShape):
    """One section and its entries."""

    section: SectionId
    entries: tuple[Candidate, ...] = Field(min_length=1)


@tool(
    name="portfolio.plan_section",
    summary="Plans one of the six sections, and tells what its entries lack.",
    inputs=SectionInputs,
    outputs=PlannedSection,
    inline=True,
)
def plan_section(inputs: SectionInputs, run: ToolRun) -> PlannedSection:
    """Leave as evidence how many entries have what readers of this section look for."""
    planned = section_plan(inputs.section, inputs.entries)
    tried, lacking = len(planned.entries), len(planned.lacking)
    without = f"; without: {', '.join(planned.lacking)}" if lacking else ""
    run.evidence(
        Evidence(
            judge=f"sections.{inputs.section}",
            dimension="sections",
            passed=tried - lacking,
            tried=tried,
            weight=0.5,
            scale="tests",
            summary=f"{tried - lacking} of {tried} say {planned.looked_for}{without}"[:500],
        )
    )
    return planned
