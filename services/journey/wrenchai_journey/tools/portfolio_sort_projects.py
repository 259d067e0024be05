"""Sort all that the form has into the six sections, with what each entry has to show."""

from pydantic import Field

from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.portfolio.material import known_languages
from wrenchai_journey.portfolio.sections import LABELS, Candidate, candidates
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class SortInputs(ToolShape):
    """The normal form and what was found out about its entries."""

    form: PortfolioForm
    facts: tuple[ProjectFacts, ...] = ()
    languages: tuple[ProjectLanguages, ...] = ()


class Sorted(ToolShape):
    """The entries of each section, in the form's order; an empty one has nothing to plan."""

    projects: tuple[Candidate, ...]
    scripts: tuple[Candidate, ...]
    articles: tuple[Candidate, ...]
    frontend: tuple[Candidate, ...]
    analytics: tuple[Candidate, ...]
    datascience: tuple[Candidate, ...]
    empty: tuple[str, ...] = Field(description="Sections that have nothing in them and get no page.")


@tool(
    name="portfolio.sort_projects",
    summary="Sorts the form's entries into the six sections.",
    inputs=SortInputs,
    outputs=Sorted,
    inline=True,
)
def sort_projects(inputs: SortInputs, run: ToolRun) -> Sorted:  # noqa: ARG001  # every tool has this shape
    """Apply the rules in `wrenchai_journey.portfolio.sections`."""
    facts = {found.slug: found for found in inputs.facts}
    found = candidates(inputs.form, facts, known_languages(inputs.facts, inputs.languages))
    sections = {section: tuple(one for one in found if one.section == section) for section in LABELS}
    return Sorted(**sections, empty=tuple(section for section, entries in sections.items() if not entries))
