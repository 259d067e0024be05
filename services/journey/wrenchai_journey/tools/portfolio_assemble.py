"""Lay the content over the pinned template: the source of a site, ready to build."""

from pydantic import Field
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import tree_files, tree_sha256
from wrenchai_journey.portfolio.build_trouble import forget
from wrenchai_journey.portfolio.design import ThemeChoice
from wrenchai_journey.portfolio.site_directory import NOT_SOURCE, SITE, lay_out
from wrenchai_journey.portfolio.themed_content import themed_content
from wrenchai_journey.tool import ToolRun, ToolShape, tool


class AssembleInputs(ToolShape):
    """The colours; content and pictures of this task are laid over the template."""

    theme: ThemeChoice | None = Field(default=None, description="Without one, the content keeps its own.")


class Assembled(ToolShape):
    """The site's source in the workspace; the same source always has the same hash."""

    directory: str
    files: int
    pages: int = Field(description="Pages that the content makes: home, sources, sections, projects, articles.")
    input_sha256: Sha256 = Field(description="Hash of the whole source, template and lock file included.")


@tool(
    name="portfolio.assemble",
    summary="Lays the content over the pinned Docusaurus template.",
    inputs=AssembleInputs,
    outputs=Assembled,
)
def assemble(inputs: AssembleInputs, run: ToolRun) -> Assembled:
    """Write the site's source and name it by its hash."""
    content = themed_content(run, inputs.theme)
    forget(run)
    run.progress(0.1, "laying the content over the template")
    site = lay_out(content, run.workspace)
    files = tree_files(site, without=NOT_SOURCE)
    pages = 1 + sum(name.suffix == ".mdx" for name in files)
    run.progress(1.0, f"{pages} pages, {len(files)} files")
    return Assembled(
        directory=SITE,
        files=len(files),
        pages=pages,
        input_sha256=tree_sha256(site, without=NOT_SOURCE),
    )
