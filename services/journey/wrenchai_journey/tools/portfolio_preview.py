"""Publish the built site for looking at: the gateway serves it for as long as people want to look."""

import shutil
from pathlib import Path
from typing import Final

from pydantic import Field
from wrenchai_contracts.shape import Sha256

from wrenchai_journey.portfolio.archive import appear, tree_files
from wrenchai_journey.portfolio.built_site import built_site
from wrenchai_journey.portfolio.themed_content import written_content
from wrenchai_journey.tool import ToolRun, ToolShape, tool

SITES: Final = "sites"
"""Where published sites lie in the directory that all tasks share, each under its hash; `<hash>.json` says where the
site has to appear, for a server that knows nothing of tasks."""


class PreviewInputs(ToolShape):
    """Which build to publish."""

    output_sha256: Sha256 | None = Field(default=None, description="Refuse to publish another build than this.")


class Published(ToolShape):
    """A site that can be served: `directory` has to appear under `base_url`."""

    output_sha256: Sha256
    directory: str = Field(description="Path in the shared directory.")
    base_url: str = Field(description="The path that the site's own links begin with.")
    files: int


@tool(
    name="portfolio.preview",
    summary="Publishes the built site under its hash, for the gateway to serve.",
    inputs=PreviewInputs,
    outputs=Published,
)
def preview(inputs: PreviewInputs, run: ToolRun) -> Published:
    """Copy the site once; a site that is published never changes."""
    site, found = built_site(run, inputs.output_sha256)
    sites = run.shared / SITES
    if not (sites / found).is_dir():
        partial = sites / f".{found}.{run.task_id}"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(site, partial)
        appear(partial, sites / found)
    published = Published(
        output_sha256=found,
        directory=f"{SITES}/{found}",
        base_url=written_content(run).site.base_url,
        files=len(tree_files(site)),
    )
    _say(published, sites)
    run.progress(1.0, "the site can be looked at")
    return published


def _say(published: Published, sites: Path) -> None:
    """Write beside the site what it needs from its server; a reader finds the old file or the new one, never half."""
    note = sites / f"{published.output_sha256}.json"
    partial = note.with_suffix(".partial")
    partial.write_text(published.model_dump_json() + "\n", encoding="utf-8")
    partial.replace(note)
