"""Pack the built site into a zip that is the same for the same site, on any day and machine."""

from pathlib import Path

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import pack, tree_files
from wrenchai_journey.portfolio.built_site import built_site
from wrenchai_journey.portfolio.checks.built_site import inside_workspace
from wrenchai_journey.portfolio.publishing import Addition, Part
from wrenchai_journey.tool import ToolRun, ToolShape, tool

PACKAGE = "portfolio-site.zip"


class Handed(ToolShape):
    """What became of one part of the publication: a file of a specialist's, or nothing where none was needed."""

    to: str | None = None
    part: Part
    output: Addition | None = None


class PackageInputs(ToolShape):
    """Which build to pack, and what goes into the package beside it."""

    output_sha256: Sha256 | None = Field(default=None, description="Refuse to pack another build than this.")
    handed: tuple[Handed, ...] = ()


class Packaged(ToolShape):
    """The zip, kept for good."""

    package: ArtifactRef
    output_sha256: Sha256
    files: int
    added: tuple[str, ...] = Field(default=(), description="Files beside the site's own.")


@tool(
    name="portfolio.package",
    summary="Packs the built site into a zip with a stable hash.",
    inputs=PackageInputs,
    outputs=Packaged,
)
def package(inputs: PackageInputs, run: ToolRun) -> Packaged:
    """Keep the zip as an artifact."""
    site, found = built_site(run, inputs.output_sha256)
    run.progress(0.2, "packing the site")
    added = _added(inputs, run)
    path = pack(site, run.workspace / PACKAGE, also=added)
    kept = run.artifact(path, name=PACKAGE, media_type="application/zip")
    run.progress(1.0, f"{kept.size} bytes packed")
    return Packaged(package=kept, output_sha256=found, files=len(tree_files(site)), added=tuple(sorted(added)))


def _added(inputs: PackageInputs, run: ToolRun) -> dict[str, Path]:
    """What specialists made, by its path in the package."""
    made = (handed.output for handed in inputs.handed if handed.output is not None)
    return {addition.path: inside_workspace(run, addition.file) for addition in made}
