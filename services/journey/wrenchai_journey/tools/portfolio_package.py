"""Pack the built site into a zip that is the same for the same site, on any day and machine."""

from pydantic import Field
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import pack, tree_files
from wrenchai_journey.portfolio.built_site import built_site
from wrenchai_journey.tool import ToolRun, ToolShape, tool

PACKAGE = "portfolio-site.zip"


class PackageInputs(ToolShape):
    """Which build to pack."""

    output_sha256: Sha256 | None = Field(default=None, description="Refuse to pack another build than this.")


class Packaged(ToolShape):
    """The zip, kept for good."""

    package: ArtifactRef
    output_sha256: Sha256
    files: int


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
    path = pack(site, run.workspace / PACKAGE)
    kept = run.artifact(path, name=PACKAGE, media_type="application/zip")
    run.progress(1.0, f"{kept.size} bytes packed")
    return Packaged(package=kept, output_sha256=found, files=len(tree_files(site)))
