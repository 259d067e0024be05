"""Propose the site's colours, or mend the proposal where a reviewer found that it cannot be read."""

from pydantic import Field

from wrenchai_journey.portfolio.design import ThemeChoice, WeakContrast, adjusted, proposed, wishes_of
from wrenchai_journey.portfolio.form import SiteForm
from wrenchai_journey.portfolio.languages import ProjectLanguages
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class DesignInputs(ToolShape):
    """What the form wishes; from the second round on, the proposal before and what was found in it."""

    wishes: SiteForm = Field(description="`palette`, `accent` and `theme_mode` count here.")
    languages: tuple[ProjectLanguages, ...] = Field(default=(), description="For the palette `auto`.")
    before: ThemeChoice | None = None
    review: tuple[WeakContrast, ...] = ()


@tool(
    name="portfolio.theme",
    summary="Proposes the site's colours, and mends them by a review.",
    inputs=DesignInputs,
    outputs=ThemeChoice,
    inline=True,
)
def theme(inputs: DesignInputs, run: ToolRun) -> ThemeChoice:  # noqa: ARG001  # every tool has this shape
    """Propose just what is wished for; then keep its hues and give way in lightness."""
    if inputs.before is not None:
        return adjusted(inputs.before, inputs.review)
    wished = inputs.wishes
    shares = (share for project in inputs.languages for share in project.shares)
    return proposed(wishes_of(wished.palette, wished.theme_mode, wished.accent, shares))
