"""Measure the contrast of every pair of colours that meets on a page."""

from pydantic import Field
from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.portfolio.design import ThemeChoice, WeakContrast, measured, reviewed
from wrenchai_journey.portfolio.theme import ENOUGH_CONTRAST, Contrast
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class ReviewInputs(ToolShape):
    """A proposal."""

    theme: ThemeChoice


class Measured(ToolShape):
    """What cannot be read, and the figures."""

    findings: tuple[WeakContrast, ...]
    pairs: int = Field(description="Pairs of colours that were computed, light and dark.")
    lowest_contrast: float = Field(description="WCAG contrast ratio of the weakest pair; AA asks for 4.5.")


@tool(
    name="portfolio.review_theme",
    summary="Measures the contrast of every pair of colours, and names those that are too weak.",
    inputs=ReviewInputs,
    outputs=Measured,
    inline=True,
)
def review_theme(inputs: ReviewInputs, run: ToolRun) -> Measured:
    """Measure all pairs, light and dark; who proposed them is not asked."""
    table = measured(inputs.theme)
    run.evidence(_evidence(table))
    return Measured(
        findings=reviewed(inputs.theme),
        pairs=len(table),
        lowest_contrast=round(min(pair.ratio for pair in table), 2),
    )


def _evidence(table: tuple[Contrast, ...]) -> Evidence:
    enough = sum(pair.enough for pair in table)
    weakest = min(table, key=lambda pair: pair.ratio)
    return Evidence(
        judge="theme.contrast",
        dimension="accessibility",
        passed=enough,
        tried=len(table),
        mandatory=True,
        scale="tests",
        summary=f"{enough} of {len(table)} pairs reach {ENOUGH_CONTRAST}:1; weakest {weakest.foreground} on "
        f"{weakest.background} ({weakest.mode}) with {weakest.ratio:.2f}:1",
    )
