"""Put the planned sections together, and pick the entries that come first."""

from pydantic import Field

from wrenchai_journey.portfolio.sections import LABELS, PlannedSection, SectionPlan, contents
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool


class ContentsInputs(ToolShape):
    """What was planned of each section; nothing of one that is empty."""

    sections: tuple[PlannedSection | None, ...] = Field(max_length=len(LABELS))


class Planned(ToolShape):
    """The table of contents."""

    plan: SectionPlan
    empty: tuple[str, ...] = Field(description="Sections that have nothing in them and get no page.")


@tool(
    name="portfolio.plan_sections",
    summary="Puts the planned sections together and picks the featured entries.",
    inputs=ContentsInputs,
    outputs=Planned,
    inline=True,
)
def plan(inputs: ContentsInputs, run: ToolRun) -> Planned:  # noqa: ARG001  # every tool has this shape
    """Keep the order of the six, whatever order they were planned in."""
    planned = contents(section for section in inputs.sections if section is not None)
    if not planned.sections:
        reason = "no section has anything in it"
        raise ToolFailed(reason, kind="nothing_to_show")
    return Planned(plan=planned, empty=tuple(name for name in LABELS if name not in planned.sections))
