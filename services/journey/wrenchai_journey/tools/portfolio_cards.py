"""Draw a social card for every page, and the icon."""

import json
from pathlib import Path
from typing import Final

from pydantic import Field
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import tree_files, tree_sha256
from wrenchai_journey.portfolio.cards import Picture, beyond_own_fonts, pictures
from wrenchai_journey.portfolio.design import ThemeChoice
from wrenchai_journey.portfolio.npm_store import node_program, pinned_version, warm_tree
from wrenchai_journey.portfolio.site_directory import PICTURES, TEMPLATE
from wrenchai_journey.portfolio.themed_content import themed_content
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool

PROGRAM: Final = Path(__file__).parents[1] / "portfolio" / "render_pictures.cjs"
RESVG: Final = "@resvg/resvg-js"
FONTS: Final = (
    "geist/400Regular/Geist_400Regular.ttf",
    "geist/500Medium/Geist_500Medium.ttf",
    "geist/600SemiBold/Geist_600SemiBold.ttf",
    "newsreader/500Medium/Newsreader_500Medium.ttf",
)


class CardsInputs(ToolShape):
    """The colours; the content decides the rest."""

    theme: ThemeChoice | None = Field(default=None, description="Without one, the content keeps its own.")


class Cards(ToolShape):
    """The pictures that were drawn, below `directory` in the workspace."""

    directory: str
    pictures: int = Field(description="Social cards and icons.")
    bytes: int
    sha256: Sha256 = Field(description="Hash of all pictures together.")


@tool(
    name="portfolio.cards",
    summary="Draws a social card for every page, 1200 by 630, and the icon.",
    inputs=CardsInputs,
    outputs=Cards,
)
def cards(inputs: CardsInputs, run: ToolRun) -> Cards:
    """Draw all pictures in one run of node; the same content gives the same pixels."""
    wanted = pictures(themed_content(run, inputs.theme))
    modules = warm_tree(run, TEMPLATE) / "node_modules"
    directory = run.workspace / PICTURES
    job = _job(wanted, run.workspace / "card-drafts", directory, modules)
    run.progress(0.5, f"drawing {len(wanted)} pictures")
    ended = run.command([str(node_program("node")), str(PROGRAM), str(job)], cwd=run.workspace)
    drawn = [picture for picture in wanted if (directory / picture.file).is_file()]
    run.evidence(_evidence(len(drawn), len(wanted)))
    if ended.exit_code != 0:
        reason = f"the pictures could not be drawn; node ended with {ended.exit_code}, the step's log says why"
        raise ToolFailed(reason, kind="drawing_failed")
    run.progress(1.0, f"{len(drawn)} pictures drawn")
    size = sum((directory / name).stat().st_size for name in tree_files(directory))
    return Cards(directory=PICTURES, pictures=len(drawn), bytes=size, sha256=tree_sha256(directory))


def _job(wanted: tuple[Picture, ...], drafts: Path, directory: Path, modules: Path) -> Path:
    """Write the SVG files and the list of what to draw from them."""
    drafts.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(wanted):
        (drafts / f"{number}.svg").write_text(picture.svg, encoding="utf-8")
    job = {
        "modules": str(modules),
        "fonts": [str(modules / "@expo-google-fonts" / font) for font in FONTS],
        "system_fonts": any(beyond_own_fonts(picture.svg) for picture in wanted),
        "pictures": [
            {"svg": str(drafts / f"{number}.svg"), "png": str(directory / picture.file), "width": picture.width}
            for number, picture in enumerate(wanted)
        ],
    }
    path = drafts / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def _evidence(drawn: int, wanted: int) -> Evidence:
    summary = f"{drawn} of {wanted} pictures drawn"
    return Evidence(
        judge="cards.resvg",
        judge_version=pinned_version(TEMPLATE, RESVG),
        dimension="completeness",
        passed=drawn,
        tried=wanted,
        scale="tests",
        summary=summary,
    )
