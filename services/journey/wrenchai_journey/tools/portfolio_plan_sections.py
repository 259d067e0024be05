"""Decide which section each project goes to, and which projects come first."""

from pydantic import Field

from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.portfolio.material import known_languages
from wrenchai_journey.portfolio.sections import LABELS, SectionPlan, plan_sections
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class PlanInputs(ToolShape):
    """The normal form and what was found out about its projects."""

    form: PortfolioForm
    facts: tuple[ProjectFacts, ...] = ()
    languages: tuple[ProjectLanguages, ...] = ()


class Planned(ToolShape):
    """The table of contents."""

    plan: SectionPlan
    empty: tuple[str, ...] = Field(description="Sections that have nothing in them and get no page.")


@tool(
    name="portfolio.plan_sections",
    summary="Assigns projects to sections and picks the featured ones.",
    inputs=PlanInputs,
    outputs=Planned,
    inline=True,
)
def plan(inputs: PlanInputs, run: ToolRun) -> Planned:  # noqa: ARG001  # every tool has this shape
    """Apply the rules in `wrenchai_journey.portfolio.sections`."""
    planned = plan_sections(
        inputs.form,
        {facts.slug: facts for facts in inputs.facts},
        known_languages(inputs.facts, inputs.languages),
    )
    return Planned(plan=planned, empty=tuple(name for name in LABELS if name not in planned.sections))
