"""Choose the site's colours and prove that they can be read."""

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef, Evidence

from wrenchai_journey.portfolio.content import PaletteName, SiteContent, ThemeMode
from wrenchai_journey.portfolio.theme import ENOUGH_CONTRAST, PALETTES, Contrast, contrast_table, palette_for
from wrenchai_journey.portfolio.themed_content import THEME_FILE, ThemeChoice, written_content
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class ThemeInputs(ToolShape):
    """What the person wishes; nothing means what the content says."""

    palette: PaletteName | None = Field(default=None, description="A palette's name.")
    theme_mode: ThemeMode | None = Field(default=None, description="Follow the reader's system, or start so.")
    by_language: bool = Field(
        default=False, description="Without a palette: take the one nearest to the leading language's colour."
    )


class Themed(ToolShape):
    """The choice, and its weakest contrast."""

    palette: PaletteName
    theme_mode: ThemeMode
    reason: str
    pairs: int = Field(description="Pairs of colours that were computed, light and dark.")
    lowest_contrast: float = Field(description="WCAG contrast ratio of the weakest pair; AA asks for 4.5.")
    contrasts: ArtifactRef


@tool(
    name="portfolio.theme",
    summary="Chooses the palette and computes the contrast of every pair of colours.",
    inputs=ThemeInputs,
    outputs=Themed,
)
def theme(inputs: ThemeInputs, run: ToolRun) -> Themed:
    """Keep the choice in the workspace for the steps that draw."""
    choice = chosen(inputs, written_content(run))
    (run.workspace / THEME_FILE).write_text(choice.model_dump_json(indent=2) + "\n", encoding="utf-8")
    table = contrast_table(PALETTES[choice.palette])
    run.evidence(_evidence(table))
    path = run.workspace / "contrast.csv"
    path.write_text(_as_csv(table), encoding="utf-8")
    return Themed(
        palette=choice.palette,
        theme_mode=choice.theme_mode,
        reason=choice.reason,
        pairs=len(table),
        lowest_contrast=round(min(pair.ratio for pair in table), 2),
        contrasts=run.artifact(path, name="contrast.csv", media_type="text/csv"),
    )


def chosen(inputs: ThemeInputs, content: SiteContent) -> ThemeChoice:
    """Decide: what was asked for, else what fits the code, else what the content says."""
    mode = inputs.theme_mode or content.site.theme_mode
    if inputs.palette:
        return ThemeChoice(palette=inputs.palette, theme_mode=mode, reason="asked for")
    if inputs.by_language:
        palette = palette_for(share for project in content.projects for share in project.languages)
        return ThemeChoice(palette=palette, theme_mode=mode, reason="nearest to the leading language's colour")
    return ThemeChoice(palette=content.site.palette, theme_mode=mode, reason="as the content says")


def _evidence(table: tuple[Contrast, ...]) -> Evidence:
    enough = sum(pair.enough for pair in table)
    weakest = min(table, key=lambda pair: pair.ratio)
    return Evidence(
        judge="theme.contrast",
        dimension="accessibility",
        passed=enough,
        tried=len(table),
        mandatory=True,
        summary=f"{enough} of {len(table)} pairs reach {ENOUGH_CONTRAST}:1; weakest {weakest.foreground} on "
        f"{weakest.background} ({weakest.mode}) with {weakest.ratio:.2f}:1",
    )


def _as_csv(table: tuple[Contrast, ...]) -> str:
    rows = (f"{p.palette},{p.mode},{p.foreground},{p.background},{p.ratio:.2f}" for p in table)
    return "\n".join(["palette,mode,foreground,background,ratio", *rows]) + "\n"
